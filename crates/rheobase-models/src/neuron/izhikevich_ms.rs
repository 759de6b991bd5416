//! Izhikevich's neuron in its published form: steps of one millisecond.
//!
//! # Equations
//! `dv/dt = 0.04·v² + 5·v + 140 + x − w`, `dw/dt = a·(b·v − w)`, time in milliseconds; a spike where v ≥ v_th:
//! v = v_reset, w += d.
//!
//! # What it is for
//! Twenty firing patterns of cortical neurons from four numbers, at the cost of a parabola.
//!
//! # Discretisation and order of events
//! Forward Euler with steps of dt milliseconds, 1 as published. v is advanced, held at v_rest while refractory or
//! silenced, clamped at v_min; w follows with the new v; then the comparison with v_th, the reset, and the jump of w.
//!
//! # Limits
//! Firing patterns are tied to the step of 1 ms they were found with. Far below rest the parabola is steep: a strong
//! negative input overshoots to a spike in the next step.
//!
//! # Checked against
//! `SpykeTorch.neurons.Izhikevich` (SpykeTorch-Extended), with t_ref = 0.

use super::{Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time, floor_rule};
use crate::rate::NoRate;
use crate::real::{Real, whole_steps};
use crate::record::Range;
use crate::surrogate::Surrogate;

crate::record! {
    /// Parameters; the defaults are a regularly spiking neuron.
    pub struct Params {
        /// Rate of the recovery, per step.
        a: "1" = 0.02;
        /// Sensitivity of the recovery to the potential.
        b: "1" = 0.2;
        /// Jump of the recovery with each spike.
        d: "mV" = 8.0;
        /// Resting potential: where the neuron starts and is held.
        v_rest: "mV" = -70.0;
        /// Potential at which a spike is counted and the neuron reset.
        v_th: "mV" = 30.0, threshold();
        /// Potential after a spike.
        v_reset: "mV" = -65.0;
        /// Lower bound of the potential; -inf for none.
        v_min: "mV" = -100.0, within(Range::LOWER_BOUND);
        /// Refractory period of the neuron itself.
        t_ref: "steps" = 0.0, within(Range::at_least(0.0));
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step in milliseconds.
        dt: "ms" = 0.0;
        /// `a·dt`.
        a: "1" = 0.0;
        /// Sensitivity of the recovery.
        b: "1" = 0.0;
        /// Jump of the recovery.
        d: "mV" = 0.0;
        /// Resting potential.
        v_rest: "mV" = 0.0;
        /// Threshold.
        v_th: "mV" = 0.0;
        /// Potential after a spike.
        v_reset: "mV" = 0.0;
        /// Lower bound.
        v_min: "mV" = 0.0, within(Range::LOWER_BOUND);
        /// Refractory steps after a spike.
        refractory_steps: "steps" = 0.0;
    }
}

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "mV" = 0.0;
        /// Recovery.
        w: "mV" = 0.0;
        /// Refractory steps left.
        refractory: "steps" = 0.0;
    }
}

/// Izhikevich's neuron, forward Euler with steps of 1 ms.
#[derive(Debug, Clone, Copy)]
pub struct IzhikevichMs;

impl Neuron for IzhikevichMs {
    const INFO: Info = Info {
        name: "izhikevich_ms",
        class: "IzhikevichMs",
        summary: "Izhikevich's neuron in steps of 1 ms, as published",
        family: "spyketorch",
        equations: &[
            "v ← v + dt·(0.04·v² + 5·v + 140 + x − w)",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "w ← w + dt·a·(b·v − w)",
            "spike where v ≥ v_th:  v ← v_reset,  w ← w + d",
        ],
        references: &["Izhikevich 2003, doi:10.1109/TNN.2003.820440"],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Steps,
        layer_sum: None,
        surrogate: Surrogate::FastSigmoid(1.0),
        input_unit: "mV/ms",
        input_range: [-20.0, 200.0],
        example_input: 10.0,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs {
            dt,
            a: p.a * dt,
            b: p.b,
            d: p.d,
            v_rest: p.v_rest,
            v_th: p.v_th,
            v_reset: p.v_reset,
            v_min: p.v_min,
            refractory_steps: whole_steps(p.t_ref, dt),
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: p.v_rest, w: p.b * p.v_rest, refractory: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let held = held | s.refractory.gt(T::zero());
        let v = s.v + k.dt * slope(s.v, s.w, x);
        let v = T::select(held, k.v_rest, v).max(k.v_min);
        let w = s.w + k.a * (k.b * v - s.w);
        State { v, w, refractory: (s.refractory - T::one()).max(T::zero()) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let state = State {
            v: T::gate(n.own, k.v_reset, s.v),
            w: s.w + k.d * n.own,
            refractory: T::gate(n.own, k.refractory_steps, s.refractory),
        };
        (state, Out::value(n.own))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State {
            v: slope(s.v, s.w, x),
            w: p.a * (p.b * s.v - s.w),
            refractory: T::select(s.refractory.gt(T::zero()), -T::one(), T::zero()),
        })
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        floor_rule(p.v_min, p.v_rest)
    }
}

/// `dv/dt`, per millisecond.
#[inline(always)]
fn slope<T: Real>(v: T, w: T, x: T) -> T {
    T::splat(0.04) * (v * v) + T::splat(5.0) * v + T::splat(140.0) + x - w
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    #[test]
    fn the_default_rests_exactly() {
        let p = Params::<f64>::from_fn(|i| <Params<f64> as Record<f64>>::FIELDS[i].default);
        let k = IzhikevichMs::prepare(&p, 1.0);
        let s = IzhikevichMs::rest(&p);
        let next = IzhikevichMs::integrate(&k, s, 0.0, false);
        assert!((next.v - s.v).abs() < 1e-12 && (next.w - s.w).abs() < 1e-12, "{next:?}");
    }
}
