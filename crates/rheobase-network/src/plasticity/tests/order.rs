//! The order rule: who learns what; rates, reward, homeostasis, normalisation.

use super::*;

/// Two maps of 2 × 2 kernels over 1 × 3 × 3: windows at four places.
fn maps() -> Connection {
    Connection::convolution("layer", Kernels::new(2, &[2]), &[1, 3, 3]).unwrap()
}

#[test]
fn the_winner_of_a_map_updates_it_at_its_place() {
    let mut settings = order(0.1, -0.2);
    settings.winners = Some(Winners { k: 2, radius: 0 });
    // Inputs 0 and 4 come with the first output, 1 comes after it, 3 never.
    let pre = rows(&[&[4], &[0], &[1, 5]], 9);
    // Map 1 fires first, at place (0, 0); map 0 later at (1, 1), which sees inputs 4, 5, 7, 8.
    let post = rows(&[&[], &[4], &[3]], 8);
    let mut weights = [0.5; 8];
    let learned = learner(&settings, &maps()).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
    assert_eq!((learned.winners, learned.features), (vec![[1, 0, 0], [0, 1, 1]], vec![0, 1]));
    let (up, down) = (0.5 + 0.1 * 0.25, 0.5 - 0.2 * 0.25);
    assert_eq!(weights, [up, up, down, down, up, down, down, up]);
}

#[test]
fn without_the_stabilizer_changes_are_whole_and_bounds_hold_everywhere() {
    let mut settings = order(0.3, -0.3);
    let Rule::Order(rule) = &mut settings.rule else { panic!() };
    rule.stabilizer = false;
    settings.bounds = [0.2, 0.8];
    let (pre, post) = (rows(&[&[0], &[]], 2), rows(&[&[], &[1]], 2));
    // Also weights of outputs that did not win come within the bounds.
    let mut weights = [0.9, 0.5, 0.1, 0.5];
    learner(&settings, &dense(2, 2)).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
    assert_eq!(weights, [0.8, 0.8, 0.2, 0.2]);
    // Nobody won.
    let (mut weights, none) = ([0.9, 0.5, 0.1, 0.5], rows(&[&[], &[]], 2));
    let learned = learner(&settings, &dense(2, 2)).sample(&mut weights, &Activity::new(&pre, &none)).unwrap();
    assert_eq!((weights, learned), ([0.8, 0.5, 0.2, 0.5], Learned::default()));
}

#[test]
fn equal_times_potentiate_and_what_never_fires_is_late() {
    let (pre, post) = (rows(&[&[0], &[1]], 3), rows(&[&[0], &[]], 2));
    let sample = |winner: usize| {
        let mut weights = [0.5; 6];
        let activity = Activity::new(&pre, &post).winners(&[[0, 0, 0], [1, 0, 0]][winner..=winner]);
        learner(&order(0.4, -0.4), &dense(3, 2)).sample(&mut weights, &activity).unwrap();
        [0, 1, 2].map(|i| weights[2 * i + winner])
    };
    assert_eq!(sample(0), [0.6, 0.4, 0.4]);
    // A winner that is named and never fires is later than everything.
    assert_eq!(sample(1), [0.6, 0.6, 0.6]);
}

#[test]
fn padding_never_fires_and_a_delay_makes_inputs_late() {
    let kernels = Kernels { padding: &[1], ..Kernels::new(1, &[3]) };
    let connection = Connection::convolution("layer", kernels, &[1, 3]).unwrap();
    let (pre, post) = (rows(&[&[0, 1], &[]], 3), rows(&[&[], &[0]], 3));
    let learn = |connection: &Connection| {
        let mut weights = [0.5; 3];
        learner(&order(0.4, -0.4), connection).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
        weights
    };
    assert_eq!(learn(&connection), [0.4, 0.6, 0.6]);
    assert_eq!(learn(&connection.clone().delayed(1)), [0.4, 0.6, 0.6]);
    assert_eq!(learn(&connection.delayed(2)), [0.4, 0.4, 0.4]);
}

#[test]
fn of_several_winners_of_a_map_the_last_counts() {
    let (pre, post) = (rows(&[&[0, 1, 3, 4], &[]], 9), rows(&[&[], &[0, 3]], 8));
    let mut weights = [0.5; 8];
    let activity = Activity::new(&pre, &post).winners(&[[0, 1, 1], [0, 0, 0]]);
    learner(&order(0.4, -0.4), &maps()).sample(&mut weights, &activity).unwrap();
    assert_eq!(weights[..4], [0.6; 4]);
}

#[test]
fn rates_are_those_of_the_feature_and_grow_to_a_limit() {
    let mut settings = order(0.0, 0.0);
    let anneal = Some(Anneal { every: 2, factor: 2.0, limit: 0.3 });
    let (ltp, ltd) = (Rate::Each(vec![0.1, 0.2]), Rate::Each(vec![-0.05, -0.2]));
    settings.rule = Rule::Order(Order { ltp, ltd, stabilizer: true, anneal });
    let mut learner = learner(&settings, &dense(1, 2));
    let (pre, post) = (rows(&[&[0]], 1), rows(&[&[0]], 2));
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(learner.rates().to_vec());
        learner.sample(&mut [0.5, 0.5], &Activity::new(&pre, &post)).unwrap();
    }
    assert_eq!(seen[1], [[0.1, -0.05], [0.2, -0.2]]);
    assert_eq!(seen[2], [[0.2, -0.1], [0.3, -0.3]]);
    assert_eq!(seen[4], [[0.3, -0.15], [0.3, -0.3]]);
    learner.set_rates(Some(1), [0.7, -0.1]).unwrap();
    assert_eq!(learner.rates(), [[0.3, -0.15], [0.7, -0.1]]);
    learner.set_rates(None, [0.0, -0.1]).unwrap();
    assert_eq!(learner.rates(), [[0.0, -0.1]; 2]);
}

#[test]
fn a_reward_scales_and_a_punishment_turns_around_or_has_rates_of_its_own() {
    let (pre, post) = (rows(&[&[0], &[]], 2), rows(&[&[], &[0]], 1));
    let after = |reward: Reward, r: f32| {
        let mut weights = [0.5; 2];
        let settings = Plasticity { reward: Some(reward), ..order(0.4, -0.2) };
        let activity = Activity::new(&pre, &post);
        learner(&settings, &dense(2, 1)).sample(&mut weights, &activity.reward(&[r])).unwrap();
        weights
    };
    assert_eq!(after(Reward::default(), 1.0), [0.6, 0.45]);
    assert_eq!(after(Reward::default(), 0.5), [0.55, 0.475]);
    assert_eq!(after(Reward::default(), 0.0), [0.5, 0.5]);
    assert_eq!(after(Reward::default(), -1.0), [0.4, 0.55]);
    let punish = Some([Rate::Same(-0.8), Rate::Same(0.1)]);
    assert_eq!(after(Reward { punish: punish.clone(), ..Reward::default() }, -0.5), [0.4, 0.5 + 0.0125]);
    assert_eq!(after(Reward { punish, ..Reward::default() }, 1.0), [0.6, 0.45]);
}

#[test]
fn winners_find_it_harder_to_win_again_and_forget_it() {
    let settings = Plasticity {
        homeostasis: Some(Homeostasis { rise: 2.0, tau: Some(10.0), keep: false }),
        ..order(0.1, -0.1)
    };
    let mut learner = learner(&settings, &dense(1, 2));
    let (pre, first) = (rows(&[&[0]], 1), rows(&[&[0]], 2));
    assert_eq!(learner.thresholds(), [0.0, 0.0]);
    learner.sample(&mut [0.5, 0.5], &Activity::new(&pre, &first)).unwrap();
    assert_eq!(learner.thresholds(), [2.0, 0.0]);
    learner.sample(&mut [0.5, 0.5], &Activity::new(&pre, &rows(&[&[1]], 2))).unwrap();
    let kept = (-0.1f32).exp();
    assert!((learner.thresholds()[0] - 2.0 * kept).abs() < 1e-6);
    assert_eq!((learner.thresholds()[1], learner.wins(), learner.samples()), (2.0, &[1, 1][..], 2));
}

#[test]
fn sums_of_what_learned_are_restored_within_bounds() {
    let settings = Plasticity { normalize: Some(Normalize { sum: 1.5 }), ..order(0.0, 0.0) };
    let (pre, post) = (rows(&[&[0]], 3), rows(&[&[1]], 2));
    let mut weights = [0.1, 0.2, 0.1, 0.2, 0.1, 0.6];
    learner(&settings, &dense(3, 2)).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
    let want = [0.1, 0.3, 0.1, 0.3, 0.1, 0.9];
    assert!(weights.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-6), "{weights:?}");
    let mut weights = [0.1, 0.0, 0.1, 0.0, 0.1, 0.6];
    learner(&settings, &dense(3, 2)).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
    assert_eq!(weights, [0.1, 0.0, 0.1, 0.0, 0.1, 1.0]);
}
