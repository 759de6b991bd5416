//! LIFLastInput: a leaky integrate-and-fire neuron in closed form since its last positive input.
//!
//! # Equations
//! `v = v_rest + (u − v_rest)·exp(−s/tau_m) + x·dt/c_m`, with s the time since the last step with x > 0 and u the
//! potential then; a spike where v ≥ v_th: v = v_reset.
//!
//! # What it is for
//! Networks made with the published layer of this form. Its reset is not remembered: u is taken before threshold and
//! reset, so a neuron that fired takes up its decay where it was, and fires again unless it is silenced for long enough.
//! The neuron without this echo is [`super::lif_exp::LifExp`].
//!
//! # Discretisation and order of events
//! The closed form; then s ← s + dt, or s ← dt where x > 0, counted in steps so that it never drifts; held at v_rest while refractory or silenced, clamped at
//! v_min; u ← v where x > 0; then the comparison and the reset. Input that is not positive acts in its own step only.
//!
//! # Limits
//! s/tau_m is capped at 60, where the exponential is far below the resolution of v.
//!
//! # Checked against
//! `SpykeTorch.neurons.LIF` and `UniformLIF` (SpykeTorch-Extended), with v_reset = v_rest and t_ref = 0.

use super::membrane::{counted_down, membrane, membrane_coeffs};
use super::prelude::*;

pub use super::lif_exp::Params;

membrane_coeffs! { |p, dt|
    /// `−dt / tau_m`.
    slope: "1" = -dt / p.tau_m;
    /// `dt / c_m`.
    gain: "mV/pA" = dt / p.c_m;
}

crate::record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "mV" = 0.0;
        /// Steps since the last positive input; since the start, where there was none.
        since_input: "steps" = 0.0;
        /// Potential in the step of the last positive input, before threshold and reset.
        v_input: "mV" = 0.0;
        /// Refractory steps left.
        refractory: "steps" = 0.0;
    }
}

/// Leaky integrate-and-fire neuron in closed form since its last positive input.
#[derive(Debug, Clone, Copy)]
pub struct LifLastInput;

impl Neuron for LifLastInput {
    const INFO: Info = Info {
        name: "lif_last_input",
        class: "LIFLastInput",
        summary: "leaky integrate-and-fire in closed form since the last positive input",
        equations: &[
            "v ← v_rest + (v_input − v_rest)·exp(−since_input·dt/tau_m) + x·dt/c_m",
            "since_input ← 1 where x > 0, else since_input + 1",
            "v ← v_rest while refractory;  v ← max(v, v_min);  v_input ← v where x > 0",
            "spike where v ≥ v_th:  v ← v_reset",
        ],
        references: &[
            "SpykeTorch-Extended, class LIF; after Mozafari et al. 2019, doi:10.3389/fnins.2019.00625",
        ],
        ..Info::MILLIVOLTS
    };
    membrane!(Rate = NoRate, frame);
    membrane!(reset);

    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: p.v_rest, since_input: T::zero(), v_input: p.v_rest, refractory: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let held = held | s.refractory.gt(T::zero());
        let decay = (s.since_input * k.slope).max(T::splat(-60.0)).exp();
        let v = k.v_rest + (s.v_input - k.v_rest) * decay + x * k.gain;
        let v = T::select(held, k.v_rest, v).max(k.v_min);
        let driven = x.gt(T::zero());
        State {
            v,
            since_input: T::select(driven, T::one(), s.since_input + T::one()),
            v_input: T::select(driven, v, s.v_input),
            refractory: counted_down(s.refractory),
        }
    }
}
