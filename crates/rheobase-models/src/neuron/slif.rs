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
//! v has no lower bound. The refractory clock counts from dt, so `refract_time = dt` gives no refractory step.
//!
//! # Checked against
//! `ngclearn.components.SLIFCell` 3.2.3, every compartment.

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use crate::rate::NoRate;
use crate::real::Real;
use crate::record::Range;
use crate::surrogate::Surrogate;

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
        /// Time after a spike in which the potential is frozen.
        refract_time: "s" = 0.0, within(Range::at_least(0.0));
        /// Whether a spike stays on through the refractory period.
        sticky_spikes: "1" = 0.0, switch();
    }
}

crate::record! {
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
        /// Refractory time.
        refract_time: "s" = 0.0;
        /// 1 for sticky spikes.
        sticky: "1" = 0.0;
    }
}

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "1" = 0.0;
        /// Threshold.
        thr: "1" = 0.0, threshold();
        /// Time since the last spike; starts at refract_time.
        rfr: "s" = 0.0;
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
            "J = resist_m·x;  free where rfr ≥ refract_time",
            "v ← v + dt·(J − v)/tau_m where free",
            "spike where v > thr;  v ← 0 where spike",
            "thr ← thr + spike·thr_gain − thr·thr_leak, or with rho_b: max(thr + (Σ_layer spike − 1)·rho_b, 0.025)",
            "rfr ← dt where spike, else rfr + dt;  output: spike, or with sticky_spikes 1 unless free",
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
        surrogate: Surrogate::Secant(0.82, 0.08),
        input_unit: "1",
        input_range: [-100.0, 100.0],
        example_input: 0.6,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            dt,
            rate: T::one() / p.tau_m,
            resist_m: p.resist_m,
            thr_gain: p.thr_gain,
            thr_leak: p.thr_leak,
            rho_b: p.rho_b,
            refract_time: p.refract_time,
            sticky: p.sticky_spikes,
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: T::zero(), thr: p.thr, rfr: p.refract_time }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let free = s.rfr.ge(k.refract_time);
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
            rfr: T::gate(n.own, k.dt, s.rfr + k.dt),
        };
        let frozen = s.rfr.lt(k.refract_time) & k.sticky.gt(zero);
        (state, Out::value(T::select(frozen, one, n.own)))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State { v: (p.resist_m * x - s.v) / p.tau_m, thr: T::zero(), rfr: T::one() })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_m
    }
}
