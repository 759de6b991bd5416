//! Law: without input a neuron at rest stays there, silent. Clocks may run.

use rheobase::models::neuron::Firing;
use rheobase::{Input, Record, Spikes};

use super::same;
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let mut neurons = Setup::new(subject, 4, 1, 1).build::<f64>()?;
    let fresh = neurons.state().clone();
    let run = neurons.run(50, &Input::Constant(&[0.0]), &Record::spikes(Spikes::Dense));
    let output = run.map_err(|e| e.to_string())?.dense;
    let clocks = subject.clocks();
    for (i, field) in subject.model.state().iter().enumerate().filter(|(i, _)| !clocks[*i]) {
        same(field.name, &neurons.state().fields[i], &fresh.fields[i])?;
    }
    if subject.model.info().firing != Firing::Never && output.iter().any(|x| *x != 0.0) {
        return Err("a spike without input".into());
    }
    Ok(())
}
