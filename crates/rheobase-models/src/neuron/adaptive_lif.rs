//! AdaptiveLIF: the exact leaky integrate-and-fire neuron with an adaptation current.
//!
//! # Equations
//! `tau_m·dv/dt = x − w − v`; a spike when v passes 1, then v = 0 for `t_ref`;
//! `tau_w·dw/dt = inc_w·output − w`.
//!
//! # What it is for
//! Spike-frequency adaptation: the rate starts at that of [`super::lif::Lif`] and settles below it.
//!
//! # Discretisation and order of events
//! As [`super::lif::Lif`] with the input less w; then w by forward Euler from the output of the same step.
//!
//! # Limits
//! The settled rate has no closed form; simulate it. At most one spike per step.
//!
//! Where `t_ref` is less than dt, what is left of a step after spike and refractory period (up to dt − t_ref) is lost, as
//! in the source, which lowers the rate by at most the fraction rate·(dt − t_ref). With `carry_over` it is taken
//! into the next step, as [`super::lif::Lif`] says.
//!
//! # Checked against
//! `nengo.AdaptiveLIF` 4.1.0.

use super::lif::{self, Lif};
use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Refractory period, from the spike's time within its step.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
        /// Lower bound of the potential; -inf for none.
        v_min: "1" = 0.0, within(Range { high: 0.0, high_allowed: true, ..Range::LOWER_BOUND });
        /// Value of a spike.
        amplitude: "1" = 1.0, within(Range::above(0.0));
        /// Time constant of the adaptation.
        tau_w: "s" = 1.0, within(Range::above(0.0));
        /// Adaptation that an output of 1 Hz settles at.
        inc_w: "1/Hz" = 0.01, within(Range::at_least(0.0));
        /// Whether what is left of a step after spike and refractory period is taken into the next; else it is lost.
        carry_over: "1" = 0.0, switch();
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "s" = 0.0;
        /// Membrane time constant.
        tau_m: "s" = 0.0;
        /// `1 − exp(−dt/tau_m)`.
        gain: "1" = 0.0;
        /// Refractory period.
        t_ref: "s" = 0.0;
        /// Lower bound of the potential.
        v_min: "1" = 0.0;
        /// Value of a spike.
        amplitude: "1" = 0.0;
        /// `dt / tau_w`.
        decay_w: "1" = 0.0;
        /// Jump of the adaptation with each spike.
        jump_w: "1" = 0.0;
        /// The neuron takes plain whole steps where `refractory` is not above this: −dt with carry_over, else 0.
        free_from: "s" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential in units of the threshold.
        v: "1" = 0.0;
        /// Time left of the refractory period at the end of the step; falls below 0 while the neuron may fire.
        refractory: "s" = 0.0;
        /// Adaptation, subtracted from the input.
        w: "1" = 0.0;
    }
}

/// Leaky integrate-and-fire neuron with an adaptation current.
#[derive(Debug, Clone, Copy)]
pub struct AdaptiveLif;

impl Neuron for AdaptiveLif {
    const INFO: Info = Info {
        name: "adaptive_lif",
        class: "AdaptiveLIF",
        summary: "exact leaky integrate-and-fire with an adaptation current",
        equations: &[
            "δ = clip(dt − (refractory − dt), 0, dt), or with carry_over in the step after a spike max(2·dt − refractory, 0)",
            "v ← v + (x − w − v)·(1 − exp(−δ/tau_m))",
            "spike where v > 1, at t* = dt + tau_m·ln(1 − (v − 1)/(x − w − 1)) after the start of the step",
            "v ← max(v, v_min);  v ← 0, refractory ← t_ref + t* after a spike",
            "w ← w + dt/tau_w·(inc_w·amplitude·spike/dt − w)",
        ],
        references: &[
            "Benda & Herz 2003, doi:10.1162/089976603322385063",
            "Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048",
        ],
        example_input: 1.5,
        ..Info::THRESHOLD_UNITS
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let lif::Coeffs { dt, tau_m, gain, t_ref, v_min, amplitude, free_from } =
            Lif::prepare(&membrane_params(p), dt);
        let (decay_w, jump_w) = (dt / p.tau_w, p.inc_w * p.amplitude / p.tau_w);
        Coeffs { dt, tau_m, gain, t_ref, v_min, amplitude, decay_w, jump_w, free_from }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let m = Lif::integrate(&membrane(k), lif::State { v: s.v, refractory: s.refractory }, x - s.w, held);
        State { v: m.v, refractory: m.refractory, w: s.w }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - T::one())
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let (m, out) = Lif::emit(&membrane(k), lif::State { v: s.v, refractory: s.refractory }, x - s.w, n);
        let w = s.w - k.decay_w * s.w + k.jump_w * n.own;
        (State { v: m.v, refractory: m.refractory, w }, out)
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        let m = Lif::rhs(&membrane_params(p), &lif::State { v: s.v, refractory: s.refractory }, x - s.w)?;
        Some(State { v: m.v, refractory: m.refractory, w: -s.w / p.tau_w })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_w
    }
}

/// The parameters of the neuron without adaptation.
#[inline(always)]
fn membrane_params<T: Real>(p: &Params<T>) -> lif::Params<T> {
    let Params { tau_m, t_ref, v_min, amplitude, carry_over, .. } = *p;
    lif::Params { tau_m, t_ref, v_min, amplitude, carry_over }
}

/// The coefficients of the neuron without adaptation.
#[inline(always)]
fn membrane<T: Real>(k: &Coeffs<T>) -> lif::Coeffs<T> {
    let Coeffs { dt, tau_m, gain, t_ref, v_min, amplitude, free_from, .. } = *k;
    lif::Coeffs { dt, tau_m, gain, t_ref, v_min, amplitude, free_from }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::step;
    use crate::record::Record;

    /// Spikes in 4 s under a strong current.
    fn spikes(p: &Params<f64>, dt: f64) -> f64 {
        let k = AdaptiveLif::prepare(p, dt);
        let mut s = AdaptiveLif::rest(p);
        (0..(4.0 / dt).round() as usize)
            .map(|_| {
                let (next, own, _) =
                    step::<AdaptiveLif, f64>(&k, s, 12.0, false, 0.0, &AdaptiveLif::INFO.surrogate);
                s = next;
                own
            })
            .sum()
    }

    #[test]
    fn carrying_over_gives_the_rate_of_far_shorter_steps() {
        let default = Params::<f64>::from_fn(|i| Params::<f64>::FIELDS[i].default);
        for t_ref in [0.0, 0.0003, 0.0008] {
            let p = Params { t_ref, ..default };
            let fine = spikes(&p, 1e-5);
            let carrying = spikes(&Params { carry_over: 1.0, ..p }, 0.001);
            assert!((carrying / fine - 1.0).abs() < 0.01, "t_ref {t_ref}: {carrying} {fine}");
        }
        let lossy = Params { t_ref: 0.0, ..default };
        assert!(spikes(&lossy, 0.001) < 0.95 * spikes(&lossy, 1e-5));
    }
}
