//! Law: 32 bits follow 64 bits until a spike falls the other way on the edge of the threshold; from then on that neuron
//! takes over the state of 64 bits before every step.

use rheobase::models::neuron::Firing;
use rheobase::{Record, Spikes};

use super::within;
use crate::Subject;
use crate::subject::Setup;

/// Difference allowed, relative to the largest magnitude the field has had.
const TOLERANCE: f64 = 5e-4;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let (n, steps) = (24, 200);
    let setup = Setup::new(subject, n, 1, steps);
    let record = Record::spikes(Spikes::Dense).probe("margin").probe("potential");
    let (mut single, mut double) = (setup.build::<f32>()?, setup.build::<f64>()?);
    let fields = subject.model.state();
    let mut sizes = vec![f64::MIN_POSITIVE; fields.len()];
    let mut potential = f64::MIN_POSITIVE;
    let mut flipped = vec![false; n];
    for t in 0..steps {
        let a = setup.run(&mut single, t, t + 1, &record)?;
        let b = setup.run(&mut double, t, t + 1, &record)?;
        potential = b.traces[1].data.iter().fold(potential, |m, x| m.max(x.abs()));
        let mut state = single.state().clone();
        for i in 0..n {
            let (out, want) = (f64::from(a.dense()[i]), b.dense()[i]);
            let differs = (out - want).abs() > TOLERANCE * want.abs().max(1.0);
            if differs && !on_the_edge(subject, b.traces[0].data[i], potential) {
                return Err(format!("step {t}, neuron {i}: output {out} in 32 bits, {want} in 64 bits"));
            }
            flipped[i] |= differs;
            for (f, field) in fields.iter().enumerate() {
                let (got, want) = (f64::from(state.fields[f][i]), double.state().fields[f][i]);
                sizes[f] = sizes[f].max(want.abs());
                if !differs && !within(got - want, TOLERANCE * sizes[f]) {
                    return Err(format!(
                        "step {t}, neuron {i}: {} = {got:e} in 32 bits, {want:e} in 64 bits",
                        field.name
                    ));
                }
                if flipped[i] {
                    state.fields[f][i] = want as f32;
                }
            }
        }
        single.set_state(state).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// Whether a spike with this margin may fall either way.
fn on_the_edge(subject: &Subject, margin: f64, potential: f64) -> bool {
    let distance = match subject.model.info().firing {
        Firing::Count => margin - margin.round(),
        _ => margin,
    };
    distance.abs() <= TOLERANCE * potential
}
