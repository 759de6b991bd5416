//! Law: a neuron after reset is as a fresh one, but for the fields that a reset is declared to keep.

use rheobase::{Record, Spikes};

use super::{same, same_recording, same_state};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let setup = Setup::new(subject, 19, 2, 100);
    let record = Record::spikes(Spikes::Dense);
    let mut neurons = setup.build::<f32>()?;
    let fresh = neurons.state().clone();
    setup.run(&mut neurons, 0, 100, &record)?;
    let used = neurons.state().clone();
    neurons.reset();
    for (i, field) in subject.model.state().iter().enumerate() {
        let want = if field.kept_by_reset { &used } else { &fresh };
        same(field.name, &neurons.state().fields[i], &want.fields[i])?;
    }

    let fields = subject.model.state();
    let builder = fields.iter().fold(setup.builder::<f32>(), |b, f| b.keep_on_reset(f.name, false));
    let mut neurons = builder.build().map_err(|e| e.to_string())?;
    let first = setup.run(&mut neurons, 0, 100, &record)?;
    neurons.reset();
    same_state(subject, neurons.state(), &fresh)?;
    if *neurons.state() != fresh {
        return Err("the layer's state is not that of a fresh one".into());
    }
    same_recording(&first, &setup.run(&mut neurons, 0, 100, &record)?)
}
