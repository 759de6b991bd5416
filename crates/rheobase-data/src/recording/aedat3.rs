//! AEDAT 3.1: text up to `#!END-HEADER`, then packets of 28 bytes of head and events of one kind.

use std::io::{BufRead, Read};
use std::path::Path;

use super::camera::CameraEvents;
use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use crate::npy;

const HEAD: usize = 28;
/// Bytes of a packet at most: the capacity of a packet is below this in practice by far.
const MOST: usize = 1 << 30;

pub(super) fn read(path: &Path, _: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (mut file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    let mut at = 0_u64;
    loop {
        let mut line = Vec::new();
        let read = (&mut file)
            .take(4096)
            .read_until(b'\n', &mut line)
            .map_err(|e| format!("cannot be read: {e}"))?;
        at += read as u64;
        if !line.starts_with(b"#") {
            return Err("has no `#!END-HEADER` at the end of its header; files of AEDAT 2 have none, and AEDAT 3.1 is read".into());
        }
        if line.starts_with(b"#!END-HEADER") {
            break;
        }
    }
    let mut events = CameraEvents::default();
    super::camera::check_memory((size - at) as usize / 8)?;
    let (mut others, mut invalid) = (0_usize, 0_usize);
    let mut body = Vec::new();
    while at < size {
        let mut head = [0_u8; HEAD];
        file.read_exact(&mut head)
            .map_err(|_| format!("is cut off within the head of a packet, at byte {at}"))?;
        let short = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]);
        let int = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let (kind, each, overflow, count) = (short(0), int(4) as usize, i64::from(int(12)), int(20) as usize);
        let bytes = each.saturating_mul(count);
        if bytes as u64 > size - at - HEAD as u64 || bytes > MOST {
            return Err(format!(
                "has a packet of {count} events of {each} bytes at byte {at}, but {} bytes are left: it is cut off or false",
                size - at - HEAD as u64
            ));
        }
        body.resize(bytes, 0);
        file.read_exact(&mut body).map_err(|e| format!("cannot be read: {e}"))?;
        at += (HEAD + bytes) as u64;
        if kind != 1 {
            others += count;
            continue;
        }
        if each != 8 {
            return Err(format!("has events of pixels of {each} bytes; 8 are read"));
        }
        for event in body.as_chunks::<8>().0 {
            let data = u32::from_le_bytes([event[0], event[1], event[2], event[3]]);
            let t = i64::from(u32::from_le_bytes([event[4], event[5], event[6], event[7]]) & 0x7fff_ffff);
            match data & 1 {
                1 => events.push(
                    overflow << 31 | t,
                    (data >> 17 & 0x7fff) as u16,
                    (data >> 2 & 0x7fff) as u16,
                    (data >> 1 & 1) as u8,
                ),
                _ => invalid += 1,
            }
        }
    }
    if others > 0 {
        found.notes.push(format!("{others} events of other kinds (special, frames, motion) are not events of pixels and are left out"));
    }
    if invalid > 0 {
        found.notes.push(format!("{invalid} events are marked as not valid and are left out"));
    }
    events.shrink();
    Ok(Content::Camera(events))
}
