//! AEDAT 4: packets of flatbuffers, plain or packed by LZ4 or Zstandard, of several streams.
//!
//! Layout: <https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-4.0.html>.

use std::io::Read;
use std::path::Path;

use super::camera::{CameraEvents, check_memory};
use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use crate::npy;

pub(super) const MAGIC: &[u8] = b"#!AER-DAT4.0\r\n";
/// Bytes of a packet at most, packed or not.
const MOST: usize = 1 << 28;

/// How packets are packed.
#[derive(Clone, Copy)]
enum Packing {
    None,
    Lz4,
    Zstd,
}

pub(super) fn read(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (mut file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    let cut = |at: u64| format!("is cut off at byte {at}");
    let mut magic = [0_u8; MAGIC.len()];
    file.read_exact(&mut magic).map_err(|_| cut(0))?;
    let mut at = MAGIC.len() as u64;
    let mut length = [0_u8; 4];
    file.read_exact(&mut length).map_err(|_| cut(at))?;
    let mut body = vec![0_u8; bounded(u32::from_le_bytes(length) as usize, size - at - 4)?];
    file.read_exact(&mut body).map_err(|_| cut(at))?;
    at += 4 + body.len() as u64;
    let header = Buffer { bytes: &body };
    let root = header.root(b"IOHE").ok_or("has a header that is none of AEDAT 4")?;
    let packing = match header.field(root, 0).and_then(|at| header.u32(at)).unwrap_or(0) {
        0 => Packing::None,
        1 | 2 => Packing::Lz4,
        3 | 4 => Packing::Zstd,
        other => return Err(format!("is packed in the way {other}, which is not known")),
    };
    let table = header.field(root, 1).and_then(|at| header.u64(at)).unwrap_or(u64::MAX);
    let end = if (table as i64) > 0 { table.min(size) } else { size };
    let about = header.field(root, 2).and_then(|at| header.text(at)).unwrap_or_default();
    let mut streams: Vec<(u32, CameraEvents)> = Vec::new();
    let (mut others, mut raw) = (Vec::new(), Vec::new());
    while at < end {
        let mut head = [0_u8; 8];
        file.read_exact(&mut head).map_err(|_| cut(at))?;
        let [id, bytes] =
            [0, 4].map(|i| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]));
        let bytes = bounded(bytes as usize, size.saturating_sub(at + 8))?;
        body.resize(bytes, 0);
        file.read_exact(&mut body).map_err(|_| cut(at))?;
        unpack(packing, &body, &mut raw)
            .map_err(|what| format!("has a damaged packet at byte {at}: {what}"))?;
        at += 8 + bytes as u64;
        let Some(packet) = raw.get(4..) else { return Err(format!("has an empty packet before byte {at}")) };
        if packet.get(4..8) != Some(b"EVTS") {
            let kind = String::from_utf8_lossy(packet.get(4..8).unwrap_or_default()).to_string();
            if !others.contains(&kind) {
                others.push(kind);
            }
            continue;
        }
        let place = streams.iter().position(|s| s.0 == id).unwrap_or_else(|| {
            streams.push((id, CameraEvents::default()));
            streams.len() - 1
        });
        events(packet, &mut streams[place].1)
            .ok_or_else(|| format!("has a damaged packet of events before byte {at}"))?;
    }
    if !others.is_empty() {
        found.notes.push(format!("streams of other kinds ({}) are left out", others.join(", ")));
    }
    let mut all = chosen(streams, options)?;
    let number = |key: &str| {
        let rest = about.split_once(&format!("key=\"{key}\""))?.1.split_once('>')?.1;
        rest.split_once('<')?.0.trim().parse::<u16>().ok()
    };
    all.size = number("sizeX").zip(number("sizeY"));
    all.shrink();
    Ok(Content::Camera(all))
}

/// The one stream of events, or that which was asked for.
fn chosen(mut streams: Vec<(u32, CameraEvents)>, options: &TrainOptions) -> Said<CameraEvents> {
    let names: Vec<String> = streams.iter().map(|s| s.0.to_string()).collect();
    match (&options.array, streams.len()) {
        (Some(name), _) => match names.iter().position(|n| n == name) {
            Some(at) => Ok(streams.swap_remove(at).1),
            None => Err(format!("has no stream of events `{name}` among `{}`", names.join("`, `"))),
        },
        (None, 1) => Ok(streams.swap_remove(0).1),
        (None, 0) => Err("holds no stream of events".into()),
        (None, _) => {
            Err(format!("holds the streams of events `{}`; say which, as FILE:STREAM", names.join("`, `")))
        }
    }
}

fn bounded(bytes: usize, left: u64) -> Said<usize> {
    match bytes as u64 <= left && bytes <= MOST {
        true => Ok(bytes),
        false => {
            Err(format!("declares a part of {bytes} bytes where {left} are left: it is cut off or false"))
        }
    }
}

fn unpack(packing: Packing, body: &[u8], raw: &mut Vec<u8>) -> Said<()> {
    raw.clear();
    let most = MOST as u64 + 1;
    let read = match packing {
        Packing::None => {
            raw.extend_from_slice(body);
            Ok(raw.len())
        }
        Packing::Lz4 => lz4_flex::frame::FrameDecoder::new(body).take(most).read_to_end(raw),
        Packing::Zstd => match ruzstd::decoding::StreamingDecoder::new(body) {
            Ok(decoder) => decoder.take(most).read_to_end(raw),
            Err(e) => return Err(e.to_string()),
        },
    };
    match read {
        Ok(n) if n as u64 >= most => Err(format!("unpacks to more than {MOST} bytes")),
        Ok(_) => Ok(()),
        Err(e) => Err(e.to_string()),
    }
}

/// Adds the events of a packet; `None` if it is damaged.
fn events(packet: &[u8], all: &mut CameraEvents) -> Option<()> {
    let buffer = Buffer { bytes: packet };
    let root = buffer.root(b"EVTS")?;
    let Some(at) = buffer.field(root, 0) else { return Some(()) };
    let vector = at + buffer.u32(at)? as usize;
    let count = buffer.u32(vector)? as usize;
    let bytes = packet.get(vector + 4..)?.get(..count.checked_mul(16)?)?;
    check_memory(all.len() + count).ok()?;
    let events = bytes.as_chunks::<16>().0;
    all.t.extend(events.iter().map(|e| i64::from_le_bytes(*e.first_chunk().unwrap_or(&[0; 8]))));
    all.x.extend(events.iter().map(|e| u16::from_le_bytes([e[8], e[9]])));
    all.y.extend(events.iter().map(|e| u16::from_le_bytes([e[10], e[11]])));
    all.p.extend(events.iter().map(|e| u8::from(e[12] != 0)));
    Some(())
}

/// What is needed of flatbuffers: a table's fields, numbers, texts. Every access is checked.
struct Buffer<'a> {
    bytes: &'a [u8],
}

impl Buffer<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
    }

    fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
    }

    fn u64(&self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
    }

    /// The root table of a buffer of this kind.
    fn root(&self, kind: &[u8; 4]) -> Option<usize> {
        (self.bytes.get(4..8)? == kind).then_some(())?;
        Some(self.u32(0)? as usize)
    }

    /// Where a field of a table stands, if it does.
    fn field(&self, table: usize, number: usize) -> Option<usize> {
        let virtual_table = (table as i64).checked_sub(i64::from(self.u32(table)? as i32))?;
        let virtual_table = usize::try_from(virtual_table).ok()?;
        let entry = 4 + 2 * number;
        if entry + 2 > usize::from(self.u16(virtual_table)?) {
            return None;
        }
        match self.u16(virtual_table + entry)? {
            0 => None,
            offset => Some(table + usize::from(offset)),
        }
    }

    fn text(&self, at: usize) -> Option<String> {
        let start = at.checked_add(self.u32(at)? as usize)?;
        let length = self.u32(start)? as usize;
        Some(String::from_utf8_lossy(self.bytes.get(start + 4..)?.get(..length)?).to_string())
    }
}
