//! `rheobase simulate`.

use rheobase::data::{Array, NonFinite, read_csv, read_npz, read_spikes, write_npy, write_npz};

use crate::{all_models, json, names_in, ok, run_in};

#[test]
fn every_model_runs_is_saved_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for name in all_models() {
        let text = ok(folder.path(), &["simulate", &name, "--steps", "50", "-o", "a.npz", "--plot", "a.svg"]);
        assert!(text.starts_with(&name) && text.contains("wrote"), "{text}");
        let svg = std::fs::read_to_string(folder.path().join("a.svg")).unwrap();
        assert!(svg.contains("<svg"), "{name}");
        let file = read_npz(folder.path().join("a.npz")).unwrap();
        assert_eq!(file.get("shape").unwrap().to_i64().unwrap(), [50, 1, 1]);
        assert!(file.find("input").is_some() && file.find("meta").is_some());
    }
    assert_eq!(names_in(folder.path()), ["a.npz", "a.svg"]);
}

#[test]
fn the_archive_holds_spikes_probes_parameters_and_meta() {
    let folder = tempfile::tempdir().unwrap();
    let args = "simulate lif -n 3 --time 0.2 --set tau_m=0.01..0.03 --input 1.5..2 --probe v --probe input:10 \
                --probe time_since_spike:5 --seed 7 -o a.npz";
    let summary = json(
        folder.path(),
        &[&args.split(' ').filter(|a| !a.is_empty()).collect::<Vec<_>>()[..], &["--json"]].concat(),
    );
    let spikes = read_spikes(folder.path().join("a.npz")).unwrap();
    assert_eq!(spikes.shape(), [200, 1, 3]);
    assert_eq!(summary["spikes"], spikes.len());
    let file = read_npz(folder.path().join("a.npz")).unwrap();
    assert_eq!(file.get("v").unwrap().shape(), [200, 1, 3]);
    assert_eq!(file.get("probe_input").unwrap().shape(), [20, 1, 3]);
    assert_eq!(file.get("probe_input_every").unwrap().to_f64().unwrap(), [10.0]);
    assert_eq!(file.get("time_since_spike").unwrap().shape(), [40, 1, 3]);
    let tau = file.get("param_tau_m").unwrap().to_f64().unwrap();
    assert!(tau.len() == 3 && tau.iter().all(|t| (0.01..0.03).contains(t)) && tau[0] != tau[1]);
    let input = file.get("input").unwrap().to_f64().unwrap();
    assert!(input.iter().all(|x| (1.5..2.0).contains(x)));
    let meta: serde_json::Value = serde_json::from_str(file.get("meta").unwrap().as_text().unwrap()).unwrap();
    assert_eq!(
        (&meta["model"], &meta["seed"], &meta["params"]["tau_m"]),
        (&"lif".into(), &7.into(), &"per neuron".into())
    );
}

#[test]
fn a_csv_is_a_table_of_spikes_or_of_steps() {
    let folder = tempfile::tempdir().unwrap();
    let base = ["simulate", "lif", "-n", "2", "--time", "0.1", "--input", "2"];
    ok(folder.path(), &[&base[..], &["-o", "spikes.csv"]].concat());
    let spikes = read_csv(folder.path().join("spikes.csv"), NonFinite::Refuse).unwrap();
    assert_eq!(spikes.names, ["step", "batch", "neuron", "value", "offset"]);
    ok(folder.path(), &[&base[..], &["--probe", "v:2", "-o", "steps.csv"]].concat());
    let steps = read_csv(folder.path().join("steps.csv"), NonFinite::Refuse).unwrap();
    assert_eq!(steps.names, ["step", "time", "v[0]", "v[1]", "spikes[0]", "spikes[1]"]);
    assert_eq!((steps.rows(), steps.columns[0][0]), (50, 1.0));
    let counted: f64 = steps.columns[4].iter().chain(&steps.columns[5]).sum();
    assert_eq!(counted, spikes.rows() as f64);
}

#[test]
fn input_comes_from_files_of_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let data: Vec<f64> = (0..60).map(|i| if i % 3 == 1 { 2.0 } else { 0.0 }).collect();
    let array = Array::new([20, 3], data).unwrap();
    write_npy(path("i.npy"), &array).unwrap();
    write_npz(path("i.npz"), &[("other", &Array::scalar(1.0)), ("current", &array)]).unwrap();
    let lines: String = (0..20).map(|i| format!("{},0,2,0\n", f64::from(i) * 0.002)).collect();
    std::fs::write(path("i.csv"), format!("time,a,b,c\n{lines}")).unwrap();
    let run = |input: &str, dt: &[&str]| {
        let args = ["simulate", "lif", "--input", input, "--probe", "input", "-o", "o.npz", "--json"];
        let summary = json(folder.path(), &[&args[..], dt].concat());
        let fed = read_npz(path("o.npz")).unwrap().get("probe_input").unwrap().to_f64().unwrap();
        (summary["neurons"].as_u64(), summary["steps"].as_u64(), summary["dt"].as_f64(), fed)
    };
    let npy = run("i.npy", &["--dt", "0.002"]);
    assert_eq!((npy.0, npy.1, npy.2), (Some(3), Some(20), Some(0.002)));
    assert_eq!(npy.3[..6], [0.0, 2.0, 0.0, 0.0, 2.0, 0.0]);
    assert_eq!(run("i.npz:current", &["--dt", "0.002"]), npy);
    // The file's column `time` says dt.
    assert_eq!(run("i.csv", &[]), npy);
    let ran = run_in(folder.path(), &["simulate", "lif", "--input", "i.csv", "--dt", "0.001"]);
    assert!(ran.code == Some(2) && ran.err.contains("0.002 apart"), "{}", ran.err);
    let ran = run_in(folder.path(), &["simulate", "lif", "--input", "i.npy", "--time", "1"]);
    assert!(ran.code == Some(2) && ran.err.contains("has 20 steps, but the run has 1000"), "{}", ran.err);
    let ran = run_in(folder.path(), &["simulate", "lif", "--input", "i.npy", "-n", "4"]);
    assert!(ran.code == Some(2) && ran.err.contains("has 3 neurons, but the run has 4"), "{}", ran.err);
}

#[test]
fn one_column_of_input_serves_all_neurons_and_samples() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("i.csv"), "2\n".repeat(30)).unwrap();
    let args = "simulate lif --input i.csv --input 0.5 -n 4 --batch 2 --probe input -o o.npz";
    ok(folder.path(), &args.split(' ').collect::<Vec<_>>());
    let fed = read_npz(folder.path().join("o.npz")).unwrap().get("probe_input").unwrap().clone();
    assert_eq!(fed.shape(), [30, 2, 4]);
    assert!(fed.to_f64().unwrap().iter().all(|x| *x == 2.5));
}

#[test]
fn parameters_and_states_come_from_files_and_spans() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_npy(path("tau.npy"), &Array::vector(vec![0.01, 0.02, 0.03])).unwrap();
    std::fs::write(path("p.csv"), "t_ref,v\n0.001,0.1\n0.002,0.2\n0.003,0.3\n").unwrap();
    let args = "simulate lif -n 3 --steps 1 --input 0 --set tau_m=@tau.npy --set t_ref=@p.csv \
                --initial v=@p.csv:v --probe v -o o.npz --f64";
    ok(folder.path(), &args.split_whitespace().collect::<Vec<_>>());
    let file = read_npz(path("o.npz")).unwrap();
    let array = |name: &str| file.get(name).unwrap().to_f64().unwrap();
    assert_eq!(
        (array("param_tau_m"), array("param_t_ref")),
        (vec![0.01, 0.02, 0.03], vec![0.001, 0.002, 0.003])
    );
    assert!((array("v")[2] - 0.3 * (-1.0f64 / 30.0).exp()).abs() < 1e-12);
    let ran = run_in(folder.path(), &["simulate", "lif", "-n", "2", "--set", "tau_m=@tau.npy"]);
    assert!(ran.code == Some(2) && ran.err.contains("one number for each of the 2 neurons"), "{}", ran.err);
    let per_map = "simulate lif --shape 2,2,2 --set tau_m=0.01..0.03/map --steps 1 -o o.npz";
    ok(folder.path(), &per_map.split(' ').collect::<Vec<_>>());
    let tau = read_npz(path("o.npz")).unwrap().get("param_tau_m").unwrap().to_f64().unwrap();
    assert!(tau[0] == tau[3] && tau[4] == tau[7] && tau[0] != tau[4]);
}

#[test]
fn competition_leaves_fewer_spikes_and_names_the_winners() {
    let folder = tempfile::tempdir().unwrap();
    let args = "simulate lif --shape 4,3,3 --input 1.2..3 --json -o o.npz";
    let free = json(folder.path(), &args.split(' ').collect::<Vec<_>>());
    let held = format!("{args} --wta 1 --scope layer --silence 50");
    let held = json(folder.path(), &held.split(' ').collect::<Vec<_>>());
    assert!(held["spikes"].as_u64() < free["spikes"].as_u64());
    let winners = read_npz(folder.path().join("o.npz")).unwrap().get("winners").unwrap().clone();
    assert_eq!(winners.shape(), [held["winners"].as_u64().unwrap() as usize, 5]);
}

#[test]
fn a_long_run_in_pieces_is_the_run_in_one() {
    // 70000 steps of one neuron are more than a piece; the probe's stride does not divide a piece evenly.
    let folder = tempfile::tempdir().unwrap();
    let args = "simulate lif --input noise:1.1,1 --steps 70000 --probe v:1111 -o o.npz";
    ok(folder.path(), &args.split(' ').collect::<Vec<_>>());
    let file = read_npz(folder.path().join("o.npz")).unwrap();
    assert_eq!(file.get("v").unwrap().shape(), [63, 1, 1]);
    let spikes = read_spikes(folder.path().join("o.npz")).unwrap();
    let last = spikes.steps().last().copied().unwrap_or(0);
    assert!(last > 69_000 && spikes.len() > 1000, "{last} {}", spikes.len());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_without_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let args = "simulate lif -n 2000 --time 10000 --input noise:0.8,0.1 -o o.npz";
    let mut command = crate::command(folder.path(), &args.split(' ').collect::<Vec<_>>());
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let pid = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted after") && names_in(folder.path()).is_empty(), "{said}");
}

#[test]
fn the_picture_names_the_threshold_where_it_is_a_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let svg = |args: &str| {
        ok(folder.path(), &args.split(' ').collect::<Vec<_>>());
        std::fs::read_to_string(folder.path().join("a.svg")).unwrap()
    };
    assert!(svg("simulate lif_exp --input 400 --time 0.1 --plot a.svg").contains(">v_th<"));
    let lif = svg("simulate lif --time 0.1 --plot a.svg");
    assert!(lif.contains(">threshold<") && !lif.contains("v_th"));
}

#[test]
fn the_output_can_be_probed() {
    let folder = tempfile::tempdir().unwrap();
    for (model, probes) in [("lif", ["output", "v"]), ("rectified_linear", ["output", "input"])] {
        let args =
            ["simulate", model, "--time", "0.05", "--probe", probes[0], "--probe", probes[1], "-o", "o.npz"];
        ok(folder.path(), &args);
        let npz = read_npz(folder.path().join("o.npz")).unwrap();
        let output = npz.get("probe_output").unwrap().to_f64().unwrap();
        let sent: f64 = npz.find("value").map_or(50.0, |v| v.to_f64().unwrap().iter().sum());
        assert!(output.len() == 50 && sent > 0.0);
        assert_eq!(output.iter().filter(|x| **x != 0.0).count() as f64, sent, "{model}");
    }
    // An analogue model writes its output anyway: the probe has a column of its own.
    let args = "simulate rectified_linear --time 0.005 --probe output -o o.csv";
    ok(folder.path(), &args.split(' ').collect::<Vec<_>>());
    let csv = std::fs::read_to_string(folder.path().join("o.csv")).unwrap();
    assert_eq!(csv.lines().next(), Some("step,time,probe_output[0],output[0]"), "{csv}");
}

#[test]
fn a_refractory_period_has_its_whole_steps_at_every_dt_and_precision() {
    let folder = tempfile::tempdir().unwrap();
    let rate = |more: &str| {
        let args = format!("simulate slif --set refract_time=0.002 --time 1 --input 1000000 --json {more}");
        let summary = json(folder.path(), &args.split_whitespace().collect::<Vec<_>>());
        assert!(summary.get("warnings").is_none(), "{summary}");
        summary["rate"]["mean"].as_f64().unwrap()
    };
    assert_eq!([rate("--dt 0.0001"), rate("--dt 0.0001 --f64"), rate("--dt 0.001")], [500.0; 3]);
}

/// A warning, as text and as JSON, where the steps change the rate; none where they do not.
#[test]
fn steps_that_change_the_rate_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &str| {
        let ran = run_in(folder.path(), &args.split_whitespace().collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{args}: {}", ran.err);
        ran
    };
    let off = run("simulate lif --set t_ref=0 --time 10 --input 10");
    assert!(off.out.contains("333.3 Hz"), "{}", off.out);
    assert_eq!(
        off.err,
        "warning: lif at input 10 fires at 333.3 Hz with steps of 0.001 s; the closed form gives 474.6 Hz, so this is \
         29.8 % too low; use --dt 0.0002 or less, or --set carry_over=1\n"
    );
    let summary = json(folder.path(), &["simulate", "lif", "--set", "t_ref=0", "--input", "10", "--json"]);
    let warnings = summary["warnings"].as_array().unwrap();
    assert!(warnings.len() == 1 && off.err.contains(warnings[0].as_str().unwrap()), "{warnings:?}");

    let mended = run("simulate lif --set t_ref=0 --set carry_over=1 --time 10 --input 10");
    assert!(mended.err.is_empty() && mended.out.contains("474.5 Hz"), "{}{}", mended.out, mended.err);
    let finer = run("simulate lif --set t_ref=0 --time 10 --input 10 --dt 0.0001");
    assert!(finer.err.is_empty() && finer.out.contains("454.5 Hz"), "{}{}", finer.out, finer.err);

    // No closed form: far shorter steps tell. Above 1/dt no switch helps.
    let eif = run("simulate eif --input 500");
    assert!(
        eif.err.contains("eif at input 500") && eif.err.contains("steps of 0.00002 s give"),
        "{}",
        eif.err
    );
    let fast = run("simulate lif --set t_ref=0 --input 100");
    assert!(fast.err.contains("1000 Hz") && !fast.err.contains("carry_over"), "{}", fast.err);
    // Input that varies.
    let noise = run("simulate lif --set t_ref=0 --input noise:10,1 -n 20");
    assert!(
        noise.err.contains("times; under the same input") && noise.err.contains("carry_over=1"),
        "{}",
        noise.err
    );
    for fine in [
        "simulate lif",
        "simulate lif --input noise:1.2,1",
        "simulate lif --input poisson:500,0.004 -n 3",
        "simulate lif -n 100 --set tau_m=0.01..0.03 --input 1.1..3",
        "simulate adaptive_lif",
        "simulate spiking_rectified_linear --input 250",
        "simulate lif --input 0.5 --set t_ref=0",
        "simulate rectified_linear",
        "simulate lif_subtract",
        "simulate cuba_lif",
        "simulate perfect_integrator",
        "simulate izhikevich --dt 0.0001",
    ] {
        assert!(run(fine).err.is_empty(), "{fine}: {}", run(fine).err);
    }
}
