//! LI: a leaky integrator whose output is its potential.
//!
//! # Equations
//! `tau_m·dv/dt = v_rest − v`, and every unit of impulse raises v by `gain`; the output is v.
//!
//! # What it is for
//! The readout of a network: it sums weighted spikes over about `tau_m` and never fires.
//!
//! # Discretisation and order of events
//! The decay over a step is exact: `v ← v_rest + (v − v_rest)·e^(−dt/tau_m) + gain·x`. The step's impulses arrive
//! after the decay, so the output already holds them. A jump does not depend on dt.
//!
//! A leaky integrator that is driven by a current (`tau_m·dv/dt = v_rest − v + r·I`, as NIR's `LI` has it) is this
//! one with `gain = r·(1 − e^(−dt/tau_m))`; [`Params::driven`] gives it.
//!
//! # Limits
//! A long train of impulses of size w every step settles at `v_rest + gain·w/(1 − e^(−dt/tau_m))`.
//!
//! # Checked against
//! The closed form, and snnTorch's `Leaky` without reset.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Resting potential.
        v_rest: "1" = 0.0;
        /// Rise of the potential with each unit of impulse.
        gain: "1" = 1.0;
    }
}

impl Params<f64> {
    /// The integrator of a current through the resistance `r` that is constant during each step of length `dt`.
    pub fn driven(tau_m: f64, v_rest: f64, r: f64, dt: f64) -> Self {
        Params { tau_m, v_rest, gain: -r * Real::exp_m1(-dt / tau_m) }
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Decay of the potential per step.
        beta: "1" = 0.0;
        /// Resting potential.
        v_rest: "1" = 0.0;
        /// `v_rest·(1 − beta)`.
        inflow: "1" = 0.0;
        /// Rise of the potential with each unit of impulse.
        gain: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Membrane potential, which is the output.
        v: "1" = 0.0;
    }
}

/// Leaky integrator without spikes.
#[derive(Debug, Clone, Copy)]
pub struct LeakyIntegrator;

impl Neuron for LeakyIntegrator {
    const INFO: Info = Info {
        name: "leaky_integrator",
        class: "LI",
        summary: "leaky integrator whose output is its potential: the readout of a network",
        family: "common",
        equations: &["v ← v_rest + (v − v_rest)·exp(−dt/tau_m) + gain·x", "output: v"],
        references: &["Pedersen et al. 2024 (NIR), doi:10.1038/s41467-024-52259-9"],
        potential: Some("v"),
        takes: Takes::Impulse,
        backward_reads: BackwardReads::Nothing,
        input_unit: "1",
        input_range: [-100.0, 100.0],
        example_input: 0.05,
        ..Info::RATE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let exponent = -dt / p.tau_m;
        Coeffs { beta: exponent.exp(), v_rest: p.v_rest, inflow: -p.v_rest * exponent.exp_m1(), gain: p.gain }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { v: p.v_rest }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, k.v_rest, k.beta * s.v + k.gain * x + k.inflow) }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v)
    }
    #[inline(always)]
    fn emit<T: Real>(_: &Coeffs<T>, s: State<T>, _: T, _: Fired<T>) -> (State<T>, Out<T>) {
        (s, Out::value(s.v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_current_takes_the_potential_to_its_product_with_the_resistance() {
        let p = Params::driven(0.02, -65.0, 10.0, 0.001);
        let k = LeakyIntegrator::prepare(&p, 0.001);
        let mut s = LeakyIntegrator::rest(&p);
        for t in 1..=400 {
            s = LeakyIntegrator::integrate(&k, s, 1.5, false);
            let exact = -65.0 + 15.0 * (1.0 - (-f64::from(t) * 0.05).exp());
            assert!((s.v - exact).abs() < 1e-10, "step {t}: {} {exact}", s.v);
        }
    }
}
