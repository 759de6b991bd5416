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
    assert_eq!(file.names().collect::<Vec<_>>(), ["input", "simulated"]);
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
