//! The elementary functions: error in units of the last place (ulp), and their values at special numbers.

#![allow(clippy::disallowed_methods, reason = "what tests compare with")]

// Each test file uses a part of it.
#[allow(dead_code, unreachable_pub)]
mod support;

use rheobase_models::lanes::{Elem, Level};
use support::{Apply, Function, Words, oracle};

/// Error allowed in 24-bit numbers.
const SINGLE: f64 = 2.0;
/// Error allowed in 53-bit numbers.
const DOUBLE: f64 = 4.0;

/// The distance of `got` from `exact` in units of the last place of an `f32` of that size; infinite where one is NaN
/// and the other not.
fn ulps(got: f32, exact: f64) -> f64 {
    if exact.is_nan() || got.is_nan() {
        return if exact.is_nan() && got.is_nan() { 0.0 } else { f64::INFINITY };
    }
    // Infinity stands for the number after the largest.
    let limit = 2f64.powi(128);
    let got = f64::from(got).clamp(-limit, limit);
    let exact = exact.clamp(-limit, limit);
    let exponent = (exact.abs().to_bits() >> 52) as i32 - 1023;
    (got - exact).abs() / 2f64.powi((exponent - 23).clamp(-149, 127 - 23))
}

/// The worst error of a function over the bit patterns from `first` below `end`, every `stride`, and where.
fn worst(function: Function, first: u64, end: u64, stride: usize) -> (f64, f32) {
    let mut worst = (0.0, 0.0);
    let mut patterns = (first..end).step_by(stride).map(|bits| f32::from_bits(bits as u32));
    let mut ours = [0f32; 1024];
    loop {
        let block: Vec<f32> = patterns.by_ref().take(ours.len()).collect();
        if block.is_empty() {
            return worst;
        }
        let ours = &mut ours[..block.len()];
        ours.copy_from_slice(&block);
        f32::dispatch(Level::best(), Apply { function, data: &mut *ours });
        for (x, y) in block.iter().zip(ours) {
            let error = ulps(*y, function.std(f64::from(*x)));
            if error > worst.0 {
                worst = (error, *x);
            }
        }
    }
}

#[test]
fn singles_are_within_two_ulp_on_a_million_patterns() {
    for function in Function::ALL {
        let (error, at) = worst(function, 0, 1 << 32, 4297);
        println!("{function:?}: {error:.3} ulp at {at:e}");
        assert!(error <= SINGLE, "{function:?}: {error} ulp at {at:e}");
    }
}

/// Every `f32` there is. Its result stands in the documentation of `math`.
#[test]
#[ignore = "takes minutes in a release build"]
fn singles_are_within_two_ulp_everywhere() {
    for function in Function::ALL {
        let halves = std::thread::scope(|scope| {
            [(0, 1 << 31), (1 << 31, 1 << 32)]
                .map(|(first, end)| scope.spawn(move || worst(function, first, end, 1)))
                .map(|half| half.join().expect("no test panics in a thread"))
        });
        let (error, at) = if halves[0].0 > halves[1].0 { halves[0] } else { halves[1] };
        println!("| `{function:?}` | {error:.3} | {at:e} |");
        assert!(error <= SINGLE, "{function:?}: {error} ulp at {at:e}");
    }
}

/// Arguments of a function in 64 bits at which it neither overflows nor is undefined.
fn arguments(function: Function, count: usize) -> impl Iterator<Item = f64> {
    let (low, high) = match function {
        Function::Exp => (-745.5, 709.7),
        Function::ExpM1 => (-50.0, 709.7),
        Function::Ln => (f64::MIN_POSITIVE / 1e10, 1e6),
        Function::Ln1p => (-1.0 + 1e-15, 1e6),
        Function::Softplus => (-745.0, 1000.0),
        Function::Tanh => (-30.0, 30.0),
        Function::Cosh => (-710.0, 710.0),
    };
    let mut words = Words(7);
    (0..count).map(move |i| {
        loop {
            let x = match i % 4 {
                // The whole range; around 0 and 1; every magnitude.
                0 => words.uniform(low, high),
                1 => words.uniform(-1.5, 1.5),
                2 => words.uniform(-20.0, 20.0),
                _ => f64::from_bits(words.next()),
            };
            if x >= low && (x <= high || (matches!(function, Function::Ln | Function::Ln1p) && x.is_finite()))
            {
                return x;
            }
        }
    })
}

#[test]
fn doubles_are_within_four_ulp() {
    for function in Function::ALL {
        let mut worst = (0.0, 0.0);
        for x in arguments(function, 60_000) {
            let error = oracle::exact(function, x).ulps(function.ours(x));
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
        println!("{function:?}: {:.3} ulp at {:e}", worst.0, worst.1);
        assert!(worst.0 <= DOUBLE, "{function:?}: {} ulp at {:e}", worst.0, worst.1);
    }
}

/// The oracle itself, against the C library, whose error is below one ulp.
#[test]
fn the_oracle_agrees_with_the_c_library() {
    for function in Function::ALL {
        for x in arguments(function, 20_000) {
            let allowed = if function == Function::Softplus { 3.0 } else { 2.1 };
            let error = oracle::exact(function, x).ulps(function.std(x));
            assert!(error <= allowed, "{function:?} at {x:e}: {error}");
        }
    }
}

/// (function, argument, value) wherever the argument or the value is special.
fn specials() -> Vec<(Function, f64, f64)> {
    use Function::*;
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let mut list = vec![
        (Exp, 0.0, 1.0),
        (Exp, -0.0, 1.0),
        (Exp, inf, inf),
        (Exp, -inf, 0.0),
        (Exp, 1e30, inf),
        (Exp, -1e30, 0.0),
        (ExpM1, 0.0, 0.0),
        (ExpM1, -0.0, -0.0),
        (ExpM1, inf, inf),
        (ExpM1, -inf, -1.0),
        (ExpM1, 1e30, inf),
        (Ln, 1.0, 0.0),
        (Ln, 0.0, -inf),
        (Ln, -0.0, -inf),
        (Ln, inf, inf),
        (Ln, -1.0, nan),
        (Ln, -inf, nan),
        (Ln1p, 0.0, 0.0),
        (Ln1p, -0.0, -0.0),
        (Ln1p, -1.0, -inf),
        (Ln1p, inf, inf),
        (Ln1p, -1.5, nan),
        (Ln1p, -inf, nan),
        (Softplus, inf, inf),
        (Softplus, -inf, 0.0),
        (Softplus, 1e30, 1e30),
        (Softplus, -1e30, 0.0),
        (Tanh, 0.0, 0.0),
        (Tanh, -0.0, -0.0),
        (Tanh, inf, 1.0),
        (Tanh, -inf, -1.0),
        (Tanh, 1e30, 1.0),
        (Cosh, 0.0, 1.0),
        (Cosh, -0.0, 1.0),
        (Cosh, inf, inf),
        (Cosh, -inf, inf),
        (Cosh, -1e30, inf),
    ];
    list.extend(Function::ALL.map(|f| (f, nan, nan)));
    list
}

#[test]
fn special_values_are_right() {
    for (function, x, want) in specials() {
        let single = f64::from(function.ours(x as f32));
        let double = function.ours(x);
        for (got, want) in [(single, f64::from(want as f32)), (double, want)] {
            let right = if want.is_nan() { got.is_nan() } else { got.to_bits() == want.to_bits() };
            assert!(right, "{function:?}({x:e}) = {got:e}, not {want:e}");
        }
    }
}

/// The numbers next to every edge: overflow, underflow into denormals and to zero, and denormal arguments.
#[test]
fn edges_are_right_in_single() {
    let tiny = f32::from_bits(1);
    let mut edges = vec![tiny, f32::MIN_POSITIVE, f32::MIN_POSITIVE / 2.0, f32::MAX, f32::EPSILON, 1.0, 0.5];
    edges.extend([
        88.722_84, 89.415_985, 88.376_26, 87.336_54, 103.278_93, 103.972_08, 104.0, 90.0, 89.0, 17.3,
    ]);
    let mut all = Vec::new();
    for x in edges {
        for step in -64i32..=64 {
            let near = f32::from_bits((x.to_bits() as i32 + step).clamp(1, 0x7f7f_ffff) as u32);
            all.extend([near, -near]);
        }
    }
    for function in Function::ALL {
        for x in &all {
            let error = ulps(function.ours(*x), function.std(f64::from(*x)));
            assert!(error <= SINGLE, "{function:?}({x:e}) = {:e}: {error} ulp", function.ours(*x));
        }
    }
}

#[test]
fn edges_are_right_in_double() {
    // Results at the overflow: infinite beyond, finite before.
    for (function, last, first) in [
        // the last argument with a finite result, and one just beyond
        (Function::Exp, 709.782_712_893_383_9f64, 709.782_712_893_384_2),
        (Function::ExpM1, 709.782_712_893_383_9, 709.782_712_893_384_2),
        (Function::Cosh, 710.475_860_073_943_7, 710.475_860_073_944_2),
    ] {
        assert!(function.ours(last).is_finite(), "{function:?}({last})");
        assert_eq!(function.ours(first), f64::INFINITY, "{function:?}({first})");
        for x in [710.0, 710.2, 711.0, 720.0, 1e4] {
            assert_eq!(function.ours(x + 0.5), f64::INFINITY, "{function:?}({x} + ½)");
        }
    }
    let tiny = f64::from_bits(1);
    assert_eq!(Function::Exp.ours(-745.0), tiny);
    assert_eq!(Function::Exp.ours(-745.2), 0.0);
    for function in [Function::ExpM1, Function::Ln1p, Function::Tanh] {
        for x in [tiny, f64::MIN_POSITIVE / 3.0, f64::MIN_POSITIVE] {
            assert_eq!(function.ours(x), x, "{function:?}");
            assert_eq!(function.ours(-x), -x, "{function:?}");
        }
    }
    assert!((Function::Ln.ours(tiny) - -744.440_071_921_381_2).abs() < 3e-13);
}
