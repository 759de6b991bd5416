//! N-MNIST and N-Caltech101: 5 bytes an event, big-endian, without a header.

use std::io::Read;
use std::path::Path;

use super::camera::CameraEvents;
use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use crate::npy;

/// A row of this number marks that the clock went round.
const OVERFLOW: u8 = 240;
/// How far the clock then is, µs.
const ROUND: i64 = 8192;

pub(super) fn read(path: &Path, _: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    if size % 5 != 0 {
        return Err(format!(
            "has {size} bytes, no whole number of events of 5: it is cut off, or no file of N-MNIST"
        ));
    }
    let mut events = CameraEvents::with_room(size as usize / 5)?;
    let mut bytes = Vec::new();
    let (mut rounds, mut last, mut back) = (0_i64, 0_i64, 0_usize);
    let mut file = file.take(size);
    bytes.reserve(size as usize);
    file.read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    for event in bytes.as_chunks::<5>().0 {
        if event[1] == OVERFLOW {
            rounds += ROUND;
            continue;
        }
        let t = rounds + i64::from(u32::from_be_bytes([0, event[2] & 0x7f, event[3], event[4]]));
        back += usize::from(t < last);
        last = t;
        events.push(t, event[0].into(), event[1].into(), event[2] >> 7);
    }
    // Nothing in the file says what it is: times of other data would go up and down.
    if 10 * back > events.len() {
        return Err("is not a file of N-MNIST: read as such, its times go back and forth".into());
    }
    found.notes.push("nothing in a .bin file says what it is: it is read as N-MNIST's (x, y, polarity and 23 bits of us in 5 bytes)".into());
    Ok(Content::Camera(events))
}
