//! `Pooling`: the sum, the largest or the mean of windows over one or two axes.

mod of_four;
mod to_all;

use rheobase_models::lanes::{Elem, Level};

use self::of_four::OfFour;
use self::to_all::ToAll;
use super::SpikeRows;
use super::check::{rows, steps};
use super::windows::{Axis, Lists, Targets, Windows, WindowsAt, value_error};
use rheobase_base::Result;

/// What pooling makes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolOf {
    /// The sum.
    Sum,
    /// The largest value; the first of equals.
    Max,
    /// The mean over the kernel's size.
    Average,
}

/// Makes one value of each window, channel by channel. Windows add in ascending index; the mean is taken over the
/// kernel's size, padding included, and divided once after the sum. The largest value is the first of equals; padding is
/// never the largest.
#[derive(Debug, Clone)]
pub struct Pooling {
    pub(crate) of: PoolOf,
    windows: Windows,
    rows: Targets,
    columns: Targets,
    /// The first tap of each window of a map that sees a place, where it fits into a byte.
    first: Vec<u8>,
    /// The window that each place of a map is part of, where none is part of two; [`NONE`] where it is part of none.
    only: Option<Vec<u32>>,
}

/// Where there is no window.
const NONE: u32 = u32::MAX;

impl Pooling {
    /// The largest value of every window over maps of `shape` [feature, row, column]. Kernel, stride and padding are
    /// [rows, columns]; without a stride windows stand side by side.
    ///
    /// # Errors
    /// Kernels or strides of 0; windows larger than the padded maps; padding of more than half a window.
    pub fn max(
        shape: [usize; 3],
        kernel: [usize; 2],
        stride: Option<[usize; 2]>,
        padding: [usize; 2],
    ) -> Result<Pooling> {
        let stride = &stride.unwrap_or(kernel);
        let lists = Lists { kernel: &kernel, stride, padding: &padding, dilation: &[1] };
        Pooling::new("pooling", PoolOf::Max, &lists, &shape)
    }

    /// Shape of the pooled maps, [feature, row, column].
    pub fn pooled(&self) -> [usize; 3] {
        [self.windows.channels, self.windows.rows.outputs, self.windows.columns.outputs]
    }

    /// Pools every step of a wave `[time, feature, row, column]`. `out` is overwritten; its buffers are reused.
    ///
    /// # Errors
    /// Lengths that are not whole steps; values that are not finite.
    pub fn wave(&self, wave: &[f32], out: &mut Vec<f32>) -> Result<()> {
        let steps = steps("pooling", "wave", wave, self.input())?;
        out.clear();
        out.resize(steps * self.width(), 0.0);
        for (from, to) in wave.chunks_exact(wave.len() / steps).zip(out.chunks_exact_mut(self.width())) {
            self.pool_all(from, to);
        }
        Ok(())
    }

    /// Pools first spikes: a window fires with the first of its neurons, and with the largest value of that step. `out` is
    /// overwritten; its buffers are reused. Spikes of a value below 0 have no place in it.
    ///
    /// # Errors
    /// Spikes of neurons that are not there.
    pub fn first(&self, first: &SpikeRows, out: &mut SpikeRows) -> Result<()> {
        rows("pooling", first, self.input())?;
        out.clear();
        let mut done = vec![false; self.width()];
        let mut firing: Vec<(u32, f32)> = Vec::new();
        for step in 0..first.steps() {
            let (index, value) = first.step(step);
            firing.clear();
            for (i, v) in index.iter().zip(value).filter(|(_, v)| **v > 0.0) {
                self.outputs_of(*i as usize, |o| {
                    if !done[o] {
                        firing.push((o as u32, *v));
                    }
                });
            }
            firing.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then(y.total_cmp(x)));
            firing.dedup_by_key(|(o, _)| *o);
            for (o, v) in &firing {
                done[*o as usize] = true;
                out.push(*o, *v);
            }
            out.end_step();
        }
        Ok(())
    }

    /// Shape of the input, [feature, row, column].
    fn input(&self) -> [usize; 3] {
        [self.windows.channels, self.windows.rows.input, self.windows.columns.input]
    }

    /// Shape of the output for an input `[C, L]` or `[C, H, W]`.
    ///
    /// # Errors
    /// Those of [`Pooling::new`].
    pub(crate) fn shape(place: &str, lists: &Lists<'_>, input: &[usize]) -> Result<Vec<usize>> {
        let windows = check(place, lists, input)?;
        Ok(windows.shape(windows.channels))
    }

    /// # Errors
    /// Inputs of another rank; settings out of range or of the wrong length; windows larger than the padded input;
    /// padding of more than half a window.
    pub(crate) fn new(place: &str, of: PoolOf, lists: &Lists<'_>, input: &[usize]) -> Result<Pooling> {
        let windows = check(place, lists, input)?;
        let (rows, columns) = (Targets::new(&windows.rows), Targets::new(&windows.columns));
        let taps = |axis: &Axis| -> Vec<usize> {
            (0..axis.outputs).map(|o| axis.padding.saturating_sub(o * axis.stride)).collect()
        };
        let across = taps(&windows.columns);
        let first = |i: usize| across.iter().map(move |j| i * windows.columns.kernel + j);
        let first = taps(&windows.rows).into_iter().flat_map(first).map(|tap| tap as u8).collect();
        let only = only_windows(&windows, &rows, &columns);
        Ok(Pooling { of, windows, rows, columns, first, only })
    }

    /// Features of the output.
    pub(crate) fn width(&self) -> usize {
        self.windows.channels * self.windows.outputs()
    }

    /// What becomes of a window, and where windows stand.
    pub(crate) fn at(&self) -> (PoolOf, WindowsAt) {
        (self.of, self.windows.at())
    }

    /// Kernel's size.
    pub(crate) fn size(&self) -> f32 {
        self.windows.taps() as f32
    }

    /// Calls `f` with the outputs that feature `i` of the input is part of, ascending.
    pub(crate) fn outputs_of(&self, i: usize, mut f: impl FnMut(usize)) {
        self.seen_by(i, |o, _| f(o));
    }

    /// Calls `f` with the outputs that feature `i` of the input is part of, ascending, and the taps that see it.
    fn seen_by(&self, i: usize, mut f: impl FnMut(usize, usize)) {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let (channel, at) = (i / self.windows.places(), i % self.windows.places());
        let (row, column) = (self.rows.of(at / columns.input), self.columns.of(at % columns.input));
        for r in 0..row.count {
            let (y, i) = self.rows.nth(row, r);
            for c in 0..column.count {
                let (x, j) = self.columns.nth(column, c);
                f((channel * rows.outputs + y) * columns.outputs + x, i * columns.kernel + j);
            }
        }
    }

    /// The features of the input in the window of an output, ascending.
    pub(crate) fn inputs_of(&self, output: usize) -> impl Iterator<Item = usize> {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let (channel, at) = (output / self.windows.outputs(), output % self.windows.outputs());
        let across = columns.range(at % columns.outputs);
        let (first, width) = (channel * rows.input, columns.input);
        rows.range(at / columns.outputs)
            .flat_map(move |y| across.clone().map(move |x| (first + y) * width + x))
    }

    /// One sample out of all its values.
    pub(crate) fn pool_all(&self, values: &[f32], out: &mut [f32]) {
        for (o, to) in out.iter_mut().enumerate() {
            *to = match self.of {
                PoolOf::Max => self.largest(values, o).map_or(0.0, |i| values[i]),
                _ => self.inputs_of(o).fold(0.0, |sum, i| sum + values[i]),
            };
        }
    }

    /// The first of the largest values of a window, or its first NaN.
    pub(crate) fn largest(&self, values: &[f32], output: usize) -> Option<usize> {
        self.inputs_of(output).reduce(|best, i| if beats(values[i], values[best]) { i } else { best })
    }

    /// The largest value of every window out of all values of a sample, never −0, and the tap that sees it.
    pub(crate) fn maxima(&self, level: Level, values: &[f32], out: &mut [f32], taps: &mut [u8]) {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let of_four = |axis: &Axis| (axis.kernel, axis.stride, axis.padding) == (2, 2, 0);
        if of_four(rows) && of_four(columns) {
            let (places, windows) = ([rows.input, columns.input], [rows.outputs, columns.outputs]);
            f32::dispatch_wide(level, OfFour { values, places, windows, out, taps });
            return;
        }
        let outputs = self.windows.outputs();
        let maps = out.chunks_exact_mut(outputs).zip(taps.chunks_exact_mut(outputs));
        for (map, (out, taps)) in values.chunks_exact(self.windows.places()).zip(maps) {
            for (o, (out, tap)) in out.iter_mut().zip(taps).enumerate() {
                let (y, x) = (o / columns.outputs, o % columns.outputs);
                let tap_of = |i: usize, j: usize| {
                    let row = i + rows.padding - y * rows.stride;
                    row * columns.kernel + j + columns.padding - x * columns.stride
                };
                let across = columns.range(x);
                let seen = rows.range(y).flat_map(|i| across.clone().map(move |j| (i, j)));
                let seen = seen.map(|(i, j)| (map[i * columns.input + j], tap_of(i, j) as u8));
                (*out, *tap) = first_largest(seen);
                *out += 0.0;
            }
        }
    }

    /// The largest value of every window out of the events of a sample, and the tap that sees it.
    pub(crate) fn maxima_of_events(
        &self,
        (index, value): (&[u32], &[f32]),
        met: &mut Vec<bool>,
        out: &mut [f32],
        taps: &mut [u8],
    ) {
        // Which windows have met an event. Where there are fewer events than places, a 0 is among them.
        met.clear();
        met.resize(out.len(), false);
        for taps in taps.chunks_exact_mut(self.windows.outputs()) {
            taps.copy_from_slice(&self.first);
        }
        for (i, v) in index.iter().zip(value) {
            self.seen_by(*i as usize, |o, tap| {
                if !met[o] || beats(*v, out[o]) {
                    (out[o], taps[o]) = (*v, tap as u8);
                }
                met[o] = true;
            });
        }
        for (o, (to, tap)) in out.iter_mut().zip(taps).enumerate().filter(|(_, (to, _))| **to < 0.0) {
            // The first place without an event.
            if let Some(i) = self.inputs_of(o).find(|i| index.binary_search(&(*i as u32)).is_err()) {
                *to = 0.0;
                self.seen_by(i, |window, at| {
                    if window == o {
                        *tap = at as u8;
                    }
                });
            }
        }
    }

    /// Adds the errors of a sample's windows to what their taps see, where that is `wanted`.
    pub(crate) fn to_maxima(
        &self,
        errors: &[f32],
        taps: &[u8],
        wanted: impl Fn(usize) -> bool,
        gradient: &mut [f32],
    ) {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let tap = |k: usize| k / columns.kernel * columns.input + k % columns.kernel;
        let distance: Vec<usize> = (0..self.windows.taps()).map(tap).collect();
        let before = rows.padding * columns.input + columns.padding;
        let mut windows = errors.iter().zip(taps);
        for map in 0..self.windows.channels {
            for y in 0..rows.outputs {
                let line = map * self.windows.places() + y * rows.stride * columns.input;
                for (x, (error, tap)) in (0..columns.outputs).zip(&mut windows) {
                    let i = line + x * columns.stride + distance[usize::from(*tap)] - before;
                    if wanted(i) {
                        gradient[i] += error;
                    }
                }
            }
        }
    }

    /// Calls `f` for every feature of the input with the sum of the errors of the windows that it is part of.
    pub(crate) fn each_sum(&self, errors: &[f32], mut f: impl FnMut(usize, f32)) {
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        let mut i = 0;
        for map in errors.chunks_exact(self.windows.outputs()) {
            for y in 0..rows.input {
                let row = self.rows.of(y);
                for x in 0..columns.input {
                    let column = self.columns.of(x);
                    let mut sum = 0.0;
                    for r in 0..row.count {
                        let line = self.rows.nth(row, r).0 * columns.outputs;
                        for c in 0..column.count {
                            sum += map[line + self.columns.nth(column, c).0];
                        }
                    }
                    f(i, sum);
                    i += 1;
                }
            }
        }
    }

    /// Of places that are part of one window alone: calls `f` for each of those that have a bit in `words`, ascending, with
    /// its window; `false` where some are part of two.
    pub(crate) fn each_window(&self, words: &[u64], mut f: impl FnMut(usize, usize)) -> bool {
        let Some(only) = &self.only else { return false };
        let (places, outputs) = (only.len(), self.windows.outputs());
        let (mut map, mut first) = (0, 0);
        for (w, word) in words.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let i = w * 64 + word.trailing_zeros() as usize;
                word &= word - 1;
                while i >= first + places {
                    (map, first) = (map + 1, first + places);
                }
                if only[i - first] != NONE {
                    f(i, map * outputs + only[i - first] as usize);
                }
            }
        }
        true
    }

    /// Of places that are part of one window alone: adds to each what its window has; `false` where some are part of two.
    pub(crate) fn add_to_all(&self, level: Level, errors: &[f32], gradient: &mut [f32]) -> bool {
        let Some(only) = &self.only else { return false };
        let (rows, columns) = (&self.windows.rows, &self.windows.columns);
        if [rows, columns].iter().all(|axis| axis.kernel == axis.stride && axis.padding == 0) {
            let places = [rows.input, columns.input];
            let (windows, kernel) = ([rows.outputs, columns.outputs], [rows.kernel, columns.kernel]);
            f32::dispatch_wide(level, ToAll { errors, windows, kernel, places, gradient });
            return true;
        }
        let maps = gradient.chunks_exact_mut(only.len()).zip(errors.chunks_exact(self.windows.outputs()));
        for (gradient, errors) in maps {
            for (g, window) in gradient.iter_mut().zip(only) {
                if let Some(error) = errors.get(*window as usize) {
                    *g += error;
                }
            }
        }
        true
    }

    /// The sums of all windows out of the events of a sample.
    pub(crate) fn sums_of_events(&self, (index, value): (&[u32], &[f32]), out: &mut [f32]) {
        let Some(only) = &self.only else {
            for (i, v) in index.iter().zip(value) {
                self.outputs_of(*i as usize, |o| out[o] += v);
            }
            return;
        };
        // Events ascend: so do the maps.
        let (mut map, mut first) = (0, 0);
        for (i, v) in index.iter().zip(value) {
            while *i as usize >= first + only.len() {
                (map, first) = (map + self.windows.outputs(), first + only.len());
            }
            let window = only[*i as usize - first];
            if window != NONE {
                out[map + window as usize] += v;
            }
        }
    }
}

/// [`first_largest`] of four, without a branch that depends on them.
#[inline(always)]
fn first_largest_of_four(x: [f32; 4]) -> (f32, u8) {
    if (x[0] + x[1] + x[2] + x[3]).is_nan() {
        return first_largest(x.into_iter().zip(0..));
    }
    let (mut best, mut at) = (x[0], 0u8);
    for k in 1..4 {
        at = at.max(u8::from(x[k] > best) * k as u8);
        best = if x[k] > best { x[k] } else { best };
    }
    (best, at)
}

/// The first of the largest of some values, or the first NaN, and what stands with it.
#[inline(always)]
fn first_largest(mut values: impl Iterator<Item = (f32, u8)>) -> (f32, u8) {
    let Some((mut best, mut at)) = values.next() else { return (0.0, 0) };
    for (x, k) in values {
        // `beats` without a branch.
        #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN beats")]
        let better = !(x <= best) & !best.is_nan();
        (best, at) = if better { (x, k) } else { (best, at) };
    }
    (best, at)
}

/// Whether `x` is larger than the best so far; the first NaN is and stays.
fn beats(x: f32, best: f32) -> bool {
    x > best || (x.is_nan() && !best.is_nan())
}

/// The window of each place of a map, [`NONE`] where it has none; nothing where some place has two.
fn only_windows(windows: &Windows, rows: &Targets, columns: &Targets) -> Option<Vec<u32>> {
    let of = |axis: &Axis, targets: &Targets| -> Option<Vec<Option<usize>>> {
        (0..axis.input)
            .map(|place| match targets.of(place) {
                run if run.count > 1 => None,
                run => Some((run.count == 1).then(|| targets.nth(run, 0).0)),
            })
            .collect()
    };
    let (down, across) = (of(&windows.rows, rows)?, of(&windows.columns, columns)?);
    let window = |y: Option<usize>, x: Option<usize>| Some((y? * windows.columns.outputs + x?) as u32);
    Some(down.iter().flat_map(|y| across.iter().map(move |x| window(*y, *x).unwrap_or(NONE))).collect())
}

/// The windows of pooling whose settings are right.
fn check(place: &str, lists: &Lists<'_>, input: &[usize]) -> Result<Windows> {
    let windows = Windows::new(place, lists, input)?;
    // Beyond that a window could stand in the padding alone.
    for axis in [&windows.rows, &windows.columns] {
        if axis.padding > axis.kernel / 2 {
            let rule = format!("must be at most half of the kernel, {}", axis.kernel / 2);
            return Err(value_error(place, "padding", None, format!("{:?}", lists.padding), rule));
        }
    }
    Ok(windows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::{first_spikes, to_wave};

    #[test]
    fn a_window_fires_with_the_first_of_its_neurons() {
        let (shape, mut first, mut out) = ([2, 3, 4], SpikeRows::default(), SpikeRows::default());
        let rows =
            SpikeRows::new(vec![0, 2, 5], vec![1, 14, 0, 13, 23], vec![2.0, 1.0, 9.0, 4.0, 3.0], 24).unwrap();
        let pool = Pooling::max(shape, [2, 3], Some([1, 1]), [1, 0]).unwrap();
        assert_eq!(pool.pooled(), [2, 4, 2]);
        let (mut wave, mut pooled) = (Vec::new(), Vec::new());
        to_wave(&rows, shape, &mut wave).unwrap();
        for x in &mut wave {
            *x = x.min(1.0);
        }
        pool.wave(&wave, &mut pooled).unwrap();
        first_spikes(&pooled, pool.pooled(), &mut first).unwrap();
        pool.first(&rows, &mut out).unwrap();
        assert_eq!((out.offsets(), out.index()), (first.offsets(), first.index()));
        // The largest of the step, not of the wave.
        assert_eq!(out.value()[0], 2.0);
    }

    #[test]
    fn windows_fit() {
        let error = |kernel, stride, padding| {
            Pooling::max([1, 4, 4], kernel, stride, padding).unwrap_err().to_string()
        };
        assert!(error([5, 1], None, [0, 0]).contains("pooling.kernel[0] = 5: reaches over 5 places"));
        assert!(error([0, 1], None, [0, 0]).contains("at least 1"));
        assert!(error([2, 2], Some([0, 1]), [0, 0]).contains("at least 1"));
        assert!(error([2, 2], None, [2, 0]).contains("at most half of the kernel"));
    }
}
