//! Damaged files of every kind.

use std::path::{Path, PathBuf};

use super::super::*;

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, all),
            false if path.extension().is_none_or(|e| e != "json" && e != "md" && e != "py") => all.push(path),
            false => {}
        }
    }
}

/// Bytes changed as damage and malice change them: bits, whole numbers at their ends, lengths, parts left out or repeated.
fn damaged(bytes: &[u8], random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..1 + random(4) {
        if out.is_empty() {
            break;
        }
        let at = random(out.len());
        match random(7) {
            0 => out[at] ^= 1 << random(8),
            1 => out[at] = [0, 1, 0x7f, 0x80, 0xff, b'9', b'\n', b','][random(8)],
            2 => out.truncate(at),
            3 => {
                let value = [u64::MAX, 1 << 31, 1 << 40, 0, 7][random(5)].to_le_bytes();
                let width = [2, 4, 8][random(3)].min(out.len() - at);
                out[at..at + width].copy_from_slice(&value[..width]);
            }
            4 => {
                let part = out[at..(at + random(64)).min(out.len())].to_vec();
                out.splice(at..at, part);
            }
            5 => drop(out.drain(at..(at + 1 + random(32)).min(out.len()))),
            _ => out[at] = random(256) as u8,
        }
    }
    out
}

/// No damage may end the program, take memory that the file does not justify, or take long; what is read must be sound. Seconds for
/// each file: `RHEOBASE_FUZZ_SECONDS`, else a twentieth.
#[test]
fn damaged_files_are_read_or_refused() {
    let seconds = std::env::var("RHEOBASE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(0.05);
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings"), &mut all);
    all.sort();
    let folder = tempfile::tempdir().unwrap();
    for path in &all {
        let whole = std::fs::read(path).unwrap();
        let copy = folder.path().join(path.file_name().unwrap());
        let stream = rheobase_base::random::Stream::new(20, "damage", &path.display().to_string());
        let mut drawn = 0;
        let mut random = |n: usize| {
            drawn += 1;
            (stream.word(drawn, 0, 0) as usize) % n.max(1)
        };
        let (begin, mut tries, mut read) = (std::time::Instant::now(), 0, 0);
        while begin.elapsed().as_secs_f64() < seconds {
            std::fs::write(&copy, damaged(&whole, &mut random)).unwrap();
            let options = TrainOptions { dt: (random(2) == 0).then_some(1e-4), ..Default::default() };
            let one = std::time::Instant::now();
            if let Ok(found) = read_recording(&copy, &options) {
                let trains = &found.trains;
                assert_eq!(trains.times.len(), trains.names.len() * trains.samples.max(1), "{path:?}");
                assert!(
                    trains.times.iter().all(|t| t.iter().all(|x| x.is_finite()) && t.is_sorted()),
                    "{path:?}"
                );
                read += 1;
            }
            assert!(one.elapsed().as_secs_f64() < 5.0, "{path:?} took {:?}", one.elapsed());
            tries += 1;
        }
        println!("{}: {tries} damaged, {read} read", path.display());
    }
}
