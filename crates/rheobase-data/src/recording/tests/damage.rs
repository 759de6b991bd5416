//! Damaged files of every format, read with options of all kinds.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::*;

/// Numbers from 0 below the one asked for.
type Random<'a> = &'a mut dyn FnMut(usize) -> usize;

/// The recordings beside the tests: files, and folders that are one recording.
fn recordings(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() && !path.with_extension("json").is_file() {
            true => recordings(&path, all),
            false if path.extension().is_none_or(|e| e != "json" && e != "md") => all.push(path),
            false => {}
        }
    }
}

/// Bytes changed as damage and malice change them: bits, whole numbers at their ends, lengths, parts left out or repeated, words.
fn damaged(bytes: &[u8], random: Random) -> Vec<u8> {
    const WORDS: [&[u8]; 10] =
        [b"nan", b"inf", b"-1", b"1e308", b"1e-308", b"99999999999999999999", b"\"", b"\t", b"\r\n", b"# "];
    let mut out = bytes.to_vec();
    for _ in 0..random(5) {
        if out.is_empty() {
            break;
        }
        let at = random(out.len());
        match random(8) {
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
            6 => drop(out.splice(at..at, WORDS[random(WORDS.len())].iter().copied())),
            _ => out[at] = random(256) as u8,
        }
    }
    out
}

/// An archive one of whose members is damaged, with sums that are right.
fn damaged_within(bytes: &[u8], random: Random) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let chosen = random(archive.len());
    for place in 0..archive.len() {
        let mut member = archive.by_index(place).ok()?;
        let mut inner = Vec::new();
        member.read_to_end(&mut inner).ok()?;
        out.start_file(member.name().ok()?.to_string(), zip::write::SimpleFileOptions::default()).ok()?;
        let inner = if place == chosen { damaged(&inner, random) } else { inner };
        out.write_all(&inner).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

/// Puts a damaged copy of a file, or of a folder with one damaged file, at `copy`.
fn damage(whole: &Path, copy: &Path, random: Random) {
    if whole.is_dir() {
        std::fs::create_dir_all(copy).unwrap();
        let entries = std::fs::read_dir(whole).unwrap().map(|e| e.unwrap().path());
        let mut inside: Vec<PathBuf> = entries.filter(|p| p.is_file()).collect();
        inside.sort();
        let chosen = random(inside.len());
        for (i, file) in inside.iter().enumerate() {
            let bytes = std::fs::read(file).unwrap();
            let bytes = if i == chosen { damaged(&bytes, random) } else { bytes };
            std::fs::write(copy.join(file.file_name().unwrap()), bytes).unwrap();
        }
        return;
    }
    let bytes = std::fs::read(whole).unwrap();
    let within = if random(2) == 0 { damaged_within(&bytes, random) } else { None };
    std::fs::write(copy, within.unwrap_or_else(|| damaged(&bytes, random))).unwrap();
}

/// Options of all kinds, each mostly left away.
fn options(random: Random) -> TrainOptions {
    let mut options = TrainOptions::default();
    if random(2) == 0 {
        return options;
    }
    let mut one = |of: usize| if random(6) == 0 { Some(random(of)) } else { None };
    options.dt = one(4).map(|i| [1e-4, 1e-3, 1.0, 1e-300][i]);
    let units = [Unit::Seconds, Unit::Milliseconds, Unit::Microseconds, Unit::Steps, Unit::Samples(3e4)];
    options.unit = one(units.len()).map(|i| units[i]);
    options.holds = one(Holds::ALL.len()).map(|i| Holds::ALL[i].1);
    let columns =
        ["neuron,time", "time,neuron", "time", "neuron,time,trial", "x,y,polarity,time", "neuron=i,time=t"];
    options.columns = one(columns.len()).map_or(Vec::new(), |i| parse_columns(columns[i]).unwrap());
    options.time_axis = one(3);
    options.start = one(3).map_or(Vec::new(), |i| vec![-1.0, 0.0, 1e9][..=i].to_vec());
    options.stop = one(3).map_or(Vec::new(), |i| vec![2.0, 0.0, 1e300][..=i].to_vec());
    options.neurons = one(3).map(|i| [0, 5, 1000][i]);
    options.verdicts = one(2).map_or(Vec::new(), |i| vec![["good", "mua"][i].to_string()]);
    options.pixels.pool = one(3).map_or(1, |i| [0, 2, 60_000][i]);
    options.pixels.crop = one(2).map(|i| [[0, 0, 8, 8], [65_535, 0, 65_535, 1]][i]);
    options
}

/// What every reading must keep to.
fn check(read: &Recording, path: &Path) {
    let trains = &read.trains;
    assert_eq!(trains.times.len(), trains.names.len() * trains.samples.max(1), "{path:?}");
    assert!(trains.times.iter().all(|t| t.iter().all(|x| x.is_finite()) && t.is_sorted()), "{path:?}");
    assert!(
        trains.values.iter().zip(&trains.times).all(|(v, t)| v.is_empty() || v.len() == t.len()),
        "{path:?}"
    );
    let (from, to) = trains.window;
    assert!(from.is_finite() && to.is_finite() && from <= to, "{path:?}: window {from} to {to}");
    let inside = |(from, to): (f64, f64), t: &[f64]| t.iter().all(|t| (from..=to).contains(t));
    for (i, times) in trains.times.iter().enumerate() {
        let window = trains.windows.get(i / trains.neurons().max(1)).copied().unwrap_or(trains.window);
        assert!(inside(window, times), "{path:?}: train {i} leaves its window {window:?}");
    }
    assert!(trains.dt.is_none_or(|dt| dt > 0.0 && dt.is_finite()), "{path:?}: dt {:?}", trains.dt);
}

/// No damage may end the program, take memory that the file does not justify, or take long; what is read must be sound. Seconds for
/// each format: `RHEOBASE_FUZZ_SECONDS`, else a fifth. `RHEOBASE_FUZZ_FORMAT`: only formats whose name holds this text. `RHEOBASE_FUZZ_SEED`:
/// other damage.
#[test]
fn damaged_files_are_read_or_refused() {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse::<f64>().ok());
    let seconds = number("RHEOBASE_FUZZ_SECONDS").unwrap_or(0.2);
    let seed = number("RHEOBASE_FUZZ_SEED").unwrap_or(20.0) as u64;
    let wanted = std::env::var("RHEOBASE_FUZZ_FORMAT").unwrap_or_default().to_lowercase();
    let mut all = Vec::new();
    recordings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings"), &mut all);
    all.sort();
    let of = |path: &PathBuf| formats::of(path, &head(path).unwrap()).ok().map(|f| f.name);
    for format in FORMATS.iter().filter(|f| f.name.to_lowercase().contains(&wanted)) {
        let seeds: Vec<&PathBuf> = all.iter().filter(|p| of(p) == Some(format.name)).collect();
        if seeds.is_empty() {
            println!("{}: no file to damage", format.name);
            continue;
        }
        let stream = rheobase_base::random::Stream::new(seed, "damage", format.name);
        let mut drawn = 0;
        let mut random = |n: usize| {
            drawn += 1;
            (stream.word(drawn, 0, 0) as usize) % n.max(1)
        };
        let (begin, mut tries, mut read, mut longest) = (Instant::now(), 0, 0, 0.0_f64);
        while begin.elapsed().as_secs_f64() < seconds {
            let folder = tempfile::tempdir().unwrap();
            let whole = seeds[tries % seeds.len()];
            let copy = folder.path().join(whole.file_name().unwrap());
            damage(whole, &copy, &mut random);
            let options = options(&mut random);
            let one = Instant::now();
            let found = std::panic::catch_unwind(|| read_recording(&copy, &options));
            let keep = |what: &str| {
                let kept = std::env::temp_dir().join("rheobase-damaged").join(whole.file_name().unwrap());
                let _ = std::fs::create_dir_all(kept.parent().unwrap());
                let _ = std::fs::rename(&copy, &kept);
                panic!("{} {what}: kept as {}, read with {options:?}", whole.display(), kept.display())
            };
            match found {
                Ok(Ok(found)) => {
                    if std::panic::catch_unwind(|| check(&found, whole)).is_err() {
                        keep("is read wrong");
                    }
                    read += 1;
                }
                Ok(Err(_)) => {}
                Err(_) => keep("ends the program"),
            }
            longest = longest.max(one.elapsed().as_secs_f64());
            if longest > 5.0 {
                keep("takes long");
            }
            tries += 1;
        }
        println!(
            "{}: {} files, {tries} damaged, {read} read, the slowest in {longest:.3} s",
            format.name,
            seeds.len()
        );
    }
}

/// What was found so: a group that holds itself, a count that no file of this size means, and a part of an array that is longer than
/// its file.
#[test]
fn damage_that_was_found_is_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/damaged");
    let dense = TrainOptions { holds: Some(Holds::Dense), ..Default::default() };
    for (file, part) in [
        ("holds_itself.h5", "one that holds itself"),
        ("counts.npz", "1.174e8 spikes in 2000 values"),
        ("long_part.nwb", "a part of 1700143218 bytes"),
    ] {
        let refused = read_recording(folder.join(file), &dense).unwrap_err().to_string();
        assert!(refused.contains(part), "{refused}");
    }
}
