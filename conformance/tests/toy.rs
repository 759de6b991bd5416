//! A model joins by one file and one line: the toy below is looked up, simulated, differentiated, verified and listed,
//! and all laws hold for it, without another edit.

#[path = "toy/bouncer.rs"]
mod bouncer;

use std::path::Path;

use bouncer::Bouncer;
use conformance::{LAWS, Subject};
use rheobase::data::{Array, write_npz};
use rheobase::verify::{Status, verify_file, verify_with};
use rheobase::{Catalog, Input, Population, Record, Spikes, Upstream};

/// The line.
fn catalog() -> Catalog {
    Catalog::standard().clone().with::<Bouncer>()
}

#[test]
fn it_is_listed_after_the_models_of_the_library() {
    let catalog = catalog();
    assert_eq!(catalog.models().len(), Catalog::standard().models().len() + 1);
    let model = catalog.get("bouncer").expect("listed");
    assert_eq!(model.info().class, catalog.get("Bouncer").expect("by class").info().class);
    assert_eq!(model.params()[0].name, "tau_m");
    assert!(Catalog::standard().get("bouncer").is_err());
    let typo = catalog.get("bouncr").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(typo.contains("did you mean `bouncer`?"), "{typo}");
}

#[test]
fn it_is_simulated_and_differentiated() -> rheobase::Result<()> {
    let mut neurons =
        Population::<f32>::builder(catalog().get("bouncer")?, &[40]).set("tau_m", 0.01).build()?;
    let input = Input::Constant(&[1.5]);
    let (recording, tape) = neurons.run_taped(500, &input, &Record::spikes(Spikes::Dense).probe("v"))?;
    let spikes = recording.dense().iter().filter(|x| **x != 0.0).count();
    assert!((40..20_000).contains(&spikes), "{spikes}");

    let ones = vec![1.0; recording.dense().len()];
    let upstream = Upstream { output: Some(&ones[..]), states: Vec::new() };
    let gradients = neurons.gradients(&tape, &input, &upstream, &["tau_m", "v_reset"])?;
    assert!(gradients.input.iter().all(|g| g.is_finite()) && gradients.input.iter().any(|g| *g != 0.0));
    assert!(gradients.shared("tau_m").is_some_and(|g| g.is_finite() && g != 0.0));
    Ok(())
}

/// The toy's numbers from a plain loop that shares nothing with the engine: output and potential `[time, neuron]`.
fn by_hand(tau_m: &[f64], v_reset: f64, dt: f64, input: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut v = vec![0.0; tau_m.len()];
    let (mut output, mut potential) = (Vec::new(), Vec::new());
    for row in input.chunks(tau_m.len()) {
        for ((v, tau), x) in v.iter_mut().zip(tau_m).zip(row) {
            *v += dt / tau * (x - *v);
            let fired = *v >= 1.0;
            *v = if fired { v_reset } else { *v };
            output.push(f64::from(u8::from(fired)));
            potential.push(*v);
        }
    }
    (output, potential)
}

/// The toy's trace with one number of the potential shifted by `off`, and `extra` among its parameters.
fn write_trace(path: &Path, off: f64, extra: &str) -> rheobase::Result<()> {
    let (steps, tau_m) = (400, [0.01, 0.02, 0.03]);
    let input: Vec<f64> = (0..steps * tau_m.len()).map(|i| 0.8 + 0.3 * (i % 11) as f64).collect();
    let (output, mut potential) = by_hand(&tau_m, -0.25, 0.0005, &input);
    assert!(output.iter().sum::<f64>() > 10.0);
    potential[700] += off;
    let meta = format!(
        r#"{{"name": "toy", "target": "rheobase.bouncer", "params": {{"dt": 0.0005, "v_reset": -0.25{extra}}}}}"#
    );
    let array = |data: Vec<f64>| Array::new([steps, tau_m.len()], data);
    let arrays = [
        ("meta", Array::text(meta)),
        ("input", array(input)?),
        ("output", array(output)?),
        ("v", array(potential)?),
        ("param_tau_m", Array::new([tau_m.len()], tau_m.to_vec())?),
    ];
    write_npz(path, &arrays)
}

#[test]
fn it_is_verified() -> rheobase::Result<()> {
    let folder = tempfile::tempdir().expect("a folder for traces");
    let path = folder.path().join("toy.npz");
    write_trace(&path, 0.0, "")?;
    let report = verify_with(&catalog(), &path);
    assert_eq!(report.status, Status::Pass, "{report:?}");
    assert_eq!(report.arrays.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["output", "v"]);

    // The standard catalogue does not have it.
    let unknown = verify_file(&path);
    assert_eq!(unknown.status, Status::Fail);
    assert!(unknown.reason.is_some_and(|r| r.contains("unknown model `bouncer`")));

    write_trace(&path, 1e-6, "")?;
    let report = verify_with(&catalog(), &path);
    assert_eq!(report.status, Status::Fail);
    let v = report.arrays.iter().find(|a| a.name == "v").expect("compared");
    assert!(!v.agrees && v.at == [233, 1], "{v:?}");

    write_trace(&path, 0.0, r#", "v_rset": 0"#)?;
    let report = verify_with(&catalog(), &path);
    assert!(report.reason.is_some_and(|r| r.contains("did you mean `v_reset`?")));
    Ok(())
}

#[test]
fn every_law_holds_for_it() {
    let subject = Subject::of::<Bouncer>(&catalog()).expect("listed");
    for law in LAWS {
        if let Err(why) = (law.check)(&subject) {
            panic!("{}, but {why}", law.says);
        }
    }
}
