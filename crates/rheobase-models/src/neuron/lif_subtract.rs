//! LIFSubtract: a leaky integrator in discrete time that fires above a threshold and is reset by subtraction.
//!
//! # Equations
//! `v ← e^(−1/tau)·v + x`; a spike where v > v_th; then `v ← v − drop·v_th`.
//!
//! # What it is for
//! The workhorse of networks trained by back-propagation through time: what exceeds the threshold is not lost.
//!
//! # Discretisation and order of events
//! Decay and input first, then the comparison, then the reset, all in the same step. Time constants count steps. The
//! gradient also flows through the reset, unless the engine detaches it.
//!
//! With `drop = 1/beta` the reset takes the whole threshold off the *next* step's potential, after that has decayed:
//! snnTorch's `Leaky`, whose reset comes one step late; [`Params::leaky`] gives these parameters. Its `mem` is the
//! potential before the reset, and its reset carries no gradient.
//!
//! # Limits
//! No refractory period and no lower bound of v. A potential above `v_th + drop·v_th` fires in the next step too.
//!
//! # Checked against
//! `rnnbuilder.snn.LIF` 0.1.1 and snnTorch's `Leaky`, gradients included.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Time constant of the potential.
        tau: "steps" = 5.0, within(Range::above(0.0));
        /// Threshold.
        v_th: "1" = 1.0, within(Range::above(0.0)), threshold();
        /// What a spike takes from the potential, in units of the threshold.
        drop: "v_th" = 1.0, within(Range::at_least(0.0));
    }
}

/// The time constant in steps of a potential that keeps the share `beta` of itself in each step: `−1/ln(beta)`.
///
/// `None` where `beta` is not between 0 and 1, both excluded: 0 keeps nothing and 1 never decays.
pub fn tau_of_beta(beta: f64) -> Option<f64> {
    (beta > 0.0 && beta < 1.0).then(|| -1.0 / Real::ln(beta))
}

/// The share of itself that a potential of time constant `tau`, in steps, keeps in each step: `exp(−1/tau)`.
pub fn beta_of_tau(tau: f64) -> f64 {
    Real::exp(-1.0 / tau)
}

impl Params<f64> {
    /// The parameters that make this model snnTorch's `Leaky(beta, threshold)` with reset by subtraction; `late` is
    /// its `reset_delay`, on by default there. `None` as for [`tau_of_beta`].
    pub fn leaky(beta: f64, threshold: f64, late: bool) -> Option<Self> {
        Some(Params { tau: tau_of_beta(beta)?, v_th: threshold, drop: if late { 1.0 / beta } else { 1.0 } })
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Decay of the potential per step.
        beta: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 0.0;
        /// What a spike takes from the potential.
        jump: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential.
        v: "1" = 0.0;
    }
}

/// Leaky integrator with subtractive reset, in discrete time.
#[derive(Debug, Clone, Copy)]
pub struct LifSubtract;

impl Neuron for LifSubtract {
    const INFO: Info = Info {
        name: "lif_subtract",
        class: "LIFSubtract",
        summary: "discrete-time leaky integrator, reset by subtracting the threshold (snnTorch's Leaky)",
        equations: &["v ← exp(−1/tau)·v + x", "spike where v > v_th", "v ← v − spike·drop·v_th"],
        references: &[
            "Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682",
            "Eshraghian et al. 2023 (snnTorch), doi:10.1109/JPROC.2023.3308088",
        ],
        backward_reads: BackwardReads::Potential,
        ..Info::DISCRETE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { beta: (-dt / p.tau).exp(), v_th: p.v_th, jump: p.drop * p.v_th }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, T::zero(), k.beta * s.v + x) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { v: s.v - k.jump * n.own }, Out::value(n.own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_and_tau_are_inverses() {
        for beta in [1e-6, 0.1, 0.5, 0.9, 0.999] {
            let tau = tau_of_beta(beta).expect("within (0, 1)");
            assert!((beta_of_tau(tau) - beta).abs() < 1e-12 * beta.max(1e-3), "{beta}");
        }
        for beta in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
            assert_eq!(tau_of_beta(beta), None, "{beta}");
        }
    }

    #[test]
    fn a_late_reset_takes_the_whole_threshold_after_the_decay() {
        let p = Params::leaky(0.8, 1.5, true).expect("within (0, 1)");
        let k = LifSubtract::prepare(&p, 1.0);
        let (mut s, mut mem, mut reset) = (LifSubtract::rest(&p), 0.0, 0.0);
        for t in 0..200 {
            let x = if t % 3 == 0 { 1.9 } else { 0.2 };
            mem = 0.8 * mem + x - reset * 1.5;
            reset = f64::from(u8::from(mem > 1.5));
            s = LifSubtract::integrate(&k, s, x, false);
            assert!((s.v - mem).abs() < 1e-12, "step {t}: {} {mem}", s.v);
            s = LifSubtract::emit(&k, s, x, Fired { own: reset, layer: 0.0 }).0;
        }
    }
}
