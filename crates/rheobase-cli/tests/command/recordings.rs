//! Recordings as other tools write them: what the command says of them, asks for, and makes of them.

use std::path::{Path, PathBuf};

use super::{json, ok, run_in};

/// The recordings beside the tests of the readers.
fn recording(name: &str) -> String {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../rheobase-data/tests/recordings").join(name);
    assert!(path.exists(), "{}", path.display());
    path.display().to_string()
}

#[test]
fn the_first_line_says_what_was_understood() {
    let folder = tempfile::tempdir().unwrap();
    for (file, said) in [
        (
            "brian2/states.npz",
            "times in s (the file does not say; broken numbers are taken for s, else give --unit)",
        ),
        (
            "nest/threads",
            "NEST ASCII: times in ms (as `time_ms` says); 2 files of `spikes-7`, one per thread, put together",
        ),
        ("phy/sorted", "times in samples of 1/30000 s (params.py)"),
        ("tables/bom.tsv", "times in s (as `time (s)` says)"),
        ("nwb/observed_in_parts.nwb", "NWB: times in s"),
        ("prophesee/evt3_wrap.raw", "Prophesee EVT 3.0: 6 events of 320 x 240 pixels"),
        (
            "sonata/two_populations.h5:thalamus",
            "SONATA: population `thalamus`; times in ms (attribute `units`)",
        ),
    ] {
        let path = match file.split_once(".h5:") {
            Some((front, part)) => format!("{}:{part}", recording(&format!("{front}.h5"))),
            None => recording(file),
        };
        let out = ok(folder.path(), &["analyse", &path, "-m", "rate"]);
        let first = out.lines().next().unwrap_or_default();
        assert!(first.contains(said), "{file}: {first}");
        let drawn = run_in(folder.path(), &["plot", "raster", &path, "-o", "r.svg"]);
        assert!(drawn.code == Some(0) && drawn.err.contains(said), "{file}: {}", drawn.err);
        assert!(std::fs::read_to_string(folder.path().join("r.svg")).unwrap().contains("<svg"));
    }
    let rates = json(
        folder.path(),
        &["analyse", &recording("nest/threads"), "-m", "rate", "--stop", "0.08", "--json"],
    );
    assert_eq!(rates["neurons"], serde_json::json!(["2", "3", "4", "5", "6"]));
    assert_eq!(rates["measures"]["rate"]["trains"][0], serde_json::json!(14.0 / 0.08));
    assert_eq!(rates["window"], serde_json::json!([0.0, 0.08]));
}

#[test]
fn what_is_ambiguous_is_asked_for_and_then_read() {
    let folder = tempfile::tempdir().unwrap();
    for (file, asked, given, spikes) in [
        ("nest/crowded_steps.dat", "--dt", "--dt 0.0001", [97, 94]),
        ("brian2/savetxt.txt", "--columns", "--columns neuron,time --unit s", [15, 23]),
        ("pyspike/trains.txt", "--as trains", "--as trains --unit ms --start 0 --stop 1", [11, 0]),
        ("matlab/samples_and_rate.mat", "samples=30000", "--unit samples=30000", [18, 27]),
    ] {
        let path = recording(file);
        let refused = run_in(folder.path(), &["analyse", &path]);
        assert!(refused.code == Some(2) && refused.err.contains(asked), "{file}: {}", refused.err);
        let args: Vec<&str> = ["analyse", &path, "--json"].into_iter().chain(given.split(' ')).collect();
        let read = json(folder.path(), &args[..]);
        assert_eq!(read["spikes"].as_array().unwrap()[..2], spikes.map(serde_json::Value::from), "{file}");
    }
    for (file, part) in [("nest/multimeter.dat", "`V_m`"), ("tables/potentials.csv", "potential")] {
        let refused = run_in(folder.path(), &["analyse", &recording(file)]);
        assert!(refused.code == Some(2) && refused.err.contains(part), "{file}: {}", refused.err);
    }
    for (option, part) in [
        ("--unit hours", "s, ms, us"),
        ("--columns who=a", "must be one of neuron"),
        ("--as lines", "none of events"),
    ] {
        let args: Vec<&str> = ["analyse", "x.csv"].into_iter().chain(option.split(' ')).collect();
        let refused = run_in(folder.path(), &args);
        assert!(refused.code == Some(2) && refused.err.contains(part), "{option}: {}", refused.err);
    }
}

#[test]
fn verdicts_choose_neurons() {
    let folder = tempfile::tempdir().unwrap();
    let path = recording("phy/sorted");
    let names = |verdict: &str| {
        json(folder.path(), &["analyse", &path, "--verdict", verdict, "--json"])["neurons"].clone()
    };
    assert_eq!(names("good"), serde_json::json!(["2"]));
    assert_eq!(names("good,noise"), serde_json::json!(["2", "11"]));
    let said = ok(folder.path(), &["analyse", &path, "--verdict", "mua", "-m", "rate"]);
    assert!(said.contains("1 of 3 neurons, those judged mua by cluster_group.tsv"), "{said}");
    ok(folder.path(), &["plot", "raster", &path, "--verdict", "good", "-o", "r.svg"]);
    let nwb = recording("nwb/observed_in_parts.nwb");
    let kept = json(folder.path(), &["analyse", &nwb, "--verdict", "good", "--json"])["neurons"].clone();
    assert_eq!(kept, serde_json::json!(["101", "250"]));
    for (file, verdict, part) in [
        (&path, "great", "there are 1 good, 1 mua, 1 noise"),
        (&recording("tables/bom.tsv"), "good", "no verdicts"),
    ] {
        let refused = run_in(folder.path(), &["analyse", file, "--verdict", verdict]);
        assert!(refused.code == Some(2) && refused.err.contains(part), "{}", refused.err);
    }
}

#[test]
fn what_a_run_writes_as_csv_comes_back_with_its_step_and_its_silent_neurons() {
    let folder = tempfile::tempdir().unwrap();
    ok(folder.path(), &["simulate", "lif", "-n", "3", "--steps", "200", "--input", "0", "-o", "s.csv"]);
    let read = json(folder.path(), &["analyse", "s.csv", "--json", "-m", "rate"]);
    assert_eq!(
        (&read["neurons"], &read["window"]),
        (&serde_json::json!(["0", "1", "2"]), &serde_json::json!([0.0, 0.2]))
    );
    assert_eq!(read["dt"], serde_json::json!(0.001));
}

#[test]
fn a_look_into_a_file_shows_its_parts_also_where_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let look = |file: &str| ok(folder.path(), &["inspect", &recording(file)]);
    let mat = look("matlab/samples_and_rate.mat");
    assert!(
        mat.contains("fs")
            && mat.contains("30000")
            && mat.contains("no spikes read")
            && mat.contains("--unit"),
        "{mat}"
    );
    let cameras = look("prophesee");
    assert!(
        cameras.contains("camera recordings, a file each") && cameras.contains("FOLDER:FILE"),
        "{cameras}"
    );
    let events = look("tonic/events.npy");
    assert!(events.contains("camera events") && events.contains("118 neurons"), "{events}");
    let facts = json(folder.path(), &["inspect", &recording("shd/digits.h5"), "--json"]);
    assert_eq!((&facts["format"], &facts["trials"]), (&"SHD, SSC".into(), &4.into()));
}

/// Two channels of 16 bits, 8,000 samples in a second.
fn tone(path: &Path, frames: &[[i16; 2]]) {
    let bytes = 4 * frames.len() as u32;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend([16_u32, 1 | 2 << 16, 8000, 32_000, 4 | 16 << 16].map(u32::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(frames.iter().flatten().flat_map(|v| v.to_le_bytes()));
    std::fs::write(path, file).unwrap();
}

#[test]
fn sound_is_input_whose_rate_sets_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    tone(&at("tone.wav"), &[[16_384, 0], [-32_768, 8_192], [0, 0], [0, 0]]);
    let args = ["simulate", "lif", "--input", "tone.wav", "--probe", "input", "-o", "o.npz", "--json"];
    let summary = json(folder.path(), &args);
    assert_eq!((summary["dt"].as_f64(), summary["neurons"].as_u64()), (Some(1.25e-4), Some(2)));
    let mut archive = rheobase::data::NpzReader::open(at("o.npz")).unwrap();
    let input = archive.read("probe_input").unwrap();
    assert_eq!(input.to_f64().unwrap(), [0.5, 0.0, -1.0, 0.25, 0.0, 0.0, 0.0, 0.0]);
    let other = run_in(folder.path(), &["simulate", "lif", "--input", "tone.wav:left"]);
    assert!(other.code != Some(0) && other.err.contains("no named arrays"), "{}", other.err);
    std::fs::write(at("cut.wav"), &std::fs::read(at("tone.wav")).unwrap()[..50]).unwrap();
    let cut = run_in(folder.path(), &["simulate", "lif", "--input", "cut.wav"]);
    assert!(cut.code != Some(0) && cut.err.contains("cut.wav"), "{}", cut.err);
}
