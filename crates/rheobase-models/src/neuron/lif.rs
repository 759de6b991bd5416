//! LIF: the leaky integrate-and-fire neuron, integrated exactly, with the spike time interpolated.
//!
//! # Equations
//! `tau_m·dv/dt = x − v`; a spike when v passes 1, then v = 0 for `t_ref`.
//!
//! # What it is for
//! The standard neuron of the Neural Engineering Framework, in normalised units: the threshold is 1, the input is
//! in units of the current that just reaches it.
//!
//! # Discretisation and order of events
//! The input is constant during a step, so v is advanced exactly over the part of the step outside the refractory
//! period. The time of the threshold crossing is solved for, and the refractory period counts from there: rates do
//! not depend on dt as long as `t_ref` is at least dt. Spike where v > 1; then `v_min`; then reset.
//!
//! # Limits
//! At most one spike per step. A neuron that starts above threshold fires at the start of the step.
//!
//! Where `t_ref` is less than dt, what is left of a step after spike and refractory period (up to dt − t_ref) is lost, as
//! in the source: every interval gets longer by it, and the rate falls below the closed form, by at most the fraction
//! rate·(dt − t_ref). With `carry_over` the reset neuron is integrated over the rest of the step together with the next
//! step, under its input, and the rate is that of the closed form for any t_ref and dt, up to one spike per step, 1/dt:
//! where the closed form is above that, a crossing within the rest counts at the start of the next step, and the neuron
//! fires in every step.
//!
//! # Checked against
//! `nengo.LIF` 4.1.0 and NengoDL 3.6.0; rates against the closed form.

use super::membrane::clock;
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
        v_min: "1" = 0.0, within(Range::LOWER_BOUND);
        /// Value of a spike.
        amplitude: "1" = 0.0;
        /// The neuron takes plain whole steps where `refractory` is not above this: −dt with carry_over, else 0.
        free_from: "s" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential in units of the threshold.
        v: "1" = 0.0;
        /// Time left of the refractory period at the end of the step; falls below 0 while the neuron may fire.
        refractory: "s" = 0.0;
    }
}

/// Leaky integrate-and-fire neuron with exact integration and interpolated spike time.
#[derive(Debug, Clone, Copy)]
pub struct Lif;

impl Neuron for Lif {
    const INFO: Info = Info {
        name: "lif",
        class: "LIF",
        summary: "leaky integrate-and-fire, integrated exactly, spike time interpolated",
        equations: &[
            "δ = clip(dt − (refractory − dt), 0, dt), or with carry_over in the step after a spike max(2·dt − refractory, 0)",
            "v ← v + (x − v)·(1 − exp(−δ/tau_m))",
            "spike where v > 1, at t* = dt + tau_m·ln(1 − (v − 1)/(x − 1)) after the start of the step",
            "v ← max(v, v_min);  v ← 0, refractory ← t_ref + t* after a spike",
        ],
        references: &[
            "Lapicque 1907, translated: doi:10.1007/s00422-007-0189-6",
            "Bekolay et al. 2014 (Nengo), doi:10.3389/fninf.2013.00048",
        ],
        ..Info::THRESHOLD_UNITS
    };
    own_records!(Rate = LifCurve);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            dt,
            tau_m: p.tau_m,
            gain: -(-dt / p.tau_m).exp_m1(),
            t_ref: p.t_ref,
            v_min: p.v_min,
            amplitude: p.amplitude,
            free_from: T::select(p.carry_over.gt(T::zero()), -dt, T::zero()),
        }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let zero = T::zero();
        let mut refractory = s.refractory - k.dt;
        let free = refractory.le(k.free_from);
        let silent = refractory.ge(k.dt);
        // Only a neuron that leaves its refractory period within this step, or has left it within the step before,
        // needs the exponential.
        let gain = T::select(free, k.gain, zero);
        let leaving = !(free | silent);
        let gain = T::rare(
            leaving,
            gain,
            #[inline(always)]
            || {
                let gain = -((refractory - k.dt) / k.tau_m).exp_m1();
                // With carry_over the next step is not to look as if a spike had just been.
                refractory = T::select(leaving & k.free_from.lt(zero), k.free_from, refractory);
                gain
            },
        );
        let v = s.v + (x - s.v) * gain;
        State { v: T::select(held, zero, v), refractory }
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
                // Within a step only a drive above threshold can cross it; a neuron that already was above it fires
                // at once.
                let rising = fired & x.gt(one);
                let beyond = (s.v - one) / (T::select(rising, x, T::splat(2.0)) - one);
                let crossed = rising & beyond.lt(one);
                let beyond = T::select(crossed, beyond, zero);
                T::select(crossed, (k.dt + k.tau_m * (-beyond).ln_1p()).max(zero), zero)
            },
        );
        let state = State {
            v: T::gate(n.own, zero, s.v.max(k.v_min)),
            refractory: T::gate(n.own, k.t_ref + crossing, s.refractory),
        };
        (state, Out { value: k.amplitude * n.own, offset: crossing })
    }
    #[inline(always)]
    fn rate<T: Real>(p: &Params<T>) -> Option<LifCurveParams<T>> {
        Some(LifCurveParams { tau_m: p.tau_m, t_ref: p.t_ref, amplitude: p.amplitude })
    }
    #[inline(always)]
    fn training<T: Real>(p: &Params<T>, smoothing: Option<T>, x: T) -> Option<T> {
        Some(LifCurve::training(&Self::rate(p)?, smoothing, x))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State { v: (x - s.v) / p.tau_m, refractory: clock(s.refractory) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::step;
    use crate::rate::RateCurve;
    use crate::real::Float;
    use crate::record::Record;

    const LIF: Params<f64> =
        Params { tau_m: 0.02, t_ref: 0.002, v_min: 0.0, amplitude: 1.0, carry_over: 0.0 };

    /// The rate from the intervals of `steps` steps, with the coefficients rounded to `T` as the engine does it.
    fn rate<T: Float<Mask = bool> + Into<f64>>(p: &Params<f64>, dt: f64, x: f64, steps: u32) -> f64 {
        let k64 = Lif::prepare(p, dt);
        let k = Coeffs::<T>::from_fn(|i| T::splat(k64.get(i)));
        let mut s = State { v: T::zero(), refractory: T::zero() };
        let (mut spikes, mut first, mut last) = (0, 0.0, 0.0);
        for n in 0..steps {
            let (next, own, out) = step::<Lif, T>(&k, s, T::splat(x), false, T::zero(), &Lif::INFO.surrogate);
            s = next;
            if own.into() > 0.0 {
                last = f64::from(n) * dt + out.offset.into();
                first = if spikes == 0 { last } else { first };
                spikes += 1;
            }
        }
        if spikes < 2 { 0.0 } else { f64::from(spikes - 1) / (last - first) }
    }

    #[test]
    fn carrying_over_gives_the_closed_form_for_any_refractory_period_and_step() {
        for dt in [0.0001, 0.0003, 0.001, 0.002] {
            for t_ref in [0.0, 0.00005, 0.0004, 0.0007, 0.00099, 0.001, 0.0015, 0.002, 0.0053] {
                for x in [1.05, 1.5, 3.0, 10.0, 30.0, 100.0] {
                    let p = Params { t_ref, carry_over: 1.0, ..LIF };
                    let curve = Lif::rate(&p).expect("a curve");
                    let closed = LifCurve::rate(&curve, x).min(1.0 / dt);
                    for (name, got) in
                        [("f32", rate::<f32>(&p, dt, x, 2000)), ("f64", rate::<f64>(&p, dt, x, 2000))]
                    {
                        let off = (got - closed).abs() / closed;
                        assert!(off < 0.01, "{name} dt {dt} t_ref {t_ref} x {x}: {got} Hz, not {closed}");
                    }
                }
            }
        }
    }

    #[test]
    fn without_it_the_rest_of_a_step_is_lost_within_the_bound_that_the_page_states() {
        let dt = 0.001;
        for t_ref in [0.0, 0.0004, 0.0009] {
            for x in [1.5, 3.0, 10.0] {
                let p = Params { t_ref, ..LIF };
                let closed = LifCurve::rate(&Lif::rate(&p).expect("a curve"), x);
                let got = rate::<f64>(&p, dt, x, 2000);
                let lost = (closed - got) / closed;
                assert!((-1e-9..=got * (dt - t_ref)).contains(&lost), "t_ref {t_ref} x {x}: {got} {closed}");
            }
        }
        // 10 at t_ref = 0: three steps per spike instead of 2.1.
        assert!((rate::<f64>(&Params { t_ref: 0.0, ..LIF }, dt, 10.0, 2000) - 333.3).abs() < 0.1);
    }

    #[test]
    fn a_crossing_within_the_rest_of_a_step_counts_at_the_start_of_the_next() {
        let k = Lif::prepare(&Params { t_ref: 0.0, carry_over: 1.0, ..LIF }, 0.001);
        let start = State { v: 0.0, refractory: 0.0 };
        let (s, own, out) = step::<Lif, f64>(&k, start, 100.0, false, 0.0, &Lif::INFO.surrogate);
        assert_eq!((s.v, own), (0.0, 1.0));
        assert!(out.offset > 0.0);
        let (_, own, out) = step::<Lif, f64>(&k, s, 100.0, false, 0.0, &Lif::INFO.surrogate);
        assert_eq!((own, out.offset), (1.0, 0.0));
    }
}
