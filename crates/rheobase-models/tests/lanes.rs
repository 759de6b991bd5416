//! The same bits at every SIMD level, for every operation of `Real`, `Float` and masks, on random bit patterns.

// Each test file uses a part of it.
#[allow(dead_code, unreachable_pub)]
mod support;

use rheobase_models::lanes::{Kernel, Lanes, Level, add_scaled};
use rheobase_models::real::Mask;
use support::{Apply, Function, Words, at_every_level};

/// Random bit patterns with every kind of special number among them; NaN always the same one.
fn patterns(seed: u64, count: usize) -> Vec<f32> {
    let mut words = Words(seed);
    let specials =
        [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN_POSITIVE];
    (0..count)
        .map(|_| {
            let word = words.next();
            let x = match word >> 60 {
                0 => specials[(word % 9) as usize],
                1 => f32::from_bits(word as u32 & 0x807f_ffff),
                2..8 => f32::from_bits(word as u32),
                8..12 => words.uniform(-100.0, 100.0) as f32,
                _ => words.uniform(-4.0, 4.0).round() as f32 * if word & 1 == 0 { 0.5 } else { 1.0 },
            };
            if x.is_nan() { f32::NAN } else { x }
        })
        .collect()
}

/// Whether all levels gave the same numbers, NaN being one number.
fn assert_same(what: &str, results: &[(&str, Vec<f32>)], inputs: &[&[f32]]) {
    let (_, scalar) = &results[0];
    for (level, result) in &results[1..] {
        for (i, (a, b)) in scalar.iter().zip(result).enumerate() {
            if a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan()) {
                let of: Vec<_> = inputs.iter().map(|x| x[i % x.len()]).collect();
                panic!("{what} of {of:?}: {b:e} at level {level}, {a:e} number by number");
            }
        }
    }
}

#[test]
fn elementary_functions_have_the_same_bits() {
    struct Run<'a>(Function, &'a [f32]);
    impl Kernel<f32> for Run<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<V: Lanes<Elem = f32>>(self) -> Vec<f32> {
            let mut data = self.1.to_vec();
            Apply { function: self.0, data: &mut data }.run::<V>();
            data
        }
    }
    // Not a multiple of any register's width: the last block is padded.
    let x = patterns(1, 100_003);
    for function in Function::ALL {
        assert_same(&format!("{function:?}"), &at_every_level(|| Run(function, &x)), &[&x]);
    }
}

/// One operation on two numbers (the second may be ignored), by name.
macro_rules! operations {
    ($test:ident, $x:expr, $y:expr, $($name:ident: |$a:ident, $b:ident| $body:expr;)*) => {
        #[test]
        fn $test() {
            let (x, y): (Vec<f32>, Vec<f32>) = ($x, $y);
            $({
                struct Run<'a>(&'a [f32], &'a [f32]);
                impl Kernel<f32> for Run<'_> {
                    type Output = Vec<f32>;
                    #[inline(always)]
                    fn run<V: Lanes<Elem = f32>>(self) -> Vec<f32> {
                        let mut to = vec![0.0; self.0.len()];
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
fn wholes(seed: u64, low: f64, high: f64) -> Vec<f32> {
    let mut words = Words(seed);
    (0..20_001).map(|_| words.uniform(low, high + 1.0).floor() as f32).collect()
}

/// Positive finite normal numbers.
fn normals(seed: u64) -> Vec<f32> {
    let positive = |x: &f32| *x >= f32::MIN_POSITIVE && *x < f32::INFINITY;
    patterns(seed, 100_000).into_iter().filter(positive).take(20_001).collect()
}

operations! { exponents_have_the_same_bits, normals(6), wholes(7, -126.0, 127.0),
    pow2: |a, b| b.pow2();
    split_fraction: |a, b| a.split().0;
    split_exponent: |a, b| a.split().1;
}

/// Numbers with an exponent near 0.
fn near_one(seed: u64) -> Vec<f32> {
    let mut words = Words(seed);
    (0..20_001).map(|_| words.uniform(-2.0, 2.0) as f32).collect()
}

operations! { scaling_has_the_same_bits, near_one(8), wholes(9, -252.0, 254.0),
    scale: |a, b| a.scale(b);
}

#[test]
fn masks_have_the_same_lanes() {
    struct Any<'a>(&'a [f32]);
    impl Kernel<f32> for Any<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<V: Lanes<Elem = f32>>(self) -> Vec<f32> {
            // Blocks of 16 numbers whatever the width: whether any is positive, and which.
            let mut result = Vec::new();
            for block in self.0.chunks_exact(16) {
                let (mut any, mut bits) = (false, 0u64);
                for (i, part) in block.chunks(V::WIDTH).enumerate() {
                    let mask = V::load(part).gt(V::zero());
                    any |= mask.any();
                    bits |= V::bits(mask) << (i * V::WIDTH);
                }
                result.extend([f32::from(u8::from(any)), bits as f32]);
            }
            result
        }
    }
    let x: Vec<f32> = patterns(10, 16_000)
        .iter()
        .enumerate()
        .map(|(i, x)| if i / 16 % 3 == 0 { -x.abs() } else { *x })
        .collect();
    assert_same("mask", &at_every_level(|| Any(&x)), &[&x]);
}

#[test]
fn sums_of_lanes_have_one_order() {
    struct Sums<'a>(&'a [f32]);
    impl Kernel<f32> for Sums<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<V: Lanes<Elem = f32>>(self) -> Vec<f32> {
            // Four times sixteen numbers: the registers that hold sixteen are halved until one is left.
            let mut result = Vec::new();
            for four in self.0.chunks_exact(64) {
                let mut last = [V::zero(); 4];
                for (sixteen, last) in four.chunks_exact(16).zip(&mut last) {
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
    let x = patterns(11, 64_000);
    let results = at_every_level(|| Sums(&x));
    assert_same("tree_sums", &results, &[&x]);
    let plain: Vec<f32> = x
        .chunks_exact(16)
        .map(|lanes| {
            let mut lanes = lanes.to_vec();
            while lanes.len() > 1 {
                let upper = lanes.split_off(lanes.len() / 2);
                lanes.iter_mut().zip(upper).for_each(|(low, high)| *low += high);
            }
            lanes[0]
        })
        .collect();
    assert_same(
        "tree_sums",
        &[("by its definition", plain), ("number by number", results[0].1.clone())],
        &[&x],
    );
}

#[test]
fn adding_multiples_has_the_same_bits_and_stops_with_the_shorter() {
    let mut words = Words(12);
    let x: Vec<f64> = (0..37).map(|_| words.uniform(-1.0, 1.0)).collect();
    for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
        for (to, from) in [(37, 37), (37, 20), (19, 37), (0, 5), (3, 3)] {
            let mut y = vec![0.3; to];
            add_scaled(level, &mut y, 1.7, &x[..from]);
            for (i, y) in y.iter().enumerate() {
                assert_eq!(*y, if i < from { 0.3 + 1.7 * x[i] } else { 0.3 }, "{level:?} {to} {from} {i}");
            }
        }
    }
}
