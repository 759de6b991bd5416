//! Records: named fields of one number type, each declared once with unit, default, range and meaning.
//!
//! [`record!`](crate::record!) writes the struct and its [`Record`] implementation. Command line, Python, file
//! formats, probes, reset, save and load, range errors and gradients all follow from the declaration.

use crate::number::tangent::Tangent;
use crate::real::Real;

/// The values a field may take. NaN is in no range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Whether the lower end itself is allowed.
    pub low_allowed: bool,
    /// Upper end.
    pub high: f64,
    /// Whether the upper end itself is allowed.
    pub high_allowed: bool,
}

impl Range {
    /// Any finite number.
    pub const FINITE: Range =
        Range { low: f64::NEG_INFINITY, low_allowed: false, high: f64::INFINITY, high_allowed: false };
    /// Any finite number or −∞: a lower bound that may be absent.
    pub const LOWER_BOUND: Range = Range { low_allowed: true, ..Range::FINITE };

    /// Finite and greater than `low`.
    pub const fn above(low: f64) -> Range {
        Range { low, ..Range::FINITE }
    }
    /// Finite and at least `low`.
    pub const fn at_least(low: f64) -> Range {
        Range { low, low_allowed: true, ..Range::FINITE }
    }
    /// From `low` to `high`, both allowed.
    pub const fn between(low: f64, high: f64) -> Range {
        Range { low, low_allowed: true, high, high_allowed: true }
    }
    /// Whether `x` is in the range.
    pub fn contains(&self, x: f64) -> bool {
        (x > self.low || (self.low_allowed && x == self.low))
            && (x < self.high || (self.high_allowed && x == self.high))
    }
}

impl std::fmt::Display for Range {
    /// The rule as an error states it: `must be > 0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let finite = |x: f64| x.is_finite();
        let low = if self.low_allowed { "≥" } else { ">" };
        let high = if self.high_allowed { "≤" } else { "<" };
        match (finite(self.low), finite(self.high)) {
            (true, true) => write!(f, "must be {low} {} and {high} {}", self.low, self.high),
            (true, false) => write!(f, "must be {low} {} and finite", self.low),
            (false, true) if self.low_allowed => write!(f, "must be {high} {} (-inf is allowed)", self.high),
            (false, true) => write!(f, "must be {high} {} and finite", self.high),
            (false, false) if self.low_allowed => write!(f, "must be a finite number or -inf"),
            (false, false) => write!(f, "must be a finite number"),
        }
    }
}

/// What kind of number a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A real number: differentiable, trainable.
    Real,
    /// 0 (off) or 1 (on).
    Switch,
    /// A whole number.
    Whole,
}

/// One field of a record, declared once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Name, the field's usual symbol.
    pub name: &'static str,
    /// Unit; `1` for pure numbers, empty for whatever unit the model's input has.
    pub unit: &'static str,
    /// Default; for a state field, its value where the model's `rest` does not say otherwise.
    pub default: f64,
    /// Allowed values.
    pub range: Range,
    /// What kind of number.
    pub kind: Kind,
    /// One line of meaning.
    pub doc: &'static str,
    /// Whether a reset leaves the field as it is (only for state fields).
    pub kept_by_reset: bool,
    /// Whether this is what the potential (or the input, for models without one) is compared with to fire.
    pub is_threshold: bool,
}

impl Field {
    /// A real field of any finite value.
    pub const fn real(name: &'static str, unit: &'static str, default: f64, doc: &'static str) -> Field {
        let (range, kind) = (Range::FINITE, Kind::Real);
        Field { name, unit, default, range, kind, doc, kept_by_reset: false, is_threshold: false }
    }
    /// The field restricted to `range`.
    pub const fn within(self, range: Range) -> Field {
        Field { range, ..self }
    }
    /// The field as a switch: 0 or 1.
    pub const fn switch(self) -> Field {
        Field { range: Range::between(0.0, 1.0), kind: Kind::Switch, ..self }
    }
    /// The field as a whole number.
    pub const fn whole(self) -> Field {
        Field { kind: Kind::Whole, ..self }
    }

    /// The field as the threshold: what the potential is compared with.
    pub const fn threshold(self) -> Field {
        Field { is_threshold: true, ..self }
    }

    /// The rule that `x` breaks, if it breaks one.
    pub fn broken_rule(&self, x: f64) -> Option<String> {
        if !self.range.contains(x) {
            Some(self.range.to_string())
        } else if self.kind == Kind::Switch && x != 0.0 && x != 1.0 {
            Some("must be 0 (off) or 1 (on)".into())
        } else if self.kind == Kind::Whole && x.fract() != 0.0 {
            Some("must be a whole number".into())
        } else {
            None
        }
    }
}

/// A struct of fields that all have type `T`.
pub trait Record<T: Real>: Copy + std::fmt::Debug {
    /// The fields in order.
    const FIELDS: &'static [Field];
    /// Derivatives with respect to every field and one more number (the input).
    type Jet: Tangent<T>;

    /// The record whose field `i` is `f(i)`.
    fn from_fn(f: impl FnMut(usize) -> T) -> Self;
    /// Field `i`; `i` must be less than the number of fields.
    fn get(&self, i: usize) -> T;
    /// The record with every field mapped.
    #[inline(always)]
    fn map(&self, mut f: impl FnMut(T) -> T) -> Self {
        Self::from_fn(
            #[inline(always)]
            |i| f(self.get(i)),
        )
    }
}

/// The record of a model without state, or of a curve without parameters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Empty<T>(std::marker::PhantomData<T>);

impl<T> Empty<T> {
    /// The only value.
    pub const fn new() -> Self {
        Empty(std::marker::PhantomData)
    }
}

impl<T: Real> Record<T> for Empty<T> {
    const FIELDS: &'static [Field] = &[];
    type Jet = [T; 1];
    #[inline(always)]
    fn from_fn(_: impl FnMut(usize) -> T) -> Self {
        Empty::new()
    }
    #[inline(always)]
    fn get(&self, _: usize) -> T {
        T::zero()
    }
}

/// Declares one record or several.
///
/// ```
/// use rheobase_models::record::{Range, Record};
/// rheobase_models::record! {
///     /// Parameters of a leaky membrane.
///     pub struct Params {
///         /// Membrane time constant.
///         tau_m: "s" = 0.02, within(Range::above(0.0));
///         /// Resting potential.
///         v_rest: "mV" = -65.0;
///     }
/// }
/// let field = &<Params<f64> as Record<f64>>::FIELDS[0];
/// assert_eq!((field.name, field.unit, field.default), ("tau_m", "s", 0.02));
/// assert_eq!(field.doc, " Membrane time constant.");
/// ```
#[macro_export]
macro_rules! record {
    ($($(#[doc = $head:literal])* pub struct $name:ident {
        $($(#[doc = $doc:literal])+ $field:ident : $unit:literal = $default:expr $(, $rule:ident ( $($arg:expr)? ))*;)+
    })+) => {$(
        $(#[doc = $head])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name<T> {
            $($(#[doc = $doc])+ pub $field: T,)+
        }
        impl<T: $crate::real::Real> $crate::record::Record<T> for $name<T> {
            const FIELDS: &'static [$crate::record::Field] = &[$(
                $crate::record::Field::real(stringify!($field), $unit, $default, concat!($($doc),+))
                    $(.$rule($($arg)?))*,
            )+];
            type Jet = [T; { [$(stringify!($field)),+].len() + 1 }];
            #[inline(always)]
            fn from_fn(mut f: impl FnMut(usize) -> T) -> Self {
                let mut next = 0;
                $name { $($field: { next += 1; f(next - 1) },)+ }
            }
            #[inline(always)]
            fn get(&self, i: usize) -> T {
                [$(self.$field),+][i]
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_refuse_nan_and_say_their_rule() {
        for range in [Range::FINITE, Range::LOWER_BOUND, Range::above(0.0), Range::between(0.0, 1.0)] {
            assert!(!range.contains(f64::NAN));
        }
        assert!(Range::LOWER_BOUND.contains(f64::NEG_INFINITY) && !Range::FINITE.contains(f64::NEG_INFINITY));
        assert_eq!(Range::above(0.0).to_string(), "must be > 0 and finite");
        assert_eq!(Range::between(-1.0, 1.0).to_string(), "must be ≥ -1 and ≤ 1");
        let only_low = Range { high: 0.0, high_allowed: true, ..Range::LOWER_BOUND };
        assert_eq!(only_low.to_string(), "must be ≤ 0 (-inf is allowed)");
    }

    #[test]
    fn switches_and_whole_numbers_have_rules_of_their_own() {
        let switch = Field::real("sticky", "1", 0.0, "").switch();
        assert!(switch.broken_rule(0.5).is_some() && switch.broken_rule(1.0).is_none());
        let whole = Field::real("n", "1", 0.0, "").whole();
        assert!(whole.broken_rule(1.5).is_some() && whole.broken_rule(2.0).is_none());
    }
}
