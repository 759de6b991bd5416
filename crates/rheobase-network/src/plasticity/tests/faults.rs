//! Bad input: every error says place, field, value and rule, and nothing has changed.

use super::*;

fn read(json: &str) -> Result<Plasticity, serde_json::Error> {
    serde_json::from_str(json)
}

#[test]
fn settings_are_data_and_unknown_keys_are_refused() {
    let text = r#"{"rule": {"order": {"ltp": [0.1, 0.2], "ltd": -0.1, "anneal": {"every": 500, "factor": 2.0, "limit": 0.15}}},
        "bounds": [0.2, 0.8], "winners": {"k": 5, "radius": 2}, "reward": {"punish": [-0.1, 0.05]},
        "homeostasis": {"rise": 1.0}, "normalize": {"sum": 10.0}}"#;
    let settings = read(text).unwrap();
    settings.check("layer", 2).unwrap();
    assert_eq!(read(&serde_json::to_string(&settings).unwrap()).unwrap(), settings);
    for rule in
        [r#"{"pair": {}}"#, r#"{"triplet": {"dependence": {"power": {"mu_plus": 0.5, "mu_minus": 1.0}}}}"#]
    {
        let settings = read(&format!("{{\"rule\": {rule}}}")).unwrap();
        settings.check("layer", 2).unwrap();
        assert_eq!(settings.bounds, [0.0, 1.0]);
    }
    for unknown in [
        r#"{"rule": {"order": {"ltp": 0.1, "ltd": -0.1, "stabiliser": true}}}"#,
        r#"{"rule": {"pair": {"tau": 0.02}}}"#,
        r#"{"rule": {"quadruplet": {}}}"#,
        r#"{"rule": {"pair": {}}, "bound": [0, 1]}"#,
        r#"{"rule": {"pair": {}}, "winners": {"radius": 1}}"#,
    ] {
        assert!(read(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let order = |more: &str| format!(r#"{{"rule": {{"order": {{"ltp": 0.1, "ltd": -0.1{more}}}}}}}"#);
    let pair = |more: &str, rest: &str| format!(r#"{{"rule": {{"pair": {{{more}}}}}{rest}}}"#);
    for (json, part) in [
        (r#"{"rule": {"order": {"ltp": 0.1, "ltd": 0.1}}}"#.into(), "layer.ltd[0] = 0.1: must have the other sign than ltp"),
        (r#"{"rule": {"order": {"ltp": [0.1], "ltd": -0.1}}}"#.into(), "layer.ltp: shape [1], but one rate for each feature, 3, is needed"),
        (r#"{"rule": {"order": {"ltp": 1e10, "ltd": -0.1}}}"#.into(), "layer.ltp[0] = 10000000000: must be finite and of magnitude"),
        (order(r#", "anneal": {"every": 0, "factor": 2, "limit": 1}"#), "anneal.every = 0: must be at least 1"),
        (order(r#", "anneal": {"every": 1, "factor": 0, "limit": 1}"#), "anneal.factor = 0: must be above 0"),
        (order(r#", "anneal": {"every": 1, "factor": 1, "limit": -1}"#), "anneal.limit = -1: must be above 0"),
        (r#"{"rule": {"order": {"ltp": 0, "ltd": -0.1, "anneal": {"every": 1, "factor": 2, "limit": 1}}}}"#.into(), "ltp[0] = 0: is 0 and stays so"),
        (pair("", r#", "bounds": [1, 0]"#), "layer.bounds = [1, 0]: must be the smallest and the largest weight"),
        (pair("", r#", "bounds": [-1e30, 0]"#), "layer.bounds = [-1000000000000000000000000000000, 0]: must be"),
        (pair("", r#", "winners": {"k": 0}"#), "layer.k = 0: must be at least 1"),
        (pair(r#""tau_plus": 0"#, ""), "layer.tau_plus = 0 s: must be finite and above 0"),
        (pair(r#""a_minus": -1"#, ""), "layer.a_minus = -1: must be finite and at least 0"),
        (pair(r#""dependence": {"power": {"mu_plus": -1, "mu_minus": 0}}"#, ""), "dependence.mu_plus = -1: must be"),
        (pair("", r#", "reward": {"tau": 0}"#), "reward.tau = 0 s: must be"),
        (pair("", r#", "reward": {"punish": [0, 0]}"#), "reward.punish = [ltp, ltd]: is for the order rule"),
        (pair("", r#", "homeostasis": {"rise": -1}"#), "homeostasis.rise = -1: must be"),
        (pair("", r#", "homeostasis": {"rise": 1, "tau": 0}"#), "homeostasis.tau = 0: must be a finite number of samples"),
        (pair("", r#", "normalize": {"sum": 0}"#), "normalize.sum = 0: must be finite and above 0"),
        (pair("", r#", "normalize": {"sum": 1}, "bounds": [-1, 0]"#), "normalize.sum = 1: cannot be reached"),
        (r#"{"rule": {"triplet": {"tau_y": -0.1}}}"#.into(), "layer.tau_y = -0.1 s: must be"),
        (format!("{},{}", order("").trim_end_matches('}').to_owned() + "}}", r#""reward": {"tau": 1}}"#), "reward.tau = 1: is for pair and triplet rules"),
    ] {
        let settings = read(&json).unwrap_or_else(|e| panic!("{json}: {e}"));
        let error = Learner::new("layer", &settings, dense(2, 3), 0.001).unwrap_err().to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
    let error = Learner::new("layer", &order_one(), dense(2, 3), 0.0).unwrap_err().to_string();
    assert!(error.contains("layer.dt = 0 s"), "{error}");
}

fn order_one() -> Plasticity {
    super::order(0.1, -0.1)
}

#[test]
fn connections_that_cannot_be_are_refused() {
    let conv =
        |kernel: &[usize], input: &[usize]| Connection::convolution("conv1", Kernels::new(2, kernel), input);
    let error = conv(&[5], &[1, 4, 4]).unwrap_err().to_string();
    assert!(error.starts_with("conv1.kernel = 5: reaches over 5 places"), "{error}");
    assert!(conv(&[2], &[4]).unwrap_err().to_string().contains("[C, L] or [C, H, W] is needed"));
    assert!(
        Connection::dense("fc", 0, 3).unwrap_err().to_string().contains("fc.inputs = 0: must be at least 1")
    );
    assert!(
        Connection::dense("fc", 1 << 20, 1 << 20).unwrap_err().to_string().contains("2^31 weights or more")
    );
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let (pre, post) = (rows(&[&[0], &[1]], 2), rows(&[&[], &[0]], 2));
    let fine = Activity::new(&pre, &post);
    let mut unnamed = order_one();
    unnamed.winners = None;
    let waits = Plasticity { reward: Some(Reward::default()), ..order_one() };
    let (many, short) = (rows(&[&[2], &[]], 3), rows(&[&[0]], 2));
    let cases: Vec<(&Plasticity, Activity<'_>, &[f32], &str)> = vec![
        (&unnamed, fine, &[0.5; 4], "layer.winners = none: are needed by the order rule"),
        (
            &unnamed,
            fine.winners(&[[0, 0, 0], [2, 0, 0]]),
            &[0.5; 4],
            "layer.winners[1] = [2, 0, 0]: must lie within [2, 1, 1]",
        ),
        (&waits, fine, &[0.5; 4], "layer.reward = none: is needed with every sample"),
        (
            &waits,
            fine.reward(&[1.0, 1.0]),
            &[0.5; 4],
            "layer.reward: shape [2], but one number, 1, is needed",
        ),
        (&waits, fine.reward(&[f32::NAN]), &[0.5; 4], "layer.reward[0] = NaN: must be finite"),
        (&unnamed, fine.reward(&[1.0]), &[0.5; 4], "layer.reward = [1.0]: is for rules that wait for it"),
        (&unnamed, Activity::new(&many, &post), &[0.5; 4], "layer.pre.index[0] = 2: must be below 2"),
        (&unnamed, Activity::new(&pre, &many), &[0.5; 4], "layer.post.index[0] = 2: must be below 2"),
        (
            &unnamed,
            Activity::new(&pre, &short),
            &[0.5; 4],
            "layer.post: shape [1], but the number of steps of the inputs, 2",
        ),
        (&unnamed, fine, &[0.5; 3], "layer.weight: shape [3], but one number for each weight, 4, is needed"),
        (&unnamed, fine, &[0.5, f32::NAN, 0.5, 0.5], "layer.weight[1] = NaN: must be finite"),
    ];
    for (settings, activity, weights, part) in cases {
        let mut learner = learner(settings, &dense(2, 2));
        let (before, mut after) = (learner.tensors().unwrap(), weights.to_vec());
        let error = learner.sample(&mut after, &activity).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(learner.tensors().unwrap(), before);
        assert!(after.iter().zip(weights).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
    let mut learner = learner(&order_one(), &dense(2, 2));
    let error = learner.check(&[0.5, 0.5, 1.5, 0.5]).unwrap_err().to_string();
    assert!(error.starts_with("layer.weight[2] = 1.5: must be within the bounds [0, 1]"), "{error}");
    learner.check(&[0.0, 0.5, 1.0, 0.5]).unwrap();
    let error = learner.steps(&mut [0.5; 4], &fine).unwrap_err().to_string();
    assert!(error.contains("layer.rule = order: sees whole samples"), "{error}");
    assert!(learner.set_rates(Some(2), [0.1, -0.1]).unwrap_err().to_string().contains("must be below 2"));
    assert!(learner.set_rates(None, [0.1, 0.1]).unwrap_err().to_string().contains("other sign"));
}
