//! `Synapse`: a low-pass filter over time, of every value by itself.

use rheobase_models::real::Real;

use crate::network::describe::{self, SynapseShape};
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use crate::vision::windows::value_error;
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Below this a trace is 0: denormal numbers are slow.
const SETTLED: f32 = 1e-31;

/// A first- or second-order low-pass filter, exact for an input that is constant during each step; the output of a step
/// holds the step's input already. Of a constant input it becomes that input.
#[derive(Debug, Clone)]
pub(crate) struct Synapse {
    width: usize,
    /// `exp(−dt/tau)`.
    decay: f32,
    /// `1 − exp(−dt/tau)`.
    gain: f32,
    /// `dt/tau·exp(−dt/tau)` of an alpha filter: what of its first trace reaches the second within a step.
    through: Option<f32>,
}

impl Synapse {
    /// # Errors
    /// A time constant that is not finite and above 0.
    pub(crate) fn new(place: &str, synapse: &describe::Synapse, dt: f64, width: usize) -> Result<Synapse> {
        let tau = synapse.tau;
        if !(tau > 0.0 && tau.is_finite()) {
            let rule = "must be finite and above 0, in seconds; leave the synapse out for none";
            return Err(value_error(place, "tau", None, tau, rule));
        }
        let exponent = -dt / tau;
        let decay = Real::exp(exponent);
        let alpha = synapse.shape == SynapseShape::Alpha;
        Ok(Synapse {
            width,
            decay: decay as f32,
            gain: -Real::exp_m1(exponent) as f32,
            through: alpha.then_some((dt / tau * decay) as f32),
        })
    }
}

fn settled(x: f32) -> f32 {
    if x.abs() < SETTLED { 0.0 } else { x }
}

impl Operator for Synapse {
    /// The output's trace, then the first one of an alpha filter.
    fn fresh(&self, samples: usize) -> Memory {
        let fields = if self.through.is_some() { 2 } else { 1 };
        Memory { fields: vec![vec![0.0; samples * self.width]; fields], ..Memory::default() }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        let Synapse { decay, gain, through, .. } = *self;
        Some(Operation::Synapse { decay, gain, through })
    }

    fn forward(
        &self,
        _: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        let mut buffer = Vec::new();
        let x = input.dense(&mut buffer);
        match (&mut memory.fields[..], self.through) {
            ([trace, first], Some(through)) => {
                for ((y, u), x) in trace.iter_mut().zip(first).zip(x) {
                    *y = settled(*y * self.decay + x * self.gain + (*u - x) * through);
                    *u = settled(*u * self.decay + x * self.gain);
                }
            }
            ([trace, ..], _) => {
                for (y, x) in trace.iter_mut().zip(x) {
                    *y = settled(*y * self.decay + x * self.gain);
                }
            }
            _ => {}
        }
        out.reshape(input.samples, input.width);
        out.values.copy_from_slice(&memory.fields[0]);
        // The trace hears the errors of later steps too.
        out.reach = if input.reach == Reach::Nowhere { Reach::Nowhere } else { Reach::Everywhere };
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let mut gradient = back.gradients.first_mut().and_then(Option::as_mut);
        let mut add = |i: usize, g: f32| {
            if let Some(gradient) = &mut gradient {
                gradient[i] += g;
            }
        };
        match (&mut back.adjoint.fields[..], self.through) {
            ([trace, first], Some(through)) => {
                for (i, (y, u)) in trace.iter_mut().zip(first).enumerate() {
                    let of_trace = *y + back.upstream[i];
                    add(i, of_trace * (self.gain - through) + *u * self.gain);
                    *u = settled(*u * self.decay + of_trace * through);
                    *y = settled(of_trace * self.decay);
                }
            }
            ([trace, ..], _) => {
                for (i, y) in trace.iter_mut().enumerate() {
                    let of_trace = *y + back.upstream[i];
                    add(i, of_trace * self.gain);
                    *y = settled(of_trace * self.decay);
                }
            }
            _ => {}
        }
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, backward_after, run, signal};

    fn synapse(shape: SynapseShape, tau: f64, width: usize) -> Synapse {
        Synapse::new("s", &describe::Synapse { shape, tau }, 0.001, width).unwrap()
    }

    /// What Nengo 4.1.0 gives for `Lowpass(0.005).filt` and `Alpha(0.005).filt` of [1, 0, 0, 2, 0] at dt = 1 ms, y0 = 0, is the
    /// same one step later: its filters pass nothing through within a step.
    #[test]
    fn a_pulse_gives_the_exact_response_to_an_input_held_for_a_step() {
        let steps: Vec<Signal> = [1.0, 0.0, 0.0].iter().map(|x| signal(1, &[*x])).collect();
        let (e, k) = ((-0.2f64).exp(), 0.2);
        let exponential = [1.0 - e, (1.0 - e) * e, (1.0 - e) * e * e];
        // The integral over the step of (t/tau²)·exp(−t/tau).
        let alpha = |n: f64| {
            let below = |t: f64| 1.0 - (1.0 + t) * (-t).exp();
            below((n + 1.0) * k) - below(n * k)
        };
        for (shape, want) in [
            (SynapseShape::Exponential, exponential),
            (SynapseShape::Alpha, [alpha(0.0), alpha(1.0), alpha(2.0)]),
        ] {
            for input in [steps.clone(), steps.iter().map(as_events).collect()] {
                let got = run(&synapse(shape, 0.005, 1), &input);
                for (got, want) in got.iter().zip(want) {
                    assert!((f64::from(got[0]) - want).abs() < 1e-7, "{shape:?}: {} {want}", got[0]);
                }
            }
        }
    }

    #[test]
    fn a_constant_input_is_reached_and_silence_is_0() {
        for shape in [SynapseShape::Exponential, SynapseShape::Alpha] {
            let held = vec![signal(1, &[3.0, -1.5]); 200];
            let last = run(&synapse(shape, 0.004, 2), &held).pop().unwrap();
            // Each of two traces stops where a step, 1 − exp(−1/4) of what is missing, is lost in the rounding of three
            // operations on a number near 3.
            let close = 2.0 * 1.5 * 2.4e-7 / 0.22;
            assert!((last[0] - 3.0).abs() < close && (last[1] + 1.5).abs() < close, "{last:?}");
            let mut steps = held;
            steps.extend(vec![signal(1, &[0.0, 0.0]); 2000]);
            assert_eq!(run(&synapse(shape, 0.004, 2), &steps).pop().unwrap(), [0.0, 0.0]);
        }
    }

    #[test]
    fn gradients_are_the_derivative_of_the_last_output() {
        let steps: Vec<Signal> = [1.0f32, -2.0, 0.5].iter().map(|x| signal(1, &[*x])).collect();
        for shape in [SynapseShape::Exponential, SynapseShape::Alpha] {
            let operator = synapse(shape, 0.003, 1);
            let g = backward_after(&operator, &steps, &[2.0])[0];
            // Linear: the response to a pulse in the last step alone.
            let want = 2.0 * run(&operator, &[signal(1, &[1.0])])[0][0];
            assert!((g - want).abs() < 1e-6, "{shape:?}: {g} {want}");
        }
    }

    #[test]
    fn time_constants_are_above_0() {
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let synapse = describe::Synapse { shape: SynapseShape::Exponential, tau };
            let error = Synapse::new("s", &synapse, 0.001, 1).unwrap_err().to_string();
            assert!(error.starts_with("s.tau = ") && error.contains("above 0"), "{error}");
        }
    }
}
