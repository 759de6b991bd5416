//! `Tangent`: a fixed number of derivatives.

use super::real::Real;

/// A fixed number of derivatives.
pub trait Tangent<T: Real>: Copy + std::fmt::Debug {
    /// How many.
    const LEN: usize;
    /// Derivative `i` is `f(i)`.
    fn from_fn(f: impl FnMut(usize) -> T) -> Self;
    /// Derivative `i`.
    fn get(&self, i: usize) -> T;
}

impl<T: Real, const N: usize> Tangent<T> for [T; N] {
    const LEN: usize = N;
    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> T) -> Self {
        // A loop: the closure inside the standard library's adaptor is not always inlined.
        let mut tangent = [T::zero(); N];
        for (i, t) in tangent.iter_mut().enumerate() {
            *t = f(i);
        }
        tangent
    }
    #[inline(always)]
    fn get(&self, i: usize) -> T {
        self[i]
    }
}
