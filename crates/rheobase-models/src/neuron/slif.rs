//! SLIF: the spiking LIF cell of ngc-learn, with adaptive threshold and sticky spikes.
//!
//! # Equations
//! `J = resist_m·x`; `v ← v + dt/tau_m·(J − v)` unless refractory; a spike where v > thr: v = 0;
//! the threshold adapts (see the parameters); a sticky spike stays on through the refractory period.
//!
//! # What it is for
//! Competitive layers that learn locally: lateral inhibition (a current edge with delay 1 from the layer to itself)
//! and homeostatic thresholds keep few cells active.
//!
//! # Discretisation and order of events
//! Forward Euler. Integrate; spike where v > thr (the old threshold); reset; threshold; refractory clock; sticky
//! spike. The surrogate's slope is taken at the current J, not at v − thr.
//!
//! # Limits
//! v has no lower bound. The published cell freezes v while the time since its spike, which is dt after the spike's own
//! step, is less than refract_time: one whole step less than `refract_time` holds, so that spikes can follow each other
//! every refract_time, and `refract_time = dt` gives no refractory step. It adds dt up in single precision, which now
//! and then makes the period a step longer; here steps are counted.
//!
//! # Checked against
//! `ngclearn.components.SLIFCell` 3.2.3, every compartment.

use super::membrane::clock;
use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Membrane resistance: the current is resist_m times the input.
        resist_m: "1" = 1.0;
        /// Threshold at the start.
        thr: "1" = 0.4;
        /// Rise of the threshold with each spike of the cell.
        thr_gain: "1" = 0.0;
        /// Fraction of the threshold lost in each step.
        thr_leak: "1" = 0.0, within(Range::between(0.0, 1.0));
        /// If > 0, the threshold instead rises by rho_b per spike in the layer beyond one and falls by rho_b per step without (floor 0.025).
        rho_b: "1" = 0.0, within(Range::at_least(0.0));
        /// Shortest time from spike to spike, in whole steps: in those between the potential is frozen.
        refract_time: "s" = 0.0, within(Range::at_least(0.0));
        /// Whether a spike stays on through the refractory period.
        sticky_spikes: "1" = 0.0, switch();
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "s" = 0.0;
        /// `1 / tau_m`.
        rate: "1/s" = 0.0;
        /// Membrane resistance.
        resist_m: "1" = 0.0;
        /// Rise of the threshold with each spike of the cell.
        thr_gain: "1" = 0.0;
        /// Fraction of the threshold lost in each step.
        thr_leak: "1" = 0.0;
        /// Rise of the threshold per spike in the layer beyond one.
        rho_b: "1" = 0.0;
        /// Refractory steps after a spike.
        refractory_steps: "steps" = 0.0;
        /// 1 for sticky spikes.
        sticky: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential.
        v: "1" = 0.0;
        /// Threshold.
        thr: "1" = 0.0, threshold();
        /// Refractory steps left.
        refractory: "steps" = 0.0;
    }
}

/// Spiking leaky integrate-and-fire cell with adaptive threshold.
#[derive(Debug, Clone, Copy)]
pub struct Slif;

impl Neuron for Slif {
    const INFO: Info = Info {
        name: "slif",
        class: "SLIF",
        summary: "leaky integrate-and-fire cell with adaptive threshold and sticky spikes",
        family: "ngc-learn",
        equations: &[
            "J = resist_m·x;  free where refractory = 0",
            "v ← v + dt·(J − v)/tau_m where free",
            "spike where v > thr;  v ← 0 where spike",
            "thr ← thr + spike·thr_gain − thr·thr_leak, or with rho_b: max(thr + (Σ_layer spike − 1)·rho_b, 0.025)",
            "refractory ← max(steps(refract_time) − 1, 0) where spike, else max(refractory − 1, 0)",
            "output: spike, or with sticky_spikes 1 unless free",
        ],
        references: &[
            "Samadi et al. 2017, doi:10.1162/NECO_a_00929",
            "Ororbia & Mali 2019, doi:10.1609/aaai.v33i01.33014651",
        ],
        potential: Some("v"),
        firing: Firing::Strict,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: Some("rho_b"),
        backward_reads: BackwardReads::StateAndInput,
        surrogate: Surrogate::Secant(0.82, 0.08),
        input_unit: "1",
        input_range: [-100.0, 100.0],
        example_input: 0.6,
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            dt,
            rate: T::one() / p.tau_m,
            resist_m: p.resist_m,
            thr_gain: p.thr_gain,
            thr_leak: p.thr_leak,
            rho_b: p.rho_b,
            refractory_steps: (whole_steps(p.refract_time, dt) - T::one()).max(T::zero()),
            sticky: p.sticky_spikes,
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: T::zero(), thr: p.thr, refractory: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let free = s.refractory.le(T::zero());
        let dv = (k.resist_m * x - s.v) * k.rate * k.dt;
        let v = T::select(free, s.v + dv, s.v);
        State { v: T::select(held, T::zero(), v), ..s }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, x: T) -> Drive<T> {
        Drive { margin: s.v - s.thr, through: k.resist_m * x }
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let (zero, one) = (T::zero(), T::one());
        let own_thr = s.thr + n.own * k.thr_gain - s.thr * k.thr_leak;
        let layer_thr = (s.thr + (n.layer - one) * k.rho_b).max(T::splat(0.025));
        let state = State {
            v: T::gate(n.own, zero, s.v),
            thr: T::select(k.rho_b.gt(zero), layer_thr, own_thr),
            refractory: T::gate(n.own, k.refractory_steps, (s.refractory - one).max(zero)),
        };
        let frozen = s.refractory.gt(zero) & k.sticky.gt(zero);
        (state, Out::value(T::select(frozen, one, n.own)))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State { v: (p.resist_m * x - s.v) / p.tau_m, thr: T::zero(), refractory: clock(s.refractory) })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::step;
    use crate::real::Float;
    use crate::record::Record;

    /// Steps from spike to spike under a current that fires the cell whenever it is free.
    fn interval<T: Float<Mask = bool> + Into<f64>>(refract_time: f64, dt: f64) -> Vec<u32> {
        let default = Params::<f64>::from_fn(|i| Params::<f64>::FIELDS[i].default);
        let k = Slif::prepare(&Params { refract_time, ..default }, dt);
        let k = Coeffs::<T>::from_fn(|i| T::splat(k.get(i)));
        let rest = Slif::rest(&default);
        let mut s = State::<T>::from_fn(|i| T::splat(rest.get(i)));
        let mut at = Vec::new();
        for n in 0..2000 {
            let (next, own, _) =
                step::<Slif, T>(&k, s, T::splat(1e6), false, T::zero(), &Slif::INFO.surrogate);
            s = next;
            if own.into() > 0.0 {
                at.push(n);
            }
        }
        at.windows(2).map(|w| w[1] - w[0]).collect()
    }

    #[test]
    fn the_refractory_period_has_the_whole_steps_that_it_says_at_both_precisions() {
        for dt in [0.0001, 0.0002, 0.00025, 0.0003, 0.0005, 0.0007, 0.001, 0.0013, 0.002, 0.005, 0.01] {
            for length in [0.001, 0.002, 0.003, 0.004, 0.005, 0.007, 0.01, 0.02, 0.05] {
                let steps = whole_steps(length, dt) as u32;
                for (name, got) in
                    [("f32", interval::<f32>(length, dt)), ("f64", interval::<f64>(length, dt))]
                {
                    let all = !got.is_empty() && got.iter().all(|n| *n == steps.max(1));
                    assert!(all, "{name} dt {dt} refract_time {length}: {steps} steps, not {got:?}");
                }
            }
        }
    }
}
