//! Damaged files: an error that names the file, never a panic, never more memory than the file could hold.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rheobase::random::Stream;
use rheobase_exchange::{Options, read, read_weights};

/// How long each format is damaged: `RHEOBASE_FUZZ_SECONDS`, else two seconds.
fn time() -> Duration {
    let seconds = std::env::var("RHEOBASE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Damages `good` in many ways, all from a seed, and has each read; gives back how many were refused and how many read.
fn damage(name: &str, good: &[u8], read: impl Fn(&Path) -> Result<(), String>) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let stream = Stream::new(1, "damage", name);
    let (began, mut refused, mut accepted) = (Instant::now(), 0, 0);
    for round in 0u64.. {
        if began.elapsed() > time() {
            break;
        }
        let pick = |i: u32, below: usize| (stream.uniform(round, 0, i) * below as f64) as usize;
        let mut bytes = good.to_vec();
        match round % 4 {
            0 => bytes.truncate(pick(0, good.len())),
            1 => bytes[pick(0, good.len())] ^= 1 << pick(1, 8),
            2 => {
                for i in 0..4 {
                    bytes[pick(2 * i, good.len())] = [0, 255, 127, 128][pick(2 * i + 1, 4)];
                }
            }
            _ => {
                let (from, to) = (pick(0, good.len()), pick(1, good.len()));
                let length = pick(2, 16).min(good.len() - from.max(to));
                bytes.copy_within(from..from + length, to);
            }
        }
        fs::write(&path, &bytes).unwrap();
        match read(&path) {
            Ok(()) => accepted += 1,
            Err(e) => {
                assert!(!e.is_empty());
                refused += 1;
            }
        }
    }
    println!("{name}: {refused} refused, {accepted} read");
    (refused, accepted)
}

fn data(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file)).unwrap()
}

#[test]
fn graphs() {
    for file in ["snntorch/rleaky_all_to_all/model.nir", "sinabs/tie/model.nir", "nir_versions/recurrent/model_1.0.8.nir"] {
        let (refused, _) = damage("model.nir", &data(file), |path| {
            let reading = read(path, &Options::default()).map_err(|e| e.to_string())?;
            reading.model().map(drop).map_err(|e| e.to_string())
        });
        assert!(refused > 0);
    }
}

#[test]
fn checkpoints() {
    for file in ["snntorch/mlp/weights.pt", "snntorch/mlp/weights_legacy.pt", "snntorch/mlp/weights.safetensors"] {
        let name = file.rsplit('/').next().unwrap();
        let (refused, _) = damage(name, &data(file), |path| read_weights(path).map(drop).map_err(|e| e.to_string()));
        assert!(refused > 0);
    }
}

#[test]
fn sizes_that_are_crafted_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.safetensors");
    for header in [
        r#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#,
        r#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#,
    ] {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend([0; 8]);
        fs::write(&path, &bytes).unwrap();
        let error = read_weights(&path).unwrap_err().to_string();
        assert!(error.contains("huge.safetensors") && error.contains("`a`"), "{error}");
    }
    fs::write(&path, u64::MAX.to_le_bytes()).unwrap();
    assert!(read_weights(&path).unwrap_err().to_string().contains("header"));
}
