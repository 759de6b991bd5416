//! The same bits at every SIMD level, for every operation of `Real`, `Float` and masks, on random bit patterns.

#![allow(clippy::disallowed_methods, reason = "what tests compare with")]

// Each test file uses a part of it.
#[allow(dead_code, unreachable_pub)]
mod support;

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level, columns_to_rows, compress, expand, places};
use rheobase_models::real::Mask;
use support::{Apply, Function, Words, at_every_level};

/// What the tests know of a number's format.
trait Number: Elem {
    /// Largest exponent of a finite number.
    const EXPONENT: f64;
    const MIN_POSITIVE: Self;
    const MAX: Self;
    fn from_word(word: u64) -> Self;
    /// A number too small to be normal.
    fn subnormal(word: u64) -> Self;
    fn word(self) -> u64;
}

impl Number for f32 {
    const EXPONENT: f64 = 127.0;
    const MIN_POSITIVE: f32 = f32::MIN_POSITIVE;
    const MAX: f32 = f32::MAX;
    fn from_word(word: u64) -> f32 {
        f32::from_bits(word as u32)
    }
    fn subnormal(word: u64) -> f32 {
        f32::from_bits(word as u32 & 0x807f_ffff)
    }
    fn word(self) -> u64 {
        self.to_bits().into()
    }
}

impl Number for f64 {
    const EXPONENT: f64 = 1023.0;
    const MIN_POSITIVE: f64 = f64::MIN_POSITIVE;
    const MAX: f64 = f64::MAX;
    fn from_word(word: u64) -> f64 {
        f64::from_bits(word)
    }
    fn subnormal(word: u64) -> f64 {
        f64::from_bits(word & 0x800f_ffff_ffff_ffff)
    }
    fn word(self) -> u64 {
        self.to_bits()
    }
}

fn is_nan<E: Number>(x: E) -> bool {
    x.to_f64().is_nan()
}

/// Random bit patterns with every kind of special number among them; NaN always the same one.
fn patterns<E: Number>(seed: u64, count: usize) -> Vec<E> {
    let mut words = Words(seed);
    let plain = [0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(E::from_f64);
    let specials = [&plain[..], &[E::MAX, E::MIN_POSITIVE]].concat();
    (0..count)
        .map(|_| {
            let word = words.next();
            let x = match word >> 60 {
                0 => specials[(word % 9) as usize],
                1 => E::subnormal(words.next()),
                2..8 => E::from_word(words.next()),
                8..12 => E::from_f64(words.uniform(-100.0, 100.0)),
                _ => E::from_f64(words.uniform(-4.0, 4.0).round() * if word & 1 == 0 { 0.5 } else { 1.0 }),
            };
            if is_nan(x) { E::from_f64(f64::NAN) } else { x }
        })
        .collect()
}

/// Whether all levels gave the same numbers, NaN being one number.
fn assert_same<E: Number>(what: &str, results: &[(&str, Vec<E>)], inputs: &[&[E]]) {
    let (_, scalar) = &results[0];
    for (level, result) in &results[1..] {
        for (i, (a, b)) in scalar.iter().zip(result).enumerate() {
            if a.word() != b.word() && !(is_nan(*a) && is_nan(*b)) {
                let of: Vec<_> = inputs.iter().map(|x| x[i % x.len()]).collect();
                panic!("{what} of {of:?}: {b:?} at level {level}, {a:?} number by number, {}", E::NAME);
            }
        }
    }
}

#[test]
fn elementary_functions_have_the_same_bits() {
    struct Run<'a, E>(Function, &'a [E]);
    impl<E: Elem> Kernel<E> for Run<'_, E> {
        type Output = Vec<E>;
        #[inline(always)]
        fn run<V: Lanes<Elem = E>>(self) -> Vec<E> {
            let mut data = self.1.to_vec();
            Apply { function: self.0, data: &mut data }.run::<V>();
            data
        }
    }
    fn of<E: Number>() {
        // Not a multiple of any register's width: the last block is padded.
        let x = patterns::<E>(1, 100_003);
        for function in Function::ALL {
            assert_same(&format!("{function:?}"), &at_every_level(|| Run(function, &x)), &[&x]);
        }
    }
    of::<f32>();
    of::<f64>();
}

/// One operation on two numbers (the second may be ignored), by name.
macro_rules! operations {
    ($test:ident, $x:expr, $y:expr, $($name:ident: |$a:ident, $b:ident| $body:expr;)*) => {
        #[test]
        fn $test() {
            fn of<E: Number>() {
                let (x, y): (Vec<E>, Vec<E>) = ($x, $y);
                $({
                    struct Run<'a, E>(&'a [E], &'a [E]);
                    impl<E: Elem> Kernel<E> for Run<'_, E> {
                        type Output = Vec<E>;
                        #[inline(always)]
                        fn run<V: Lanes<Elem = E>>(self) -> Vec<E> {
                            let mut to = vec![E::zero(); self.0.len()];
                            let blocks = self.0.chunks(V::WIDTH).zip(self.1.chunks(V::WIDTH));
                            for (to, (x, y)) in to.chunks_mut(V::WIDTH).zip(blocks) {
                                let ($a, $b) = (V::load(x), V::load(y));
                                let _ = ($a, $b);
                                let result: V = $body;
                                result.store(to);
                            }
                            to
                        }
                    }
                    assert_same(stringify!($name), &at_every_level(|| Run(&x, &y)), &[&x, &y]);
                })*
            }
            of::<f32>();
            of::<f64>();
        }
    };
}

operations! { arithmetic_has_the_same_bits, patterns(2, 50_001), patterns(3, 50_001),
    add: |a, b| a + b;
    sub: |a, b| a - b;
    mul: |a, b| a * b;
    div: |a, b| a / b;
    neg: |a, b| -a;
    abs: |a, b| a.abs();
    sqrt: |a, b| a.sqrt();
    floor: |a, b| a.floor();
    trunc: |a, b| a.trunc();
    min: |a, b| a.min(b);
    max: |a, b| a.max(b);
    copysign: |a, b| a.copysign(b);
    detach: |a, b| a.detach();
}

operations! { comparisons_have_the_same_bits, patterns(4, 50_001), patterns(5, 50_001),
    lt: |a, b| V::select(a.lt(b), a, b);
    le: |a, b| V::select(a.le(b), a, b);
    gt: |a, b| V::select(a.gt(b), a, b);
    ge: |a, b| V::select(a.ge(b), a, b);
    equal_halves: |a, b| V::indicator((a * V::splat(0.5)).trunc().le(a) & a.ge(b));
    and: |a, b| V::indicator(a.lt(b) & a.gt(V::zero()));
    or: |a, b| V::indicator(a.lt(b) | a.gt(V::zero()));
    not: |a, b| V::indicator(!a.lt(b));
    splat: |a, b| V::select(V::Mask::splat(true), a, b) + V::select(V::Mask::splat(false), a, b);
    bits: |a, b| V::select(V::mask(V::bits(a.lt(b))), a, b);
    any_is_as_select: |a, b| V::rare(a.lt(b), a, #[inline(always)] || a + b);
    gate: |a, b| V::gate(V::indicator(a.lt(b)), a, b);
}

/// Whole numbers from `low` to `high`.
fn wholes<E: Number>(seed: u64, low: f64, high: f64) -> Vec<E> {
    let mut words = Words(seed);
    (0..20_001).map(|_| E::from_f64(words.uniform(low, high + 1.0).floor())).collect()
}

/// Positive finite normal numbers.
fn normals<E: Number>(seed: u64) -> Vec<E> {
    let positive = |x: &E| *x >= E::MIN_POSITIVE && *x <= E::MAX;
    patterns(seed, 100_000).into_iter().filter(positive).take(20_001).collect()
}

operations! { exponents_have_the_same_bits, normals(6), wholes(7, 1.0 - E::EXPONENT, E::EXPONENT),
    pow2: |a, b| b.pow2();
    split_fraction: |a, b| a.split().0;
    split_exponent: |a, b| a.split().1;
}

/// Numbers with an exponent near 0.
fn near_one<E: Number>(seed: u64) -> Vec<E> {
    let mut words = Words(seed);
    (0..20_001).map(|_| E::from_f64(words.uniform(-2.0, 2.0))).collect()
}

operations! { scaling_has_the_same_bits, near_one(8), wholes(9, 2.0 - 2.0 * E::EXPONENT, 2.0 * E::EXPONENT),
    scale: |a, b| a.scale(b);
}

#[test]
fn masks_have_the_same_lanes() {
    struct Any<'a, E>(&'a [E]);
    impl<E: Elem> Kernel<E> for Any<'_, E> {
        type Output = Vec<E>;
        #[inline(always)]
        fn run<V: Lanes<Elem = E>>(self) -> Vec<E> {
            // Blocks of 16 numbers whatever the width: whether any is positive, and which.
            let mut result = Vec::new();
            for block in self.0.chunks_exact(16) {
                let (mut any, mut bits) = (false, 0u64);
                for (i, part) in block.chunks(V::WIDTH).enumerate() {
                    let mask = V::load(part).gt(V::zero());
                    any |= mask.any();
                    bits |= V::bits(mask) << (i * V::WIDTH);
                }
                result.extend([f64::from(u8::from(any)), bits as f64].map(E::from_f64));
            }
            result
        }
    }
    fn of<E: Number>() {
        let sparse = |(i, x): (usize, E)| if i / 16 % 3 == 0 { -x.abs() } else { x };
        let x: Vec<E> = patterns(10, 16_000).into_iter().enumerate().map(sparse).collect();
        assert_same("mask", &at_every_level(|| Any(&x)), &[&x]);
    }
    of::<f32>();
    of::<f64>();
}

/// Halves added until one number is left.
fn halved<E: Number>(lanes: &[E]) -> E {
    let mut lanes = lanes.to_vec();
    while lanes.len() > 1 {
        let upper = lanes.split_off(lanes.len() / 2);
        lanes.iter_mut().zip(upper).for_each(|(low, high)| *low = *low + high);
    }
    lanes[0]
}

#[test]
fn sums_of_lanes_have_one_order() {
    struct Sums<'a, E>(&'a [E]);
    impl<E: Elem> Kernel<E> for Sums<'_, E> {
        type Output = Vec<E>;
        #[inline(always)]
        fn run<V: Lanes<Elem = E>>(self) -> Vec<E> {
            // Sixteen times sixteen numbers: the registers that hold sixteen are halved until one is left.
            let mut result = Vec::new();
            for all in self.0.chunks_exact(256) {
                let mut last = [V::zero(); 16];
                for (sixteen, last) in all.chunks_exact(16).zip(&mut last) {
                    let mut parts: Vec<V> = sixteen.chunks(V::WIDTH).map(V::load).collect();
                    while parts.len() > 1 {
                        let upper = parts.split_off(parts.len() / 2);
                        parts.iter_mut().zip(upper).for_each(|(low, high)| *low = *low + high);
                    }
                    *last = parts[0];
                }
                result.extend(V::tree_sums(last));
            }
            result
        }
    }
    fn of<E: Number>() {
        let x = patterns::<E>(11, 64_000);
        let results = at_every_level(|| Sums(&x));
        assert_same("tree_sums", &results, &[&x]);
        let plain: Vec<E> = x.chunks_exact(16).map(halved).collect();
        let both = [("by its definition", plain), ("number by number", results[0].1.clone())];
        assert_same("tree_sums", &both, &[&x]);
    }
    of::<f32>();
    of::<f64>();
}

#[test]
fn squares_of_registers_are_turned_and_pairs_taken_apart() {
    struct Turned<'a>(&'a [f32]);
    impl Kernel<f32> for Turned<'_> {
        type Output = ();
        #[inline(always)]
        fn run<V: Lanes<Elem = f32>>(self) {
            let n = V::WIDTH;
            let mut square = [V::zero(); 16];
            for i in 0..n {
                square[i] = V::load(&self.0[i * n..]);
            }
            let (mut found, turned) = (vec![0.0; n], V::transposed(square));
            for j in 0..n {
                turned[j].store(&mut found);
                let want: Vec<f32> = (0..n).map(|i| self.0[i * n + j]).collect();
                assert_eq!(found, want, "{n} lanes, column {j}");
            }
            for (half, first) in [V::load(self.0).doubled()].into_iter().flat_map(|(a, b)| [(a, 0), (b, n)]) {
                half.store(&mut found);
                let want: Vec<f32> = (first..first + n).map(|i| self.0[i / 2]).collect();
                assert_eq!(found, want, "{n} lanes twice, from {first} on");
            }
            let (even, odd) = V::halves(V::load(self.0), V::load(&self.0[n..]));
            for (half, first) in [(even, 0), (odd, 1)] {
                half.store(&mut found);
                let want: Vec<f32> = (0..n).map(|i| self.0[2 * i + first]).collect();
                assert_eq!(found, want, "{n} lanes, from {first} on");
            }
        }
    }
    let x: Vec<f32> = (0..256).map(|i| i as f32).collect();
    for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
        f32::dispatch(level, Turned(&x));
    }
}

#[test]
fn columns_become_rows_at_every_level() {
    // Rows and columns around the sides of squares, beyond a group of columns, and rows wider than what is written.
    for (columns, height) in
        [(1, 1), (1, 50), (3, 9), (4, 4), (8, 8), (9, 17), (63, 8), (64, 7), (65, 31), (130, 12), (5, 0)]
    {
        for (stride, width) in
            [(height + 8, columns), (height.max(1), columns + 1), (height + 3, columns + 13)]
        {
            let from: Vec<f64> = (0..columns * stride).map(|i| i as f64).collect();
            // The last column and the last row may be cut short.
            let from = &from[..(columns - 1) * stride + height];
            for start in 0..9 {
                let mut plain = vec![-1.0; start + height * width];
                for i in 0..height {
                    for j in 0..columns {
                        plain[start + i * width + j] = from[j * stride + i];
                    }
                }
                let end = if height == 0 { start } else { start + (height - 1) * width + columns };
                for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
                    let mut rows = vec![-1.0; start + height * width];
                    columns_to_rows(level, from, stride, &mut rows[start..end], width);
                    assert_eq!(rows, plain, "{level:?}: {height} rows of {columns} in {stride}, {width}");
                }
            }
        }
    }
}

#[test]
fn what_bits_choose_goes_together_and_apart_at_every_level() {
    // NaN with a payload, and numbers that are not normal, must come through as they are.
    let number = |i: usize| f32::from_bits((i as u32).wrapping_mul(0x9e37_79b9) | 1);
    for len in [0, 1, 7, 8, 15, 16, 17, 63, 64, 65, 200, 256] {
        let numbers: Vec<f32> = (0..len).map(number).collect();
        for density in [0, 1, 3, 16] {
            let set = |i: usize| (i * 7 + i / 5) % 16 < density;
            let mut bits = vec![0u64; len.div_ceil(64)];
            (0..len).filter(|i| set(*i)).for_each(|i| bits[i / 64] |= 1 << (i % 64));
            let want: Vec<usize> = (0..len).filter(|i| set(*i)).collect();
            for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
                let at = format!("{level:?}: {len}, {density} of 16");
                let (mut found, mut ends, mut together) = (vec![9], vec![], vec![0.5]);
                // Two rows of the same.
                places(level, &bits.repeat(2), bits.len(), &mut found, &mut ends);
                assert_eq!(found[0], 9);
                assert!(found[1..].iter().map(|i| *i as usize).eq(want.repeat(2)), "{at}");
                let rows = if len == 0 { 0 } else { 2 };
                assert!(
                    ends.iter().map(|end| *end as usize).eq((1..=rows).map(|r| 1 + r * want.len())),
                    "{at}"
                );
                compress(level, &numbers, &bits, &mut together);
                let same = |a: &f32, b: f32| a.to_bits() == b.to_bits();
                assert_eq!(together.len(), want.len() + 1, "{at}");
                assert!(together[1..].iter().zip(&want).all(|(x, i)| same(x, number(*i))), "{at}");
                let mut apart = vec![0.0; len];
                assert_eq!(expand(level, &together[1..], &bits, -2.0, &mut apart), want.len(), "{at}");
                let right = |(i, x): (usize, &f32)| same(x, if set(i) { number(i) } else { -2.0 });
                assert!(apart.iter().enumerate().all(right), "{at}");
            }
        }
    }
}
