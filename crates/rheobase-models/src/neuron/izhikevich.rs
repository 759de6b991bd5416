//! Izhikevich: the two-variable neuron with a quadratic upstroke, in steps of any length.
//!
//! # Equations
//! `dv/dt = 0.04·v² + 5·v + 140 − w + x`, `dw/dt = a·(b·v − w)`, time in ms; where v ≥ v_th: v = v_reset, w grows
//! by d.
//!
//! # What it is for
//! Many firing patterns of cortical neurons from four numbers: regular spiking by default; fast spiking with
//! a = 0.1, d = 2; chattering with v_reset = −50, d = 2.
//!
//! # Discretisation and order of events
//! Forward Euler. The input is bounded below by `x_min`; v advances with the old w; spike where v ≥ v_th; reset; w
//! advances with the new v, after a reset that is v_reset; then w grows by d.
//!
//! # Limits
//! The step multiplies deviations from rest by 1 + dt·(0.08·v + 5): at dt = 1 ms potentials below −87 mV oscillate,
//! which is why the input is bounded below. Where b leaves no resting potential (b > 0.268 without input), neurons
//! start and are held where v moves slowest.
//!
//! # Checked against
//! `nengo.Izhikevich` 4.1.0.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Rate at which the recovery follows.
        a: "1/ms" = 0.02, within(Range::above(0.0));
        /// Coupling of the recovery to the potential.
        b: "1/ms" = 0.2;
        /// Potential after a spike (`c` in the source).
        v_reset: "mV" = -65.0;
        /// Growth of the recovery with each spike.
        d: "mV/ms" = 8.0;
        /// Potential at which a spike is cut off and counted.
        v_th: "mV" = 30.0, threshold();
        /// Lower bound of the input; -inf for none.
        x_min: "mV/ms" = -30.0, within(Range::LOWER_BOUND);
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Length of the step.
        dt: "ms" = 0.0;
        /// `a·dt`.
        follow: "1" = 0.0;
        /// Coupling of the recovery to the potential.
        b: "1/ms" = 0.0;
        /// Potential after a spike.
        v_reset: "mV" = 0.0;
        /// Growth of the recovery with each spike.
        d: "mV/ms" = 0.0;
        /// Cut-off of the spike.
        v_th: "mV" = 0.0;
        /// Lower bound of the input.
        x_min: "mV/ms" = 0.0, within(Range::LOWER_BOUND);
        /// Resting potential.
        v_rest: "mV" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential.
        v: "mV" = -70.0;
        /// Recovery (`u` in the source).
        w: "mV/ms" = -14.0;
    }
}

/// Two-variable neuron with a quadratic upstroke.
#[derive(Debug, Clone, Copy)]
pub struct Izhikevich;

impl Neuron for Izhikevich {
    const INFO: Info = Info {
        name: "izhikevich",
        class: "Izhikevich",
        summary: "two-variable neuron with a quadratic upstroke and many firing patterns",
        family: "nengo",
        equations: &[
            "v ← v + dt·(0.04·v² + 5·v + 140 − w + max(x, x_min))",
            "spike where v ≥ v_th;  v ← v_reset where spike",
            "w ← w + dt·a·(b·v − w) + d·spike",
        ],
        references: &["Izhikevich 2003, doi:10.1109/TNN.2003.820440"],
        input_unit: "mV/ms",
        input_range: [-15.0, 100.0],
        example_input: 10.0,
        ..Info::MILLIVOLTS
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let dt = dt * T::splat(1000.0);
        Coeffs {
            dt,
            follow: p.a * dt,
            b: p.b,
            v_reset: p.v_reset,
            d: p.d,
            v_th: p.v_th,
            x_min: p.x_min,
            v_rest: Self::rest(p).v,
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        // The lower root of 0.04·v² + (5 − b)·v + 140.
        let linear = T::splat(5.0) - p.b;
        let root = linear * linear - T::splat(22.4);
        let rests = root.gt(T::zero());
        let root = T::select(rests, T::select(rests, root, T::one()).sqrt(), T::zero());
        let v = -(linear + root) / T::splat(0.08);
        State { v, w: p.b * v }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let v = s.v + slope(&s, x.max(k.x_min)) * k.dt;
        State { v: T::select(held, k.v_rest, v), w: s.w }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let v = T::gate(n.own, k.v_reset, s.v);
        (State { v, w: s.w + k.follow * (k.b * v - s.w) + k.d * n.own }, Out::value(n.own))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        let per_second = T::splat(1000.0);
        Some(State { v: slope(s, x.max(p.x_min)) * per_second, w: p.a * (p.b * s.v - s.w) * per_second })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        let v_rest = Self::rest(p).v;
        0.002 / p.a.max(-(0.08 * v_rest + 5.0))
    }
}

/// Change of the potential, in mV per ms.
#[inline(always)]
fn slope<T: Real>(s: &State<T>, x: T) -> T {
    T::splat(0.04) * (s.v * s.v) + T::splat(5.0) * s.v + T::splat(140.0) - s.w + x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    #[test]
    fn rest_is_a_fixed_point_and_finite_where_there_is_none() {
        let mut p = Params::<f64>::from_fn(|i| Params::<f64>::FIELDS[i].default);
        let s = Izhikevich::rest(&p);
        assert!((s.v + 70.0).abs() < 1e-9 && (s.w + 14.0).abs() < 1e-9);
        let flow = Izhikevich::rhs(&p, &s, 0.0).map(|f| f.v.abs().max(f.w.abs()));
        assert!(flow.is_some_and(|f| f < 1e-8));
        p.b = 0.3;
        assert_eq!(Izhikevich::rest(&p).v, -58.75);
    }

    #[test]
    fn the_recovery_sees_the_potential_after_reset() {
        let p = Params::<f64>::from_fn(|i| Params::<f64>::FIELDS[i].default);
        let k = Izhikevich::prepare(&p, 0.001);
        let start = State { v: 25.0, w: 0.0 };
        let s = Izhikevich::integrate(&k, start, 0.0, false);
        let (s, _) = Izhikevich::emit(&k, s, 0.0, Fired { own: 1.0, layer: 0.0 });
        assert_eq!(s.v, -65.0);
        assert!((s.w - (0.02 * 0.2 * -65.0 + 8.0)).abs() < 1e-12);
    }
}
