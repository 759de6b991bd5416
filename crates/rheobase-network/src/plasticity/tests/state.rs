//! Splits of a run, and state that is kept and taken back: the same bits.

use proptest::prelude::*;

use super::*;

/// Steps `from..to` of spikes.
fn part(rows: &SpikeRows, from: usize, to: usize, neurons: usize) -> SpikeRows {
    let of = |t: usize| rows.step(t).0.iter().map(|i| (*i, 1.0)).collect();
    valued(&(from..to).map(of).collect::<Vec<_>>(), neurons)
}

fn rules() -> Vec<Plasticity> {
    let pair = Pair { dependence: Dependence::Multiplicative, ..Pair::default() };
    let triplet = Triplet { a3_minus: 1e-3, pairing: Pairing::Nearest, ..Triplet::default() };
    let waits = Some(Reward { tau: Some(0.01), ..Reward::default() });
    let plain = Plasticity::new(Rule::Pair(pair));
    vec![plain.clone(), Plasticity::new(Rule::Triplet(triplet)), Plasticity { reward: waits, ..plain }]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_split_gives_the_same_bits(seed in any::<u64>(), cuts in proptest::collection::vec(0usize..40, 0..5), delay in 0usize..4, shared in any::<bool>()) {
        let connection = if shared {
            Connection::convolution("layer", Kernels::new(3, &[2]), &[2, 4, 4]).unwrap()
        } else {
            dense(6, 5)
        };
        let connection = connection.delayed(delay);
        let (steps, inputs, outputs) = (40, connection.inputs(), connection.outputs());
        let (pre, post) = (random(seed, steps, inputs, 4), random(seed ^ 1, steps, outputs, 5));
        let rewards: Vec<f32> = (0..steps).map(|t| if t % 7 == 3 { 0.5 } else { 0.0 }).collect();
        let mut cuts: Vec<usize> = cuts.into_iter().chain([0, steps]).collect();
        cuts.sort_unstable();
        for settings in rules() {
            let reward = if settings.reward.is_some() { &rewards[..] } else { &[] };
            let start: Vec<f32> = (0..connection.len()).map(|i| 0.3 + (i % 5) as f32 / 10.0).collect();
            let (mut whole, mut parts) = (start.clone(), start);
            let mut one = learner(&settings, &connection);
            one.steps(&mut whole, &Activity::new(&pre, &post).reward(reward)).unwrap();
            let mut many = learner(&settings, &connection);
            for cut in cuts.windows(2) {
                let (from, to) = (cut[0], cut[1]);
                let (pre, post) = (part(&pre, from, to, inputs), part(&post, from, to, outputs));
                let reward = if reward.is_empty() { reward } else { &reward[from..to] };
                many.steps(&mut parts, &Activity::new(&pre, &post).reward(reward)).unwrap();
                // Kept and taken back in between.
                let kept = many.tensors().unwrap();
                many = learner(&settings, &connection);
                many.restore(&kept).unwrap();
            }
            prop_assert_eq!(&whole, &parts);
            prop_assert_eq!(one.tensors().unwrap(), many.tensors().unwrap());
            prop_assert!(whole.iter().any(|w| *w != 0.3));
        }
    }
}

#[test]
fn a_sample_begins_afresh() {
    for settings in rules() {
        let connection = dense(4, 3).delayed(1);
        let (pre, post) = (random(5, 20, 4, 3), random(6, 20, 3, 3));
        let reward: &[f32] = if settings.reward.is_some() { &[1.0] } else { &[] };
        let activity = Activity::new(&pre, &post).reward(reward);
        let mut learner = learner(&settings, &connection);
        let (mut first, mut again) = (vec![0.5; 12], vec![0.5; 12]);
        learner.sample(&mut first, &activity).unwrap();
        learner.sample(&mut again, &activity).unwrap();
        assert_eq!(first, again);
    }
}

#[test]
fn what_was_kept_goes_on_to_the_bit_and_damage_is_refused() {
    let anneal = Some(Anneal { every: 1, factor: 1.5, limit: 0.5 });
    let mut settings = order(0.1, -0.1);
    settings.homeostasis = Some(Homeostasis { rise: 1.0, tau: Some(5.0), keep: false });
    let Rule::Order(rule) = &mut settings.rule else { panic!() };
    rule.anneal = anneal;
    let connection = dense(6, 4);
    let sample = |learner: &mut Learner, weights: &mut [f32], n: u64| {
        let (pre, post) = (random(n, 8, 6, 6), random(n ^ 77, 8, 4, 6));
        learner.sample(weights, &Activity::new(&pre, &post)).unwrap();
    };
    let (mut all, mut weights) = (learner(&settings, &connection), vec![0.5; 24]);
    (0..3).for_each(|n| sample(&mut all, &mut weights, n));
    let (kept, mut other) = (all.tensors().unwrap(), weights.clone());
    let mut back = learner(&settings, &connection);
    back.restore(&kept).unwrap();
    (3..6).for_each(|n| sample(&mut all, &mut weights, n));
    (3..6).for_each(|n| sample(&mut back, &mut other, n));
    assert_eq!((weights, all.tensors().unwrap()), (other, back.tensors().unwrap()));

    let before = back.tensors().unwrap();
    let missing: Vec<_> = kept.iter().filter(|(name, _)| name != "rates").cloned().collect();
    assert!(back.restore(&missing).unwrap_err().to_string().contains("layer: unknown array `rates`"));
    let mut damaged = kept.clone();
    let Some((_, wins)) = damaged.iter_mut().find(|(name, _)| name == "wins") else { panic!() };
    *wins = rheobase_signals::Tensor::u64(&[3], vec![0; 3]).unwrap();
    let error = back.restore(&damaged).unwrap_err().to_string();
    assert_eq!(error, "layer.wins: shape [3], but as many as before, 4, is needed");
    assert_eq!(back.tensors().unwrap(), before);
}
