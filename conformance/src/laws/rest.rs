//! Law: without input a neuron at rest stays there, silent, to the last bits of 64. Clocks may run. Drawn parameters
//! count where the model's own differential equation is at rest, too.

use rheobase::models::neuron::Firing;
use rheobase::{Input, Record, Spikes};

use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let setup = Setup::new(subject, 4, 1, 1);
    let mut neurons = setup.build::<f64>()?;
    let fresh = neurons.state().clone();
    let run = neurons.run(50, &Input::Constant(&[0.0]), &Record::spikes(Spikes::Dense));
    let output = run.map_err(|e| e.to_string())?.spikes.into_dense();
    let clocks = subject.clocks();
    for n in (0..4).filter(|n| *n == 0 || flow_ends(subject, &setup.parameters(*n), &clocks)) {
        for (i, field) in subject.model.state().iter().enumerate().filter(|(i, _)| !clocks[*i]) {
            let (end, start) = (neurons.state().fields[i][n], fresh.fields[i][n]);
            if (end - start).abs() > 1e-12 * start.abs() {
                return Err(format!("{} of parameter set {n}: {start} becomes {end}", field.name));
            }
        }
        let spikes = output.iter().skip(n).step_by(4).any(|x| *x != 0.0);
        if subject.model.info().firing != Firing::Never && spikes {
            return Err(format!("parameter set {n}: a spike without input"));
        }
    }
    Ok(())
}

/// Whether the model's differential equation stands still at rest.
fn flow_ends(subject: &Subject, parameters: &[f64], clocks: &[bool]) -> bool {
    let rest = subject.model.rest(parameters);
    let flow = subject.model.rhs(parameters, &rest, 0.0);
    flow.is_some_and(|flow| flow.iter().zip(clocks).all(|(f, clock)| *clock || f.abs() < 1e-9))
}
