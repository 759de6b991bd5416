//! `rheobase phase`.

use rheobase::{Catalog, Dynamics};

use crate::{all_models, json, names_in, ok, run_in};

#[test]
fn lapicques_constants_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let text = ok(folder.path(), &["phase", "lif", "--set", "tau_m=0.01"]);
    assert!(text.contains("rheobase 1 (closed form)") && text.contains("chronaxie 0.00694 s"), "{text}");
    assert!(text.contains("stable node") && text.contains("-100"), "{text}");
    assert!(text.contains("beyond threshold") || text.contains("none"), "{text}");
}

#[test]
fn fixed_points_are_data() {
    let folder = tempfile::tempdir().unwrap();
    let found = json(
        folder.path(),
        &["phase", "izhikevich", "-i", "0,10", "--x", "v=-90..40", "--y", "w=-25..20", "--json"],
    );
    let points = found["inputs"][0]["fixed_points"].as_array().unwrap();
    assert_eq!((points.len(), &found["axes"][1]["field"]), (2, &"w".into()));
    assert!((points[0]["state"]["v"].as_f64().unwrap() + 70.0).abs() < 1e-9);
    assert_eq!((&points[0]["stability"], &points[1]["stability"]), (&"stable node".into(), &"saddle".into()));
    assert!(found["inputs"][1]["fixed_points"].as_array().unwrap().is_empty());
    let value = |name: &str| found[name]["value"].as_f64().unwrap();
    // The field loses its rest at 4; a step from rest gets past the slower recovery before.
    assert!((2.25..4.0).contains(&value("rheobase")), "{}", found["rheobase"]);
    assert!((0.001..0.1).contains(&value("chronaxie")), "{}", found["chronaxie"]);
}

#[test]
fn every_model_with_equations_is_drawn_and_the_others_say_why_not() {
    let folder = tempfile::tempdir().unwrap();
    for name in all_models() {
        let mut args = vec!["phase", &name, "--plot", "p.svg"];
        let model = Dynamics::new(Catalog::standard().get(&name).unwrap(), &[]).unwrap();
        if model.model().info().time == rheobase::models::neuron::Time::Seconds {
            args.extend(["--dt", "0.0005", "--horizon", "0.2"]);
        }
        if model.has_rhs() {
            let text = ok(folder.path(), &args);
            assert!(text.starts_with(&name) && text.contains("rheobase"), "{text}");
            std::fs::remove_file(folder.path().join("p.svg")).unwrap();
        } else {
            let ran = run_in(folder.path(), &args);
            assert!(
                ran.code == Some(2) && ran.err.contains("not a differential equation"),
                "{name}: {}",
                ran.err
            );
            assert!(names_in(folder.path()).is_empty());
        }
    }
}

#[test]
fn a_plane_may_be_a_line_and_fields_may_be_held() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["phase", "adex", "--line", "--dt", "0.0002", "--horizon", "0.3", "-i", "0", "--json"];
    let rest = |more: &[&str]| {
        let found = json(folder.path(), &[&args[..], more].concat());
        assert_eq!(found["axes"].as_array().unwrap().len(), 1);
        found["inputs"][0]["fixed_points"][0]["state"].clone()
    };
    let (free, held) = (rest(&["--x", "v=-90..-40"]), rest(&["--x", "v=-90..-40", "--hold", "w=100"]));
    assert_eq!((free["w"].as_f64(), held["w"].as_f64()), (Some(0.0), Some(100.0)));
    // A held adaptation of 100 pA pulls the rest down by 100 pA·tau_m/c_m.
    let pulled = free["v"].as_f64().unwrap() - held["v"].as_f64().unwrap();
    assert!((pulled - 100.0 * 0.00937 / 0.281).abs() < 0.01, "{pulled}");
}

#[test]
fn bad_wishes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (args, part) in [
        ("lif --set tau_m=-1", "must be > 0"),
        ("lif --set tau_m=0.01..0.02", "--set tau_m: must be one number"),
        ("lif --set tau_m=1 --set tau_m=2", "given twice"),
        ("lif --input nan", "--input NaN: must lie in"),
        ("lif --input 1,1", "given twice"),
        ("lif --input 0,.1,.2,.3,.4,.5,.6", "at most 6"),
        ("lif --input 1;2", "--input"),
        ("adex --x u", "unknown state field `u`"),
        ("adex --x refractory", "does not move"),
        ("adex --x v=1..1", "lower one first"),
        ("adex --x v=3", "lower one first"),
        ("adex --x v=-40..-80", "lower one first"),
        ("adex --y v --x v", "on both axes"),
        ("lif --y w", "unknown state field `w`"),
        ("adex --y w --line", "cannot be used with"),
        ("adex --hold v=1", "on an axis"),
        ("adex --hold refractory=inf", "finite"),
        ("adex --start v=-60", "with --plot"),
        ("lif --time 0.1 --plot p.png", "in a plane of two variables"),
        ("adex --time -1 --plot p.png", "adex.time = -1 s: must be > 0"),
        ("adex --start u=1 --plot p.png", "unknown state field `u`"),
        ("adex --dt 0", "dt"),
        ("adex --dt 0.1", "unstable"),
        ("adex --horizon nan", "horizon"),
        ("adex --horizon 1e9", "10^7 steps"),
        ("adex --plot p.gif", "must end in .svg or .png or .pdf"),
        ("adexx", "did you mean `adex`"),
        ("lif_decay", "not a differential equation"),
    ] {
        let ran = run_in(folder.path(), &[&["phase"], &args.split(' ').collect::<Vec<_>>()[..]].concat());
        assert!(ran.code == Some(2) && ran.err.contains(part), "{args}: {}", ran.err);
    }
    assert!(names_in(folder.path()).is_empty());
}
