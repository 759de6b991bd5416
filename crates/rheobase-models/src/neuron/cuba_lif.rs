//! CubaLIF: a leaky integrate-and-fire neuron behind an exponential synapse: current and potential are two states.
//!
//! # Equations
//! `tau_syn·di/dt = −i`, and every unit of impulse raises i by `w_in`; `tau_m·dv/dt = v_rest − v + r·i`;
//! a spike where v > v_th; then v is reset, to v_reset or by subtraction.
//!
//! # What it is for
//! The usual neuron of networks of spikes: input arrives as impulses and acts as a current that lasts.
//!
//! # Discretisation and order of events
//! Exact: the step's impulses arrive at its start (`j = i + w_in·x`), then both equations are solved over the step.
//! The state `i` is the current just after the impulses, so that each step is
//! `i ← i·α + w_in·x`, `v ← v_rest + (v − v_rest)·β + g·i` with α = e^(−dt/tau_syn), β = e^(−dt/tau_m) and
//! `g = r·tau_syn/(tau_syn − tau_m)·(α − β)`. Then the comparison, then the reset.
//!
//! Any other rule of the form `i ← α·i + x`, `v ← β·v + g·i` is the same model with another `r`: snnTorch's
//! `Synaptic` has g = 1 and a reset that comes one step late, and [`Params::synaptic`] gives its parameters. NIR's
//! `CubaLIF` maps onto the parameters of the same names (its tau_mem is tau_m, its v_leak v_rest, its R r); where
//! its input is a current that lasts one step, `w_in` is its w_in times dt/tau_syn.
//!
//! # Limits
//! No refractory period and no lower bound of v.
//!
//! # Checked against
//! The closed form of the two equations, and snnTorch's `Synaptic`, gradients included.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Time constant of the synaptic current.
        tau_syn: "s" = 0.005, within(Range::above(0.0));
        /// Membrane resistance.
        r: "1" = 1.0;
        /// Rise of the current with each unit of impulse.
        w_in: "1" = 1.0;
        /// Resting potential.
        v_rest: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 1.0, threshold();
        /// Potential after a spike, unless reset by subtraction.
        v_reset: "1" = 0.0;
        /// Whether a spike subtracts drop·v_th instead of setting v_reset.
        subtract: "1" = 0.0, switch();
        /// What a spike takes from the potential if it subtracts, in units of the threshold.
        drop: "v_th" = 1.0, within(Range::at_least(0.0));
    }
}

impl Params<f64> {
    /// The parameters that make this model snnTorch's `Synaptic(alpha, beta, threshold)` with reset by subtraction,
    /// stepped with `dt`; `late` is its `reset_delay`, on by default there. `None` where alpha or beta is not between
    /// 0 and 1, both excluded.
    pub fn synaptic(alpha: f64, beta: f64, threshold: f64, late: bool, dt: f64) -> Option<Self> {
        let tau_syn = super::lif_subtract::tau_of_beta(alpha)? * dt;
        let tau_m = super::lif_subtract::tau_of_beta(beta)? * dt;
        Some(Params {
            tau_m,
            tau_syn,
            r: 1.0 / kick(tau_m, tau_syn, dt),
            w_in: 1.0,
            v_rest: 0.0,
            v_th: threshold,
            v_reset: 0.0,
            subtract: 1.0,
            drop: if late { 1.0 / beta } else { 1.0 },
        })
    }
}

crate::record! {
    /// Coefficients.
    pub struct Coeffs {
        /// Decay of the current per step.
        alpha: "1" = 0.0;
        /// Decay of the potential per step.
        beta: "1" = 0.0;
        /// Rise of the current with each unit of impulse.
        w_in: "1" = 0.0;
        /// Rise of the potential in a step with each unit of current.
        gain: "1" = 0.0;
        /// `v_rest·(1 − beta)`.
        inflow: "1" = 0.0;
        /// Resting potential.
        v_rest: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 0.0;
        /// Share of the potential that survives a spike.
        keep: "1" = 0.0;
        /// What is added to that share.
        offset: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Synaptic current, just after the step's impulses.
        i: "1" = 0.0;
        /// Membrane potential.
        v: "1" = 0.0;
    }
}

/// Rise of the potential over a step with each unit of current at its start, for r = 1:
/// `tau_syn/(tau_syn − tau_m)·(α − β)`, and its limit where the time constants are the same.
#[inline(always)]
fn kick<T: Real>(tau_m: T, tau_syn: T, dt: T) -> T {
    let (one, zero) = (T::one(), T::zero());
    let (alpha, beta) = ((-dt / tau_syn).exp(), (-dt / tau_m).exp());
    // α = β·e^d. The quotient (e^d − 1)/d is taken from the larger of the two decays, so that nothing overflows, and
    // from its series where d is small.
    let d = dt / tau_m - dt / tau_syn;
    let near = d.abs().lt(T::splat(1e-3));
    let series = beta * (one + d * (T::splat(0.5) + d * (T::splat(1.0 / 6.0) + d * T::splat(1.0 / 24.0))));
    let size = T::select(near, one, d.abs());
    let larger = T::select(d.gt(zero), alpha, beta);
    let quotient = -larger * (-size).exp_m1() / size;
    dt / tau_m * T::select(near, series, quotient)
}

/// Leaky integrate-and-fire neuron with an exponential synaptic current.
#[derive(Debug, Clone, Copy)]
pub struct CubaLif;

impl Neuron for CubaLif {
    const INFO: Info = Info {
        name: "cuba_lif",
        class: "CubaLIF",
        summary: "leaky integrate-and-fire behind an exponential synapse, exact (snnTorch's Synaptic)",
        family: "common",
        equations: &[
            "α = exp(−dt/tau_syn);  β = exp(−dt/tau_m);  g = r·tau_syn/(tau_syn − tau_m)·(α − β)",
            "i ← α·i + w_in·x",
            "v ← v_rest + β·(v − v_rest) + g·i",
            "spike where v > v_th",
            "v ← v_reset after a spike, or with subtract: v − drop·v_th",
        ],
        references: &[
            "Brette et al. 2007, doi:10.1007/s10827-007-0038-6",
            "Rotter & Diesmann 1999, doi:10.1007/s004220050570",
            "Pedersen et al. 2024 (NIR), doi:10.1038/s41467-024-52259-9",
        ],
        potential: Some("v"),
        firing: Firing::Strict,
        emits: Emits::Binary,
        takes: Takes::Impulse,
        time: Time::Seconds,
        layer_sum: None,
        backward_reads: BackwardReads::StateAndInput,
        surrogate: Surrogate::FastSigmoid(25.0),
        input_unit: "1",
        input_range: [-100.0, 100.0],
        example_input: 0.3,
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let subtract = p.subtract.gt(T::zero());
        Coeffs {
            alpha: (-dt / p.tau_syn).exp(),
            beta: (-dt / p.tau_m).exp(),
            w_in: p.w_in,
            gain: p.r * kick(p.tau_m, p.tau_syn, dt),
            inflow: -p.v_rest * (-dt / p.tau_m).exp_m1(),
            v_rest: p.v_rest,
            v_th: p.v_th,
            keep: T::indicator(subtract),
            offset: T::select(subtract, -p.drop * p.v_th, p.v_reset),
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { i: T::zero(), v: p.v_rest }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let i = k.alpha * s.i + k.w_in * x;
        State { i, v: T::select(held, k.v_rest, k.beta * s.v + k.gain * i + k.inflow) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { i: s.i, v: T::gate(n.own, k.keep * s.v + k.offset, s.v) }, Out::value(n.own))
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        if p.subtract > 0.0 && p.v_th <= 0.0 {
            Some(format!("v_th must be > 0 for a reset by subtraction, but is {}", p.v_th))
        } else if p.subtract == 0.0 && p.v_reset >= p.v_th {
            Some(format!("v_reset must be below v_th, but {} is not below {}", p.v_reset, p.v_th))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dual::Dual;

    const DEFAULT: Params<f64> = Params {
        tau_m: 0.02,
        tau_syn: 0.005,
        r: 1.0,
        w_in: 1.0,
        v_rest: 0.0,
        v_th: 1.0,
        v_reset: 0.0,
        subtract: 0.0,
        drop: 1.0,
    };

    /// The response to one impulse is a difference of exponentials at every dt.
    #[test]
    fn one_impulse_gives_the_closed_form() {
        for dt in [0.0001, 0.001, 0.01] {
            let p = Params { r: 3.0, w_in: 0.5, v_rest: -1.0, ..DEFAULT };
            let k = CubaLif::prepare(&p, dt);
            let mut s = CubaLif::rest(&p);
            for n in 1..=50 {
                s = CubaLif::integrate(&k, s, if n == 1 { 2.0 } else { 0.0 }, false);
                let t = f64::from(n) * dt;
                let exact = -1.0
                    + 3.0 * p.tau_syn / (p.tau_syn - p.tau_m)
                        * ((-t / p.tau_syn).exp() - (-t / p.tau_m).exp());
                assert!((s.v - exact).abs() < 1e-12, "dt {dt}, step {n}: {} {exact}", s.v);
            }
        }
    }

    #[test]
    fn equal_time_constants_are_the_limit_of_unequal_ones() {
        let exact = |tau: f64| 0.001 / tau * (-0.001f64 / tau).exp();
        assert!((kick(0.01, 0.01, 0.001) - exact(0.01)).abs() < 1e-16);
        // On both sides of where the series begins (a difference of 1 % here), the closed form as it stands, whose
        // own cancellation is of the order of 1e-16/off.
        for off in [1e-6, 1e-3, 0.99e-2, 1.02e-2, 0.1, -1e-3, -0.5] {
            let (tau_m, tau_syn) = (0.01, 0.01 * (1.0 + off));
            let plain = tau_syn / (tau_syn - tau_m) * ((-0.001 / tau_syn).exp() - (-0.001 / tau_m).exp());
            let relative = (kick(tau_m, tau_syn, 0.001) - plain).abs() / plain;
            assert!(relative < 1e-13 + 1e-14 / off.abs(), "{off}: {relative}");
        }
        // Derivatives are right at equality too.
        let k = |tau_syn: f64| {
            let seeded = Dual { value: tau_syn, tangent: [1.0] };
            kick::<Dual<f64, [f64; 1]>>(Dual::constant(0.01), seeded, Dual::constant(0.001)).tangent[0]
        };
        let difference = (kick(0.01, 0.010001, 0.001) - kick(0.01, 0.009999, 0.001)) / 2e-6;
        assert!((k(0.01) - difference).abs() < 1e-6 * difference.abs());
        let difference = (kick(0.01, 0.005001, 0.001) - kick(0.01, 0.004999, 0.001)) / 2e-6;
        assert!((k(0.005) - difference).abs() < 1e-6 * difference.abs());
    }

    #[test]
    fn time_constants_far_below_dt_stay_finite() {
        for (tau_m, tau_syn) in [(1e-9, 0.01), (0.01, 1e-9), (1e-9, 1e-9), (1e9, 1e-9)] {
            assert!(kick::<f64>(tau_m, tau_syn, 0.001).is_finite(), "{tau_m} {tau_syn}");
        }
    }

    #[test]
    fn both_resets_do_what_they_say() {
        let fired = Fired { own: 1.0, layer: 0.0 };
        let s = State { i: 0.0, v: 1.75 };
        let k = CubaLif::prepare(&Params { v_reset: -0.5, ..DEFAULT }, 0.001);
        assert_eq!(CubaLif::emit(&k, s, 0.0, fired).0.v, -0.5);
        let k = CubaLif::prepare(&Params { subtract: 1.0, drop: 0.5, ..DEFAULT }, 0.001);
        assert_eq!(CubaLif::emit(&k, s, 0.0, fired).0.v, 1.25);
        assert!(CubaLif::broken_rule(&Params { v_reset: 1.0, ..DEFAULT }).is_some());
        assert!(CubaLif::broken_rule(&DEFAULT).is_none());
    }
}
