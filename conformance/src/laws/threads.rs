//! Law: results do not depend on the number of threads.

use rheobase::{Input, Record, Spikes, Upstream};

use super::{differentiable, same_gradients, same_recording, same_state, upstream};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    // More neurons than a tile has, and a last tile that is not full.
    let setup = Setup::new(subject, 1100, 2, 12);
    let input = setup.input::<f32>(0, 12);
    let loss = upstream::<f32>("output", input.len());
    let wanted: Vec<&str> = differentiable(subject).into_iter().take(2).collect();
    let run = |threads: usize, form: Spikes| {
        let mut neurons = setup.builder::<f32>().threads(threads).build().map_err(|e| e.to_string())?;
        let record = subject.model.state().iter().fold(Record::spikes(form), |r, f| r.probe(f.name));
        let (recording, tape) =
            neurons.run_taped(12, &Input::Array(&input), &record).map_err(|e| e.to_string())?;
        let upstream = Upstream { output: Some(&loss), states: Vec::new() };
        let gradients = neurons.gradients(&tape, &Input::Array(&input), &upstream, &wanted);
        Ok::<_, String>((recording, neurons.state().clone(), gradients.map_err(|e| e.to_string())?))
    };
    for form in [Spikes::Bits, Spikes::Events] {
        let (one, two) = (run(1, form)?, run(2, form)?);
        same_recording(&one.0, &two.0)?;
        same_state(subject, &one.1, &two.1)?;
        same_gradients(&one.2, &two.2)?;
    }
    Ok(())
}
