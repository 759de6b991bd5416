//! What `analyse` and `plot` count: several spikes at one time, windows that adjoin, remainders, lags on edges, kernels.

use serde_json::{Value, json};

use super::{json as run_json, ok, run_in};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
    folder
}

/// What `analyse` measures of a file.
fn measured(folder: &tempfile::TempDir, args: &str) -> Value {
    let words: Vec<&str> = args.split(' ').collect();
    run_json(folder.path(), &[&["analyse"], &words[..], &["--json"]].concat())
}

fn near(got: &Value, want: f64) {
    let got = got.as_f64().unwrap_or(f64::NAN);
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got}, not {want}");
}

#[test]
fn counts_of_a_step_are_that_many_spikes() {
    let folder = folder(&[("counts.csv", "n0\n4\n0\n1\n3\n"), ("twos.csv", "a,b\n2,0\n0,2\n2,2\n0,0\n")]);
    let found = measured(&folder, "counts.csv --unit steps --bin 1 -m rate,fano");
    assert_eq!(found["spikes"], json!([8]));
    near(&found["measures"]["rate"]["trains"][0], 2.0);
    near(&found["measures"]["fano"]["trains"][0], 5.0 / 3.0);
    let found =
        measured(&folder, "twos.csv --as counts -m rate,population,correlation --dt 0.001 --bin 0.001");
    assert_eq!(found["measures"]["rate"]["trains"], json!([1000.0, 1000.0]));
    assert_eq!(found["measures"]["population"]["rate"], json!([1000.0, 1000.0, 2000.0, 0.0]));
    near(&found["measures"]["correlation"]["matrix"][0][1], 0.0);
    ok(folder.path(), &["plot", "raster", "counts.csv", "--unit", "steps", "-o", "r.svg"]);
    assert!(std::fs::read_to_string(folder.path().join("r.svg")).unwrap().contains("8 spikes"));
}

#[test]
fn values_and_repeated_lines_are_that_many_spikes() {
    let folder = folder(&[
        ("values.csv", "step,neuron,value\n0,0,4\n2,0,1\n3,0,3\n"),
        ("lines.csv", "step,neuron\n3,0\n0,0\n0,0\n3,0\n0,0\n2,0\n3,0\n0,0\n"),
        ("times.csv", "time,neuron\n0.1,0\n0.1,0\n0.2,1\n0.3,0\n0.4,1\n0.4,1\n"),
    ]);
    for file in ["values.csv", "lines.csv"] {
        let found = measured(&folder, &format!("{file} --unit steps --bin 1 -m rate,fano"));
        assert_eq!(found["spikes"], json!([8]), "{file}");
        near(&found["measures"]["fano"]["trains"][0], 5.0 / 3.0);
    }
    let found = measured(
        &folder,
        "times.csv -m rate,victor-purpura,correlogram --cost 0 --pair 0,0 --bin 0.1 --max-lag 0.2",
    );
    assert_eq!(found["spikes"], json!([3, 3]));
    assert_eq!(found["measures"]["victor_purpura"]["matrix"], json!([[0.0, 0.0], [0.0, 0.0]]));
    assert_eq!(found["measures"]["correlogram"]["counts"], json!([2, 0, 2, 0, 2]));
}

#[test]
fn measures_of_intervals_refuse_equal_times_by_name_and_say_what_merges_them() {
    let folder = folder(&[("times.csv", "time,neuron\n0.1,0\n0.1,0\n0.2,1\n0.3,0\n0.35,0\n0.4,1\n")]);
    for (measure, name) in [
        ("isi", "isi:"),
        ("bursts", "bursts:"),
        ("isi-distance", "ISI distance:"),
        ("spike-distance", "SPIKE distance:"),
        ("spike-sync", "SPIKE synchronisation:"),
        ("event-sync", "event synchronisation:"),
    ] {
        let ran = run_in(folder.path(), &["analyse", "times.csv", "-m", measure]);
        assert_eq!(ran.code, Some(2), "{measure}: {}", ran.out);
        for part in [name, "train 0", "0.1 s", "--merge-equal"] {
            assert!(ran.err.contains(part), "{measure}: {}", ran.err);
        }
        ok(folder.path(), &["analyse", "times.csv", "-m", measure, "--merge-equal"]);
    }
    let ran = run_in(folder.path(), &["analyse", "times.csv", "--merge-equal"]);
    assert!(ran.err.contains("--merge-equal made 5 spikes of 6"), "{}", ran.err);
    let merged = measured(&folder, "times.csv -m isi --merge-equal");
    assert_eq!(merged["spikes"], json!([3, 2]));
    near(&merged["measures"]["isi_mean"]["trains"][0], 0.125);
    // What is measured unless asked for goes on without them, and says so.
    let usual = ok(folder.path(), &["analyse", "times.csv"]);
    assert!(usual.contains("isi: train 0 has several spikes") && usual.contains("fano"), "{usual}");
    let usual = measured(&folder, "times.csv");
    assert!(usual["measures"]["isi"]["left_out"].as_str().unwrap().contains("--merge-equal"));
    assert!(
        usual["measures"]["spike_sync"]["left_out"].is_string()
            && usual["measures"]["synchrony"]["chi"].is_number()
    );
    for (picture, name) in [("distances", "SPIKE distance:"), ("isi", "isi:")] {
        let ran = run_in(folder.path(), &["plot", picture, "times.csv", "-o", "d.svg"]);
        assert!(
            ran.code == Some(2) && [name, "train 0", "--merge-equal"].iter().all(|p| ran.err.contains(p)),
            "{}",
            ran.err
        );
        ok(folder.path(), &["plot", picture, "times.csv", "--merge-equal", "-o", "d.svg"]);
    }
    ok(folder.path(), &["report", "."]);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("several spikes at 0.1 s") && !page.contains("Intervals between spikes"), "{page}");
}

#[test]
fn simulated_counts_are_that_many_spikes() {
    let folder = folder(&[]);
    let run = |args: &str| {
        let words: Vec<&str> = args.split(' ').collect();
        run_json(folder.path(), &[&["simulate"], &words[..], &["--json"]].concat())
    };
    let found = run("spiking_rectified_linear --input 2500 --time 1 -o s.npz --plot s.svg");
    assert_eq!(found["spikes"], 2500);
    near(&found["rate"]["mean"], 2500.0);
    assert!(std::fs::read_to_string(folder.path().join("s.svg")).unwrap().contains("2500 spikes"));
    let said = ok(folder.path(), &["simulate", "spiking_rectified_linear", "--input", "2500", "--time", "1"]);
    assert!(said.contains("2500 Hz"), "{said}");
    let read = measured(&folder, "s.npz -m rate");
    near(&read["measures"]["rate"]["trains"][0], 2500.0);
    // Neither amplitudes nor signs change how many there are.
    let half = run("spiking_rectified_linear --set amplitude=0.5 --input 2500 --time 1 -o h.npz");
    assert_eq!(half["spikes"], 2500);
    near(&half["output"]["mean"], 1250.0);
    assert_eq!(measured(&folder, "h.npz -m rate")["spikes"], json!([2500]));
    let negative = run("spiking_leaky_relu --set negative_slope=1 --input=-2500 --time 1 -o n.npz");
    assert_eq!(negative["spikes"], 2500);
    near(&negative["output"]["mean"], -2500.0);
    let read = measured(&folder, "n.npz -m rate --from 0 --to 0.5");
    assert_eq!(read["spikes"], json!([1250]));
    near(&read["measures"]["output"]["trains"][0], -2500.0);
    let one = run("lif --set amplitude=2 --input 3 --time 1 -o a.npz");
    assert_eq!(measured(&folder, "a.npz -m rate")["spikes"], json!([one["spikes"]]));
}

/// A spike in each of ten steps of 1 ms.
const EVERY_STEP: &str = "step,neuron\n0,0\n1,0\n2,0\n3,0\n4,0\n5,0\n6,0\n7,0\n8,0\n9,0\n";

#[test]
fn adjoining_windows_share_no_spike_and_lose_none() {
    let folder = folder(&[
        ("everystep.csv", EVERY_STEP),
        ("times.csv", "time,neuron\n0,0\n0.1,0\n0.2,0\n0.30000000000000004,0\n0.4,0\n"),
    ]);
    let rate = |from: f64, to: f64| {
        let found = measured(&folder, &format!("everystep.csv --dt 0.001 --from {from} --to {to} -m rate"));
        near(&found["measures"]["rate"]["trains"][0], 1000.0);
        found["spikes"][0].as_u64().unwrap()
    };
    assert_eq!(rate(0.002, 0.004), 2);
    for cut in 1..10 {
        let cut = f64::from(cut) * 0.001;
        assert_eq!(rate(0.0, cut) + rate(cut, 0.01), 10, "{cut}");
    }
    // The recording of times ends with its last spike, which counts, and that is said.
    let whole = measured(&folder, "times.csv -m population --bin 0.1");
    assert_eq!(whole["measures"]["population"]["rate"], json!([10.0, 10.0, 10.0, 20.0]));
    assert_eq!(whole["spikes_at_the_end"], 1);
    let said = ok(folder.path(), &["analyse", "times.csv", "-m", "rate"]);
    assert!(said.contains("1 spike lies at 0.4 s, where the recording ends, and counts"), "{said}");
    let part = measured(&folder, "times.csv -m population --bin 0.1 --to 0.3");
    assert_eq!(part["measures"]["population"]["rate"], json!([10.0, 10.0, 10.0]));
    assert_eq!((&part["spikes_at_the_end"], &part["spikes"]), (&json!(0), &json!([3])));
    let shown = |to: &str| {
        ok(folder.path(), &["plot", "raster", "times.csv", "--to", to, "-o", "r.svg"]);
        std::fs::read_to_string(folder.path().join("r.svg")).unwrap()
    };
    assert!(shown("0.3").contains("3 spikes") && shown("0.4").contains("5 spikes"));
}

#[test]
fn a_remainder_shorter_than_a_bin_is_said() {
    let folder = folder(&[("everystep.csv", EVERY_STEP)]);
    let args = "everystep.csv --dt 0.001 --bin 0.004 -m fano,population,synchrony";
    let words: Vec<&str> = args.split(' ').collect();
    let said = ok(folder.path(), &[&["analyse"], &words[..]].concat());
    assert_eq!(said.matches("the last 0.002 s left out: less than a bin").count(), 3, "{said}");
    let found = measured(&folder, args);
    for measure in ["fano", "population", "synchrony"] {
        near(&found["measures"][measure]["remainder"], 0.002);
    }
    near(&found["measures"]["population"]["rate"][1], 1000.0);
    let found = measured(&folder, "everystep.csv --dt 0.001 --bin 0.005 -m fano");
    assert_eq!(found["measures"]["fano"]["remainder"], 0.0);
    ok(folder.path(), &["plot", "rates", "everystep.csv", "--dt", "0.001", "--bin", "0.004", "-o", "r.svg"]);
    let svg = std::fs::read_to_string(folder.path().join("r.svg")).unwrap();
    assert!(svg.contains("bins of 4 ms, the last 2 ms left out"), "{svg}");
}

#[test]
fn correlograms_are_symmetric_where_lags_fall_on_edges() {
    let folder = folder(&[
        ("acg.csv", "step,neuron\n10,0\n11,0\n30,0\n31,0\n50,0\n51,0\n"),
        ("two.csv", "step,neuron\n10,0\n11,1\n30,0\n31,1\n50,0\n52,1\n57,0\n"),
    ]);
    let counts = |args: &str| {
        let found = measured(&folder, &format!("{args} --dt 0.001 --to 0.1 -m correlogram"));
        let counts = found["measures"]["correlogram"]["counts"].as_array().unwrap();
        counts.iter().map(|c| c.as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(counts("acg.csv --bin 0.002 --max-lag 0.004"), [0, 3, 0, 3, 0]);
    for bin in ["0.001", "0.002", "0.003", "0.004"] {
        let pair = |pair: &str| counts(&format!("two.csv --bin {bin} --max-lag 0.012 --pair {pair}"));
        let (forth, back) = (pair("0,1"), pair("1,0"));
        assert_eq!(forth, back.into_iter().rev().collect::<Vec<_>>(), "{bin}");
        let alone = pair("0,0");
        assert_eq!(alone, alone.iter().rev().copied().collect::<Vec<_>>(), "{bin}");
    }
    let said =
        ok(folder.path(), &["analyse", "acg.csv", "--dt", "0.001", "-m", "correlogram", "--bin", "0.002"]);
    assert!(said.contains("of an even number of steps"), "{said}");
}

#[test]
fn lvr_stands_beside_cv2_and_lv() {
    // Intervals of 10, 30 and 10 ms: 3/4 (1 + 4 R / 40 ms) for both pairs.
    let folder = folder(&[("s.csv", "time,neuron\n0,0\n0.01,0\n0.04,0\n0.05,0\n")]);
    let found = measured(&folder, "s.csv -m isi");
    near(&found["measures"]["lv"]["trains"][0], 0.75);
    near(&found["measures"]["lvr"]["trains"][0], 1.125);
    near(&found["measures"]["lvr"]["refractoriness"], 0.005);
    near(&measured(&folder, "s.csv -m isi --refractoriness 0")["measures"]["lvr"]["trains"][0], 0.75);
    assert!(ok(folder.path(), &["analyse", "s.csv"]).contains("LvR"));
    let ran = run_in(folder.path(), &["analyse", "s.csv", "--refractoriness", "-1"]);
    assert!(ran.code == Some(2) && ran.err.contains("refractoriness"), "{}", ran.err);
}

/// What the longest curve of a picture shows on average, read off its y axis; `middle` of its points are taken.
fn mean_of_curve(svg: &str, middle: std::ops::Range<usize>) -> f64 {
    let paths: Vec<&str> = svg.split(" d=\"").skip(1).filter_map(|p| p.split('"').next()).collect();
    let numbers = |text: &str| -> Vec<f64> {
        let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
        parts.filter_map(|n| n.parse().ok()).collect()
    };
    let curve = numbers(paths.iter().max_by_key(|p| p.len()).unwrap());
    let heights = &curve.iter().skip(1).step_by(2).collect::<Vec<_>>()[middle];
    // Ticks of the y axis are strokes x y H x, their labels end left of them.
    let ticks =
        paths.iter().map(|p| numbers(p)).find(|n| n.len() > 3 && n.len() % 3 == 0 && n[0] == n[3]).unwrap();
    let labels = svg
        .split("text-anchor=\"end\"")
        .skip(1)
        .filter_map(|t| t.split(['>', '<']).nth(1)?.parse::<f64>().ok());
    let labels: Vec<f64> = labels.collect();
    let per_unit = (ticks[4] - ticks[1]) / (labels[1] - labels[0]);
    let mean = heights.iter().copied().sum::<f64>() / heights.len() as f64;
    labels[0] + (mean - ticks[1]) / per_unit
}

#[test]
fn a_clock_has_its_rate_by_every_kernel() {
    let rows: String = (0..2000).step_by(2).map(|i| format!("{i},0\n")).collect();
    let folder = folder(&[("clock.csv", &format!("step,neuron\n{rows}"))]);
    for (kernel, want) in [
        ("expon", 25.0),
        ("gauss", 25.0),
        ("expogauss", 25.0),
        ("alpha", 25.0),
        ("published-expon", 39.283),
        ("published-gauss", 25.353),
        ("published-expogauss", 0.042),
        ("published-alpha", 21.529),
    ] {
        for tau in ["0.01", "0.02", "0.033", "0.2"] {
            let args = [
                "plot",
                "rates",
                "clock.csv",
                "--dt",
                "0.02",
                "-o",
                "r.svg",
                "--tau",
                tau,
                "--kernel",
                kernel,
            ];
            ok(folder.path(), &args);
            let svg = std::fs::read_to_string(folder.path().join("r.svg")).unwrap();
            let mean = mean_of_curve(&svg, 500..1500);
            // Pictures have hundredths of a point.
            let known = want == 25.0 || tau == "0.02";
            assert!(!known || (mean - want).abs() < 0.02, "{kernel}, tau {tau}: {mean}");
        }
    }
    let ran = run_in(folder.path(), &["plot", "rates", "clock.csv", "--kernel", "gaus", "-o", "r.svg"]);
    assert!(ran.code == Some(2) && ran.err.contains("published-gauss"), "{}", ran.err);
}
