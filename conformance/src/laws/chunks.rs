//! Law: a run in parts is the whole run.

use rheobase::{Input, Record, Spikes};

use super::{same, same_state};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    // Beyond the length after which a run joins its results, split at odd places.
    let steps = 300;
    let setup = Setup::new(subject, 21, 2, steps);
    let mut record = Record::spikes(Spikes::Dense);
    for field in subject.model.state() {
        record = record.probe(field.name);
    }
    let mut whole = setup.build::<f32>()?;
    let all = setup.run(&mut whole, 0, steps, &record)?;
    let mut parts = setup.build::<f32>()?;
    let mut output = Vec::new();
    let mut probes = vec![Vec::new(); subject.model.state().len()];
    for (from, to) in [(0, 1), (1, 8), (8, 108), (108, 108), (108, 257), (257, 300)] {
        let part = setup.run(&mut parts, from, to, &record)?;
        output.extend(part.spikes.into_dense());
        for (all, trace) in probes.iter_mut().zip(part.traces) {
            all.extend(trace.data);
        }
    }
    same("output", all.dense(), &output)?;
    for (trace, data) in all.traces.iter().zip(&probes) {
        same(&format!("probe {}", trace.name), &trace.data, data)?;
    }
    same_state(subject, whole.state(), parts.state())?;
    generated(&setup, all.dense())
}

/// The same input, generated: it goes by the step since the reset, not by that of the call.
fn generated(setup: &Setup<'_>, want: &[f32]) -> Result<(), String> {
    let all = setup.input::<f32>(0, setup.steps);
    let (batch, n) = (setup.batch, setup.neurons);
    let make = |step: u64, sample: usize, first: usize, to: &mut [f32]| {
        let start = (step as usize * batch + sample) * n + first;
        to.copy_from_slice(&all[start..start + to.len()]);
    };
    let mut neurons = setup.build::<f32>()?;
    let mut output = Vec::new();
    for steps in [13, 250, 37] {
        let run = neurons.run(steps, &Input::Generated(&make), &Record::spikes(Spikes::Dense));
        output.extend(run.map_err(|e| e.to_string())?.spikes.into_dense());
    }
    same("output under generated input", want, &output)
}
