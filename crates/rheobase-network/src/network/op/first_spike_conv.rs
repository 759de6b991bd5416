//! `FireOnceConv`: a convolution whose neurons fire once, when their potential exceeds a threshold.

use rheobase_models::record::Range;

use super::conv::Conv;
use crate::network::describe;
use crate::network::operator::{Back, Context, Operator};
use crate::network::parameters::Parameter;
use crate::network::signal::{Reach, Signal};
use crate::plasticity::Connection;
use crate::vision::windows::value_error;
use crate::vision::{FirstSpikeConv, Scratch, Step};
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// [`FirstSpikeConv`] step by step. Parameters: `weight`, as a convolution's, and `threshold [out]`. No gradient passes: it
/// is a layer for learning without one.
#[derive(Debug, Clone)]
pub(crate) struct FireOnceConv {
    conv: FirstSpikeConv,
    /// Whether spikes have the value of their potential.
    values: bool,
    connection: Connection,
    /// The thresholds of the features as parameters, and what is added to each; nothing if empty.
    thresholds: Vec<f32>,
    raised: Vec<f32>,
}

fn as_conv(c: &describe::FirstSpikeConv) -> describe::Conv {
    describe::Conv {
        outputs: c.outputs,
        kernel: c.kernel.clone(),
        stride: c.stride.clone(),
        padding: c.padding.clone(),
        dilation: c.dilation.clone(),
        groups: c.groups,
        bias: false,
        start: c.start,
    }
}

impl FireOnceConv {
    /// # Errors
    /// Those of a convolution.
    pub(crate) fn shape(place: &str, c: &describe::FirstSpikeConv, input: &[usize]) -> Result<Vec<usize>> {
        Conv::shape(place, &as_conv(c), input)
    }

    /// Shape of the weights, and the inputs of a window.
    ///
    /// # Errors
    /// Those of a convolution.
    pub(crate) fn weight_shape(
        place: &str,
        c: &describe::FirstSpikeConv,
        input: &[usize],
    ) -> Result<(Vec<usize>, usize)> {
        Conv::weight_shape(place, &as_conv(c), input)
    }

    /// The tensor of thresholds, without its values.
    ///
    /// # Errors
    /// A threshold that is not finite, or below 0.
    pub(crate) fn threshold(place: &str, c: &describe::FirstSpikeConv) -> Result<Parameter> {
        if !(c.threshold >= 0.0 && (c.threshold as f32).is_finite()) {
            let rule = "must be finite and at least 0: a neuron fires because of its input";
            return Err(value_error(place, "threshold", None, c.threshold, rule));
        }
        Ok(Parameter {
            name: format!("{place}.threshold"),
            shape: vec![c.outputs],
            values: Vec::new(),
            range: Range::at_least(0.0),
            weight: false,
        })
    }

    /// # Errors
    /// Those of a convolution.
    pub(crate) fn new(place: &str, c: &describe::FirstSpikeConv, input: &[usize]) -> Result<FireOnceConv> {
        Ok(FireOnceConv {
            conv: FirstSpikeConv::named(place, c.kernels(), input)?,
            values: c.values,
            connection: Connection::convolution(place, c.kernels(), input)?,
            thresholds: Vec::new(),
            raised: Vec::new(),
        })
    }

    fn set_thresholds(&mut self) -> Result<()> {
        let raised = self.raised.iter().chain(std::iter::repeat(&0.0));
        let sums: Vec<f32> = self.thresholds.iter().zip(raised).map(|(t, more)| t + more).collect();
        self.conv.set_thresholds(&sums)
    }
}

impl Operator for FireOnceConv {
    fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
        if let [weights, thresholds] = parameters {
            self.conv.set_weights(weights)?;
            self.thresholds = thresholds.to_vec();
            self.set_thresholds()?;
        }
        Ok(())
    }

    /// Potentials, −∞ after a spike; which inputs have acted.
    fn fresh(&self, samples: usize) -> Memory {
        let (sums, inputs) = (samples * self.conv.sums(), samples * self.conv.inputs());
        Memory { fields: vec![vec![0.0; sums], vec![0.0; inputs]], ..Memory::default() }
    }

    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let ([input], [sums, seen]) = (inputs, &mut memory.fields[..]) else { return };
        let mut events = out.events.take().unwrap_or_default();
        events.clear();
        out.zeros(input.samples, self.conv.outputs());
        let mut found;
        let from = match &input.events {
            Some(events) => events,
            None => {
                found = Signal { events: None, ..Signal::clone(input) };
                found.find_events();
                found.events.get_or_insert_default()
            }
        };
        let mut scratch = Scratch::default();
        let of_samples =
            sums.chunks_exact_mut(self.conv.sums()).zip(seen.chunks_exact_mut(self.conv.inputs()));
        let rows = out.values.chunks_exact_mut(self.conv.outputs());
        for (sample, ((sums, seen), row)) in of_samples.zip(rows).enumerate() {
            let (index, value) = from.of(sample);
            let step = Step::<false> { conv: &self.conv, index, value, sums, seen, scratch: &mut scratch };
            step.run(context.level, |i, potential| {
                let value = if self.values { potential } else { 1.0 };
                row[i as usize] = value;
                events.push(i, value);
            });
            events.end_sample();
        }
        out.events = Some(events);
        out.reach = Reach::Nowhere;
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], _: Back<'_>) {}

    fn synaptic_operations(&self, inputs: &[&Signal], counted: &dyn Fn(usize) -> bool) -> u64 {
        let [input] = inputs else { return 0 };
        let of = |sample: usize| -> u64 {
            let targets = |i: usize| self.conv.targets(i) as u64;
            match &input.events {
                Some(events) => events.of(sample).0.iter().map(|i| targets(*i as usize)).sum(),
                None => {
                    let active = input.sample(sample).iter().enumerate().filter(|(_, v)| **v != 0.0);
                    active.map(|(i, _)| targets(i)).sum()
                }
            }
        };
        (0..input.samples).filter(|s| counted(*s)).map(of).sum()
    }

    fn blocks_gradient(&self) -> bool {
        true
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn spikes(&self) -> bool {
        true
    }

    fn connection(&self, _: &str) -> Result<Option<Connection>> {
        Ok(Some(self.connection.clone()))
    }

    fn threshold(&self) -> Option<&'static str> {
        Some("threshold")
    }

    fn raise_thresholds(&mut self, features: &[f32]) -> Result<bool> {
        self.raised = features.to_vec();
        self.set_thresholds()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, context, signal};

    /// Spikes of each step, `[step, neuron]`, of two samples.
    fn run(op: &FireOnceConv, steps: &[Signal]) -> Vec<Vec<f32>> {
        let mut memory = op.fresh(steps[0].samples);
        let step = |x: &Signal| {
            let mut out = Signal::default();
            op.forward(&context(), &[], &[x], &mut memory, &mut out);
            out.values
        };
        steps.iter().map(step).collect()
    }

    fn described(values: bool) -> describe::FirstSpikeConv {
        describe::FirstSpikeConv {
            outputs: 1,
            kernel: vec![2],
            threshold: 1.0,
            values,
            stride: vec![1],
            padding: vec![0],
            dilation: vec![1],
            groups: 1,
            start: describe::WeightStart::default(),
        }
    }

    #[test]
    fn inputs_act_once_and_neurons_fire_once() {
        let steps = [
            signal(2, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
            signal(2, &[1.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
            signal(2, &[1.0, 1.0, 1.0, 0.0, 1.0, 1.0]),
        ];
        for values in [false, true] {
            let mut op = FireOnceConv::new("c", &described(values), &[1, 3]).unwrap();
            op.refresh(&[&[0.75, 0.5], &[1.0]]).unwrap();
            let spike = if values { 1.25 } else { 1.0 };
            let want = [vec![0.0; 4], vec![spike, 0.0, 0.0, 0.0], vec![0.0, spike, 0.0, spike]];
            assert_eq!(run(&op, &steps), want);
            assert_eq!(run(&op, &steps.each_ref().map(as_events)), want);
        }
    }

    #[test]
    fn faults() {
        let error = |c: &describe::FirstSpikeConv| FireOnceConv::threshold("c", c).unwrap_err().to_string();
        for threshold in [-1.0, f64::NAN, 1e300] {
            let error = error(&describe::FirstSpikeConv { threshold, ..described(false) });
            assert!(error.contains("c.threshold = ") && error.contains("at least 0"), "{error}");
        }
    }
}
