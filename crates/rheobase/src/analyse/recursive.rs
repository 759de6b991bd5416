//! Exponential and alpha filters in constant time per sample, whatever the time constant.
//!
//! With d = exp(-1/tau) the sums over the last L inputs obey
//! a\[i\] = d a\[i-1\] + x\[i\] - d^L x\[i-L\] (exponential) and
//! b\[i\] = d (b\[i-1\] + a\[i-1\]) - L d^L x\[i-L\] (alpha, from the a before its own update):
//! the subtraction is what cuts the kernel off.

use rayon::prelude::*;

use super::kernel::{decaying_length, whole_delay};

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
    /// Height of the kernel.
    scale: f64,
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

/// `x` (rows x `width`, time first) filtered by the exponential kernel of `tau` samples. Says whether all of the result is finite.
pub(crate) fn expon(x: &[f64], width: usize, tau: f64, out: &mut [f64]) -> bool {
    filter(x, width, tau, false, out)
}

/// `x` (rows x `width`, time first) filtered by the alpha kernel of `tau` samples. Says whether all of the result is finite.
pub(crate) fn alpha(x: &[f64], width: usize, tau: f64, out: &mut [f64]) -> bool {
    filter(x, width, tau, true, out)
}

fn filter(x: &[f64], width: usize, tau: f64, alpha: bool, out: &mut [f64]) -> bool {
    if out.is_empty() {
        return true;
    }
    let length = decaying_length(tau);
    let cut = (-(length as f64) / tau).exp();
    let filter = Filter {
        decay: (-1.0 / tau).exp(),
        length,
        tail: (cut, length as f64 * cut),
        scale: if alpha { 1.0 / (tau * tau) } else { 1.0 / tau },
        delay: whole_delay(tau),
        alpha,
    };
    // Each chunk starts anew, one kernel length early: sums never drift over more than a chunk.
    let chunk = CHUNK.max(2 * length);
    let run = |(i, rows): (usize, &mut [f64])| filter.run(x, width, i * chunk, rows);
    out.par_chunks_mut(chunk * width).enumerate().map(run).reduce(|| true, |a, b| a & b)
}

impl Filter {
    /// Fills the output rows that begin at row `first`. An input that is not finite shows in some output.
    fn run(&self, x: &[f64], width: usize, first: usize, out: &mut [f64]) -> bool {
        let strip = |left: usize| self.run_strip(x, width, left, STRIP.min(width - left), first, out);
        (0..width).step_by(STRIP).map(strip).fold(true, |all, finite| all & finite)
    }

    /// The same for the neurons from `left` on.
    fn run_strip(
        &self,
        x: &[f64],
        width: usize,
        left: usize,
        columns: usize,
        first: usize,
        out: &mut [f64],
    ) -> bool {
        let mut finite = true;
        let total = x.len() / width;
        let nothing = [0.0; STRIP];
        let row = |r: usize| if r < total { &x[r * width + left..][..columns] } else { &nothing[..columns] };
        let begin = (first + self.delay + 1).saturating_sub(self.length);
        // Rows before `begin` never entered, so they do not leave either.
        let leaving =
            |r: usize| if r >= begin + self.length { row(r - self.length) } else { &nothing[..columns] };
        let mut sums = Sums { a: vec![0.0; columns], b: vec![0.0; columns], quiet: vec![f64::MAX; columns] };
        for r in begin..(first + self.delay).min(total) {
            self.add(&mut sums, row(r), leaving(r));
        }
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            let r = first + self.delay + i;
            self.add(&mut sums, row(r), leaving(r));
            let source = if self.alpha { &sums.b } else { &sums.a };
            for (y, s) in out[left..left + columns].iter_mut().zip(source) {
                *y = s * self.scale;
                finite &= y.abs() < f64::INFINITY;
            }
        }
        finite
    }

    fn add(&self, sums: &mut Sums, entering: &[f64], leaving: &[f64]) {
        let n = entering.len();
        let (a, quiet, leaving) = (&mut sums.a[..n], &mut sums.quiet[..n], &leaving[..n]);
        let limit = (self.length - 1) as f64;
        if self.alpha {
            let b = &mut sums.b[..n];
            for j in 0..n {
                let x = entering[j];
                quiet[j] = if x == 0.0 { quiet[j] + 1.0 } else { 0.0 };
                let over = quiet[j] > limit;
                let next_b = self.decay * (b[j] + a[j]) - self.tail.1 * leaving[j];
                let next_a = self.decay * a[j] + x - self.tail.0 * leaving[j];
                b[j] = if over { 0.0 } else { next_b };
                a[j] = if over { 0.0 } else { next_a };
            }
        } else {
            for j in 0..n {
                let x = entering[j];
                quiet[j] = if x == 0.0 { quiet[j] + 1.0 } else { 0.0 };
                let next = self.decay * a[j] + x - self.tail.0 * leaving[j];
                a[j] = if quiet[j] > limit { 0.0 } else { next };
            }
        }
    }
}
