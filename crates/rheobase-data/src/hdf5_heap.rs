//! Heaps of HDF5, in which arrays of arrays keep their parts.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes of a heap of arrays at most, and at least, as the format has it.
const HEAP_MAX: u64 = 1 << 28;
const HEAP_MIN: u64 = 4096;

/// A global heap collection: numbered parts of bytes.
#[derive(Default)]
pub(super) struct Heap {
    /// Where it stands in its file; none while it is being read.
    pub(super) address: Option<u64>,
    bytes: Vec<u8>,
    /// Number, start and end of each part, by number.
    parts: Vec<(u16, usize, usize)>,
}

impl Heap {
    /// Reads another heap into the same memory.
    pub(super) fn read(&mut self, file: &mut File, base: u64, address: u64, size: u64) -> Result<(), String> {
        let cut = "has a heap that is cut off: the file is damaged";
        let length = |head: &[u8; 16]| u64::from_le_bytes(head[8..].try_into().unwrap_or_default());
        self.address = None;
        self.bytes.clear();
        file.seek(SeekFrom::Start(base.saturating_add(address))).map_err(|_| cut)?;
        let mut more = |bytes: &mut Vec<u8>, until: u64| {
            let wanted = until - bytes.len() as u64;
            bytes.reserve_exact(wanted as usize);
            file.by_ref().take(wanted).read_to_end(bytes).map_err(|_| cut)
        };
        more(&mut self.bytes, HEAP_MIN)?;
        let head = self.bytes.first_chunk::<16>().ok_or(cut)?;
        let all = length(head);
        if &head[..4] != b"GCOL" || !(16..=HEAP_MAX).contains(&all) || all > size {
            return Err("has no heap where one should be: the file is damaged".into());
        }
        more(&mut self.bytes, all.max(HEAP_MIN))?;
        if (self.bytes.len() as u64) < all {
            return Err(cut.into());
        }
        self.bytes.truncate(all as usize);
        self.parts.clear();
        let mut at = 16;
        while let Some(head) = self.bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
            let index = u16::from_le_bytes([head[0], head[1]]);
            let end = usize::try_from(length(head))
                .ok()
                .and_then(|n| (at + 16).checked_add(n))
                .filter(|e| *e <= self.bytes.len());
            match (index, end) {
                (0, _) => break,
                (_, None) => return Err(cut.into()),
                (_, Some(end)) => {
                    self.parts.push((index, at + 16, end));
                    at = end.next_multiple_of(8);
                }
            }
        }
        self.parts.sort_unstable();
        self.address = Some(address);
        Ok(())
    }

    pub(super) fn object(&self, index: u32) -> Option<&[u8]> {
        let at = self.parts.binary_search_by_key(&index, |p| p.0.into()).ok()?;
        let (_, start, end) = self.parts[at];
        self.bytes.get(start..end)
    }
}
