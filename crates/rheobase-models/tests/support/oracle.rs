//! The elementary functions to about 100 bits, in sums of two doubles.
//!
//! Products are split by a fused multiply-add (Dekker 1971, doi:10.1007/BF01397083). `exp(r) − 1` is a Taylor series
//! at r/256, doubled eight times by `2q + q²`; logarithms are one Newton step from the C library's.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::Function;

/// `high + low`, |low| at most half the last bit of high.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    high: f64,
    low: f64,
}

const LN2: Pair = Pair { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
const ONE: Pair = Pair { high: 1.0, low: 0.0 };

/// `a + b` exactly.
fn sum(a: f64, b: f64) -> Pair {
    let high = a + b;
    let part = high - a;
    Pair { high, low: (a - (high - part)) + (b - part) }
}

/// The double nearest to `x`, as a pair.
fn pair(x: f64) -> Pair {
    Pair { high: x, low: 0.0 }
}

impl Add for Pair {
    type Output = Pair;
    fn add(self, o: Pair) -> Pair {
        let s = sum(self.high, o.high);
        let t = sum(self.low, o.low);
        let s = sum(s.high, s.low + t.high);
        sum(s.high, s.low + t.low)
    }
}
impl Neg for Pair {
    type Output = Pair;
    fn neg(self) -> Pair {
        Pair { high: -self.high, low: -self.low }
    }
}
impl Sub for Pair {
    type Output = Pair;
    fn sub(self, o: Pair) -> Pair {
        self + -o
    }
}
impl Mul for Pair {
    type Output = Pair;
    fn mul(self, o: Pair) -> Pair {
        let high = self.high * o.high;
        let low = self.high.mul_add(o.high, -high);
        sum(high, low + (self.high * o.low + self.low * o.high))
    }
}
impl Div for Pair {
    type Output = Pair;
    fn div(self, o: Pair) -> Pair {
        let q = self.high / o.high;
        let rest = self - o * pair(q);
        let q2 = rest.high / o.high;
        let rest = rest - o * pair(q2);
        sum(q, q2) + pair(rest.high / o.high)
    }
}

/// `value · 2^exponent`.
#[derive(Debug, Clone, Copy)]
pub struct Exact {
    value: Pair,
    exponent: i32,
}

/// `(q, k)` with `exp(x) = (1 + q)·2^k`.
fn exp_parts(x: Pair) -> (Pair, i32) {
    let k = (x.high * std::f64::consts::LOG2_E).round();
    let r = x - LN2 * pair(k);
    let t = r * pair(1.0 / 256.0);
    let mut q = pair(0.0);
    for n in (1..=12).rev() {
        q = t * (ONE + q) / pair(f64::from(n));
    }
    for _ in 0..8 {
        q = q + q + q * q;
    }
    (q, k as i32)
}

/// `2^k` for any k that a double has, denormal ones included, and 0 below.
fn power(k: i32) -> f64 {
    match k {
        -1022.. => f64::from_bits(((k + 1023) as u64) << 52),
        -1074..-1022 => f64::from_bits(1 << (k + 1074)),
        _ => 0.0,
    }
}

fn exp_m1(x: Pair) -> Exact {
    let (q, k) = exp_parts(x);
    if k == 0 {
        return Exact { value: q, exponent: 0 };
    }
    let one = if k < 200 { pair(power(-k)) } else { pair(0.0) };
    Exact { value: ONE + q - one, exponent: k }
}

/// `ln(1 + e)` for |e| ≤ ½.
fn ln_1p_small(e: Pair) -> Pair {
    let guess = e.high.ln_1p();
    let (q, k) = exp_parts(pair(guess));
    let (q, whole) = match k {
        0 => (q, ONE + q),
        k => {
            let whole = (ONE + q) * pair(power(k));
            (whole - ONE, whole)
        }
    };
    pair(guess) + (e - q) / whole
}

/// `ln(x · 2^shift)`.
fn ln(x: Pair, shift: i32) -> Pair {
    let mut k = x.high.log2().round() as i32;
    let mut m = x * pair(power(-k));
    if m.high > 1.45 {
        m = m * pair(0.5);
        k += 1;
    }
    ln_1p_small(m - ONE) + LN2 * pair(f64::from(k + shift))
}

/// The function at a finite `x` within its domain where it does not overflow.
pub fn exact(function: Function, x: f64) -> Exact {
    let plain = |value: Pair| Exact { value, exponent: 0 };
    match function {
        Function::Exp => {
            let (q, exponent) = exp_parts(pair(x));
            Exact { value: ONE + q, exponent }
        }
        Function::ExpM1 if x.abs() < 1e-30 => plain(pair(x)),
        Function::ExpM1 if x < -200.0 => plain(pair(-1.0)),
        Function::ExpM1 => exp_m1(pair(x)),
        Function::Ln if x < 1e-290 => plain(ln(pair(x * power(200)), -200)),
        Function::Ln => plain(ln(pair(x), 0)),
        Function::Ln1p if x.abs() < 1e-30 => plain(pair(x)),
        Function::Ln1p if x.abs() < 0.4 => plain(ln_1p_small(pair(x))),
        Function::Ln1p => plain(ln(sum(1.0, x), 0)),
        Function::Softplus => {
            let (q, k) = exp_parts(pair(-x.abs()));
            if x < -40.0 {
                // The next term, e²/2, is below the 57th bit; the one after it below the 115th.
                let e = (ONE + q) * pair(power(k.max(-300)));
                return Exact { value: (ONE + q) * (ONE - e * pair(0.5)), exponent: k };
            }
            let e = (ONE + q) * pair(power(k));
            let tail = if e.high < 0.4 { ln_1p_small(e) } else { ln(ONE + e, 0) };
            plain(if x > 0.0 { pair(x) + tail } else { tail })
        }
        Function::Tanh if x.abs() < 1e-30 => plain(pair(x)),
        Function::Tanh if x.abs() > 25.0 => plain(pair(1f64.copysign(x))),
        Function::Tanh => {
            let e = exp_m1(pair(2.0 * x));
            let e = e.value * pair(power(e.exponent));
            plain(e / (e + pair(2.0)))
        }
        Function::Cosh => {
            let (q, k) = exp_parts(pair(x.abs()));
            let other = if k < 100 { (ONE / (ONE + q)) * pair(power(-2 * k)) } else { pair(0.0) };
            Exact { value: ONE + q + other, exponent: k - 1 }
        }
    }
}

impl Exact {
    /// The distance from `got` in units of the last place of a double of this size.
    pub fn ulps(self, got: f64) -> f64 {
        let Exact { value, exponent } = self;
        // Infinity stands for the number after the largest.
        let (got, k) =
            if got.is_infinite() { (1f64.copysign(got), exponent - 1024) } else { (got, exponent) };
        let first = (-k).clamp(-1022, 1023);
        let got = got * power(first) * power((-k - first).clamp(-1022, 1023));
        let magnitude = (value.high.abs().to_bits() >> 52) as i32 - 1023;
        let last = power((magnitude - 52).max(-1074 - exponent));
        (((got - value.high) - value.low) / last).abs()
    }
}
