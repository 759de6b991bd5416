//! Prophesee: DAT, EVT 2.0 and EVT 3.0.
//!
//! All begin with lines of text, each with a `%`; what follows is little-endian. Times of EVT 2 and 3 are put together of the
//! last upper part and the lower part of each event; the clock of EVT 3 has 24 bits and goes round.

use std::io::{BufRead, Read};
use std::path::Path;

use super::camera::CameraEvents;
use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use crate::npy;

/// Bytes read at a time.
const PIECE: usize = 1 << 18;

/// What the lines at the top say.
struct Header {
    lines: Vec<String>,
    bytes: u64,
}

impl Header {
    /// Reads lines that begin with `%`, up to `% end` or the first other byte.
    fn read(reader: &mut impl BufRead) -> Said<Header> {
        let mut header = Header { lines: Vec::new(), bytes: 0 };
        loop {
            let ahead = reader.fill_buf().map_err(|e| format!("cannot be read: {e}"))?;
            if ahead.first() != Some(&b'%') {
                return Ok(header);
            }
            let mut line = Vec::new();
            let read =
                reader.take(4096).read_until(b'\n', &mut line).map_err(|e| format!("cannot be read: {e}"))?;
            header.bytes += read as u64;
            if !line.ends_with(b"\n") || header.lines.len() > 1000 {
                return Err("has a header that does not end".into());
            }
            let line = String::from_utf8_lossy(&line[1..]).trim().to_string();
            let end = line == "end";
            header.lines.push(line);
            if end {
                return Ok(header);
            }
        }
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.lines.iter().find_map(|l| {
            let (k, v) = l.split_once(' ')?;
            k.trim_end_matches(':').eq_ignore_ascii_case(key).then(|| v.trim())
        })
    }

    /// Width and height, of `geometry 320x240`, `format EVT3;height=240;width=320`, or `Width 320`.
    fn size(&self) -> Option<(u16, u16)> {
        let number = |text: &str| text.trim().parse::<u16>().ok();
        if let Some((w, h)) = self.value("geometry").and_then(|g| g.split_once('x')) {
            return number(w).zip(number(h));
        }
        let of = |key: &str| {
            let inside = self
                .value("format")
                .and_then(|f| f.split(';').find_map(|p| p.trim().strip_prefix(&format!("{key}="))));
            inside.or_else(|| self.value(key)).and_then(number)
        };
        of("width").zip(of("height"))
    }

    fn format(&self) -> Option<String> {
        let format = self.value("format").map(|f| f.split(';').next().unwrap_or_default().to_uppercase());
        let evt = self.value("evt").map(|v| format!("EVT{}", v.trim_end_matches(".0")));
        format.or(evt).map(|f| f.replace(' ', "").replace("EVT2.0", "EVT2").replace("EVT3.0", "EVT3"))
    }
}

/// Events of a `.raw` file, EVT 2.0 or 3.0 as its header says.
pub(super) fn raw(path: &Path, _: &TrainOptions, found: &mut Found) -> Said<Content> {
    let (mut file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    let header = Header::read(&mut file)?;
    let left = size - header.bytes;
    let format = header.format();
    let mut events = match format.as_deref() {
        Some("EVT2") => {
            found.form = "Prophesee EVT 2.0".into();
            evt2(&mut file, left)?
        }
        Some("EVT3") => {
            found.form = "Prophesee EVT 3.0".into();
            evt3(&mut file, left)?
        }
        Some(other) => return Err(format!("is in the format {other}; EVT2 and EVT3 are read")),
        None => return Err("does not say its format: a line `% evt 2.0`, `% evt 3.0` or `% format EVT3` is needed in its header".into()),
    };
    events.size = header.size();
    Ok(Content::Camera(events))
}

/// Calls `take` with every word of `K` bytes.
fn words<const K: usize>(
    reader: &mut impl Read,
    bytes: u64,
    mut take: impl FnMut([u8; K]) -> Said<()>,
) -> Said<()> {
    if !bytes.is_multiple_of(K as u64) {
        return Err(format!(
            "is cut off: after its header stand {bytes} bytes, no whole number of words of {K}"
        ));
    }
    let mut piece = vec![0_u8; PIECE];
    let mut left = bytes as usize;
    while left > 0 {
        let now = left.min(PIECE);
        reader.read_exact(&mut piece[..now]).map_err(|e| format!("cannot be read: {e}"))?;
        for word in piece[..now].as_chunks::<K>().0 {
            take(*word)?;
        }
        left -= now;
    }
    Ok(())
}

fn evt2(reader: &mut impl Read, bytes: u64) -> Said<CameraEvents> {
    let mut events = CameraEvents::with_room(bytes as usize / 4)?;
    let mut high: Option<i64> = None;
    let mut early = 0_usize;
    words(reader, bytes, |word: [u8; 4]| {
        let word = u32::from_le_bytes(word);
        match word >> 28 {
            kind @ (0 | 1) => match high {
                Some(high) => {
                    let t = high << 6 | i64::from(word >> 22 & 0x3f);
                    events.push(t, (word >> 11 & 0x7ff) as u16, (word & 0x7ff) as u16, kind as u8);
                }
                None => early += 1,
            },
            8 => high = Some(i64::from(word & 0x0fff_ffff)),
            10 => {
                if let Some(high) = high {
                    events.triggers.push(high << 6 | i64::from(word >> 22 & 0x3f));
                }
            }
            14 | 15 => {}
            kind => {
                return Err(format!(
                    "holds a word of kind {kind} at event {}, which EVT 2.0 does not know",
                    events.len()
                ));
            }
        }
        Ok(())
    })?;
    whole(events, early)
}

/// Events before the first upper part of the time have no time.
fn whole(mut events: CameraEvents, early: usize) -> Said<CameraEvents> {
    if early > 0 && events.len() == 0 {
        return Err(format!("holds {early} events but never the upper part of their time"));
    }
    events.without_time = early;
    events.shrink();
    Ok(events)
}

/// The clock of EVT 3: upper and lower 12 bits, and how often it went round.
#[derive(Default)]
struct Clock {
    high: i64,
    low: i64,
    rounds: i64,
    known: bool,
}

impl Clock {
    fn set_high(&mut self, high: i64) {
        // A clock that falls by more than half has gone round; less is events that came late.
        if self.known && high + 0x800 < self.high {
            self.rounds += 1;
        }
        if high != self.high || !self.known {
            self.low = 0;
        }
        (self.high, self.known) = (high, true);
    }

    fn time(&self) -> i64 {
        self.rounds << 24 | self.high << 12 | self.low
    }
}

fn evt3(reader: &mut impl Read, bytes: u64) -> Said<CameraEvents> {
    // Every word of a vector can hold twelve events: room grows with what is there.
    let mut events = CameraEvents::with_room(bytes as usize / 4)?;
    let (mut clock, mut y, mut base, mut polarity, mut early) =
        (Clock::default(), 0_u16, 0_u16, 0_u8, 0_usize);
    words(reader, bytes, |word: [u8; 2]| {
        let word = u16::from_le_bytes(word);
        let mut vector = |width: u16, events: &mut CameraEvents| -> Said<()> {
            let mut mask = word & ((1 << width) - 1);
            if !clock.known {
                early += mask.count_ones() as usize;
                mask = 0;
            }
            let t = clock.time();
            while mask != 0 {
                let bit = mask.trailing_zeros() as u16;
                events.push(t, base.wrapping_add(bit), y, polarity);
                mask &= mask - 1;
            }
            base = base.wrapping_add(width);
            Ok(())
        };
        match word >> 12 {
            0 => y = word & 0x7ff,
            2 if clock.known => events.push(clock.time(), word & 0x7ff, y, (word >> 11 & 1) as u8),
            2 => early += 1,
            3 => (base, polarity) = (word & 0x7ff, (word >> 11 & 1) as u8),
            4 => vector(12, &mut events)?,
            5 => vector(8, &mut events)?,
            6 => clock.low = i64::from(word & 0xfff),
            8 => clock.set_high(i64::from(word & 0xfff)),
            10 if clock.known => events.triggers.push(clock.time()),
            // Continued, other and vendor's words are not events of pixels.
            1 | 7 | 10 | 12..=15 => {}
            kind => {
                return Err(format!(
                    "holds a word of kind {kind} after event {}, which EVT 3.0 does not know",
                    events.len()
                ));
            }
        }
        Ok(())
    })?;
    whole(events, early)
}

/// Whether a file is a DAT file: a header of `%` lines, then the type of events and their size.
pub(super) fn is_dat(head: &[u8]) -> bool {
    let mut reader = head;
    let Ok(header) = Header::read(&mut reader) else { return false };
    !header.lines.is_empty() && header.format().is_none() && matches!(reader, [0 | 12 | 14, 8, ..])
}

/// Events of a DAT file, 8 bytes each.
pub(super) fn dat(path: &Path, _: &TrainOptions, _: &mut Found) -> Said<Content> {
    let (mut file, size) = npy::open(path).map_err(super::numpy::in_file)?;
    let header = Header::read(&mut file)?;
    let mut kind = [0_u8; 2];
    file.read_exact(&mut kind).map_err(|_| "ends within its header: the file is cut off".to_string())?;
    if kind[1] != 8 || !matches!(kind[0], 0 | 12) {
        return Err(format!(
            "holds events of type {} and {} bytes; those of pixels are of type 0 or 12 and 8 bytes",
            kind[0], kind[1]
        ));
    }
    let left = size - header.bytes - 2;
    let mut events = CameraEvents::with_room(left as usize / 8)?;
    let (mut last, mut rounds) = (0_u32, 0_i64);
    words(&mut file, left, |word: [u8; 8]| {
        let word = u64::from_le_bytes(word);
        let t = word as u32;
        // The clock of 32 bits goes round every 71 minutes.
        if t < last && last - t > 1 << 31 {
            rounds += 1;
        }
        last = t;
        let place = (word >> 32) as u32;
        events.push(
            rounds << 32 | i64::from(t),
            (place & 0x3fff) as u16,
            (place >> 14 & 0x3fff) as u16,
            (place >> 28 & 1) as u8,
        );
        Ok(())
    })?;
    events.size = header.size();
    Ok(Content::Camera(events))
}
