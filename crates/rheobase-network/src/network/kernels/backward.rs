//! From the errors of outputs to those of inputs: the dot product of a weight row with the error, where it is wanted.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use crate::network::signal::Reach;
use crate::network::turn::{Matrix, turn};

/// Adds dL/d input to `gradient` `[sample, input]` where it is wanted. Where most are, `by_inputs` is asked for the weights as
/// [`by_inputs`] has them.
pub(crate) fn backward<'a>(
    level: Level,
    (weights, by_inputs): (&[f32], impl FnOnce() -> &'a [f32]),
    outputs: usize,
    reach: &Reach,
    upstream: &[f32],
    gradient: &mut [f32],
) {
    if outputs == 0 {
        return;
    }
    let wanted = match reach {
        Reach::Nowhere => return,
        Reach::Everywhere => gradient.len(),
        Reach::Bits(bits) => bits.iter().map(|word| word.count_ones() as usize).sum(),
    };
    match reach {
        Reach::Bits(bits) if 2 * wanted < gradient.len() => {
            f32::dispatch_wide(level, Where { bits, weights, outputs, errors: upstream, gradient });
        }
        _ => {
            let (inputs, weights) = (weights.len() / outputs, by_inputs());
            f32::dispatch_wide(level, Most { weights, inputs, outputs, reach, errors: upstream, gradient });
        }
    }
}

/// Weights `[input, output]` as `[sixteen inputs, output, input of these]`, 0 where there is no input.
pub(crate) fn by_inputs(level: Level, weights: &[f32], outputs: usize) -> Vec<f32> {
    let inputs = weights.len() / outputs.max(1);
    let mut turned = vec![0.0; inputs.next_multiple_of(16) * outputs];
    f32::dispatch_wide(level, ByInputs { weights, outputs, turned: &mut turned });
    turned
}

struct ByInputs<'a> {
    weights: &'a [f32],
    outputs: usize,
    turned: &'a mut [f32],
}

impl Kernel<f32> for ByInputs<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let size = 16 * self.outputs;
        let mut last = Vec::new();
        for n in 0..self.turned.len() / size.max(1) {
            let mut rows = &self.weights[n * size..self.weights.len().min((n + 1) * size)];
            if rows.len() < size {
                last.extend_from_slice(rows);
                last.resize(size, 0.0);
                rows = &last;
            }
            turn::<V>(
                rows,
                Matrix::close(16, self.outputs),
                None,
                &mut self.turned[n * size..(n + 1) * size],
            );
        }
    }
}

/// The largest number of outputs for which [`backward_few`] is there.
pub(crate) const FEW: usize = 16;

/// The same for few outputs, of weights that stand as `[output, input]`: lanes run across inputs, each virtual lane is a
/// register.
pub(crate) fn backward_few(
    level: Level,
    turned: &[f32],
    outputs: usize,
    reach: &Reach,
    upstream: &[f32],
    gradient: &mut [f32],
) {
    if outputs > 0 && *reach != Reach::Nowhere {
        f32::dispatch_wide(level, Few { turned, outputs, reach, errors: upstream, gradient });
    }
}

struct Few<'a> {
    /// `[output, input]`.
    turned: &'a [f32],
    outputs: usize,
    reach: &'a Reach,
    /// `[sample, output]`.
    errors: &'a [f32],
    /// `[sample, input]`.
    gradient: &'a mut [f32],
}

impl Kernel<f32> for Few<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        macro_rules! of {
            ($($n:literal)*) => {
                match self.outputs {
                    $($n => few::<V, $n>(self),)*
                    _ => {}
                }
            };
        }
        of!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    }
}

/// Weights that are read again for every sample before the next ones: as many as stay in a processor's first cache.
const AT_HAND: usize = 4 << 10;

/// The errors of inputs from those of `N` outputs.
#[inline(always)]
fn few<V: Lanes<Elem = f32>, const N: usize>(few: Few<'_>) {
    let inputs = few.turned.len() / N;
    let words = inputs.div_ceil(64);
    let all = u64::MAX >> (64 - V::WIDTH);
    let some = AT_HAND / N / 64 * 64;
    for start in (0..inputs).step_by(some) {
        let len = some.min(inputs - start);
        let mut rows = [&[][..]; N];
        for o in 0..N {
            rows[o] = &few.turned[o * inputs + start..][..len];
        }
        for sample in 0..few.errors.len() / N {
            let mut errors = [V::zero(); N];
            for o in 0..N {
                errors[o] = V::broadcast(few.errors[sample * N + o]);
            }
            let gradient = &mut few.gradient[sample * inputs + start..][..len];
            for i in (0..len).step_by(V::WIDTH) {
                let wanted = match few.reach {
                    Reach::Bits(bits) => bits[sample * words + (start + i) / 64] >> (i % 64) & all,
                    _ => all,
                };
                if wanted == 0 {
                    continue;
                }
                let sum = tree::<V, N>(
                    #[inline(always)]
                    |o| V::load(&rows[o][i..]) * errors[o],
                );
                let old = V::load(&gradient[i..]);
                let new = old + sum;
                let new = if wanted == all { new } else { V::select(V::mask(wanted), new, old) };
                new.store(&mut gradient[i..]);
            }
        }
    }
}

/// The sum of `N` terms added as 16 virtual lanes are, each of which begins with +0: halves upon halves. Lanes without a
/// term change nothing, and what +0 does to the terms it does to their sum.
#[inline(always)]
fn tree<V: Lanes<Elem = f32>, const N: usize>(term: impl Fn(usize) -> V) -> V {
    V::zero() + if N > 1 { of_2::<V, N>(&term, 0) + of_2::<V, N>(&term, 1) } else { term(0) }
}

/// The sum of the terms `o`, `o + 2`, `o + 4`….
#[inline(always)]
fn of_2<V: Lanes<Elem = f32>, const N: usize>(term: &impl Fn(usize) -> V, o: usize) -> V {
    let first = of_4::<V, N>(term, o);
    if o + 2 < N { first + of_4::<V, N>(term, o + 2) } else { first }
}

#[inline(always)]
fn of_4<V: Lanes<Elem = f32>, const N: usize>(term: &impl Fn(usize) -> V, o: usize) -> V {
    let first = of_8::<V, N>(term, o);
    if o + 4 < N { first + of_8::<V, N>(term, o + 4) } else { first }
}

#[inline(always)]
fn of_8<V: Lanes<Elem = f32>, const N: usize>(term: &impl Fn(usize) -> V, o: usize) -> V {
    if o + 8 < N { term(o) + term(o + 8) } else { term(o) }
}

/// The errors of all inputs; lanes run across inputs.
struct Most<'a> {
    /// `[sixteen inputs, output, input of these]`.
    weights: &'a [f32],
    inputs: usize,
    outputs: usize,
    reach: &'a Reach,
    /// `[sample, output]`.
    errors: &'a [f32],
    /// `[sample, input]`.
    gradient: &'a mut [f32],
}

impl Kernel<f32> for Most<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(mut self) {
        let weights = self.weights.as_chunks::<16>().0;
        let mut parts = [[[0.0; 16]; 2]; 16];
        for n in 0..weights.len() / self.outputs {
            let weights = &weights[n * self.outputs..(n + 1) * self.outputs];
            for first in (0..self.errors.len() / self.outputs).step_by(2) {
                // As many sums as there are registers for.
                match V::WIDTH {
                    16.. => sixteen_inputs::<V, 8, 1>(&mut self, weights, (n * 16, first), &mut parts),
                    8.. => sixteen_inputs::<V, 2, 2>(&mut self, weights, (n * 16, first), &mut parts),
                    4.. => sixteen_inputs::<V, 1, 4>(&mut self, weights, (n * 16, first), &mut parts),
                    _ => sixteen_inputs::<V, 1, 16>(&mut self, weights, (n * 16, first), &mut parts),
                }
            }
        }
    }
}

/// The errors of sixteen inputs, `B` registers, from `i` on in two samples from `first` on. `L` virtual lanes are summed at once, those
/// of which the tree makes one number; `parts` is room for these.
#[inline(always)]
fn sixteen_inputs<V: Lanes<Elem = f32>, const L: usize, const B: usize>(
    all: &mut Most<'_>,
    weights: &[[f32; 16]],
    (i, first): (usize, usize),
    parts: &mut [[[f32; 16]; 2]; 16],
) {
    // An odd sample stands for its neighbour, too.
    let samples = [first, (all.errors.len() / all.outputs - 1).min(first + 1)];
    let mut errors = [(&[][..], &[][..]); 2];
    for s in 0..2 {
        errors[s] = all.errors[samples[s] * all.outputs..][..all.outputs].as_chunks::<16>();
    }
    let (weights, rest) = weights.as_chunks::<16>();
    let step = 16 / L;
    for l in 0..step {
        let mut sums = [[[V::zero(); B]; 2]; L];
        for n in 0..weights.len() {
            for k in 0..L {
                let weight = &weights[n][l + k * step];
                for s in 0..2 {
                    let error = V::broadcast(errors[s].0[n][l + k * step]);
                    for b in 0..B {
                        sums[k][s][b] = sums[k][s][b] + V::load(&weight[b * V::WIDTH..]) * error;
                    }
                }
            }
        }
        for k in 0..L {
            if l + k * step < rest.len() {
                for s in 0..2 {
                    let error = V::broadcast(errors[s].1[l + k * step]);
                    for b in 0..B {
                        let weight = V::load(&rest[l + k * step][b * V::WIDTH..]);
                        sums[k][s][b] = sums[k][s][b] + weight * error;
                    }
                }
            }
        }
        let mut half = L / 2;
        while half > 0 {
            for k in 0..half {
                for s in 0..2 {
                    for b in 0..B {
                        sums[k][s][b] = sums[k][s][b] + sums[k + half][s][b];
                    }
                }
            }
            half /= 2;
        }
        for s in 0..2 {
            for b in 0..B {
                sums[0][s][b].store(&mut parts[l][s][b * V::WIDTH..]);
            }
        }
    }
    let count = 16.min(all.inputs - i);
    for s in 0..2 {
        let sample = samples[s];
        if s == 1 && sample == first {
            return;
        }
        let wanted = all.reach.run(sample, i, count, all.inputs);
        let to = &mut all.gradient[sample * all.inputs + i..][..count];
        for b in 0..B {
            let at = b * V::WIDTH;
            if at < count {
                let sum = halved::<V>(parts, (s, at), step);
                let to = &mut to[at..];
                let before = V::load(to);
                let wanted = wanted >> at & (u64::MAX >> (64 - V::WIDTH));
                V::select(V::mask(wanted), before + sum, before).store(to);
            }
        }
    }
}

/// Halves of the first `count` parts added until one is left, of a register of a sample.
#[inline(always)]
fn halved<V: Lanes<Elem = f32>>(parts: &[[[f32; 16]; 2]; 16], (s, at): (usize, usize), count: usize) -> V {
    let mut sums = [V::zero(); 16];
    for l in 0..count {
        sums[l] = V::load(&parts[l][s][at..]);
    }
    let mut half = count / 2;
    while half > 0 {
        for l in 0..half {
            sums[l] = sums[l] + sums[l + half];
        }
        half /= 2;
    }
    sums[0]
}

/// Numbers of weights that are read again for every sample before the next ones: as many as stay in a processor's first cache.
const ROWS_AT_HAND: usize = 8 << 10;

/// The errors of some inputs of each sample.
struct Where<'a> {
    /// Whole words per sample.
    bits: &'a [u64],
    /// `[input, output]`.
    weights: &'a [f32],
    outputs: usize,
    /// `[sample, output]`.
    errors: &'a [f32],
    /// `[sample, input]`.
    gradient: &'a mut [f32],
}

impl Where<'_> {
    #[inline(always)]
    fn row(&self, i: usize) -> &[f32] {
        &self.weights[i * self.outputs..(i + 1) * self.outputs]
    }
    #[inline(always)]
    fn error(&self, sample: usize) -> &[f32] {
        &self.errors[sample * self.outputs..(sample + 1) * self.outputs]
    }
}

impl Kernel<f32> for Where<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let p = self;
        let (inputs, samples) = (p.weights.len() / p.outputs, p.errors.len() / p.outputs);
        let words = inputs.div_ceil(64);
        // Some rows of weights for all samples, then the next: so they stay at hand.
        let rows = if 64 * p.outputs <= ROWS_AT_HAND { 64 } else { 32 };
        // Sixteen wanted inputs at most, and what is yet to be summed over lanes. What was there before may be computed
        // again: always four rows at a time is cheaper than to branch.
        let (mut at, mut dots) = ([0; 16], [V::zero(); 16]);
        for start in (0..inputs).step_by(rows) {
            for s in 0..samples {
                let mut word = p.bits[s * words + start / 64] >> (start % 64) & (u64::MAX >> (64 - rows));
                while word != 0 {
                    let count = word.count_ones().min(16) as usize;
                    for i in &mut at[..count] {
                        *i = start + (word.trailing_zeros() & 63) as usize;
                        word &= word.wrapping_sub(1);
                    }
                    for four in 0..count.div_ceil(4) {
                        let at = &at[4 * four..4 * four + 4];
                        let rows = [p.row(at[0]), p.row(at[1]), p.row(at[2]), p.row(at[3])];
                        dots[4 * four..4 * four + 4].copy_from_slice(&four_dots::<V>(rows, p.error(s)));
                    }
                    let found = V::tree_sums(dots);
                    for k in 0..count {
                        p.gradient[s * inputs + at[k]] += found[k];
                    }
                }
            }
        }
    }
}

/// The dot products of four rows with an error, their lanes yet to be summed.
#[inline(always)]
fn four_dots<V: Lanes<Elem = f32>>(rows: [&[f32]; 4], error: &[f32]) -> [V; 4] {
    let mut sums = [Sixteen::<V>::zero(); 4];
    let (whole, rest) = error.as_chunks::<16>();
    let parts = [rows[0].as_chunks(), rows[1].as_chunks(), rows[2].as_chunks(), rows[3].as_chunks::<16>()];
    for k in 0..whole.len() {
        for g in 0..16 / V::WIDTH {
            let e = V::load(&whole[k][g * V::WIDTH..]);
            for r in 0..4 {
                sums[r].0[g] = sums[r].0[g] + V::load(&parts[r].0[k][g * V::WIDTH..]) * e;
            }
        }
    }
    for g in 0..rest.len().div_ceil(V::WIDTH) {
        let e = V::load(&rest[g * V::WIDTH..]);
        for r in 0..4 {
            sums[r].0[g] = sums[r].0[g] + V::load(&parts[r].1[g * V::WIDTH..]) * e;
        }
    }
    let mut dots = [V::zero(); 4];
    for r in 0..4 {
        dots[r] = sums[r].folded();
    }
    dots
}

/// 16 virtual lanes: lane l sums the products l, l + 16, l + 32…; as many registers are used as they fill.
#[derive(Clone, Copy)]
struct Sixteen<V>([V; 16]);

impl<V: Lanes<Elem = f32>> Sixteen<V> {
    #[inline(always)]
    fn zero() -> Self {
        Sixteen([V::zero(); 16])
    }

    /// Halves added until one register is left.
    #[inline(always)]
    fn folded(mut self) -> V {
        let mut half = 8 / V::WIDTH;
        while half > 0 {
            for r in 0..half {
                self.0[r] = self.0[r] + self.0[r + half];
            }
            half /= 2;
        }
        self.0[0]
    }
}
