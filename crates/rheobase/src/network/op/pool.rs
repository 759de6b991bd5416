//! `Pool`: the sum, the largest or the mean of windows over one or two axes.

#[cfg(test)]
mod tests;

use super::windows::{Lists, Targets, Windows, value_error};
use crate::Result;
use crate::network::describe::{self, PoolOf};
use crate::network::memory::Memory;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Events, Reach, Signal};

/// Makes one value of each window, channel by channel. Windows add in ascending index; the mean is taken over the
/// kernel's size, padding included, and divided once after the sum. The largest value is the first of equals; padding is
/// never the largest.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    of: PoolOf,
    windows: Windows,
    rows: Targets,
    columns: Targets,
}

impl Pool {
    /// Shape of the output for an input `[C, L]` or `[C, H, W]`.
    ///
    /// # Errors
    /// Inputs of another rank; settings out of range or of the wrong length; windows larger than the padded input;
    /// padding of more than half a window.
    pub(crate) fn shape(place: &str, pool: &describe::Pool, input: &[usize]) -> Result<Vec<usize>> {
        let windows = check(place, pool, input)?;
        Ok(windows.shape(windows.channels))
    }

    /// # Errors
    /// Those of [`Pool::shape`].
    pub(crate) fn new(place: &str, pool: &describe::Pool, input: &[usize]) -> Result<Pool> {
        let windows = check(place, pool, input)?;
        let (rows, columns) = (Targets::new(&windows.rows), Targets::new(&windows.columns));
        Ok(Pool { of: pool.of, windows, rows, columns })
    }

    /// Features of the output.
    fn width(&self) -> usize {
        self.windows.channels * self.windows.outputs()
    }

    /// Kernel's size.
    fn size(&self) -> f32 {
        self.windows.taps() as f32
    }

    /// Calls `f` with the outputs that feature `i` of the input is part of, ascending.
    fn outputs_of(&self, i: usize, mut f: impl FnMut(usize)) {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let (channel, at) = (i / self.windows.places(), i % self.windows.places());
        let (row, column) = (self.rows.of(at / columns.input), self.columns.of(at % columns.input));
        for r in 0..row.count {
            let line = channel * rows.outputs + self.rows.nth(row, r).0;
            for c in 0..column.count {
                f(line * columns.outputs + self.columns.nth(column, c).0);
            }
        }
    }

    /// Calls `f` with each output of a sample and the features in its window, ascending.
    fn inputs_of(&self, output: usize) -> impl Iterator<Item = usize> {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let (channel, at) = (output / self.windows.outputs(), output % self.windows.outputs());
        let across = columns.range(at % columns.outputs);
        let (first, width) = (channel * rows.input, columns.input);
        rows.range(at / columns.outputs).flat_map(move |y| across.clone().map(move |x| (first + y) * width + x))
    }

    /// One sample out of all its values.
    fn from_all(&self, values: &[f32], out: &mut [f32]) {
        for (o, to) in out.iter_mut().enumerate() {
            *to = match self.of {
                PoolOf::Max => self.largest(values, o).map_or(0.0, |i| values[i]),
                _ => self.inputs_of(o).fold(0.0, |sum, i| sum + values[i]),
            };
        }
    }

    /// The first of the largest values of a window, or its first NaN.
    fn largest(&self, values: &[f32], output: usize) -> Option<usize> {
        self.inputs_of(output).reduce(|best, i| if beats(values[i], values[best]) { i } else { best })
    }

    /// One sample out of its events.
    fn from_events(&self, (index, value): (&[u32], &[f32]), met: &mut Vec<u32>, out: &mut [f32]) {
        if self.of != PoolOf::Max {
            for (i, v) in index.iter().zip(value) {
                self.outputs_of(*i as usize, |o| out[o] += v);
            }
            return;
        }
        // How many events each window has met: where there are fewer than places, a 0 is among them.
        met.clear();
        met.resize(out.len(), 0);
        for (i, v) in index.iter().zip(value) {
            self.outputs_of(*i as usize, |o| {
                if met[o] == 0 || beats(*v, out[o]) {
                    out[o] = *v;
                }
                met[o] += 1;
            });
        }
        for (o, to) in out.iter_mut().enumerate().filter(|(_, to)| **to < 0.0) {
            if (met[o] as usize) < self.inputs_of(o).count() {
                *to = 0.0;
            }
        }
    }

    /// An output is reached if some input of its window is.
    fn reach(&self, input: &Signal) -> Reach {
        let Reach::Bits(bits) = &input.reach else { return input.reach.clone() };
        let (from, to) = (input.width.div_ceil(64), self.width().div_ceil(64));
        let mut reach = vec![0u64; input.samples * to];
        for (words, row) in bits.chunks_exact(from).zip(reach.chunks_exact_mut(to)) {
            for (w, word) in words.iter().enumerate() {
                let mut word = *word;
                while word != 0 {
                    let i = w * 64 + word.trailing_zeros() as usize;
                    word &= word - 1;
                    self.outputs_of(i, |o| row[o / 64] |= 1 << (o % 64));
                }
            }
        }
        Reach::Bits(reach)
    }
}

/// Whether `x` is larger than the best so far; the first NaN is and stays.
fn beats(x: f32, best: f32) -> bool {
    x > best || (x.is_nan() && !best.is_nan())
}

/// The windows of pooling whose settings are right.
fn check(place: &str, pool: &describe::Pool, input: &[usize]) -> Result<Windows> {
    let stride = if pool.stride.is_empty() { &pool.kernel } else { &pool.stride };
    let lists = Lists { kernel: &pool.kernel, stride, padding: &pool.padding, dilation: &[1] };
    let windows = Windows::new(place, &lists, input)?;
    // Beyond that a window could stand in the padding alone.
    for axis in [&windows.rows, &windows.columns] {
        if axis.padding > axis.kernel / 2 {
            let rule = format!("must be at most half of the kernel, {}", axis.kernel / 2);
            return Err(value_error(place, "padding", None, format!("{:?}", pool.padding), rule));
        }
    }
    Ok(windows)
}

impl Operator for Pool {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        let [input] = inputs else { return };
        let old: Option<Events> = out.events.take();
        out.zeros(input.samples, self.width());
        let rows = out.values.chunks_exact_mut(self.width());
        match &input.events {
            Some(events) => {
                let mut met = Vec::new();
                rows.enumerate().for_each(|(s, row)| self.from_events(events.of(s), &mut met, row));
            }
            None => rows.enumerate().for_each(|(s, row)| self.from_all(input.sample(s), row)),
        }
        let size = self.size();
        for y in &mut out.values {
            // No −0 survives.
            *y = if self.of == PoolOf::Average { *y / size + 0.0 } else { *y + 0.0 };
        }
        if input.events.is_some() {
            out.events = old;
            out.find_events();
        }
        out.reach = self.reach(input);
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        if input.reach == Reach::Nowhere {
            return;
        }
        let width = input.width;
        let mut buffer = Vec::new();
        let values = if self.of == PoolOf::Max { input.dense(&mut buffer) } else { &[] };
        let rows = gradient.chunks_exact_mut(width).zip(back.upstream.chunks_exact(self.width()));
        for (sample, (gradient, upstream)) in rows.enumerate() {
            if self.of == PoolOf::Max {
                let values = &values[sample * width..(sample + 1) * width];
                for (o, g) in upstream.iter().enumerate().filter(|(_, g)| **g != 0.0) {
                    if let Some(i) = self.largest(values, o)
                        && input.reach.at(sample, i, width)
                    {
                        gradient[i] += g;
                    }
                }
                continue;
            }
            for (i, to) in gradient.iter_mut().enumerate().filter(|(i, _)| input.reach.at(sample, *i, width)) {
                let mut sum = 0.0;
                self.outputs_of(i, |o| sum += upstream[o]);
                *to += if self.of == PoolOf::Average { sum / self.size() } else { sum };
            }
        }
    }

    fn is_static(&self) -> bool {
        true
    }
}
