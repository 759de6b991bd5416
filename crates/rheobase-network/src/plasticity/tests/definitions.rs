//! Rules of traces against their definitions: closed windows, sums over all pairs and triplets, in double precision.

use proptest::prelude::*;

use super::*;

/// Bounds that nothing reaches.
const WIDE: [f32; 2] = [-1e3, 1e3];

fn wide(rule: Rule) -> Plasticity {
    Plasticity { bounds: WIDE, ..Plasticity::new(rule) }
}

#[test]
fn the_window_of_a_pair_is_an_exponential_on_either_side() {
    let pair = Pair { a_plus: 0.03, a_minus: 0.02, tau_plus: 0.012, tau_minus: 0.034, ..Pair::default() };
    for pairing in [Pairing::All, Pairing::Nearest] {
        let settings = wide(Rule::Pair(Pair { pairing, ..pair }));
        for lag in -60i32..=60 {
            let (at_pre, at_post) = ((-lag).max(0) as usize, lag.max(0) as usize);
            let train =
                |at| rows(&(0..70).map(|t| if t == at { &[0u32][..] } else { &[] }).collect::<Vec<_>>(), 1);
            let mut weights = [0.0];
            let activity = (train(at_pre), train(at_post));
            learner(&settings, &dense(1, 1))
                .sample(&mut weights, &Activity::new(&activity.0, &activity.1))
                .unwrap();
            let dt = f64::from(lag.abs()) / 1e3;
            // Equal times are pre before post.
            let want = if lag >= 0 { 0.03 * (-dt / 0.012).exp() } else { -0.02 * (-dt / 0.034).exp() };
            // Sixty products of single precision.
            assert!(
                (f64::from(weights[0]) - want).abs() <= 1e-5 * want.abs(),
                "lag {lag}: {} {want}",
                weights[0]
            );
        }
    }
}

/// Steps in which a neuron fires.
fn train(rows: &SpikeRows, neuron: u32) -> Vec<usize> {
    (0..rows.steps()).filter(|t| rows.step(*t).0.contains(&neuron)).collect()
}

/// A trace just before (or at and after, if `with`) step `t`: from all spikes or the last one.
fn trace(train: &[usize], t: usize, with: bool, tau: f64, pairing: Pairing) -> f64 {
    let past = train.iter().filter(|s| **s < t || (with && **s == t));
    let one = |s: &usize| (-((t - s) as f64) / 1e3 / tau).exp();
    match pairing {
        Pairing::All => past.map(one).sum(),
        Pairing::Nearest => past.max().map_or(0.0, one),
    }
}

/// What the rule makes of one pair of trains, by its definition.
fn defined(rule: &Triplet, pre: &[usize], post: &[usize]) -> f64 {
    let of = |train, t, with, tau| trace(train, t, with, tau, rule.pairing);
    let down = |t: &usize| {
        of(post, *t, false, rule.tau_minus) * (rule.a2_minus + rule.a3_minus * of(pre, *t, false, rule.tau_x))
    };
    let up = |t: &usize| {
        of(pre, *t, true, rule.tau_plus) * (rule.a2_plus + rule.a3_plus * of(post, *t, false, rule.tau_y))
    };
    post.iter().map(up).sum::<f64>() - pre.iter().map(down).sum::<f64>()
}

fn triplet(pairing: Pairing) -> Triplet {
    Triplet { a2_plus: 4e-3, a3_minus: 2e-3, pairing, ..Triplet::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn triplets_and_pairs_are_sums_over_the_trains(seed in any::<u64>(), one_in in 2u32..12) {
        let (steps, inputs, outputs) = (120, 4, 3);
        let (pre, post) = (random(seed, steps, inputs, one_in), random(seed ^ 1, steps, outputs, one_in));
        for pairing in [Pairing::All, Pairing::Nearest] {
            let full = triplet(pairing);
            let pairs = Triplet { a3_plus: 0.0, a3_minus: 0.0, ..full };
            let pair = Pair {
                a_plus: pairs.a2_plus,
                a_minus: pairs.a2_minus,
                tau_plus: pairs.tau_plus,
                tau_minus: pairs.tau_minus,
                pairing,
                dependence: Dependence::Additive,
            };
            for (rule, settings) in [(full, wide(Rule::Triplet(full))), (pairs, wide(Rule::Pair(pair)))] {
                let mut weights = vec![0.0; inputs * outputs];
                learner(&settings, &dense(inputs, outputs)).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
                for (at, got) in weights.iter().enumerate() {
                    let (i, o) = ((at / outputs) as u32, (at % outputs) as u32);
                    let want = defined(&rule, &train(&pre, i), &train(&post, o));
                    // Some hundred sums of single precision, of magnitude below 10.
                    prop_assert!((f64::from(*got) - want).abs() < 1e-4 * (1.0 + want.abs()), "{} {}", got, want);
                }
            }
        }
    }

    #[test]
    fn shared_weights_add_what_each_place_would_learn(seed in any::<u64>(), stride in 1usize..3, padding in 0usize..2, dilation in 1usize..3) {
        let stride = [stride];
        let (padding, dilation) = ([padding], [dilation]);
        let kernels = Kernels { stride: &stride, padding: &padding, dilation: &dilation, groups: 2, ..Kernels::new(4, &[2, 3]) };
        let shape = [2, 6, 7];
        let Ok(shared) = Connection::convolution("layer", kernels, &shape) else { return Ok(()) };
        let (pre, post) = (random(seed, 30, shared.inputs(), 4), random(seed ^ 1, 30, shared.outputs(), 6));
        let settings = wide(Rule::Triplet(triplet(Pairing::All)));
        let mut weights = vec![0.0; shared.len()];
        learner(&settings, &shared).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
        // Every place as weights of its own.
        let (inputs, outputs) = (shared.inputs(), shared.outputs());
        let mut apart = vec![0.0; inputs * outputs];
        learner(&settings, &dense(inputs, outputs)).sample(&mut apart, &Activity::new(&pre, &post)).unwrap();
        let mut want = vec![0.0f64; shared.len()];
        for output in 0..outputs {
            shared.inputs_of(output, |w, input| {
                want[w] += input.map_or(0.0, |i| f64::from(apart[i * outputs + output]));
            });
        }
        for (got, want) in weights.iter().zip(&want) {
            prop_assert!((f64::from(*got) - want).abs() < 1e-4 * (1.0 + want.abs()), "{} {}", got, want);
        }
    }
}

#[test]
fn both_ways_through_a_connection_name_the_same_synapses() {
    let kernels =
        Kernels { stride: &[2], padding: &[1], dilation: &[2], groups: 2, ..Kernels::new(4, &[3, 2]) };
    let conv = Connection::convolution("layer", kernels, &[2, 7, 6]).unwrap();
    for connection in [conv, dense(5, 3)] {
        let (mut back, mut forward) = (Vec::new(), Vec::new());
        (0..connection.outputs()).for_each(|o| {
            connection.inputs_of(o, |w, i| back.extend(i.map(|i| (w, i, o))));
        });
        (0..connection.inputs()).for_each(|i| connection.outputs_of(i, |w, o| forward.push((w, i, o))));
        back.sort_unstable();
        forward.sort_unstable();
        assert_eq!(back, forward);
        let mut weights: Vec<usize> = Vec::new();
        (0..connection.features()).for_each(|f| connection.weights_of(f, |w| weights.push(w)));
        weights.sort_unstable();
        assert!(weights.into_iter().eq(0..connection.len()));
    }
}

#[test]
fn a_recurrent_connection_learns_from_what_was_sent_a_delay_ago() {
    // Neuron 0 fires, 1 follows two steps later: with a delay of 2 the spike arrives just in time.
    let spikes = rows(&[&[0], &[], &[1], &[], &[]], 2);
    let pair = Pair { a_plus: 0.5, a_minus: 0.25, tau_plus: 0.002, tau_minus: 0.004, ..Pair::default() };
    let learn = |delay| {
        let mut weights = [0.0; 4];
        let connection = dense(2, 2).delayed(delay);
        learner(&wide(Rule::Pair(pair)), &connection)
            .sample(&mut weights, &Activity::new(&spikes, &spikes))
            .unwrap();
        weights
    };
    let close = |got: [f32; 4], want: [f64; 4]| {
        assert!(got.iter().zip(want).all(|(g, w)| (f64::from(*g) - w).abs() < 1e-6), "{got:?} {want:?}");
    };
    let down = |steps: f64| -0.25 * (-steps / 4.0f64).exp();
    // From 0 to itself: arrives 2 after its own spike. From 0 to 1: at the time of the spike. 1 to 1 as 0 to 0; 1 to 0 4 later.
    close(learn(2), [down(2.0), 0.5, down(4.0), down(2.0)]);
    close(learn(1), [down(1.0), 0.5 * (-0.5f64).exp(), down(3.0), down(1.0)]);
}

#[test]
fn changes_depend_on_the_weight_and_stop_at_the_bounds() {
    let (up, down) = ((rows(&[&[0]], 1), rows(&[&[0]], 1)), (rows(&[&[], &[0]], 1), rows(&[&[0], &[]], 1)));
    let after = |dependence, start: f32, (pre, post): &(SpikeRows, SpikeRows)| {
        let pair = Pair { a_plus: 0.5, a_minus: 0.5, tau_minus: 1e6, dependence, ..Pair::default() };
        let mut weights = [start];
        let settings = Plasticity { bounds: [1.0, 3.0], ..Plasticity::new(Rule::Pair(pair)) };
        learner(&settings, &dense(1, 1)).sample(&mut weights, &Activity::new(pre, post)).unwrap();
        weights[0]
    };
    use Dependence::{Additive, Multiplicative, Power, PowerLaw};
    assert_eq!(after(Additive, 1.5, &up), 2.0);
    assert_eq!(after(Additive, 2.8, &up), 3.0);
    assert_eq!(after(Additive, 1.2, &down), 1.0);
    assert_eq!(after(Multiplicative, 1.5, &up), 1.5 + 0.5 * 0.75);
    assert!((after(Multiplicative, 1.5, &down) - (1.5 - 0.5 * 0.25)).abs() < 1e-6);
    assert_eq!(after(Multiplicative, 3.0, &up), 3.0);
    let power = Power { mu_plus: 0.5, mu_minus: 2.0 };
    assert!((after(power, 2.5, &up) - (2.5 + 0.5 * 0.5)).abs() < 1e-6);
    assert!((after(power, 2.0, &down) - (2.0 - 0.5 * 0.25)).abs() < 1e-6);
    assert!((after(PowerLaw { mu: 0.5 }, 1.5, &up) - (1.5 + 0.5 * 0.5)).abs() < 1e-6);
}

#[test]
fn eligibility_waits_for_the_reward_and_decays() {
    // The pair is complete in step 1; the reward comes in step 4.
    let (pre, post) = (rows(&[&[0], &[], &[], &[], &[]], 1), rows(&[&[], &[0], &[], &[], &[]], 1));
    let pair = Pair { a_plus: 0.1, tau_plus: 0.01, ..Pair::default() };
    let after = |tau, reward: &[f32]| {
        let settings =
            Plasticity { reward: Some(Reward { tau, ..Reward::default() }), ..wide(Rule::Pair(pair)) };
        let mut weights = [0.0];
        learner(&settings, &dense(1, 1))
            .sample(&mut weights, &Activity::new(&pre, &post).reward(reward))
            .unwrap();
        f64::from(weights[0])
    };
    let change = 0.1 * (-0.1f64).exp();
    let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-6, "{got} {want}");
    close(after(None, &[2.0]), 2.0 * change);
    close(after(Some(0.002), &[1.0]), change * (-1.5f64).exp());
    close(after(Some(0.002), &[9.0, 0.0, 0.0, 0.0, -1.0]), -change * (-1.5f64).exp());
    close(after(Some(0.002), &[0.0, 1.0, 0.0, 1.0, 0.0]), change * (1.0 + (-1.0f64).exp()));
    close(after(None, &[0.0]), 0.0);
}

#[test]
fn with_winners_only_they_learn() {
    let (pre, post) = (rows(&[&[0], &[]], 1), rows(&[&[], &[0, 1]], 2));
    let settings = Plasticity {
        winners: Some(Winners { k: 1, radius: 0 }),
        ..Plasticity::new(Rule::Pair(Pair::default()))
    };
    let mut weights = [0.5; 2];
    let learned = learner(&settings, &dense(1, 2)).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
    assert_eq!((learned.winners, learned.features), (vec![[0, 0, 0]], vec![0]));
    assert!(weights[0] > 0.5 && weights[1] == 0.5);
}
