//! The arguments of [`super::SlifCell`]: declared once, for checks and for the cell's description.

use rheobase_models::Surrogate;
use rheobase_models::record::Range;

use rheobase_base::{Error, Result};

/// The slope that the compartment `surrogate` holds, taken at the current J; 0 where J is not positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SlifSurrogate {
    /// `sech(0.08·J)`, what ngc-learn computes.
    #[default]
    Sech,
    /// `sech²(0.08·J)`, the derivative of the `tanh` that its documentation names.
    SechSquared,
}

impl SlifSurrogate {
    /// The table's surrogate, with the height 1 that ngc-learn gives it.
    pub(super) fn surrogate(self) -> Surrogate {
        const SHARPNESS: f64 = 0.08;
        match self {
            SlifSurrogate::Sech => Surrogate::Secant(1.0 / SHARPNESS, SHARPNESS),
            SlifSurrogate::SechSquared => Surrogate::SecantSquared(1.0 / SHARPNESS, SHARPNESS),
        }
    }
}

/// The arguments of a [`super::SlifCell`] besides its name and size. All times are in one unit, milliseconds by
/// convention.
#[derive(Debug, Clone, PartialEq)]
pub struct SlifOptions {
    /// Membrane time constant.
    pub tau_m: f64,
    /// Membrane resistance: multiplies the input.
    pub resist_m: f64,
    /// Threshold that cells start from.
    pub thr: f64,
    /// Strength of lateral inhibition by the cells' last spikes; 0 for none.
    pub resist_inh: f64,
    /// Whether thresholds survive a reset.
    pub thr_persist: bool,
    /// Rise of a cell's threshold with each of its spikes.
    pub thr_gain: f64,
    /// Fraction of the threshold lost in each step.
    pub thr_leak: f64,
    /// If > 0, thresholds instead follow the number of spikes in the layer, one being the aim.
    pub rho_b: f64,
    /// Time in which the potential is frozen, the step of the spike included: for a pause of T, give T + dt.
    pub refract_time: f64,
    /// Whether a spike stays on through the refractory period.
    pub sticky_spikes: bool,
    /// Half width of the uniform jitter of starting thresholds.
    pub thr_jitter: f64,
    /// Samples side by side.
    pub batch_size: usize,
    /// Seed of jitter and lateral weights; both are also keyed by the cell's name.
    pub seed: u64,
    /// Whether `j` stays as it was set. If not, every step writes its current J over it, as ngc-learn does: an input
    /// that is not set anew is then multiplied by the resistance, and inhibited, again and again.
    pub keep_input: bool,
    /// Which slope the compartment `surrogate` holds.
    pub surrogate: SlifSurrogate,
    /// Starting thresholds, one per cell, in place of drawn ones.
    pub threshold0: Option<Vec<f64>>,
    /// Lateral weights `[from, to]` in place of drawn ones (uniform on [0.025, 1), 0 from a cell to itself).
    pub inh_weights: Option<Vec<f64>>,
}

impl Default for SlifOptions {
    fn default() -> Self {
        SlifOptions {
            tau_m: 20.0,
            resist_m: 1.0,
            thr: 0.4,
            resist_inh: 0.0,
            thr_persist: false,
            thr_gain: 0.0,
            thr_leak: 0.0,
            rho_b: 0.0,
            refract_time: 0.0,
            sticky_spikes: false,
            thr_jitter: 0.05,
            batch_size: 1,
            seed: 0,
            keep_input: true,
            surrogate: SlifSurrogate::Sech,
            threshold0: None,
            inh_weights: None,
        }
    }
}

/// One argument that is a number or a switch.
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) range: Range,
    pub(super) meaning: &'static str,
    pub(super) value: fn(&SlifOptions) -> f64,
}

macro_rules! argument {
    ($name:ident, $unit:literal, $range:expr, $meaning:literal) => {
        Argument {
            name: stringify!($name),
            unit: $unit,
            range: $range,
            meaning: $meaning,
            value: |o| o.$name,
        }
    };
    (switch $name:ident, $meaning:literal) => {
        Argument {
            name: stringify!($name),
            unit: "",
            range: Range::between(0.0, 1.0),
            meaning: $meaning,
            value: |o| f64::from(u8::from(o.$name)),
        }
    };
}

/// Every argument that is a number or a switch.
pub(super) const ARGUMENTS: [Argument; 13] = [
    argument!(tau_m, "ms", Range::above(0.0), "membrane time constant"),
    argument!(resist_m, "", Range::FINITE, "membrane resistance: multiplies the input"),
    argument!(thr, "", Range::FINITE, "threshold that cells start from"),
    argument!(resist_inh, "", Range::at_least(0.0), "strength of lateral inhibition by the last spikes"),
    argument!(switch thr_persist, "whether thresholds survive a reset"),
    argument!(thr_gain, "", Range::FINITE, "rise of a cell's threshold with each of its spikes"),
    argument!(thr_leak, "", Range::FINITE, "fraction of the threshold lost in each step"),
    argument!(rho_b, "", Range::at_least(0.0), "if > 0, thresholds follow the layer's number of spikes"),
    argument!(
        refract_time,
        "ms",
        Range::at_least(0.0),
        "time in which the potential is frozen, the spike's step included"
    ),
    argument!(switch sticky_spikes, "whether a spike stays on through the refractory period"),
    argument!(thr_jitter, "", Range::at_least(0.0), "half width of the jitter of starting thresholds"),
    Argument {
        name: "batch_size",
        unit: "",
        range: Range::at_least(1.0),
        meaning: "samples side by side",
        value: |o| o.batch_size as f64,
    },
    argument!(switch keep_input, "whether j stays as set, or each step writes its current over it"),
];

impl SlifOptions {
    /// Checks every number by its range.
    pub(super) fn check(&self, cell: &str) -> Result<()> {
        for argument in &ARGUMENTS {
            let value = (argument.value)(self);
            if !argument.range.contains(value) {
                let unit = if argument.unit.is_empty() { "" } else { " " };
                return Err(Error::value(
                    cell,
                    argument.name,
                    format!("{value}{unit}{}", argument.unit),
                    argument.range.to_string(),
                ));
            }
        }
        Ok(())
    }
}
