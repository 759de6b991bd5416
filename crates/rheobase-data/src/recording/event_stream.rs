//! Event Stream 2.0: differences of time in variable length, then places; y counts from the bottom.

use std::io::Read;
use std::path::Path;

use super::camera::CameraEvents;
use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use crate::npy;

pub(super) const MAGIC: &[u8] = b"Event Stream";

pub(super) fn read(path: &Path, _: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (mut file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    super::camera::check_memory(size as usize / 5)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    let head =
        bytes.get(MAGIC.len()..MAGIC.len() + 4).ok_or("ends within its header: the file is cut off")?;
    if head[0] != 2 || head[3] != 1 {
        return Err(format!(
            "is version {}.{}.{}, type {}; version 2 of type 1 (changes of brightness) is read",
            head[0], head[1], head[2], head[3]
        ));
    }
    let sizes = bytes.get(16..20).ok_or("ends within its header: the file is cut off")?;
    let (width, height) =
        (u16::from_le_bytes([sizes[0], sizes[1]]), u16::from_le_bytes([sizes[2], sizes[3]]));
    let mut events = CameraEvents { size: Some((width, height)), ..Default::default() };
    let (mut at, mut t) = (20, 0_i64);
    while let Some(&first) = bytes.get(at) {
        at += 1;
        match first {
            0xff => t += 127,
            0xfe => {}
            _ => {
                t += i64::from(first >> 1);
                let place = bytes
                    .get(at..at + 4)
                    .ok_or_else(|| format!("is cut off within event {}", events.len()))?;
                let (x, y) =
                    (u16::from_le_bytes([place[0], place[1]]), u16::from_le_bytes([place[2], place[3]]));
                if x >= width || y >= height {
                    return Err(format!(
                        "event {} is at {x},{y}, outside of {width} x {height} pixels",
                        events.len()
                    ));
                }
                events.push(t, x, y, first & 1);
                at += 4;
            }
        }
    }
    found.notes.push("y counts from the bottom, as in this format; others count from the top".into());
    Ok(Content::Camera(events))
}
