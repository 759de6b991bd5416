//! `Sum` and `Stack`: how several inputs become one.

use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use rheobase_base::vector::{add, sum};
use rheobase_sim::population::Memory;

/// Adds its inputs in their order.
#[derive(Debug, Clone)]
pub(crate) struct Sum;

impl Operator for Sum {
    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        _: &mut Memory,
        out: &mut Signal,
    ) {
        let [first, second, rest @ ..] = inputs else { return };
        out.reshape(first.samples, first.width);
        let (mut buffer, mut other) = (Vec::new(), Vec::new());
        sum(context.level, &mut out.values, first.dense(&mut buffer), second.dense(&mut other));
        for input in rest {
            add(context.level, &mut out.values, input.dense(&mut buffer));
        }
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], _: Back<'_>) {}

    fn passes_back(&self) -> bool {
        true
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Sum)
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }
}

/// Puts its inputs one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Stack;

impl Operator for Stack {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        let Some(first) = inputs.first() else { return };
        let (samples, width) = (first.samples, inputs.iter().map(|s| s.width).sum());
        let old = std::mem::take(&mut out.events);
        out.zeros(samples, width);
        if inputs.iter().all(|s| s.events.is_some()) {
            let mut events = old.unwrap_or_default();
            events.clear();
            for sample in 0..samples {
                let mut first = 0;
                for signal in inputs {
                    if let Some(part) = &signal.events {
                        let (index, value) = part.of(sample);
                        events.index.extend(index.iter().map(|i| i + first));
                        events.value.extend_from_slice(value);
                    }
                    first += signal.width as u32;
                }
                events.end_sample();
            }
            // Values are made from the events by whoever needs them.
            out.values.clear();
            out.events = Some(events);
        } else {
            let mut buffers = vec![Vec::new(); inputs.len()];
            let parts: Vec<&[f32]> = inputs.iter().zip(&mut buffers).map(|(s, b)| s.dense(b)).collect();
            for sample in 0..samples {
                let mut at = sample * width;
                for (part, signal) in parts.iter().zip(inputs) {
                    let row = &part[sample * signal.width..(sample + 1) * signal.width];
                    out.values[at..at + signal.width].copy_from_slice(row);
                    at += signal.width;
                }
            }
        }
        out.reach = reach(inputs, samples, width);
    }

    fn backward(&self, context: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let width = back.output.width;
        let mut first = 0;
        for (signal, gradient) in back.inputs.iter().zip(back.gradients) {
            if let Some(gradient) = gradient {
                for (to, from) in
                    gradient.chunks_exact_mut(signal.width).zip(back.upstream.chunks_exact(width))
                {
                    add(context.level, to, &from[first..first + signal.width]);
                }
            }
            first += signal.width;
        }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Stack)
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }
}

/// The reach of stacked signals: bits, unless it is the same everywhere.
fn reach(inputs: &[&Signal], samples: usize, width: usize) -> Reach {
    if inputs.iter().all(|s| s.reach == Reach::Nowhere) {
        return Reach::Nowhere;
    }
    if inputs.iter().all(|s| s.reach == Reach::Everywhere) {
        return Reach::Everywhere;
    }
    let words = width.div_ceil(64);
    let mut bits = vec![0u64; samples * words];
    for sample in 0..samples {
        let row = &mut bits[sample * words..(sample + 1) * words];
        let mut first = 0;
        for signal in inputs {
            for part in 0..signal.width.div_ceil(64) {
                let count = (signal.width - part * 64).min(64);
                let all = u64::MAX >> (64 - count);
                let word = match &signal.reach {
                    Reach::Nowhere => 0,
                    Reach::Everywhere => all,
                    Reach::Bits(from) => from[sample * signal.width.div_ceil(64) + part] & all,
                };
                let at = first + part * 64;
                row[at / 64] |= word << (at % 64);
                if at % 64 > 0 && at / 64 + 1 < words {
                    row[at / 64 + 1] |= word >> (64 - at % 64);
                }
            }
            first += signal.width;
        }
    }
    Reach::Bits(bits)
}
