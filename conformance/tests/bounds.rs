//! The bounds of rounding that `verify` allows: they hold for every model, they are not wide, and no fault of a thousandth
//! in a parameter hides behind them.

use rheobase::data::{Array, write_npz};
use rheobase::models::neuron::{Emits, Time};
use rheobase::models::record::Kind;
use rheobase::population::{ErrorStep, Model, Number};
use rheobase::verify::{Status, verify_file};
use rheobase::{Catalog, Input, Population, Record, Spikes};

const SINGLE: f64 = 1.0 / (1 << 24) as f64;

/// Inputs around the model's example, the same in both precisions.
fn inputs(model: &dyn Model, count: usize) -> Vec<f64> {
    let x = model.info().example_input;
    (0..count).map(|i| f64::from((x * (0.4 + 0.13 * ((i * 7) % 11) as f64)) as f32)).collect()
}

fn dt(model: &dyn Model) -> f64 {
    if model.info().time == Time::Steps { 1.0 } else { f64::from(0.001f32) }
}

/// The parameters in single precision, so that both runs have the same.
fn parameters(model: &dyn Model) -> Vec<f64> {
    model.params().iter().map(|f| f64::from(f.default as f32)).collect()
}

/// One step from the same state in both precisions: states, single first.
fn one_step(model: &std::sync::Arc<dyn Model>, state: &[f64], x: f64) -> rheobase::Result<[Vec<f64>; 2]> {
    fn run<E: Number>(
        model: &std::sync::Arc<dyn Model>,
        start: &[f64],
        x: f64,
    ) -> rheobase::Result<Vec<f64>> {
        let mut builder = Population::<E>::builder(model.clone(), &[1]).dt(dt(&**model));
        for (field, value) in model.params().iter().zip(parameters(&**model)) {
            builder = builder.set(field.name, value);
        }
        let mut population = builder.build()?;
        let mut state = population.state().clone();
        for (field, value) in state.fields.iter_mut().zip(start) {
            field[0] = E::from_f64(*value);
        }
        population.set_state(state)?;
        population.run(1, &Input::Constant(&[E::from_f64(x)]), &Record::spikes(Spikes::Dense))?;
        Ok(population.state().fields.iter().map(|f| f[0].to_f64()).collect())
    }
    Ok([run::<f32>(model, state, x)?, run::<f64>(model, state, x)?])
}

#[test]
fn a_step_in_single_precision_stays_within_them() -> rheobase::Result<()> {
    let (mut steps, mut widest) = (0, Vec::new());
    for model in Catalog::standard().models() {
        let mut state: Vec<f64> = model.rest(&parameters(&**model));
        let mut largest = 0.0f64;
        for x in inputs(&**model, 60) {
            state.iter_mut().for_each(|s| *s = f64::from(*s as f32));
            let [single, double] = one_step(model, &state, x)?;
            let errors = vec![0.0; state.len()];
            let bounds = model.error_bounds(&ErrorStep {
                params: &parameters(&**model),
                dt: dt(&**model),
                state: &state,
                errors: &errors,
                input: x,
                input_error: 0.0,
                held: false,
                layer: 0.0,
                fired: None,
                unit: SINGLE,
            });
            let size = |f: usize| double[f].abs().max(state[f].abs());
            // A spike that falls the other way is another state.
            let same = (0..state.len()).all(|f| (single[f] - double[f]).abs() <= 0.1 * size(f) + 1e-12);
            for f in (0..state.len()).filter(|_| same) {
                let off = (single[f] - double[f]).abs();
                let bound = bounds.state[f];
                assert!(
                    off <= bound,
                    "{} {}: {off:e} > {bound:e} at {state:?}, {x}",
                    model.info().name,
                    model.state()[f].name
                );
                if bound > 0.0 {
                    largest = largest.max(off / bound);
                }
                steps += 1;
            }
            state = double;
        }
        if largest > 0.0 {
            widest.push((model.info().name, largest));
        }
    }
    assert!(steps > 2000, "{steps}");
    // Worst cases seldom come together: a bound is up to a hundred times what happened in 60 steps.
    for (name, largest) in widest {
        assert!(largest > 0.01, "{name}: bounds are {} times too wide", 1.0 / largest);
    }
    Ok(())
}

/// A trace of `model` in single precision with one parameter off by `fault` of its size, said to have none.
fn write_trace(
    path: &std::path::Path,
    model: &str,
    set: &[(&str, f64)],
    wrong: &str,
    fault: f64,
) -> rheobase::Result<()> {
    let model = Catalog::standard().get(model)?;
    let (steps, n) = (200, 8);
    let x = model.info().example_input;
    let input: Vec<f32> = (0..steps * n).map(|i| (x * (0.5 + 0.15 * ((i * 7) % 11) as f64)) as f32).collect();
    let mut builder = Population::<f32>::builder(model.clone(), &[n]).dt(dt(&*model));
    for (name, value) in set {
        builder = builder.set(name, value * if *name == wrong { 1.0 + fault } else { 1.0 });
    }
    let mut record = Record::spikes(Spikes::Dense);
    for field in model.state() {
        record = record.probe(field.name);
    }
    let run = builder.build()?.run(steps, &Input::Array(&input), &record)?;
    let fired = run.dense().iter().any(|x| *x != 0.0);
    assert!(fired || model.info().emits == Emits::Analogue, "{} is silent", model.info().name);
    let said: Vec<String> = set.iter().map(|(name, value)| format!(r#""{name}": {value:?}"#)).collect();
    let meta = format!(
        r#"{{"name": "t", "target": "rheobase.{}", "params": {{"dt": {:?}, {}}}}}"#,
        model.info().name,
        dt(&*model),
        said.join(", ")
    );
    let array = |data: Vec<f32>| Array::new([steps, n], data);
    let mut arrays = vec![
        ("meta".to_string(), Array::text(meta)),
        ("input".to_string(), array(input)?),
        ("output".to_string(), array(run.spikes.into_dense())?),
    ];
    for trace in run.traces {
        arrays.push((trace.name, array(trace.data)?));
    }
    write_npz(path, &arrays)
}

/// What came of a run.
fn results(path: &std::path::Path) -> rheobase::Result<Vec<Vec<f64>>> {
    rheobase::data::read_npz(path)?.arrays()[2..].iter().map(|(_, array)| array.to_f64()).collect()
}

/// The largest difference beside the size of its array.
fn furthest(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let of_array = |(a, b): (&Vec<f64>, &Vec<f64>)| {
        let size = b.iter().fold(1e-12, |size: f64, x| size.max(x.abs()));
        a.iter().zip(b).fold(0.0, |off: f64, (a, b)| off.max((a - b).abs())) / size
    };
    a.iter().zip(b).map(of_array).fold(0.0, f64::max)
}

#[test]
fn a_fault_of_a_thousandth_does_not_hide_behind_them() -> rheobase::Result<()> {
    let folder = tempfile::tempdir().expect("a folder for traces");
    let path = folder.path().join("t.npz");
    let (mut tried, mut hidden) = (0, Vec::new());
    for model in Catalog::standard().models() {
        let info = model.info();
        // Parameters of a default model that a trace can say: numbers other than 0.
        let numbers = model.params().iter().filter(|f| f.kind == Kind::Real && f.default.is_finite());
        let set: Vec<(&str, f64)> =
            numbers.filter(|f| f.default != 0.0).map(|f| (f.name, f64::from(f.default as f32))).collect();
        write_trace(&path, info.name, &set, "", 0.0)?;
        let report = verify_file(&path);
        assert_eq!(report.status, Status::Pass, "{}: {report:?}", info.name);
        let sound = results(&path)?;
        for (wrong, _) in &set {
            // Parameters that a rule ties to another, round to whole steps or hardly act at these settings are left out.
            let broken = write_trace(&path, info.name, &set, wrong, 1e-3).is_err();
            if broken || furthest(&results(&path)?, &sound) < 1e-4 {
                continue;
            }
            tried += 1;
            if verify_file(&path).status != Status::Fail {
                hidden.push(format!("{}: {wrong}", info.name));
            }
        }
    }
    assert!(hidden.is_empty(), "faults that pass: {hidden:?}");
    assert!(tried > 60, "{tried}");
    Ok(())
}
