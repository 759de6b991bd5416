//! Helpers of the operators' tests: signals from values, and single steps.

use rheobase_models::lanes::Level;

use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use rheobase_sim::population::Memory;

/// A dense signal whose gradient is wanted everywhere.
pub(super) fn signal(samples: usize, values: &[f32]) -> Signal {
    let mut signal = Signal::default();
    signal.zeros(samples, values.len() / samples);
    signal.values.copy_from_slice(values);
    signal
}

/// The same as events alone.
pub(super) fn as_events(signal: &Signal) -> Signal {
    let mut events = signal.clone();
    events.find_events();
    events.values.clear();
    events
}

pub(super) fn context() -> Context<'static> {
    Context { step: 0, sample_ids: &[], epoch: 0, training: false, taping: false, level: Level::Scalar }
}

pub(super) fn forward(operator: &dyn Operator, parameters: &[&[f32]], input: &Signal) -> Signal {
    forward_in(&context(), operator, parameters, input)
}

pub(super) fn forward_in(
    context: &Context<'_>,
    operator: &dyn Operator,
    parameters: &[&[f32]],
    input: &Signal,
) -> Signal {
    let mut out = Signal::default();
    operator.forward(context, parameters, &[input], &mut Memory::default(), &mut out);
    assert_eq!(out.samples, input.samples);
    if let Some(events) = &out.events {
        let mut found = out.clone();
        found.find_events();
        let found = found.events.unwrap_or_default();
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!((&events.starts, &events.index), (&found.starts, &found.index));
        for sample in 0..out.samples {
            assert_eq!(bits(events.of(sample).1), bits(found.of(sample).1));
        }
    }
    out
}

pub(super) fn backward(
    operator: &dyn Operator,
    parameters: &[&[f32]],
    input: &Signal,
    up: &[f32],
) -> Vec<f32> {
    backward_in(&context(), operator, parameters, input, up)
}

/// dL/d input, from 0, for an output as it is on a tape.
pub(super) fn backward_in(
    context: &Context<'_>,
    operator: &dyn Operator,
    parameters: &[&[f32]],
    input: &Signal,
    upstream: &[f32],
) -> Vec<f32> {
    let mut output = forward_in(context, operator, parameters, input);
    let (mut before, taping) = (Memory::default(), Context { taping: true, ..*context });
    operator.forward(&taping, parameters, &[input], &mut before, &mut Signal::default());
    before.fields.clear();
    assert_eq!(output.values.len(), upstream.len());
    if output.events.is_some() {
        output.values.clear();
    }
    let mut gradient = vec![0.0; input.samples * input.width];
    operator.backward(
        context,
        parameters,
        Back {
            inputs: &[input],
            before: &before,
            output: &output,
            upstream,
            adjoint: &mut Memory::default(),
            gradients: &mut [Some(&mut gradient)],
            raw: &mut [],
        },
    );
    gradient
}

/// A signal that reaches where `wanted` says, feature by feature.
pub(super) fn reaching(mut signal: Signal, wanted: impl Fn(usize, usize) -> bool) -> Signal {
    let words = signal.width.div_ceil(64);
    let mut bits = vec![0u64; signal.samples * words];
    for sample in 0..signal.samples {
        for i in (0..signal.width).filter(|i| wanted(sample, *i)) {
            bits[sample * words + i / 64] |= 1 << (i % 64);
        }
    }
    signal.reach = Reach::Bits(bits);
    signal
}

/// The values of a run over several steps, one input each, from a reset.
pub(super) fn run(operator: &dyn Operator, steps: &[Signal]) -> Vec<Vec<f32>> {
    let mut memory = operator.fresh(steps.first().map_or(0, |x| x.samples));
    let step = |x: &Signal| {
        let mut out = Signal::default();
        operator.forward(&context(), &[], &[x], &mut memory, &mut out);
        out.values
    };
    steps.iter().map(step).collect()
}

/// dL/d input of the last of several steps.
pub(super) fn backward_after(operator: &dyn Operator, steps: &[Signal], upstream: &[f32]) -> Vec<f32> {
    let Some(last) = steps.last() else { return Vec::new() };
    let (mut memory, mut before) = (operator.fresh(last.samples), Memory::default());
    let mut output = Signal::default();
    for x in steps {
        before.copy_from(&memory);
        operator.forward(&context(), &[], &[x], &mut memory, &mut output);
    }
    let mut gradient = vec![0.0; last.samples * last.width];
    let mut adjoint = memory.zeros_like();
    operator.backward(
        &context(),
        &[],
        Back {
            inputs: &[last],
            before: &before,
            output: &output,
            upstream,
            adjoint: &mut adjoint,
            gradients: &mut [Some(&mut gradient)],
            raw: &mut [],
        },
    );
    gradient
}
