//! `analyse`, `plot` and `report` on files of every kind.

use rheobase::data::{Array, SpikeEvents, write_npy, write_npz, write_spikes};

use super::{json, names_in, ok, run_in};

/// Neuron 0 fires every 10 steps, neuron 1 every 25, neuron 2 never.
fn regular() -> Vec<f32> {
    let fires =
        |step: usize, neuron: usize| [10, 25, usize::MAX].get(neuron).is_some_and(|n| step % n == *n / 2);
    (0..1000 * 3).map(|i| if fires(i / 3, i % 3) { 1.0 } else { 0.0 }).collect()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let dense = regular();
    write_spikes(path("s.npz"), &SpikeEvents::from_dense([1000, 1, 3], 0.001, &dense).unwrap()).unwrap();
    let values = dense.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
    write_npy(path("s.npy"), &Array::new([1000, 3], values).unwrap()).unwrap();
    let row = |i: usize| format!("0,{:03};{}\r\n", i / 3, i % 3);
    let rows: String = (0..3000).filter(|i| dense[*i] != 0.0).map(row).collect();
    std::fs::write(path("sheet.csv"), format!("\u{feff}Time;Neuron\r\n{rows};\r\n\r\n")).unwrap();
    let v = Array::new([500, 1, 2], (0..1000).map(|i| f64::from(i % 7)).collect::<Vec<_>>()).unwrap();
    let one = Array::scalar(2.0);
    write_npz(path("v.npz"), &[("v", &v), ("v_every", &one), ("dt", &Array::scalar(0.001))]).unwrap();
    std::fs::write(path("metrics.csv"), "epoch,train_loss,test_acc\n1,0.5,60\n2,0.25,80\n").unwrap();
    std::fs::write(path("curve.csv"), "input,simulated,closed_form\n0,0,0\n1,10,11\n2,20,21\n").unwrap();
    std::fs::write(path("config.json"), "{\"rate\": 0.001, \"layers\": {\"hidden\": 256}}").unwrap();
    std::fs::write(path("bad.csv"), "a,b\n1,x\n").unwrap();
    write_npy(path("c.npy"), &Array::new([2, 2], vec![5_i64, 1, 0, 7]).unwrap()).unwrap();
    write_npy(path("w.npy"), &Array::new([4, 6], vec![0.5; 24]).unwrap()).unwrap();
    folder
}

#[test]
fn every_kind_of_file_gives_the_same_numbers() {
    let folder = folder();
    let of =
        |args: &[&str]| json(folder.path(), &[&["analyse"], args, &["--json", "-m", "rate,isi"]].concat());
    let npz = of(&["s.npz"]);
    assert_eq!(npz["spikes"], serde_json::json!([100, 40, 0]));
    assert_eq!(npz["measures"]["rate"]["trains"], serde_json::json!([100.0, 40.0, 0.0]));
    assert_eq!(npz["time_unit"], "s");
    let sheet = of(&["sheet.csv", "--dt", "0.001", "--neurons", "3", "--to", "1"]);
    let npy = of(&["s.npy", "--dt", "0.001"]);
    for other in [&sheet, &npy] {
        assert_eq!(npz["spikes"], other["spikes"]);
        assert_eq!(npz["measures"]["rate"], other["measures"]["rate"]);
        let mean = |v: &serde_json::Value| v["measures"]["isi_mean"]["trains"][0].as_f64().unwrap();
        assert!((mean(&npz) - 0.01).abs() < 1e-12 && (mean(other) - 0.01).abs() < 1e-12);
    }
    let asked = run_in(folder.path(), &["analyse", "s.npy"]);
    assert!(
        asked.code == Some(2) && asked.err.contains("--dt") && asked.err.contains("--unit steps"),
        "{}",
        asked.err
    );
    let steps = of(&["s.npy", "--unit", "steps"]);
    assert_eq!(
        (&steps["time_unit"], &steps["measures"]["rate"]["trains"][0]),
        (&"steps".into(), &0.1.into())
    );
}

#[test]
fn all_measures_work_and_are_capped() {
    let folder = folder();
    let all = "rate,isi,fano,bursts,population,synchrony,correlogram,correlation,victor-purpura,van-rossum,isi-distance,\
               spike-distance,spike-sync,event-sync";
    let text = ok(folder.path(), &["analyse", "s.npz", "-m", all]);
    assert!(text.contains("SPIKE distance") && text.contains("FANO"), "{text}");
    let found = json(folder.path(), &["analyse", "s.npz", "-m", all, "--trains", "2", "--json"]);
    assert_eq!(found["measures"]["spike_distance"]["matrix"].as_array().unwrap().len(), 2);
    let cross = ["analyse", "s.npz", "-m", "correlogram", "--pair", "0,1", "--max-lag", "0.02", "--json"];
    let lags = json(folder.path(), &cross)["measures"]["correlogram"]["lags"].as_array().unwrap().len();
    assert_eq!(lags, 41);
    for (args, part) in [
        (&["--bin", "0"][..], "--bin 0"),
        (&["--bin", "5"], "not longer"),
        (&["--level", "1"], "--level 1"),
        (&["--from", "2", "--to", "1"], "--from 2"),
        (&["--sample", "1"], "number of samples"),
        (&["--dt", "0.002"], "0.001 s"),
        (&["-m", "spike-sync", "--trains", "1"], "at least 2"),
        (&["-m", "correlogram", "--pair", "0,9"], "no train 9"),
        (&["-m", "van-rossum", "--tau", "nan"], "tau"),
    ] {
        let ran = run_in(folder.path(), &[&["analyse", "s.npz"], args].concat());
        assert!(ran.code == Some(2) && ran.err.contains(part), "{args:?}: {}", ran.err);
    }
}

#[test]
fn every_picture_is_drawn_and_says_its_unit() {
    let folder = folder();
    for (args, parts) in [
        ("raster s.npz", &["time (s)", "neuron"][..]),
        ("raster s.npy --unit steps", &["time (steps)"]),
        ("rates s.npz", &["firing rate (Hz)"]),
        ("rates s.npy --unit steps --kernel expon", &["firing rate (per step)", "train 1"]),
        ("isi s.npz", &["inter-spike interval (ms)"]),
        ("isi s.npy --unit steps", &["inter-spike interval (steps)"]),
        ("correlogram s.npz --pair 0,1", &["lag (ms)", "train 1 after train 0"]),
        ("distances s.npz --distance victor-purpura", &["cost 50/s"]),
        ("traces v.npz", &["neuron 1"]),
        ("traces v.npz:v --only 1", &["time (ms)"]),
        ("weights w.npy --map 2,3", &["weight"]),
        ("learning metrics.csv", &["loss", "accuracy", "epoch"]),
        ("confusion c.npy", &["true class"]),
        ("fi curve.csv", &["closed form", "Hz"]),
    ] {
        let words: Vec<&str> = args.split(' ').collect();
        ok(folder.path(), &[&["plot"], &words[..], &["-o", "p.svg"]].concat());
        let svg = std::fs::read_to_string(folder.path().join("p.svg")).unwrap();
        assert!(parts.iter().all(|p| svg.contains(p)), "{args}");
    }
    ok(folder.path(), &["plot", "raster", "s.npz", "-o", "p.png"]);
    for (args, part) in [
        ("raster s.npz -o p.gif", ".svg or .png or .pdf"),
        ("raster none.npz -o p.svg", "none.npz"),
        ("raster v.npz -o p.svg", "`v`"),
        ("weights w.npy --map 5,5 -o p.svg", "--map 5,5"),
        ("confusion w.npy -o p.svg", "square"),
        ("learning curve.csv -o p.svg", "`loss`"),
        ("traces v.npz --only 7 -o p.svg", "--only 7"),
        ("isi s.npz --only 2 -o p.svg", "no intervals"),
    ] {
        let words: Vec<&str> = args.split(' ').collect();
        let ran = run_in(folder.path(), &[&["plot"], &words[..]].concat());
        assert!(ran.code == Some(2) && ran.err.contains(part), "{args}: {}", ran.err);
    }
}

#[test]
fn a_report_shows_what_is_there_and_says_what_is_not() {
    let folder = folder();
    ok(folder.path(), &["plot", "raster", "s.npz", "-o", "picture.svg"]);
    let said = ok(folder.path(), &["report", ".", "--dt", "0.001", "--title", "A <run>"]);
    assert!(said.contains("left out bad.csv"), "{said}");
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    for part in [
        "A &lt;run&gt;",
        "layers.hidden",
        "Learning curves",
        "Firing rate over input",
        "States over time",
        "data:image/svg",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("src=\"http"));
    // Again: the page itself is not a result.
    ok(folder.path(), &["report", ".", "--dt", "0.001", "--title", "A <run>"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("report.html")).unwrap(), page);
    let empty = tempfile::tempdir().unwrap();
    assert!(ok(empty.path(), &["report", "."]).contains("0 of 0 files"));
    assert_eq!(names_in(empty.path()), ["report.html"]);
    let ran = run_in(folder.path(), &["report", "nowhere"]);
    assert!(ran.code == Some(2) && ran.err.contains("not a folder"), "{}", ran.err);
}
