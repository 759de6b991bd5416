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
    f32::dispatch_wide(level, ToInputs { weights, outputs, reach, errors: upstream, gradient });
}

struct ToInputs<'a> {
    /// `[input, output]`.
    weights: &'a [f32],
    outputs: usize,
    reach: &'a Reach,
    /// `[sample, output]`.
    errors: &'a [f32],
    gradient: &'a mut [f32],
}

impl Kernel<f32> for ToInputs<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let inputs = self.weights.len() / self.outputs;
        let words = inputs.div_ceil(64);
        // Some rows of weights for all samples, then the next: so they stay at hand. Where all are wanted, fewer do.
        let rows = if *self.reach == Reach::Everywhere && self.outputs > 128 { 32 } else { 64 };
        for first in (0..inputs).step_by(rows) {
            let all = u64::MAX >> (64 - (inputs - first).min(rows));
            for (s, error) in self.errors.chunks_exact(self.outputs).enumerate() {
                let mut word = match self.reach {
                    Reach::Nowhere => 0,
                    Reach::Everywhere => all,
                    Reach::Bits(bits) => bits[s * words + first / 64] & all,
                };
                let gradient = &mut self.gradient[s * inputs..(s + 1) * inputs];
                let weights = &self.weights[first * self.outputs..];
                while word != 0 {
                    // Always four rows, of which the last ones may be the same: that is cheaper than to branch.
                    let mut at = [0; 4];
                    let n = word.count_ones().min(4) as usize;
                    for i in &mut at {
                        *i = (word.trailing_zeros() & 63) as usize;
                        word &= word.wrapping_sub(1);
                    }
                    if n < 4 {
                        let first = at[0];
                        at[n..].fill(first);
                    }
                    let found = four_dots::<V>(weights, at, error);
                    for k in 0..n {
                        gradient[first + at[k]] += found[k];
                    }
                }
            }
        }
    }
}

/// The dot products of four rows with an error.
#[inline(always)]
fn four_dots<V: Lanes<Elem = f32>>(weights: &[f32], at: [usize; 4], error: &[f32]) -> [f32; 4] {
    let n = error.len();
    let mut rows = [&[][..]; 4];
    for r in 0..4 {
        rows[r] = &weights[at[r] * n..(at[r] + 1) * n];
    }
    let mut sums = [Sixteen::<V>::zero(); 4];
    let (whole, rest) = error.as_chunks::<16>();
    let parts = [rows[0].as_chunks(), rows[1].as_chunks(), rows[2].as_chunks(), rows[3].as_chunks::<16>()];
    for (k, e) in whole.iter().enumerate() {
        for g in 0..16 / V::WIDTH {
            let e = V::load(&e[g * V::WIDTH..]);
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
    Sixteen::tree(sums)
}

/// 16 virtual lanes: lane l sums the products l, l + 16, l + 32…; as many registers are used as they fill.
#[derive(Clone, Copy)]
struct Sixteen<V>([V; 16]);

impl<V: Lanes<Elem = f32>> Sixteen<V> {
    #[inline(always)]
    fn zero() -> Self {
        Sixteen([V::zero(); 16])
    }

    /// The sum of each: halves are added until one number is left.
    #[inline(always)]
    fn tree(mut four: [Self; 4]) -> [f32; 4] {
        let mut last = [V::zero(); 4];
        for n in 0..4 {
            let mut half = 8 / V::WIDTH;
            while half > 0 {
                for r in 0..half {
                    four[n].0[r] = four[n].0[r] + four[n].0[r + half];
                }
                half /= 2;
            }
            last[n] = four[n].0[0];
        }
        V::tree_sums(last)
    }
}
