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

use super::membrane::{clock, counted_down, membrane, membrane_coeffs};
use super::prelude::*;

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

membrane_coeffs! { |p, dt|
    /// Length of the step in milliseconds.
    dt: "ms" = dt;
    /// `a·dt`.
    a: "1" = p.a * dt;
    /// Sensitivity of the recovery.
    b: "1" = p.b;
    /// Jump of the recovery.
    d: "mV" = p.d;
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
        equations: &[
            "v ← v + dt·(0.04·v² + 5·v + 140 + x − w)",
            "v ← v_rest while refractory;  v ← max(v, v_min)",
            "w ← w + dt·a·(b·v − w)",
            "spike where v ≥ v_th:  v ← v_reset,  w ← w + d",
        ],
        references: &["Izhikevich 2003, doi:10.1109/TNN.2003.820440"],
        time: Time::Steps,
        input_unit: "mV/ms",
        input_range: [-20.0, 200.0],
        example_input: 10.0,
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = NoRate, frame);

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
        State { v, w, refractory: counted_down(s.refractory) }
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
        Some(State { v: slope(s.v, s.w, x), w: p.a * (p.b * s.v - s.w), refractory: clock(s.refractory) })
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
