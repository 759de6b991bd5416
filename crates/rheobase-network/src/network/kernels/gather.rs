//! From inputs and errors to the gradient of the weights.

use rayon::prelude::*;
use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::{GROUP, end, products};
use crate::network::operator::StepError;
use crate::network::signal::Signal;
use rheobase_base::vector::{add, all_ones};

/// Adds the gradient of the weights to `gradient` `[input, output]`: `Σ_t Σ_s in[t, s, i]·error[t, s, o]`.
///
/// Events are sorted by input first, so that a row of weights is written once; all values are taken as they are.
pub(crate) fn gather(
    level: Level,
    seen: &[StepError<'_>],
    inputs: usize,
    outputs: usize,
    gradient: &mut [f32],
) {
    if outputs == 0 {
        return;
    }
    if seen.iter().all(|s| s.input.events.is_none()) {
        f32::dispatch_wide(level, OfAll { seen, inputs, outputs, gradient });
        return;
    }
    let terms = Terms::new(level, seen, inputs);
    let rows: Vec<&[f32]> = seen.iter().flat_map(|s| s.error.chunks_exact(outputs)).collect();
    f32::dispatch_wide(level, OfTerms { rows: &rows, terms: &terms, outputs, gradient });
}

/// The values of a signal over time, sorted by input: of each, which row of errors it is multiplied with.
struct Terms {
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// Empty if all are 1.
    values: Vec<f32>,
}

impl Terms {
    fn new(level: Level, seen: &[StepError<'_>], inputs: usize) -> Self {
        let ones = seen.iter().all(|s| s.input.events.as_ref().is_some_and(|e| all_ones(level, &e.value)));
        let mut starts = vec![0; inputs + 1];
        for s in seen {
            each(s.input, |i, _, _| starts[i + 1] += 1);
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let count = starts[inputs] as usize;
        let (mut rows, mut values) = (vec![0; count], vec![0.0; if ones { 0 } else { count }]);
        let mut first = 0;
        for s in seen {
            each(s.input, |i, sample, value| {
                let next = &mut starts[i];
                rows[*next as usize] = (first + sample) as u32;
                if !ones {
                    values[*next as usize] = value;
                }
                *next += 1;
            });
            first += s.input.samples;
        }
        // Every start has moved to the next one's place.
        starts.rotate_right(1);
        starts[0] = 0;
        Terms { starts, rows, values }
    }
}

/// Calls `f` with input, sample and value of everything that is not 0.
#[inline(always)]
fn each(signal: &Signal, mut f: impl FnMut(usize, usize, f32)) {
    for sample in 0..signal.samples {
        match &signal.events {
            Some(events) => {
                let (index, value) = events.of(sample);
                for (i, v) in index.iter().zip(value) {
                    f(*i as usize, sample, *v);
                }
            }
            None => {
                for (i, v) in signal.sample(sample).iter().enumerate().filter(|(_, v)| **v != 0.0) {
                    f(i, sample, *v);
                }
            }
        }
    }
}

struct OfTerms<'a> {
    /// The errors of each sample in each step.
    rows: &'a [&'a [f32]],
    terms: &'a Terms,
    outputs: usize,
    gradient: &'a mut [f32],
}

impl Kernel<f32> for OfTerms<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let (terms, outputs) = (self.terms, self.outputs);
        for i in 0..terms.starts.len() - 1 {
            let range = terms.starts[i] as usize..terms.starts[i + 1] as usize;
            let to = &mut self.gradient[i * outputs..(i + 1) * outputs];
            let rows = &terms.rows[range.clone()];
            if rows.is_empty() {
                continue;
            }
            blocks!(V, outputs, 16 8, |o, N| {
                let end = end::<V, N>(o, outputs);
                let to = &mut to[o..end];
                let mut sums = [V::zero(); N];
                for r in 0..N {
                    sums[r] = V::load(&to[r * V::WIDTH..]);
                }
                if terms.values.is_empty() {
                    for row in rows {
                        let row = &self.rows[*row as usize][o..end];
                        for r in 0..N {
                            sums[r] = sums[r] + V::load(&row[r * V::WIDTH..]);
                        }
                    }
                } else {
                    let values = &terms.values[range.clone()];
                    for k in 0..rows.len() {
                        let (row, v) = (&self.rows[rows[k] as usize][o..end], V::broadcast(values[k]));
                        for r in 0..N {
                            sums[r] = sums[r] + v * V::load(&row[r * V::WIDTH..]);
                        }
                    }
                }
                for r in 0..N {
                    sums[r].store(&mut to[r * V::WIDTH..]);
                }
            });
        }
    }
}

struct OfAll<'a> {
    seen: &'a [StepError<'a>],
    inputs: usize,
    outputs: usize,
    gradient: &'a mut [f32],
}

impl Kernel<f32> for OfAll<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(mut self) {
        let mut i = 0;
        // Rows of weights that share a loaded error.
        while i + 4 <= self.inputs {
            weights::<V, 4>(&mut self, i);
            i += 4;
        }
        while i < self.inputs {
            weights::<V, 1>(&mut self, i);
            i += 1;
        }
    }
}

/// All outputs of `R` rows of weights.
#[inline(always)]
fn weights<V: Lanes<Elem = f32>, const R: usize>(all: &mut OfAll<'_>, i: usize) {
    blocks!(V, all.outputs, 4 2, |o, N| {
        block::<V, R, N>(all, i, o);
    });
}

/// `N` registers of outputs from `o` on, of `R` rows of weights from `i` on.
#[inline(always)]
fn block<V: Lanes<Elem = f32>, const R: usize, const N: usize>(all: &mut OfAll<'_>, i: usize, o: usize) {
    let (inputs, outputs) = (all.inputs, all.outputs);
    let end = end::<V, N>(o, outputs);
    let mut sums = [[V::zero(); N]; R];
    for k in 0..R {
        let to = &all.gradient[(i + k) * outputs + o..(i + k) * outputs + end];
        for r in 0..N {
            sums[k][r] = V::load(&to[r * V::WIDTH..]);
        }
    }
    for seen in all.seen {
        for sample in 0..seen.input.values.len() / inputs {
            let x = &seen.input.values[sample * inputs + i..][..R];
            let error = &seen.error[sample * outputs + o..sample * outputs + end];
            let mut e = [V::zero(); N];
            for r in 0..N {
                e[r] = V::load(&error[r * V::WIDTH..]);
            }
            for k in 0..R {
                let x = V::broadcast(x[k]);
                for r in 0..N {
                    sums[k][r] = sums[k][r] + x * e[r];
                }
            }
        }
    }
    for k in 0..R {
        let to = &mut all.gradient[(i + k) * outputs + o..(i + k) * outputs + end];
        for r in 0..N {
            sums[k][r].store(&mut to[r * V::WIDTH..]);
        }
    }
}

/// Rows of weights that one thread gathers at once from many tiles. No result depends on it.
const ROWS: usize = 32;

/// Adds the gradients of the weights of several tiles, each with one input and one error: those of each begin with +0, and are
/// added in the order of the tiles. Every weight is read and written once, whatever the number of tiles.
pub(crate) fn gather_tiles(
    level: Level,
    tiles: &[StepError<'_>],
    inputs: usize,
    outputs: usize,
    gradient: &mut [f32],
) {
    if outputs == 0 {
        return;
    }
    if tiles.iter().any(|tile| tile.input.events.is_some()) {
        let mut part = vec![0.0; gradient.len()];
        for tile in tiles {
            part.fill(0.0);
            gather(level, std::slice::from_ref(tile), inputs, outputs, &mut part);
            add(level, gradient, &part);
        }
        return;
    }
    gradient.par_chunks_mut(ROWS * outputs).enumerate().for_each(|(piece, gradient)| {
        f32::dispatch_wide(level, OfTiles { tiles, first: piece * ROWS, inputs, outputs, gradient });
    });
}

struct OfTiles<'a> {
    tiles: &'a [StepError<'a>],
    /// The first input whose weights these are.
    first: usize,
    inputs: usize,
    outputs: usize,
    gradient: &'a mut [f32],
}

impl OfTiles<'_> {
    /// The inputs in the order in which they are read: `[group of rows][sample][row]`, 0 where there is no row.
    fn values(&self) -> Vec<f32> {
        let rows = self.gradient.len() / self.outputs;
        let samples: usize = self.tiles.iter().map(|tile| tile.input.samples).sum();
        let mut values = vec![0.0; samples * rows.next_multiple_of(GROUP)];
        let mut sample = 0;
        for tile in self.tiles {
            for x in tile.input.values.chunks_exact(self.inputs) {
                for (row, x) in x[self.first..self.first + rows].iter().enumerate() {
                    values[(row / GROUP * samples + sample) * GROUP + row % GROUP] = *x;
                }
                sample += 1;
            }
        }
        values
    }
}

impl Kernel<f32> for OfTiles<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(mut self) {
        let values = self.values();
        let samples = values.len() / (self.gradient.len() / self.outputs).next_multiple_of(GROUP);
        let mut errors = Vec::new();
        blocks!(V, self.outputs, 4 2, |o, N| {
            // The errors of these outputs side by side: they are read again for every row.
            let end = end::<V, N>(o, self.outputs);
            errors.resize(samples * N * V::WIDTH, 0.0);
            let mut at = 0;
            for tile in self.tiles {
                for sample in 0..tile.input.samples {
                    let row = &tile.error[sample * self.outputs + o..sample * self.outputs + end];
                    let to = &mut errors[at..at + N * V::WIDTH];
                    for r in 0..N {
                        V::load(&row[r * V::WIDTH..]).store(&mut to[r * V::WIDTH..]);
                    }
                    at += N * V::WIDTH;
                }
            }
            for group in 0..values.len() / (samples * GROUP) {
                let values = &values[group * samples * GROUP..(group + 1) * samples * GROUP];
                group_of_rows::<V, N>(&mut self, (o, end), group * GROUP, values, &errors);
            }
        });
    }
}

/// The weights of outputs `o..end` of a group of rows, of which the first is `row`.
#[inline(always)]
fn group_of_rows<V: Lanes<Elem = f32>, const N: usize>(
    all: &mut OfTiles<'_>,
    (o, end): (usize, usize),
    row: usize,
    mut values: &[f32],
    mut errors: &[f32],
) {
    let outputs = all.outputs;
    let rows = GROUP.min(all.gradient.len() / outputs - row);
    let mut totals = [[V::zero(); N]; GROUP];
    for k in 0..rows {
        let from = &all.gradient[(row + k) * outputs + o..(row + k) * outputs + end];
        for r in 0..N {
            totals[k][r] = V::load(&from[r * V::WIDTH..]);
        }
    }
    for tile in all.tiles {
        let samples = tile.input.samples;
        let (x, rest) = values.split_at(samples * GROUP);
        let (e, after) = errors.split_at(samples * N * V::WIDTH);
        (values, errors) = (rest, after);
        let width = N * V::WIDTH;
        let sums = products::<V, GROUP, N>([[V::zero(); N]; GROUP], x, e, (width, width));
        for k in 0..GROUP {
            for r in 0..N {
                totals[k][r] = totals[k][r] + sums[k][r];
            }
        }
    }
    for k in 0..rows {
        let to = &mut all.gradient[(row + k) * outputs + o..(row + k) * outputs + end];
        for r in 0..N {
            totals[k][r].store(&mut to[r * V::WIDTH..]);
        }
    }
}

/// Adds the gradient of a bias.
pub(crate) fn gather_bias(level: Level, seen: &[StepError<'_>], gradient: &mut [f32]) {
    for s in seen {
        for row in s.error.chunks_exact(gradient.len().max(1)) {
            add(level, gradient, row);
        }
    }
}
