//! Triplet STDP: a pair counts the more, the closer the spike before it on the same side.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::check::{at_least_zero, time_constant};
use super::timed::Windows;
use super::{Dependence, Pairing};
use rheobase_base::Result;

/// With traces r1 (`tau_plus`) and r2 (`tau_x`) of arrivals, o1 (`tau_minus`) and o2 (`tau_y`) of postsynaptic spikes, each
/// raised by 1 (set to 1 if `nearest`) at its spikes:
/// an arrival takes away `o1·(a2_minus + a3_minus·r2)`, a postsynaptic spike adds `r1·(a2_plus + a3_plus·o2)`, where r2 and
/// o2 are those just before the spike itself. Arrival in the very step of a postsynaptic spike counts as before it.
///
/// The defaults are the minimal model of pairs of cells in visual cortex, all to all. Pfister & Gerstner 2006,
/// doi:10.1523/JNEUROSCI.1425-06.2006.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Triplet {
    /// Potentiation by pairs, in units of the weight; at least 0, as the next three.
    pub a2_plus: f64,
    /// Depression by pairs.
    pub a2_minus: f64,
    /// Potentiation by triplets post, pre, post.
    pub a3_plus: f64,
    /// Depression by triplets pre, post, pre.
    pub a3_minus: f64,
    /// Time constant of r1 in seconds, as the next three.
    pub tau_plus: f64,
    /// Of o1.
    pub tau_minus: f64,
    /// Of r2.
    pub tau_x: f64,
    /// Of o2.
    pub tau_y: f64,
    /// Which spikes count.
    pub pairing: Pairing,
    /// How changes depend on the weight.
    pub dependence: Dependence,
}

impl Default for Triplet {
    fn default() -> Self {
        Triplet {
            a2_plus: 0.0,
            a2_minus: 7.1e-3,
            a3_plus: 6.5e-3,
            a3_minus: 0.0,
            tau_plus: 0.0168,
            tau_minus: 0.0337,
            tau_x: 0.101,
            tau_y: 0.114,
            pairing: Pairing::All,
            dependence: Dependence::Additive,
        }
    }
}

impl Triplet {
    pub(super) fn check(&self, place: &str) -> Result<()> {
        let sizes = [
            ("a2_plus", self.a2_plus),
            ("a2_minus", self.a2_minus),
            ("a3_plus", self.a3_plus),
            ("a3_minus", self.a3_minus),
        ];
        sizes.into_iter().try_for_each(|(name, a)| at_least_zero(place, name, a))?;
        let taus = [
            ("tau_plus", self.tau_plus),
            ("tau_minus", self.tau_minus),
            ("tau_x", self.tau_x),
            ("tau_y", self.tau_y),
        ];
        taus.into_iter().try_for_each(|(name, tau)| time_constant(place, name, tau))?;
        self.dependence.check(place)
    }

    pub(super) fn windows(&self, dt: f64) -> Windows {
        let kept = |tau: f64| Real::exp(-dt / tau) as f32;
        Windows {
            up: [self.a2_plus as f32, self.a3_plus as f32],
            down: [self.a2_minus as f32, self.a3_minus as f32],
            kept: [self.tau_plus, self.tau_x, self.tau_minus, self.tau_y].map(kept),
            nearest: self.pairing == Pairing::Nearest,
            dependence: self.dependence,
        }
    }
}
