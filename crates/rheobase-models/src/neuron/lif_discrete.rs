//! LIFDiscrete: integrate-and-fire in discrete time, with the resets and comparisons of training frameworks.
//!
//! # Equations
//! `i ← alpha·i + w_in·x`; `v ← v_rest + beta·(v − v_rest) + gain·i`; a spike where v > v_th; then v is reset, to
//! v_reset or by subtraction, in the same step or in the next one.
//!
//! # What it is for
//! Networks that were trained elsewhere: snnTorch, Norse, SpikingJelly and Spyx compute this step, and differ in when they
//! compare, with what, and when the reset comes. Numbers are shares per step, as those frameworks have them, so that
//! nothing is rounded on the way through a time constant.
//!
//! # Discretisation and order of events
//! Current, then potential, then the comparison, then the reset. `at_least` lets v = v_th fire too. `late` says when the
//! reset comes: 0, in the step of the spike; 1, in the next step, after that step's decay and input, for every potential
//! that was above threshold (snnTorch's default; v is then shown before its reset); 2, in the step of the spike, but a
//! potential that stayed above threshold has to exceed it by a further drop (snnTorch's `reset_delay=False`). A late reset
//! carries no gradient.
//!
//! # Limits
//! No refractory period. With `late` 2 potentials may rest above threshold without firing, as in the source.
//!
//! # Checked against
//! `snntorch.Leaky`, `Synaptic`, `RLeaky`, `RSynaptic`, `Lapicque` 1.0.0; `norse.torch` cells 1.1.0; `spikingjelly` nodes
//! 2.0.0; `spyx.nn` 1.0.0: recorded runs, spike by spike.

use super::prelude::*;

crate::record! {
    /// Parameters.
    pub struct Params {
        /// Share of the current that is kept per step; 0 for none, so that the input acts as it is.
        alpha: "1" = 0.0, within(Range::between(0.0, 1.0));
        /// Share of the potential's distance from v_rest that is kept per step.
        beta: "1" = 0.9, within(Range::between(0.0, 1.0));
        /// Rise of the current with each unit of input.
        w_in: "1" = 1.0;
        /// Rise of the potential per step with each unit of current.
        gain: "1" = 1.0;
        /// Potential that the membrane decays to, where it starts.
        v_rest: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 1.0, threshold();
        /// Whether v = v_th fires too.
        at_least: "1" = 0.0, switch();
        /// Whether a reset subtracts drop·v_th instead of setting v_reset.
        subtract: "1" = 1.0, switch();
        /// What a reset subtracts, in units of the threshold; 0 for no reset.
        drop: "v_th" = 1.0, within(Range::at_least(0.0));
        /// Potential after a reset, unless it subtracts.
        v_reset: "1" = 0.0;
        /// When the reset comes: 0 in the step of the spike, 1 in the next, 2 in the step of the spike, and a potential that stays above threshold has to exceed it by a further drop.
        late: "1" = 0.0, within(Range::between(0.0, 2.0)), whole();
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
        /// `v_rest·(1 − beta)`.
        inflow: "1" = 0.0;
        /// Resting potential.
        v_rest: "1" = 0.0;
        /// Threshold.
        v_th: "1" = 0.0;
        /// What is added to the margin: nothing, or less than any difference of potentials.
        tie: "1" = 0.0;
        /// Share of the potential that survives a reset.
        keep: "1" = 0.0;
        /// What is added to that share.
        offset: "1" = 0.0;
        /// Whether what was above threshold is reset in the next step.
        next: "1" = 0.0;
        /// Whether a spike resets in its own step.
        now: "1" = 0.0;
        /// What is given back in its own step of what was taken at its start.
        back: "1" = 0.0;
    }

    /// State.
    pub struct State {
        /// Current.
        i: "1" = 0.0;
        /// Membrane potential.
        v: "1" = 0.0;
        /// Whether the potential was above threshold before the step.
        above: "1" = 0.0;
    }
}

/// Added to a margin of 0 it is positive; any other margin of potentials of usual size it leaves as it is.
const TIE: f64 = 1e-30;

/// Integrate-and-fire in discrete time with the resets of training frameworks.
#[derive(Debug, Clone, Copy)]
pub struct LifDiscrete;

impl Neuron for LifDiscrete {
    const INFO: Info = Info {
        name: "lif_discrete",
        class: "LIFDiscrete",
        summary: "integrate-and-fire in discrete time with the resets and comparisons of training frameworks",
        family: "common",
        equations: &[
            "with late: a = [v > v_th], else 0",
            "i ← alpha·i + w_in·x",
            "v ← v_rest + beta·(v − v_rest) + gain·i;  reset where a",
            "spike where v > v_th (v ≥ v_th with at_least)",
            "without late: reset where it spiked",
            "reset: v ← v_reset, or with subtract: v − drop·v_th",
        ],
        references: &[
            "Eshraghian et al. 2023 (snnTorch), doi:10.1109/JPROC.2023.3308088",
            "Fang et al. 2023 (SpikingJelly), doi:10.1126/sciadv.adi1480",
            "Pehle & Pedersen 2021 (Norse), doi:10.5281/zenodo.4422025",
        ],
        surrogate: Surrogate::FastSigmoid(25.0),
        ..Info::DISCRETE
    };
    own_records!(Rate = NoRate);

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, _: T) -> Coeffs<T> {
        let (zero, one) = (T::zero(), T::one());
        let subtract = p.subtract.gt(zero);
        let jump = p.drop * p.v_th;
        let both = p.late.gt(T::splat(1.5));
        Coeffs {
            alpha: p.alpha,
            beta: p.beta,
            w_in: p.w_in,
            gain: p.gain,
            inflow: p.v_rest * (one - p.beta),
            v_rest: p.v_rest,
            v_th: p.v_th,
            tie: T::select(p.at_least.gt(zero), T::splat(TIE), zero),
            keep: T::indicator(subtract),
            offset: T::select(subtract, -jump, p.v_reset),
            next: T::indicator(p.late.gt(zero)),
            now: T::select(both, one, one - T::indicator(p.late.gt(zero))),
            back: T::select(both, jump, zero),
        }
    }
    #[inline(always)]
    fn rest<T: Real>(p: &Params<T>) -> State<T> {
        State { i: T::zero(), v: p.v_rest, above: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let zero = T::zero();
        let above = (s.v - k.v_th + k.tie).gt(zero) & k.next.gt(zero);
        let i = k.alpha * s.i + k.w_in * x;
        let v = k.beta * s.v + k.gain * i + k.inflow;
        let v = T::select(above, k.keep * v + k.offset, v);
        State { i, v: T::select(held, k.v_rest, v), above: T::indicator(above) }
    }
    #[inline(always)]
    fn drive<T: Real>(k: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - k.v_th + k.tie)
    }
    #[inline(always)]
    fn emit<T: Real>(k: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        let now = T::gate(n.own, k.keep * s.v + k.offset, s.v) + k.back * s.above;
        (State { v: T::select(k.now.gt(T::zero()), now, s.v), ..s }, Out::value(n.own))
    }
    fn broken_rule(p: &Params<f64>) -> Option<String> {
        (p.late == 2.0 && p.subtract == 0.0)
            .then(|| "late = 2 needs a reset by subtraction (subtract = 1)".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::step;

    const DEFAULT: Params<f64> = Params {
        alpha: 0.0,
        beta: 0.5,
        w_in: 1.0,
        gain: 1.0,
        v_rest: 0.0,
        v_th: 1.0,
        at_least: 0.0,
        subtract: 1.0,
        drop: 1.0,
        v_reset: 0.0,
        late: 0.0,
    };

    /// Potentials after each step and what left.
    fn run(p: Params<f64>, input: &[f64]) -> Vec<(f64, f64)> {
        let k = LifDiscrete::prepare(&p, 1.0);
        let mut s = LifDiscrete::rest(&p);
        let mut one = |x: &f64| {
            let (after, own, _) =
                step::<LifDiscrete, f64>(&k, s, *x, false, 0.0, &Surrogate::FastSigmoid(25.0));
            s = after;
            (s.v, own)
        };
        input.iter().map(&mut one).collect()
    }

    #[test]
    fn the_reset_comes_when_late_says() {
        let input = [1.5, 0.5, 0.0];
        assert_eq!(run(DEFAULT, &input), [(0.5, 1.0), (0.75, 0.0), (0.375, 0.0)]);
        assert_eq!(run(Params { late: 1.0, ..DEFAULT }, &input), [(1.5, 1.0), (0.25, 0.0), (0.125, 0.0)]);
        let zero = Params { subtract: 0.0, late: 1.0, ..DEFAULT };
        assert_eq!(run(zero, &input), [(1.5, 1.0), (0.0, 0.0), (0.0, 0.0)]);
    }

    #[test]
    fn a_potential_that_stays_above_rests_there() {
        let p = Params { late: 2.0, beta: 1.0, ..DEFAULT };
        // 3.5 fires and leaves 2.5, which lacks a further drop in the second step: 2.5 − 1 > 1 fires, 1.5 − 1 does not.
        assert_eq!(run(p, &[3.5, 0.0, 0.0, 0.0]), [(2.5, 1.0), (1.5, 1.0), (1.5, 0.0), (1.5, 0.0)]);
    }

    #[test]
    fn equality_fires_where_it_shall() {
        assert_eq!(run(DEFAULT, &[1.0]), [(1.0, 0.0)]);
        assert_eq!(run(Params { at_least: 1.0, ..DEFAULT }, &[1.0]), [(0.0, 1.0)]);
    }

    #[test]
    fn no_drop_is_no_reset() {
        assert_eq!(run(Params { drop: 0.0, ..DEFAULT }, &[2.0, 0.5]), [(2.0, 1.0), (1.5, 1.0)]);
    }
}
