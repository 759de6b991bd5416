//! `Pool`: the sum, the largest or the mean of windows over one or two axes.

#[cfg(test)]
mod tests;

use crate::network::describe::{self, PoolOf};
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Events, Reach, Signal};
use crate::vision::pooling::Pooling;
use crate::vision::windows::Lists;
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Pools the signal of each step.
#[derive(Debug, Clone)]
pub(crate) struct Pool(Pooling);

impl Pool {
    /// Shape of the output for an input `[C, L]` or `[C, H, W]`.
    ///
    /// # Errors
    /// Those of [`Pooling::new`].
    pub(crate) fn shape(place: &str, pool: &describe::Pool, input: &[usize]) -> Result<Vec<usize>> {
        Pooling::shape(place, &lists(pool), input)
    }

    /// # Errors
    /// Those of [`Pooling::new`].
    pub(crate) fn new(place: &str, pool: &describe::Pool, input: &[usize]) -> Result<Pool> {
        Ok(Pool(Pooling::new(place, pool.of, &lists(pool), input)?))
    }

    /// An output is reached if some input of its window is.
    fn reach(&self, input: &Signal) -> Reach {
        let Reach::Bits(bits) = &input.reach else { return input.reach.clone() };
        let (from, to) = (input.width.div_ceil(64), self.0.width().div_ceil(64));
        let mut reach = vec![0u64; input.samples * to];
        for (words, row) in bits.chunks_exact(from).zip(reach.chunks_exact_mut(to)) {
            if self.0.each_window(words, |_, o| row[o / 64] |= 1 << (o % 64)) {
                continue;
            }
            for (w, word) in words.iter().enumerate() {
                let mut word = *word;
                while word != 0 {
                    let i = w * 64 + word.trailing_zeros() as usize;
                    word &= word - 1;
                    self.0.outputs_of(i, |o| row[o / 64] |= 1 << (o % 64));
                }
            }
        }
        Reach::Bits(reach)
    }
}

/// The windows as they are written; without a stride they stand side by side.
fn lists(pool: &describe::Pool) -> Lists<'_> {
    let stride = if pool.stride.is_empty() { &pool.kernel } else { &pool.stride };
    Lists { kernel: &pool.kernel, stride, padding: &pool.padding, dilation: &[1] }
}

impl Pool {
    /// Whether what was the largest is kept by its tap, in a byte; else it is looked for again.
    fn keeps_taps(&self) -> bool {
        self.0.of == PoolOf::Max && self.0.size() <= 256.0
    }
}

impl Operator for Pool {
    fn operation(&self) -> Option<Operation<'_>> {
        let (of, windows) = self.0.at();
        Some(Operation::Pool { of, windows })
    }

    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        let (old, width): (Option<Events>, usize) = (out.events.take(), self.0.width());
        let all_maxima = self.keeps_taps() && input.events.is_none();
        if all_maxima {
            out.reshape(input.samples, width);
        } else {
            out.zeros(input.samples, width);
        }
        let mut taps = std::mem::take(&mut memory.choices);
        let (mut met, mut buffer) = (Vec::new(), Vec::new());
        taps.resize(if self.keeps_taps() { input.samples * width } else { 0 }, 0);
        for (sample, row) in out.values.chunks_exact_mut(width).enumerate() {
            match &input.events {
                Some(events) if self.keeps_taps() => {
                    let taps = &mut taps[sample * width..(sample + 1) * width];
                    self.0.maxima_of_events(events.of(sample), &mut met, row, taps);
                }
                Some(events) if self.0.of != PoolOf::Max => self.0.sums_of_events(events.of(sample), row),
                None if self.keeps_taps() => {
                    let taps = &mut taps[sample * width..(sample + 1) * width];
                    self.0.maxima(context.level, input.sample(sample), row, taps);
                }
                _ => {
                    let values = input.dense(&mut buffer);
                    self.0.pool_all(&values[sample * input.width..(sample + 1) * input.width], row);
                }
            }
        }
        if context.taping {
            memory.choices = taps;
        }
        let size = self.0.size();
        // No −0 survives: of sums none does, as they begin with +0.
        if !all_maxima && self.0.of != PoolOf::Sum {
            for y in &mut out.values {
                *y = if self.0.of == PoolOf::Average { *y / size + 0.0 } else { *y + 0.0 };
            }
        }
        if input.events.is_some() {
            out.events = old;
            out.find_events();
        }
        out.reach = self.reach(input);
    }

    fn backward(&self, context: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        if input.reach == Reach::Nowhere {
            return;
        }
        let width = input.width;
        let share = if self.0.of == PoolOf::Average { self.0.size() } else { 1.0 };
        let mut shares = Vec::new();
        let rows = gradient.chunks_exact_mut(width).zip(back.upstream.chunks_exact(self.0.width()));
        for (sample, (gradient, upstream)) in rows.enumerate() {
            let wanted = |i: usize| input.reach.at(sample, i, width);
            if self.keeps_taps() {
                let taps = &back.before.choices[sample * upstream.len()..(sample + 1) * upstream.len()];
                if input.reach == Reach::Everywhere {
                    self.0.to_maxima(upstream, taps, |_| true, gradient);
                } else {
                    self.0.to_maxima(upstream, taps, wanted, gradient);
                }
            } else if self.0.of == PoolOf::Max {
                let mut buffer = Vec::new();
                let values = &input.dense(&mut buffer)[sample * width..(sample + 1) * width];
                for (o, g) in upstream.iter().enumerate().filter(|(_, g)| **g != 0.0) {
                    if let Some(i) = self.0.largest(values, o).filter(|i| wanted(*i)) {
                        gradient[i] += g;
                    }
                }
            } else {
                shares.clear();
                // As a sum of one: no −0.
                shares.extend(upstream.iter().map(|error| (0.0 + error) / share));
                let words = width.div_ceil(64);
                let done = match &input.reach {
                    Reach::Bits(bits) => {
                        let words = &bits[sample * words..(sample + 1) * words];
                        self.0.each_window(words, |i, o| gradient[i] += shares[o])
                    }
                    _ => self.0.add_to_all(context.level, &shares, gradient),
                };
                if !done {
                    self.0.each_sum(upstream, |i, sum| {
                        if wanted(i) {
                            gradient[i] += sum / share;
                        }
                    });
                }
            }
        }
    }

    fn reads_inputs(&self) -> bool {
        self.0.of == PoolOf::Max && !self.keeps_taps()
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }
}
