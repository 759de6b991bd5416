//! The frame of integrate-and-fire neurons in millivolts, whose one line of integration is all that differs.
//!
//! A neuron that is silenced, or refractory after a spike, is held at v_rest. The potential is then clamped at v_min
//! and compared with v_th; a spike takes it to v_reset and begins `t_ref`.

use crate::real::Real;

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "mV" = 0.0;
        /// Refractory steps left.
        refractory: "steps" = 0.0;
    }
}

/// The refractory steps that are left after a step.
#[inline(always)]
pub(super) fn counted_down<T: Real>(refractory: T) -> T {
    (refractory - T::one()).max(T::zero())
}

/// The time derivative of what is left of a refractory period.
#[inline(always)]
pub(super) fn clock<T: Real>(refractory: T) -> T {
    T::select(refractory.gt(T::zero()), -T::one(), T::zero())
}

/// The rule between a lower bound of the potential and the resting potential, if these break it: a bound above rest
/// would lift a neuron that nothing drives.
pub(super) fn floor_rule(v_min: f64, v_rest: f64) -> Option<String> {
    let broken = v_min > v_rest;
    broken.then(|| {
        format!("v_min must be ≤ v_rest, but {v_min} is above {v_rest}; use -inf for no lower bound")
    })
}

/// Declares the coefficients: those of the integration, each with what it is prepared as, and those of the frame.
macro_rules! membrane_coeffs {
    (|$p:ident, $dt:ident| $($(#[doc = $doc:literal])+ $field:ident : $unit:literal = $value:expr;)*) => {
        crate::record! {
            /// Coefficients.
            pub struct Coeffs {
                $($(#[doc = $doc])+ $field: $unit = 0.0;)*
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

        impl<T: Real> Coeffs<T> {
            /// Those of steps of length `dt`.
            #[inline(always)]
            fn of($p: &Params<T>, $dt: T) -> Self {
                Coeffs {
                    $($field: $value,)*
                    v_rest: $p.v_rest,
                    v_th: $p.v_th,
                    v_reset: $p.v_reset,
                    v_min: $p.v_min,
                    refractory_steps: whole_steps($p.t_ref, $dt),
                }
            }
        }
    };
}

/// The parts of `impl Neuron` that belong to the frame, with the rate curve: `frame` what all these neurons share, `reset` what a spike does
/// where it moves nothing else. All of it for a neuron with the state [`State`] and the function of its integration, which
/// gives the potential after a step that nothing held; a second function is `dv/dt`, where the neuron is a differential
/// equation.
macro_rules! membrane {
    (Rate = $rate:ident, $($part:ident),+) => {
        type Rate = $rate;
        crate::neuron::membrane::membrane!($($part),+);
    };
    (frame) => {
        own_records!();

        #[inline(always)]
        fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
            Coeffs::of(p, dt)
        }
        #[inline(always)]
        fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
            Drive::at(s.v - k.v_th)
        }
        fn broken_rule(p: &Params<f64>) -> Option<String> {
            crate::neuron::membrane::floor_rule(p.v_min, p.v_rest)
        }
    };
    (reset) => {
        #[inline(always)]
        #[allow(clippy::needless_update, reason = "some neurons have more state")]
        fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
            let v = T::gate(n.own, k.v_reset, s.v);
            let refractory = T::gate(n.own, k.refractory_steps, s.refractory);
            (State { v, refractory, ..s }, Out::value(n.own))
        }
    };
    ($potential:ident) => {
        crate::neuron::membrane::membrane!(frame);
        crate::neuron::membrane::membrane!(reset);

        #[inline(always)]
        fn rest<T: Real>(p: &Params<T>) -> State<T> {
            State { v: p.v_rest, refractory: T::zero() }
        }
        #[inline(always)]
        fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
            let held = held | s.refractory.gt(T::zero());
            let v = T::select(held, k.v_rest, $potential(k, s.v, x)).max(k.v_min);
            State { v, refractory: crate::neuron::membrane::counted_down(s.refractory) }
        }
    };
    ($potential:ident, $slope:ident) => {
        crate::neuron::membrane::membrane!($potential);

        #[inline(always)]
        fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
            Some(State { v: $slope(p, s.v, x), refractory: crate::neuron::membrane::clock(s.refractory) })
        }
    };
}
pub(super) use {membrane, membrane_coeffs};
