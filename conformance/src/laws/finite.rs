//! Law: inputs within the declared range leave state and output finite, over a long run.

use rheobase::random::Stream;
use rheobase::{Input, Record, Spikes};

use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let [low, high] = subject.model.info().input_range;
    let stream = Stream::new(1, "law finite", subject.name());
    // Neuron by neuron: constants at both ends, fast and slow changes between them, noise, pulses.
    let make = |t: u64, _: usize, first: usize, to: &mut [f32]| {
        for (i, x) in to.iter_mut().enumerate() {
            let n = first + i;
            *x = match n / 4 {
                0 => low as f32,
                1 => high as f32,
                2 => (if t.is_multiple_of(2) { low } else { high }) as f32,
                3 => (if (t / 50).is_multiple_of(2) { low } else { high }) as f32,
                4 => (low + (high - low) * stream.uniform(t, 0, n as u32)) as f32,
                _ => (if t.is_multiple_of(10) { high } else { 0.0 }) as f32,
            };
        }
    };
    let mut neurons = Setup::new(subject, 24, 1, 1).build::<f32>()?;
    for part in 0..10 {
        let run = neurons.run(1000, &Input::Generated(&make), &Record::spikes(Spikes::Dense));
        let output = run.map_err(|e| e.to_string())?.spikes.into_dense();
        if let Some(i) = output.iter().position(|x| !x.is_finite()) {
            return Err(format!("output {} in step {}, neuron {}", output[i], part * 1000 + i / 24, i % 24));
        }
        for (field, values) in subject.model.state().iter().zip(&neurons.state().fields) {
            if let Some(n) = values.iter().position(|x| !x.is_finite()) {
                return Err(format!(
                    "{} = {} of neuron {n} after {} steps",
                    field.name,
                    values[n],
                    (part + 1) * 1000
                ));
            }
        }
    }
    Ok(())
}
