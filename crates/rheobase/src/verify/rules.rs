//! Where the library differs from an original on purpose: rules over a trace's meta, each needed by some trace.

use super::trace::Meta;

/// A deliberate difference.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Short identifier, as reports show it.
    pub id: &'static str,
    /// What the original does, and what this library does instead.
    pub why: &'static str,
    /// Which traces it applies to.
    pub applies: fn(&Meta) -> bool,
    /// Which arrays of those it exempts.
    pub arrays: &'static [&'static str],
}

/// All rules.
pub const RULES: &[Rule] = &[];

/// The rule that exempts an array of a trace, if there is one.
pub fn exempting(meta: &Meta, array: &str) -> Option<&'static str> {
    RULES.iter().find(|r| r.arrays.contains(&array) && (r.applies)(meta)).map(|r| r.id)
}
