//! Waves, cumulative waves, and their first spikes.

use super::SpikeRows;
use super::check::{Shape, finite, neurons, rows, steps};
use rheobase_base::Result;

/// Writes the first value of each neuron that is not 0. `out` is overwritten; its buffers are reused. A cumulative wave of
/// spikes comes back by [`to_wave`].
///
/// # Errors
/// Lengths that do not fit `shape`; values that are not finite.
pub fn first_spikes(wave: &[f32], shape: Shape, out: &mut SpikeRows) -> Result<()> {
    let steps = steps("first_spikes", "wave", wave, shape)?;
    first_of(wave, wave.len() / steps, |_, x| x, out);
    Ok(())
}

/// Writes the first `kept(step, value)` of each neuron that is not 0.
pub(super) fn first_of(wave: &[f32], neurons: usize, kept: impl Fn(usize, f32) -> f32, out: &mut SpikeRows) {
    out.clear();
    let mut done = vec![false; neurons];
    for (step, row) in wave.chunks_exact(neurons).enumerate() {
        for ((i, x), done) in row.iter().enumerate().zip(&mut done).filter(|(_, done)| !**done) {
            let x = kept(step, *x);
            if x != 0.0 {
                *done = true;
                out.push(i as u32, x);
            }
        }
        out.end_step();
    }
}

/// Makes a wave cumulative: once a value is not 0, the neuron goes on with it to the end.
///
/// # Errors
/// Lengths that do not fit `shape`; values that are not finite.
pub fn cumulate(wave: &mut [f32], shape: Shape) -> Result<()> {
    let neurons = wave.len() / steps("cumulate", "wave", wave, shape)?;
    for at in neurons..wave.len() {
        if wave[at - neurons] != 0.0 {
            wave[at] = wave[at - neurons];
        }
    }
    Ok(())
}

/// The cumulative wave of first spikes: each neuron goes on with its value to the end. `out` is overwritten; its
/// buffers are reused.
///
/// # Errors
/// Spikes of neurons that `shape` does not have.
pub fn to_wave(first: &SpikeRows, shape: Shape, out: &mut Vec<f32>) -> Result<()> {
    rows("to_wave", first, shape)?;
    finite("to_wave", "value", first.value())?;
    let neurons = neurons("to_wave", shape)?;
    out.clear();
    out.resize(first.steps() * neurons, 0.0);
    for step in 0..first.steps() {
        let (before, now) = out.split_at_mut(step * neurons);
        if step > 0 {
            now[..neurons].copy_from_slice(&before[(step - 1) * neurons..]);
        }
        let (index, value) = first.step(step);
        for (i, v) in index.iter().zip(value) {
            now[*i as usize] = *v;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cumulative_wave_is_its_first_spikes() {
        let mut wave = [0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 5.0, 0.0];
        let shape = [1, 3, 1];
        let (mut first, mut again) = (SpikeRows::default(), Vec::new());
        first_spikes(&wave, shape, &mut first).unwrap();
        assert_eq!(
            (first.offsets(), first.index(), first.value()),
            (&[0, 1, 2, 2][..], &[1, 0][..], &[1.0, 2.0][..])
        );
        cumulate(&mut wave, shape).unwrap();
        assert_eq!(wave, [0.0, 1.0, 0.0, 2.0, 1.0, 0.0, 2.0, 1.0, 0.0]);
        to_wave(&first, shape, &mut again).unwrap();
        assert_eq!(again, wave);
        let error = to_wave(&first, [1, 1, 1], &mut again).unwrap_err().to_string();
        assert!(error.contains("index[0] = 1: must be below 1"), "{error}");
    }
}
