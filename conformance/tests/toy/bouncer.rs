//! Bouncer: a leaky integrator whose potential jumps back below rest, for tests.

use rheobase::models::Surrogate;
use rheobase::models::neuron::{BackwardReads, Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use rheobase::models::rate::NoRate;
use rheobase::models::real::Real;
use rheobase::models::record;
use rheobase::models::record::Range;

record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Potential after a spike.
        v_reset: "1" = -0.5, within(Range { high: 0.0, high_allowed: true, ..Range::FINITE });
    }
}

record! {
    /// Coefficients.
    pub struct Coeffs {
        /// `dt / tau_m`.
        leak: "1" = 0.0;
        /// Potential after a spike.
        v_reset: "1" = 0.0;
    }
}

record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "1" = 0.0;
    }
}

/// Leaky integrator that jumps back below rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bouncer;

impl Neuron for Bouncer {
    const INFO: Info = Info {
        name: "bouncer",
        class: "Bouncer",
        summary: "leaky integrator that jumps back below rest",
        family: "test",
        equations: &["v ← v + dt/tau_m·(x − v)", "spike where v ≥ 1: v ← v_reset"],
        references: &[],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        backward_reads: BackwardReads::StateAndInput,
        surrogate: Surrogate::Arctan(2.0),
        input_unit: "1",
        input_range: [-10.0, 10.0],
        example_input: 1.4,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        Coeffs { leak: dt / p.tau_m, v_reset: p.v_reset }
    }
    #[inline(always)]
    fn rest<T: Real>(_: &Params<T>) -> State<T> {
        State { v: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, T::zero(), s.v + (x - s.v) * k.leak) }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - T::one())
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { v: T::gate(n.own, k.v_reset, s.v) }, Out::value(n.own))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        Some(State { v: (x - s.v) / p.tau_m })
    }
    fn dt_bound(p: &Params<f64>) -> f64 {
        2.0 * p.tau_m
    }
}
