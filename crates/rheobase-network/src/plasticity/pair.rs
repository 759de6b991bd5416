//! Pair STDP: every pair of a presynaptic and a postsynaptic spike counts, the closer the more.

use serde::{Deserialize, Serialize};

use super::check::{at_least_zero, time_constant};
use super::timed::Windows;
use super::{Dependence, Triplet};
use rheobase_base::Result;

/// A postsynaptic spike Δt ≥ 0 after the arrival of a presynaptic one adds `a_plus·exp(−Δt/tau_plus)`, one Δt > 0 before it
/// takes away `a_minus·exp(−Δt/tau_minus)`, times what [`Dependence`] says. Arrival in the very step of a spike counts as
/// before it.
///
/// Bi & Poo 1998, doi:10.1523/JNEUROSCI.18-24-10464.1998; Song et al. 2000, doi:10.1038/78829; pairings in Morrison et al.
/// 2008, doi:10.1007/s00422-008-0233-1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pair {
    /// Potentiation at Δt = 0, in units of the weight; at least 0.
    pub a_plus: f64,
    /// Depression as Δt → 0, in units of the weight; at least 0.
    pub a_minus: f64,
    /// Time constant of potentiation in seconds.
    pub tau_plus: f64,
    /// Time constant of depression in seconds.
    pub tau_minus: f64,
    /// Which pairs count.
    pub pairing: Pairing,
    /// How changes depend on the weight.
    pub dependence: Dependence,
}

/// Which pairs of spikes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// All.
    #[default]
    All,
    /// Every spike with the last one on the other side.
    Nearest,
}

impl Default for Pair {
    fn default() -> Self {
        Pair {
            a_plus: 0.005,
            a_minus: 0.00525,
            tau_plus: 0.02,
            tau_minus: 0.02,
            pairing: Pairing::All,
            dependence: Dependence::Additive,
        }
    }
}

impl Pair {
    pub(super) fn check(&self, place: &str) -> Result<()> {
        at_least_zero(place, "a_plus", self.a_plus)?;
        at_least_zero(place, "a_minus", self.a_minus)?;
        time_constant(place, "tau_plus", self.tau_plus)?;
        time_constant(place, "tau_minus", self.tau_minus)?;
        self.dependence.check(place)
    }

    /// The triplet rule of which only pairs count.
    pub(super) fn windows(&self, dt: f64) -> Windows {
        Triplet {
            a2_plus: self.a_plus,
            a2_minus: self.a_minus,
            a3_plus: 0.0,
            a3_minus: 0.0,
            tau_plus: self.tau_plus,
            tau_minus: self.tau_minus,
            pairing: self.pairing,
            dependence: self.dependence,
            ..Triplet::default()
        }
        .windows(dt)
    }
}
