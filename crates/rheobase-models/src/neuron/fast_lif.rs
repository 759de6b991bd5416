//! FastLIF: the leaky integrate-and-fire neuron with the refractory period and the spike time linearised.
//!
//! # Equations
//! `tau_m·dv/dt = x − v`; a spike when v passes 1, then v = 0 for `t_ref`.
//!
//! # What it is for
//! The same neuron as [`super::lif::Lif`] without logarithm, and with one exponential per run instead of one per spike.
//!
//! # Discretisation and order of events
//! `dv = (1 − exp(−dt/tau_m))·(x − v)` over the whole step; `v_min`; then v is multiplied by the fraction of the step
//! outside the refractory period. Spike where v > 1; the crossing is interpolated linearly with the unscaled dv, and
//! the refractory period counts from there.
//!
//! # Limits
//! At most one spike per step. Rates approach those of [`super::lif::Lif`] as dt falls; at dt = 1 ms they differ by about
//! a percent. A neuron that starts above threshold fires at the start of the step. Where `t_ref` is less than dt, what is
//! left of a step after spike and refractory period (up to dt − t_ref) is lost, as in the source, which lowers the rate
//! by at most the fraction rate·(dt − t_ref); [`super::lif::Lif`] can carry it over.
//!
//! # Checked against
//! `nengo_extras.neurons.FastLIF.step_math` 0.5.0; there the amplitude has no effect, here it is the value of a spike.

use super::lif::{self, Lif};
use super::prelude::*;

pub use super::lif::State;

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
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "s" = 0.0;
        /// Steps per second.
        per_dt: "1/s" = 0.0;
        /// `1 − exp(−dt/tau_m)`.
        gain: "1" = 0.0;
        /// `exp(dt/tau_m) − 1`: from the distance to the input after a step to the step's change.
        back: "1" = 0.0;
        /// Refractory period.
        t_ref: "s" = 0.0;
        /// Lower bound of the potential.
        v_min: "1" = 0.0;
        /// Value of a spike.
        amplitude: "1" = 0.0;
    }
}

/// Leaky integrate-and-fire neuron with linearised refractory period and spike time.
#[derive(Debug, Clone, Copy)]
pub struct FastLif;

impl Neuron for FastLif {
    const INFO: Info = Info {
        name: "fast_lif",
        class: "FastLIF",
        summary: "leaky integrate-and-fire, refractory period and spike time linearised",
        equations: &[
            "dv = (1 − exp(−dt/tau_m))·(x − v);  refractory ← refractory − dt",
            "v ← max(v + dv, v_min)·clip(1 − refractory/dt, 0, 1)",
            "spike where v > 1, at t* = dt·(1 − (v − 1)/dv) after the start of the step",
            "v ← 0, refractory ← t_ref + t* after a spike",
        ],
        references: &["nengo-extras 0.5.0, https://pypi.org/project/nengo-extras/"],
        ..Info::THRESHOLD_UNITS
    };
    own_records!(Rate = LifCurve);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let ratio = dt / p.tau_m;
        Coeffs {
            dt,
            per_dt: T::one() / dt,
            gain: -(-ratio).exp_m1(),
            back: ratio.min(T::splat(80.0)).exp_m1(),
            t_ref: p.t_ref,
            v_min: p.v_min,
            amplitude: p.amplitude,
        }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let v = s.v + k.gain * (x - s.v);
        let v = T::select(held, T::zero(), v).max(k.v_min);
        let refractory = s.refractory - k.dt;
        State { v: v * free(k, refractory), refractory }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - T::one())
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let (zero, one) = (T::zero(), T::one());
        let fired = n.own.gt(zero);
        let crossing = T::rare(
            fired,
            zero,
            #[inline(always)]
            || {
                // The change of the potential in this step, before the refractory period took its part, follows
                // from the potential it led to.
                let whole = s.v / T::select(fired, free(k, s.refractory), one);
                let dv = k.back * (x - whole);
                // A neuron that already was above threshold fires at once.
                let rising = fired & dv.gt(zero);
                let beyond = (s.v - one) / T::select(rising, dv, one);
                let crossed = rising & beyond.lt(one);
                T::select(crossed, k.dt * (one - beyond), zero)
            },
        );
        let state = State {
            v: T::gate(n.own, zero, s.v),
            refractory: T::gate(n.own, k.t_ref + crossing, s.refractory),
        };
        (state, Out { value: k.amplitude * n.own, offset: crossing })
    }
    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<LifCurveParams<T>> {
        Lif::rate(&exact(p))
    }
    #[inline(always)]
    fn training<T: Real>(p: &Params<T>, smoothing: Option<T>, x: T) -> Option<T> {
        Lif::training(&exact(p), smoothing, x)
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Lif::rhs(&exact(p), s, x)
    }
}

/// The parameters of the neuron that is not linearised.
#[inline(always)]
fn exact<T: Real>(p: &Params<T>) -> lif::Params<T> {
    let Params { tau_m, t_ref, v_min, amplitude } = *p;
    lif::Params { tau_m, t_ref, v_min, amplitude, carry_over: T::zero() }
}

/// The fraction of the step outside the refractory period, of which `refractory` is left after the step.
#[inline(always)]
fn free<T: Real>(k: &Coeffs<T>, refractory: T) -> T {
    (T::one() - refractory * k.per_dt).max(T::zero()).min(T::one())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::step;
    use crate::record::Record;

    /// The step's change of the potential is found again in `emit`, so the crossing is that of the forward formula.
    #[test]
    fn crossing_follows_from_the_unscaled_change() {
        let p = Params::<f64>::from_fn(|i| Params::<f64>::FIELDS[i].default);
        let k = FastLif::prepare(&p, 0.001);
        for (v, refractory, x) in
            [(0.9, 0.0, 4.0), (0.0, 0.0013, 60.0), (0.99, -5.0, 1.4), (0.5, 0.0019, 1000.0)]
        {
            let dv = k.gain * (x - v);
            let left = refractory - 0.001;
            let reached = (v + dv) * (1.0f64 - left / 0.001).clamp(0.0, 1.0);
            assert!(reached > 1.0);
            let expected = p.t_ref + 0.001 * (1.0 - (reached - 1.0) / dv);
            let (s, own, out) =
                step::<FastLif, f64>(&k, State { v, refractory }, x, false, 0.0, &FastLif::INFO.surrogate);
            assert_eq!((s.v, own), (0.0, 1.0));
            assert!((s.refractory - expected).abs() < 1e-15, "{} {expected}", s.refractory);
            assert!((0.0..=0.001).contains(&out.offset));
        }
    }

    #[test]
    fn a_neuron_that_starts_above_threshold_fires_at_once() {
        let p = Params::<f64>::from_fn(|i| Params::<f64>::FIELDS[i].default);
        let k = FastLif::prepare(&p, 0.001);
        for x in [-1.0, 0.0, 1.0, 1.5, 3.0] {
            let start = State { v: 3.0, refractory: 0.0 };
            let (s, own, out) = step::<FastLif, f64>(&k, start, x, false, 0.0, &FastLif::INFO.surrogate);
            assert_eq!((own, out.offset, s.refractory), (1.0, 0.0, p.t_ref));
        }
    }
}
