//! LIFCount: integrate-and-fire in discrete time that may spike several times in a step.
//!
//! # Equations
//! `i ← alpha·i + w_in·x`; `v ← beta·v + gain·i + bias`; n = trunc(v/v_th) spikes where v > 0, at most `n_max`; then
//! `v ← v − n·drop·v_th`, or v_reset.
//!
//! # What it is for
//! Networks for event-driven chips, which send as many spikes as a step's potential is worth: what Sinabs and Rockpool
//! train.
//!
//! # Discretisation and order of events
//! Current, then potential, then the number of spikes, then the reset, then the lower bound. Numbers are shares per step.
//!
//! # Limits
//! No refractory period; negative potentials send nothing.
//!
//! # Checked against
//! `sinabs.layers.IAF`, `LIF` 3.1.3 and `rockpool.nn.modules.LIFTorch` 3.1.0: recorded runs, spike by spike.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Share of the current that is kept per step; 0 for none, so that the input acts as it is.
        alpha: "1" = 0.0, within(Range::between(0.0, 1.0));
        /// Share of the potential that is kept per step; 1 for no leak.
        beta: "1" = 0.9, within(Range::between(0.0, 1.0));
        /// Rise of the current with each unit of input.
        w_in: "1" = 1.0;
        /// Rise of the potential per step with each unit of current.
        gain: "1" = 1.0;
        /// What is added to the potential in every step.
        bias: "1" = 0.0;
        /// Threshold: the potential that one spike is worth.
        v_th: "1" = 1.0, within(Range::above(0.0)), threshold();
        /// Most spikes in a step.
        n_max: "1" = 65536.0, within(Range::between(1.0, 16777216.0)), whole();
        /// Whether every spike subtracts drop·v_th; else a step with spikes leaves v_reset.
        subtract: "1" = 1.0, switch();
        /// What a spike subtracts, in units of the threshold.
        drop: "v_th" = 1.0, within(Range::at_least(0.0));
        /// Potential after a step with spikes, unless they subtract.
        v_reset: "1" = 0.0;
        /// Lower bound of the potential; -inf for none.
        v_min: "1" = f64::NEG_INFINITY, within(Range::LOWER_BOUND);
    }

    /// Coefficients.
    pub struct Coeffs {
        /// Share of the current that is kept.
        alpha: "1" = 0.0;
        /// Share of the potential that is kept.
        beta: "1" = 0.0;
        /// Rise of the current with each unit of input.
        w_in: "1" = 0.0;
        /// Rise of the potential with each unit of current.
        gain: "1" = 0.0;
        /// What is added in every step.
        bias: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 0.0;
        /// Most spikes in a step.
        n_max: "1" = 0.0;
        /// Whether spikes subtract.
        subtract: "1" = 0.0;
        /// What a spike subtracts.
        jump: "1" = 0.0;
        /// Potential after a step with spikes.
        v_reset: "1" = 0.0;
        /// Lower bound.
        v_min: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Current.
        i: "1" = 0.0;
        /// Membrane potential.
        v: "1" = 0.0;
    }
}

/// Integrate-and-fire in discrete time with several spikes per step.
#[derive(Debug, Clone, Copy)]
pub struct LifCount;

impl Neuron for LifCount {
    const INFO: Info = Info {
        name: "lif_count",
        class: "LIFCount",
        summary: "integrate-and-fire in discrete time with several spikes per step (Sinabs, Rockpool)",
        family: "common",
        equations: &[
            "i ← alpha·i + w_in·x",
            "v ← beta·v + gain·i + bias",
            "n = trunc(v/v_th) spikes, from 0 to n_max",
            "v ← v − n·drop·v_th, or without subtract v_reset where n > 0;  v ← max(v, v_min)",
        ],
        references: &[
            "Sheik et al. 2023 (Sinabs), doi:10.5281/zenodo.8385545",
            "Muir et al. 2019 (Rockpool), doi:10.5281/zenodo.3773845",
        ],
        firing: Firing::Count,
        emits: Emits::Count,
        surrogate: Surrogate::StraightThrough,
        ..Info::DISCRETE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, _: T) -> Coeffs<T> {
        Coeffs {
            alpha: p.alpha,
            beta: p.beta,
            w_in: p.w_in,
            gain: p.gain,
            bias: p.bias,
            v_th: p.v_th,
            n_max: p.n_max,
            subtract: p.subtract,
            jump: p.drop * p.v_th,
            v_reset: p.v_reset,
            v_min: p.v_min,
        }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let i = k.alpha * s.i + k.w_in * x;
        let v = k.beta * s.v + k.gain * i + k.bias;
        State { i, v: T::select(held, T::zero(), v) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at((s.v / k.v_th).max(T::zero()).min(k.n_max))
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let zero = T::zero();
        let set = T::select(n.own.gt(zero), k.v_reset, s.v);
        let v = T::select(k.subtract.gt(zero), s.v - k.jump * n.own, set).max(k.v_min);
        (State { v, ..s }, Out::value(n.own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::step;

    const DEFAULT: Params<f64> = Params {
        alpha: 0.0,
        beta: 1.0,
        w_in: 1.0,
        gain: 1.0,
        bias: 0.0,
        v_th: 0.5,
        n_max: 65536.0,
        subtract: 1.0,
        drop: 1.0,
        v_reset: 0.0,
        v_min: f64::NEG_INFINITY,
    };

    fn run(p: Params<f64>, input: &[f64]) -> Vec<(f64, f64)> {
        let k = LifCount::prepare(&p, 1.0);
        let mut s = LifCount::rest(&p);
        let mut one = |x: &f64| {
            let (after, own, _) = step::<LifCount, f64>(&k, s, *x, false, 0.0, &Surrogate::StraightThrough);
            s = after;
            (s.v, own)
        };
        input.iter().map(&mut one).collect()
    }

    #[test]
    fn a_step_sends_what_its_potential_is_worth() {
        assert_eq!(run(DEFAULT, &[1.25, 0.25, -3.0]), [(0.25, 2.0), (0.0, 1.0), (-3.0, 0.0)]);
        let most = Params { n_max: 1.0, ..DEFAULT };
        assert_eq!(run(most, &[1.25, 0.0]), [(0.75, 1.0), (0.25, 1.0)]);
    }

    #[test]
    fn resets_and_the_lower_bound_come_last() {
        let set = Params { subtract: 0.0, v_reset: -0.25, ..DEFAULT };
        assert_eq!(run(set, &[1.25, 0.5]), [(-0.25, 2.0), (0.25, 0.0)]);
        let bound = Params { v_min: -1.0, drop: 4.0, ..DEFAULT };
        assert_eq!(run(bound, &[0.5, -7.0]), [(-1.0, 1.0), (-1.0, 0.0)]);
    }
}
