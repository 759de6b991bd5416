//! Sums and checks over whole slices, in lanes: the compiler's own vectorisers are switched off.
//!
//! Results do not depend on the SIMD level.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level, prefetch};
use rheobase_models::real::Mask;

/// [`Vec::resize`] with zeros at the speed of a copy: that one writes number by number.
pub fn resize(numbers: &mut Vec<f32>, len: usize) {
    const ZEROS: &[f32] = &[0.0; 1024];
    numbers.truncate(len);
    numbers.reserve(len - numbers.len());
    while numbers.len() < len {
        numbers.extend_from_slice(&ZEROS[..ZEROS.len().min(len - numbers.len())]);
    }
}

/// Adds `from` to `to`, number by number.
pub fn add(level: Level, to: &mut [f32], from: &[f32]) {
    f32::dispatch(level, Add { to, from });
}

/// Writes the sum of two to `to`, number by number; of two zeros it is +0.
pub fn sum(level: Level, to: &mut [f32], a: &[f32], b: &[f32]) {
    f32::dispatch(level, Sum { to, a, b });
}

/// Whether no number is NaN or of a magnitude above `limit`.
pub fn all_within(numbers: &[f32], limit: f32) -> bool {
    f32::dispatch(Level::best(), Within { numbers, limit })
}

/// Whether all numbers are 1, as spikes are: then there is nothing to multiply with.
pub fn all_ones(level: Level, numbers: &[f32]) -> bool {
    f32::dispatch(level, Ones(numbers))
}

struct Ones<'a>(&'a [f32]);

impl Kernel<f32> for Ones<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> bool {
        let (one, mut all) = (V::one(), V::Mask::splat(true));
        let (whole, rest) = self.0.split_at(self.0.len() / V::WIDTH * V::WIDTH);
        for x in whole.chunks_exact(V::WIDTH) {
            let x = V::load(x);
            all = all & x.le(one) & x.ge(one);
        }
        !(!all).any()
            && rest.iter().all(
                #[inline(always)]
                |x| *x == 1.0,
            )
    }
}

struct Within<'a> {
    numbers: &'a [f32],
    limit: f32,
}

impl Kernel<f32> for Within<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> bool {
        let limit = V::broadcast(self.limit);
        self.numbers.chunks(V::WIDTH).all(
            #[inline(always)]
            |x| !(!V::load(x).abs().le(limit)).any(),
        )
    }
}

struct Sum<'a> {
    to: &'a mut [f32],
    a: &'a [f32],
    b: &'a [f32],
}

impl Kernel<f32> for Sum<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let len = self.to.len().min(self.a.len()).min(self.b.len());
        for i in (0..len).step_by(V::WIDTH) {
            let place = i..len.min(i + V::WIDTH);
            let sum = V::zero() + V::load(&self.a[place.clone()]) + V::load(&self.b[place.clone()]);
            sum.store(&mut self.to[place]);
        }
    }
}

struct Add<'a> {
    to: &'a mut [f32],
    from: &'a [f32],
}

impl Kernel<f32> for Add<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let len = self.to.len().min(self.from.len());
        for i in (0..len).step_by(V::WIDTH) {
            let place = i..len.min(i + V::WIDTH);
            let to = &mut self.to[place.clone()];
            (V::load(to) + V::load(&self.from[place])).store(to);
        }
    }
}

/// Appends a bit for each number, 64 to the word: whether it differs from 0, as NaN does. Says how many do, and whether all of these are 1.
pub fn nonzero(level: Level, numbers: &[f32], bits: &mut Vec<u64>) -> (usize, bool) {
    f32::dispatch(level, Nonzero { numbers, bits })
}

/// Numbers that are asked for before they are read: those of the next page of memory, which a processor does not expect.
const AHEAD: usize = 1024;

struct Nonzero<'a> {
    numbers: &'a [f32],
    bits: &'a mut Vec<u64>,
}

impl Kernel<f32> for Nonzero<'_> {
    type Output = (usize, bool);
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> (usize, bool) {
        let (zero, one) = (V::zero(), V::one());
        let (mut count, mut others) = (0, V::Mask::splat(false));
        for numbers in self.numbers.chunks(64) {
            prefetch(numbers, AHEAD);
            let (mut word, mut shift) = (0, 0);
            for x in numbers.chunks(V::WIDTH) {
                let x = V::load(x);
                let differs = !(x.le(zero) & x.ge(zero));
                others = others | differs & !(x.le(one) & x.ge(one));
                word |= V::bits(differs) << shift;
                shift += V::WIDTH;
            }
            count += word.count_ones() as usize;
            self.bits.push(word);
        }
        (count, !others.any())
    }
}

/// Whether some number is NaN.
pub fn any_nan(level: Level, numbers: &[f32]) -> bool {
    f32::dispatch(level, AnyNan(numbers))
}

struct AnyNan<'a>(&'a [f32]);

impl Kernel<f32> for AnyNan<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> bool {
        let mut nan = V::Mask::splat(false);
        for x in self.0.chunks(V::WIDTH) {
            let x = V::load(x);
            nan = nan | !x.le(x);
        }
        nan.any()
    }
}

/// Whether every number is finite.
pub fn all_finite<E: Elem>(level: Level, numbers: &[E]) -> bool {
    E::dispatch(level, Finite(numbers))
}

struct Finite<'a, E>(&'a [E]);

impl<E: Elem> Kernel<E> for Finite<'_, E> {
    type Output = bool;
    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) -> bool {
        let infinity = V::splat(f64::INFINITY);
        let mut bad = V::Mask::splat(false);
        for x in self.0.chunks(V::WIDTH) {
            bad = bad | !V::load(x).abs().lt(infinity);
        }
        !bad.any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between −0.5 and 0.5.
    fn draw(len: usize, stride: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * stride).fract() - 0.5).collect()
    }

    fn bits(numbers: &[f32]) -> Vec<u32> {
        numbers.iter().map(|x| x.to_bits()).collect()
    }

    fn levels() -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(|level| level.is_available())
    }

    #[test]
    fn what_is_new_is_zero() {
        for (before, len) in [(0, 3000), (3, 2), (5, 1029), (7, 7), (2, 0)] {
            let mut numbers = vec![1.0; before];
            resize(&mut numbers, len);
            let mut want = vec![1.0; before];
            want.resize(len, 0.0);
            assert_eq!(numbers, want);
        }
    }

    #[test]
    fn numbers_that_are_not_zero_have_a_bit() {
        for length in [0, 1, 63, 64, 65, 700] {
            let numbers: Vec<f32> =
                (0..length).map(|i| [0.0, -0.0, 1e-40, -3.0, f32::INFINITY, f32::NAN][i * 7 % 6]).collect();
            let spikes: Vec<f32> = (0..length).map(|i| [0.0, 1.0, -0.0][i * 5 % 3]).collect();
            for level in levels() {
                let mut found = vec![7];
                let count = numbers.iter().filter(|x| **x != 0.0).count();
                assert_eq!(nonzero(level, &numbers, &mut found), (count, numbers.len() < 2));
                assert_eq!(found.remove(0), 7);
                assert_eq!(found.len(), length.div_ceil(64));
                assert!(nonzero(level, &spikes, &mut Vec::new()).1);
                for (i, x) in numbers.iter().enumerate() {
                    assert_eq!(found[i / 64] >> (i % 64) & 1 == 1, *x != 0.0, "{level:?} {length} {i}");
                }
                assert_eq!(found.iter().map(|w| w.count_ones() as usize).sum::<usize>(), count);
            }
        }
    }

    #[test]
    fn sums_and_bounds_reach_to_the_last_number() {
        for len in [0, 1, 15, 16, 17, 40] {
            let (a, b) = (draw(len, 0.37), draw(len, 0.61));
            for level in levels() {
                let mut sum = a.clone();
                add(level, &mut sum, &b);
                let want: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
                assert_eq!(bits(&sum), bits(&want));
                let mut two = vec![f32::NAN; len];
                super::sum(level, &mut two, &a, &b);
                assert_eq!(bits(&two), bits(&want));
                super::sum(level, &mut two, &vec![-0.0; len], &vec![-0.0; len]);
                assert!(two.iter().all(|x| x.to_bits() == 0));
                let ones = vec![1.0; len];
                assert!(all_ones(level, &ones));
                for (i, other) in (0..len).flat_map(|i| [(i, f32::NAN), (i, -1.0), (i, 1.000_000_1)]) {
                    let mut ones = ones.clone();
                    ones[i] = other;
                    assert!(!all_ones(level, &ones), "{level:?}: {other} at {i} of {len}");
                }
            }
            assert!(all_within(&a, 0.5) && all_finite(Level::best(), &a));
            for (i, bad) in (0..len).flat_map(|i| [(i, f32::NAN), (i, -0.6), (i, f32::INFINITY)]) {
                let mut a = a.clone();
                a[i] = bad;
                assert!(!all_within(&a, 0.5), "{bad} at {i}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_seen_at_every_place() {
        for level in levels() {
            for (i, bad) in (0..21).flat_map(|i| [(i, f64::NAN), (i, f64::NEG_INFINITY)]) {
                let mut a = vec![1e300; 21];
                assert!(all_finite(level, &a));
                a[i] = bad;
                assert!(!all_finite(level, &a), "{bad} at {i}");
                let single: Vec<f32> = a.iter().map(|x| *x as f32).collect();
                assert_eq!(any_nan(level, &single), bad.is_nan(), "{bad} at {i}");
            }
        }
    }
}
