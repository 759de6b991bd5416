//! From the errors of outputs to those of inputs: the dot product of a weight row with the error, where it is wanted.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use crate::network::signal::Reach;

/// Adds dL/d input to `gradient` `[sample, input]` where it is wanted.
pub(crate) fn backward(
    level: Level,
    weights: &[f32],
    outputs: usize,
    reach: &Reach,
    upstream: &[f32],
    gradient: &mut [f32],
) {
    if outputs == 0 {
        return;
    }
    let products = Products { weights, outputs, errors: upstream, gradient };
    match reach {
        Reach::Nowhere => {}
        Reach::Everywhere => f32::dispatch_wide(level, Everywhere(products)),
        Reach::Bits(bits) => f32::dispatch_wide(level, Where { bits, products }),
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

/// Rows of weights and errors of samples, and where their products belong.
struct Products<'a> {
    /// `[input, output]`.
    weights: &'a [f32],
    outputs: usize,
    /// `[sample, output]`.
    errors: &'a [f32],
    /// `[sample, input]`.
    gradient: &'a mut [f32],
}

impl Products<'_> {
    #[inline(always)]
    fn row(&self, i: usize) -> &[f32] {
        &self.weights[i * self.outputs..(i + 1) * self.outputs]
    }
    #[inline(always)]
    fn error(&self, sample: usize) -> &[f32] {
        &self.errors[sample * self.outputs..(sample + 1) * self.outputs]
    }
}

struct Everywhere<'a>(Products<'a>);

impl Kernel<f32> for Everywhere<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let mut p = self.0;
        let (inputs, samples) = (p.weights.len() / p.outputs, p.errors.len() / p.outputs);
        let mut i = 0;
        // Rows share the loaded errors of four samples: four rows where there are registers enough, else two.
        while V::WIDTH >= 16 && i + 4 <= inputs {
            row_group::<V, 4>(&mut p, i, samples);
            i += 4;
        }
        while i + 2 <= inputs {
            row_group::<V, 2>(&mut p, i, samples);
            i += 2;
        }
        if i < inputs {
            row_group::<V, 1>(&mut p, i, samples);
        }
    }
}

/// `R` rows of weights from `i` on with the errors of all samples.
#[inline(always)]
fn row_group<V: Lanes<Elem = f32>, const R: usize>(p: &mut Products<'_>, i: usize, samples: usize) {
    let mut s = 0;
    while s + 4 <= samples {
        block::<V, R, 4>(p, i, s);
        s += 4;
    }
    while s < samples {
        block::<V, R, 1>(p, i, s);
        s += 1;
    }
}

/// `R` rows of weights from `i` on with the errors of `S` samples from `s` on.
#[inline(always)]
fn block<V: Lanes<Elem = f32>, const R: usize, const S: usize>(p: &mut Products<'_>, i: usize, s: usize) {
    let (mut w, mut e) = ([(&[][..], &[][..]); R], [(&[][..], &[][..]); S]);
    for r in 0..R {
        w[r] = p.row(i + r).as_chunks::<16>();
    }
    for k in 0..S {
        e[k] = p.error(s + k).as_chunks::<16>();
    }
    let mut sums = [[Sixteen::<V>::zero(); S]; R];
    let rest = (p.outputs % 16).div_ceil(V::WIDTH);
    // One register of the virtual lanes after the other, so that what is summed stays in registers.
    for g in 0..16 / V::WIDTH {
        let mut of_lanes = [[V::zero(); S]; R];
        for n in 0..p.outputs / 16 {
            let mut row = [V::zero(); R];
            for r in 0..R {
                row[r] = V::load(&w[r].0[n][g * V::WIDTH..]);
            }
            for k in 0..S {
                let error = V::load(&e[k].0[n][g * V::WIDTH..]);
                for r in 0..R {
                    of_lanes[r][k] = of_lanes[r][k] + row[r] * error;
                }
            }
        }
        for k in 0..S {
            for r in 0..R {
                if g < rest {
                    let error = V::load(&e[k].1[g * V::WIDTH..]);
                    of_lanes[r][k] = of_lanes[r][k] + V::load(&w[r].1[g * V::WIDTH..]) * error;
                }
                sums[r][k].0[g] = of_lanes[r][k];
            }
        }
    }
    let inputs = p.weights.len() / p.outputs;
    let mut last = [V::zero(); 16];
    for k in 0..S {
        for r in 0..R {
            last[k * R + r] = sums[r][k].folded();
        }
    }
    let found = V::tree_sums(last);
    for k in 0..S {
        let to = &mut p.gradient[(s + k) * inputs + i..(s + k) * inputs + i + R];
        for r in 0..R {
            to[r] += found[k * R + r];
        }
    }
}

struct Where<'a> {
    /// Whole words per sample.
    bits: &'a [u64],
    products: Products<'a>,
}

impl Kernel<f32> for Where<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let p = self.products;
        let (inputs, samples) = (p.weights.len() / p.outputs, p.errors.len() / p.outputs);
        let words = inputs.div_ceil(64);
        // Sixteen wanted inputs at most, and what is yet to be summed over lanes. What was there before may be computed
        // again: always four rows at a time is cheaper than to branch.
        let (mut at, mut dots) = ([0; 16], [V::zero(); 16]);
        // Some rows of weights for all samples, then the next: so they stay at hand.
        for w in 0..words {
            for s in 0..samples {
                let mut word = self.bits[s * words + w];
                while word != 0 {
                    let count = word.count_ones().min(16) as usize;
                    for i in &mut at[..count] {
                        *i = w * 64 + (word.trailing_zeros() & 63) as usize;
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
