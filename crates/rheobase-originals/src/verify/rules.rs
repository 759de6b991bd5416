//! Where the library differs from an original on purpose: rules over a trace's meta, each needed by some trace.

use super::spyketorch::quirks;
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
pub const RULES: &[Rule] = &[
    // SpykeTorch-Extended
    Rule {
        id: "S8",
        why: "the original counts silence down in 32-bit times, of which a rest may be left that lasts one step more; \
              here silence counts whole steps",
        applies: quirks::countdown_leaves_residue,
        arrays: &["post_refractory_periods"],
    },
    Rule {
        id: "S15",
        why: "the original takes the samples of a batch for time steps of one, whose winners silence the first sample \
              only; here every sample has its own winners",
        applies: quirks::mixes_samples,
        arrays: &["winners", "winning_spikes", "post_refractory_periods"],
    },
    Rule {
        id: "S16",
        why: "the original's exponential overflows, an infinite potential gets into the adaptation and makes a neuron \
              that did not fire win; here the exponent is capped at 80 and every number stays finite",
        applies: quirks::exponential_may_overflow,
        arrays: &["thresholded", "dudt", "post_w", "winners", "post_refractory_periods"],
    },
    // NengoDL and nengo-extras
    Rule {
        id: "N1",
        why: "On TensorFlow a potential at an exact negative whole number emits one spike less (floor + 1) and stays \
              there; here counts are truncated towards zero, as in NumPy.",
        applies: |meta| {
            meta.target == "nengo_dl SpikingLeakyReLU builder" && meta.number_or("negative_slope", 0.3) > 0.0
        },
        arrays: &["inference_output", "inference_post_voltage"],
    },
    Rule {
        id: "X3",
        why: "FastLIF ignores its amplitude and emits 1/dt; here the amplitude is the value of a spike.",
        applies: |meta| {
            meta.target == "nengo_extras.neurons.FastLIF.step_math" && meta.number_or("amplitude", 1.0) != 1.0
        },
        arrays: &["output"],
    },
];

/// The rule that exempts an array of a trace, if there is one.
pub fn exempting(meta: &Meta, array: &str) -> Option<&'static str> {
    RULES.iter().find(|r| r.arrays.contains(&array) && (r.applies)(meta)).map(|r| r.id)
}
