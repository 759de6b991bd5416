//! Exponential and alpha filters in constant time per sample, whatever the time constant.
//!
//! With d = exp(-1/tau) the sums over the last L inputs obey
//! a\[i\] = d a\[i-1\] + x\[i\] - d^L x\[i-L\] (exponential) and
//! b\[i\] = d (b\[i-1\] + a\[i-1\]) - L d^L x\[i-L\] (alpha, from the a before its own update):
//! the subtraction is what cuts the kernel off.

use rayon::prelude::*;
use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};
use rheobase_models::real::Mask;

use super::kernel::Decaying;
use rheobase_base::Cancel;

/// Fewest rows a thread computes at once. Chunks do not depend on the number of threads, so neither do the results.
const CHUNK: usize = 4096;

/// Most neurons side by side: their sums stay in cache.
const STRIP: usize = 2048;

/// One filter, ready to run over time-first rows.
struct Filter {
    /// Factor per sample.
    decay: f64,
    /// Samples in the kernel.
    length: usize,
    /// Weight of what leaves the window in `a`, and in `b`.
    tail: (f64, f64),
    /// Heights of the kernel: of its sum now, and one sample before.
    heights: (f64, f64),
    /// By how many samples the result is moved back.
    delay: usize,
    alpha: bool,
}

/// Running sums of one row of neurons.
struct Sums {
    a: Vec<f64>,
    b: Vec<f64>,
    /// Rows since the last input that was not zero: a sum over nothing is exactly 0, without rounding residue.
    quiet: Vec<f64>,
}

/// `x` (rows x `width`, time first) filtered by the kernel. Says whether all of the result is finite.
pub(crate) fn filter(x: &[f64], width: usize, kernel: &Decaying, out: &mut [f64]) -> bool {
    if out.is_empty() {
        return true;
    }
    let Decaying { length, heights, delay, alpha, .. } = *kernel;
    let cut = kernel.after(length);
    let tail = (cut, length as f64 * cut);
    let filter = Filter { decay: kernel.decay(), length, tail, heights, delay, alpha };
    // Each chunk starts anew, one kernel length early: sums never drift over more than a chunk.
    let chunk = CHUNK.max(2 * length);
    let cancel = Cancel::current();
    let run = |(i, out): (usize, &mut [f64])| {
        cancel.is_asked()
            || f64::dispatch(Level::best(), Rows { filter: &filter, x, width, first: i * chunk, out })
    };
    out.par_chunks_mut(chunk * width).enumerate().map(run).reduce(|| true, |a, b| a & b)
}

/// A filter at work on some rows of the output, which begin at row `first`.
struct Rows<'a> {
    filter: &'a Filter,
    x: &'a [f64],
    width: usize,
    first: usize,
    out: &'a mut [f64],
}

impl Kernel<f64> for Rows<'_> {
    /// Whether all of them are finite. An input that is not finite shows in some output.
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes<Elem = f64>>(self) -> bool {
        let Rows { filter, x, width, first, out } = self;
        let mut finite = true;
        for left in (0..width).step_by(STRIP) {
            finite &= filter.strip::<V>(x, width, left, first, out);
        }
        finite
    }
}

impl Filter {
    /// Fills the output rows from row `first` on for the neurons from `left` on.
    #[inline(always)]
    fn strip<V: Lanes<Elem = f64>>(
        &self,
        x: &[f64],
        width: usize,
        left: usize,
        first: usize,
        out: &mut [f64],
    ) -> bool {
        let columns = STRIP.min(width - left);
        let total = x.len() / width;
        let nothing = [0.0; STRIP];
        let row = |r: usize| if r < total { &x[r * width + left..][..columns] } else { &nothing[..columns] };
        // The first output may take the sum of the row before, too.
        let begin = (first + self.delay).saturating_sub(self.length);
        // Rows before `begin` never entered, so they do not leave either.
        let leaving =
            |r: usize| if r >= begin + self.length { row(r - self.length) } else { &nothing[..columns] };
        let mut sums = Sums { a: vec![0.0; columns], b: vec![0.0; columns], quiet: vec![f64::MAX; columns] };
        let mut nowhere = vec![0.0; columns];
        for r in begin..first + self.delay {
            self.step::<V>(&mut sums, row(r), leaving(r), &mut nowhere);
        }
        let mut finite = true;
        for (r, out) in (first + self.delay..).zip(out.chunks_exact_mut(width)) {
            finite &= self.step::<V>(&mut sums, row(r), leaving(r), &mut out[left..left + columns]);
        }
        finite
    }

    /// One row enters, another leaves; `out` gets the filtered values. Whether they are finite.
    #[inline(always)]
    fn step<V: Lanes<Elem = f64>>(
        &self,
        sums: &mut Sums,
        entering: &[f64],
        leaving: &[f64],
        out: &mut [f64],
    ) -> bool {
        let n = entering.len();
        let (a, b, quiet) = (&mut sums.a[..n], &mut sums.b[..n], &mut sums.quiet[..n]);
        let (leaving, out) = (&leaving[..n], &mut out[..n]);
        let decay = V::broadcast(self.decay);
        let (now, before) = (V::broadcast(self.heights.0), V::broadcast(self.heights.1));
        let (tail_a, tail_b) = (V::broadcast(self.tail.0), V::broadcast(self.tail.1));
        let limit = V::broadcast((self.length - 1) as f64);
        let mut finite = V::Mask::splat(true);
        for j in (0..n).step_by(V::WIDTH) {
            let (x, gone) = (V::load(&entering[j..]), V::load(&leaving[j..]));
            let silent =
                V::select(x.le(V::zero()) & x.ge(V::zero()), V::load(&quiet[j..]) + V::one(), V::zero());
            silent.store(&mut quiet[j..]);
            let over = silent.gt(limit);
            let mut old = V::load(&a[j..]);
            let mut sum = V::select(over, V::zero(), decay * old + x - tail_a * gone);
            sum.store(&mut a[j..]);
            if self.alpha {
                let last = V::load(&b[j..]);
                let next = decay * (last + old) - tail_b * gone;
                sum = V::select(over, V::zero(), next);
                sum.store(&mut b[j..]);
                old = last;
            }
            let y = sum * now + old * before;
            finite = finite & y.abs().lt(V::broadcast(f64::INFINITY));
            y.store(&mut out[j..]);
        }
        !(!finite).any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_gives_the_bits_of_the_recursion_as_written() {
        let (width, rows) = (13, 50);
        let x: Vec<f64> =
            (0..width * rows).map(|i| if i * i % 17 == 1 { 1.0 + i as f64 } else { 0.0 }).collect();
        for alpha in [false, true] {
            let (tail, heights) = ((0.13, 1.2), (0.3, 0.2));
            let filter = Filter { decay: 0.8, length: 9, tail, heights, delay: 2, alpha };
            let mut plain = vec![0.0; x.len()];
            for j in 0..width {
                let (mut a, mut b, mut quiet) = (0.0, 0.0, filter.length);
                let at = |r: usize| x.get(r * width + j).copied().unwrap_or(0.0);
                for r in 0..rows + filter.delay {
                    let (entering, leaving) =
                        (at(r), if r < filter.length { 0.0 } else { at(r - filter.length) });
                    quiet = if entering == 0.0 { quiet + 1 } else { 0 };
                    let before = if alpha { b } else { a };
                    b = filter.decay * (b + a) - filter.tail.1 * leaving;
                    a = filter.decay * a + entering - filter.tail.0 * leaving;
                    if quiet >= filter.length {
                        (a, b) = (0.0, 0.0);
                    }
                    if r >= filter.delay {
                        let now = if alpha { b } else { a };
                        plain[(r - filter.delay) * width + j] = now * heights.0 + before * heights.1;
                    }
                }
            }
            for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
                let mut out = vec![f64::NAN; x.len()];
                assert!(f64::dispatch(
                    level,
                    Rows { filter: &filter, x: &x, width, first: 0, out: &mut out }
                ));
                assert_eq!(out, plain, "{level:?} {alpha}");
            }
        }
    }
}
