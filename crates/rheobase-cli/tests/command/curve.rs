//! `rheobase curve`.

use rheobase::data::{NonFinite, read_csv, read_npz};

use crate::{all_models, json, ok, run_in};

#[test]
fn every_model_has_a_curve() {
    let folder = tempfile::tempdir().unwrap();
    for name in all_models() {
        let text = ok(folder.path(), &["curve", &name, "--points", "5", "--plot", "c.svg"]);
        assert!(text.starts_with(&name) && text.contains("INPUT"), "{text}");
    }
}

#[test]
fn simulation_meets_the_closed_form_of_the_exact_neuron() {
    let folder = tempfile::tempdir().unwrap();
    let curve = json(folder.path(), &["curve", "lif", "--to", "3", "--points", "13", "--f64", "--json"]);
    let column = |name: &str| -> Vec<f64> {
        curve[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    for (simulated, closed) in column("simulated").iter().zip(column("closed_form")) {
        assert!((simulated - closed).abs() < 1e-3, "{simulated} {closed}");
    }
    assert!((curve["rheobase"][1].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn rheobase_is_found_by_simulation_where_there_is_no_closed_form() {
    let folder = tempfile::tempdir().unwrap();
    // A leaky cell fires where its input exceeds the threshold of 0.4.
    let curve = json(folder.path(), &["curve", "slif", "--points", "9", "--time", "2", "--json"]);
    let (low, high) = (curve["rheobase"][0].as_f64().unwrap(), curve["rheobase"][1].as_f64().unwrap());
    assert!(low <= 0.4 && 0.4 <= high && high - low < 0.001, "{low} {high}");
}

#[test]
fn the_table_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    ok(folder.path(), &["curve", "lif", "--points", "4", "-o", "c.csv"]);
    let table = read_csv(folder.path().join("c.csv"), NonFinite::Refuse).unwrap();
    assert_eq!((table.names.join(" "), table.rows()), ("input simulated closed_form".into(), 4));
    ok(folder.path(), &["curve", "adex", "--points", "4", "-o", "c.npz"]);
    let file = read_npz(folder.path().join("c.npz")).unwrap();
    assert_eq!(file.names().collect::<Vec<_>>(), ["input", "simulated", "meta"]);
    // What is drawn of a table has the units, the step and the source of what `curve` itself draws.
    ok(folder.path(), &["curve", "lif_discrete", "--points", "4", "-o", "d.csv"]);
    for (table, said) in [
        ("c.csv", ["input (threshold current)", "firing rate (Hz)", "dt = 1 ms", "model = lif"]),
        ("c.npz", ["input (pA)", "firing rate (Hz)", "dt = 1 ms", "model = adex"]),
        ("d.csv", ["firing rate (per step)", ">input<", "model = lif_discrete", "seed = 0"]),
    ] {
        let svg = ok(folder.path(), &["plot", "fi", table, "-o", "-"]);
        said.iter().for_each(|text| assert!(svg.contains(text), "{table}: {text}: {svg}"));
    }
    let out = ok(folder.path(), &["curve", "lif", "--points", "4", "--csv"]);
    assert!(out.starts_with("input,simulated,closed_form\n") && !out.contains('#'), "{out}");
}

#[test]
fn bad_ranges_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (args, part) in [
        ("--from 3 --to 2", "--from 3: must be less than --to"),
        ("--from nan", "--from NaN: must lie in"),
        ("--to inf", "--to inf: must lie in"),
        ("--points 1", "--points 1: must be from 2"),
        ("--time 0", "--time 0: must be > 0"),
        ("--settle -1", "--settle -1: must be > 0"),
        ("-o c.txt", "must end in .csv or .npz"),
    ] {
        let ran =
            run_in(folder.path(), &[&["curve", "lif"], &args.split(' ').collect::<Vec<_>>()[..]].concat());
        assert!(ran.code == Some(2) && ran.err.contains(part), "{args}: {}", ran.err);
    }
}

#[test]
fn drawn_parameters_are_drawn_once() {
    let folder = tempfile::tempdir().unwrap();
    let args = "curve lif --set tau_m=0.005..0.05 --from 1 --to 3 --points 9 --f64 --json";
    let curve = json(folder.path(), &args.split(' ').collect::<Vec<_>>());
    let tau = curve["drawn"]["tau_m"].as_f64().unwrap();
    assert!((0.005..0.05).contains(&tau), "{tau}");
    // One neuron: the curve of that time constant, which rises from point to point.
    let column = |curve: &serde_json::Value, name: &str| -> Vec<f64> {
        curve[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let simulated = column(&curve, "simulated");
    assert!(simulated.windows(2).all(|w| w[0] < w[1]), "{simulated:?}");
    let args = format!("curve lif --set tau_m={tau} --from 1 --to 3 --points 9 --f64 --json");
    let fixed = json(folder.path(), &args.split(' ').collect::<Vec<_>>());
    assert_eq!(column(&fixed, "closed_form"), column(&curve, "closed_form"));
    assert_eq!((fixed["drawn"].to_string(), column(&fixed, "simulated")), ("{}".into(), simulated));
    let text = ok(folder.path(), &["curve", "lif", "--set", "tau_m=0.005..0.05", "--points", "3"]);
    assert!(text.contains(&format!("tau_m = {tau} for every point")), "{text}");
}

#[test]
fn rates_that_the_steps_change_or_keep_apart_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &str| {
        let ran = run_in(folder.path(), &args.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{args}: {}", ran.err);
        ran.err
    };
    let lost = run("curve lif --set t_ref=0 --to 10");
    assert!(lost.contains("the closed form gives") && lost.contains("or --set carry_over=1"), "{lost}");
    assert_eq!(run("curve lif --set t_ref=0 --set carry_over=1 --to 10"), "");
    assert_eq!(run("curve lif"), "");
    let steps = run("curve lif_exp --to 5000 --points 50");
    assert!(steps.contains("its intervals are whole steps"), "{steps}");
    assert!(run("curve eif").contains("so this is"), "eif");
    let curve = json(folder.path(), &["curve", "lif_exp", "--to", "5000", "--points", "50", "--json"]);
    let warnings = curve["warnings"].as_array().unwrap();
    assert!(
        warnings.iter().all(|w| steps.contains(w.as_str().unwrap())) && warnings.len() == 2,
        "{warnings:?}"
    );
}
