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
    if *reach != Reach::Nowhere && outputs > 0 {
        f32::dispatch_wide(level, ToInputs { weights, outputs, reach, upstream, gradient });
    }
}

struct ToInputs<'a> {
    weights: &'a [f32],
    outputs: usize,
    reach: &'a Reach,
    upstream: &'a [f32],
    gradient: &'a mut [f32],
}

/// Samples that go through the weights together: one bit each in a word.
const TOGETHER: usize = 16;

impl Kernel<f32> for ToInputs<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let (outputs, inputs) = (self.outputs, self.weights.len() / self.outputs);
        let samples = self.upstream.len() / outputs;
        let mut wanted = vec![0u16; inputs];
        for first in (0..samples).step_by(TOGETHER) {
            let count = TOGETHER.min(samples - first);
            let all = u16::MAX >> (TOGETHER - count);
            find(self.reach, inputs, first, count, all, &mut wanted);
            let errors = &self.upstream[first * outputs..(first + count) * outputs];
            let gradient = &mut self.gradient[first * inputs..(first + count) * inputs];
            let mut i = 0;
            while i < inputs {
                // Where everything is wanted, four rows of weights share the loaded errors.
                let four = i + 4 <= inputs && wanted[i..i + 4].iter().all(|w| *w == all);
                let rows = &self.weights[i * outputs..];
                if four {
                    let mut sample = 0;
                    while sample + 4 <= count {
                        let at = [sample, sample + 1, sample + 2, sample + 3];
                        dots::<V, 4, 4>(rows, errors, outputs, at).add_to(gradient, inputs, i);
                        sample += 4;
                    }
                    while sample < count {
                        dots::<V, 4, 1>(rows, errors, outputs, [sample]).add_to(gradient, inputs, i);
                        sample += 1;
                    }
                    i += 4;
                    continue;
                }
                let mut left = wanted[i];
                let mut next = || {
                    let sample = left.trailing_zeros() as usize;
                    left &= left.wrapping_sub(1);
                    sample
                };
                let mut n = wanted[i].count_ones();
                while n > 0 {
                    match n {
                        1 => dots::<V, 1, 1>(rows, errors, outputs, [next()]).add_to(gradient, inputs, i),
                        2 => {
                            let at = [next(), next()];
                            dots::<V, 1, 2>(rows, errors, outputs, at).add_to(gradient, inputs, i);
                        }
                        3 => {
                            let at = [next(), next(), next()];
                            dots::<V, 1, 3>(rows, errors, outputs, at).add_to(gradient, inputs, i);
                        }
                        _ => {
                            let at = [next(), next(), next(), next()];
                            dots::<V, 1, 4>(rows, errors, outputs, at).add_to(gradient, inputs, i);
                        }
                    }
                    n = n.saturating_sub(4);
                }
                i += 1;
            }
        }
    }
}

/// Which of `count` samples from `first` on want the error of each input.
#[inline(always)]
fn find(reach: &Reach, inputs: usize, first: usize, count: usize, all: u16, wanted: &mut [u16]) {
    let Reach::Bits(bits) = reach else {
        wanted.fill(all);
        return;
    };
    wanted.fill(0);
    let words = inputs.div_ceil(64);
    for s in 0..count {
        for (w, word) in bits[(first + s) * words..(first + s + 1) * words].iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                wanted[w * 64 + word.trailing_zeros() as usize] |= 1 << s;
                word &= word - 1;
            }
        }
    }
}

/// Dot products of `R` rows of weights with the errors of `S` samples.
struct Dots<const R: usize, const S: usize> {
    samples: [usize; S],
    sums: [[f32; 4]; S],
}

impl<const R: usize, const S: usize> Dots<R, S> {
    #[inline(always)]
    fn add_to(self, gradient: &mut [f32], inputs: usize, i: usize) {
        for s in 0..S {
            let to = &mut gradient[self.samples[s] * inputs + i..][..R];
            for r in 0..R {
                to[r] += self.sums[s][r];
            }
        }
    }
}

/// The dot products in 16 virtual lanes: lane l sums the products l, l + 16, l + 32…; then halves are added.
#[inline(always)]
fn dots<V: Lanes<Elem = f32>, const R: usize, const S: usize>(
    rows: &[f32],
    errors: &[f32],
    outputs: usize,
    samples: [usize; S],
) -> Dots<R, S> {
    let registers = 16 / V::WIDTH;
    // Of each virtual lane's sixteen, as many as there are registers are used.
    let mut sums = [[[V::zero(); 16]; R]; S];
    let mut o = 0;
    while o < outputs {
        let end = outputs.min(o + 16);
        for g in 0..registers {
            let at = (o + g * V::WIDTH).min(end);
            let mut w = [V::zero(); R];
            for r in 0..R {
                w[r] = V::load(&rows[r * outputs + at..r * outputs + end]);
            }
            for s in 0..S {
                let e = V::load(&errors[samples[s] * outputs + at..samples[s] * outputs + end]);
                for r in 0..R {
                    sums[s][r][g] = sums[s][r][g] + w[r] * e;
                }
            }
        }
        o += 16;
    }
    let mut found = [[0.0; 4]; S];
    if R == 1 {
        // One row with up to four samples.
        let mut four = [V::zero(); 4];
        for s in 0..S {
            four[s] = halves(sums[s][0], registers);
        }
        let four = V::tree_sums(four);
        for s in 0..S {
            found[s][0] = four[s];
        }
    } else {
        for s in 0..S {
            let mut four = [V::zero(); 4];
            for r in 0..R {
                four[r] = halves(sums[s][r], registers);
            }
            found[s] = V::tree_sums(four);
        }
    }
    Dots { samples, sums: found }
}

/// One register out of several: halves are added until one is left.
#[inline(always)]
fn halves<V: Lanes<Elem = f32>>(mut sums: [V; 16], registers: usize) -> V {
    let mut half = registers / 2;
    while half > 0 {
        for r in 0..half {
            sums[r] = sums[r] + sums[r + half];
        }
        half /= 2;
    }
    sums[0]
}
