//! Every optimiser: the same bits at every level, a way down, and bad input refused. Numbers against PyTorch are in
//! `tests/learning_reference.rs`.

use super::*;
use crate::learn::checkpoint::{Checkpoint, Header};

fn all() -> [OptimiserKind; 5] {
    [
        OptimiserKind::Sgd(Sgd::default()),
        OptimiserKind::Sgd(Sgd { momentum: 0.9, nesterov: false }),
        OptimiserKind::Sgd(Sgd { momentum: 0.9, nesterov: true }),
        OptimiserKind::Adam(Adam::default()),
        OptimiserKind::AdamW(AdamW::default()),
    ]
}

fn update(done: u64, level: Level) -> Update<'static> {
    Update { name: "hidden.weight", learning_rate: 0.01, done, level }
}

/// Numbers of many sizes; 37 of them fill no register.
fn numbers(salt: u32) -> Vec<f32> {
    let stream = rheobase_base::random::Stream::new(7, "test", "optimise");
    (0..37).map(|i| stream.normal(0, salt, i) as f32 * 10f32.powi(i as i32 % 9 - 4)).collect()
}

#[test]
fn the_same_bits_at_every_level_and_however_split() {
    for optimiser in all() {
        let run = |level, parts: &[std::ops::Range<usize>]| {
            let mut parameter = numbers(0);
            for part in parts {
                let mut moments = Moments::new(&optimiser, part.len());
                for done in 0..5 {
                    let gradient = &numbers(1 + done as u32)[part.clone()];
                    let part = &mut parameter[part.clone()];
                    optimiser.step(part, gradient, &mut moments, &update(done, level)).unwrap();
                }
            }
            parameter.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let want = run(Level::Scalar, std::slice::from_ref(&(0..37)));
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            assert_eq!(run(level, std::slice::from_ref(&(0..37))), want, "{optimiser:?} {level:?}");
            assert_eq!(run(level, &[0..5, 5..5, 5..36, 36..37]), want, "{optimiser:?} {level:?}");
        }
    }
}

#[test]
fn what_threads_share_out_has_the_same_bits() {
    let stream = rheobase_base::random::Stream::new(7, "test", "many");
    let many = |salt: u32| (0..100_001).map(|i| stream.normal(1, salt, i) as f32).collect::<Vec<f32>>();
    for optimiser in all() {
        let run = |threads: usize, pieces: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut parameter, gradient) = (many(0), many(1));
            pool.install(|| {
                for (p, g) in parameter.chunks_mut(pieces).zip(gradient.chunks(pieces)) {
                    let mut moments = Moments::new(&optimiser, p.len());
                    (0..2).for_each(|done| {
                        optimiser.step(p, g, &mut moments, &update(done, Level::best())).unwrap();
                    });
                }
            });
            parameter.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(run(2, 100_001), run(1, 1000), "{optimiser:?}");
    }
}

#[test]
fn a_valley_is_descended() {
    for optimiser in all() {
        let mut x = [3.0f32, -2.0];
        let mut moments = Moments::new(&optimiser, 2);
        for done in 0..2000 {
            let gradient = [2.0 * x[0], 8.0 * x[1]];
            optimiser.step(&mut x, &gradient, &mut moments, &update(done, Level::best())).unwrap();
        }
        assert!(x.iter().all(|x| x.abs() < 0.02), "{optimiser:?}: {x:?}");
    }
}

#[test]
fn late_steps_and_silent_gradients_are_finite() {
    for optimiser in all() {
        let mut moments = Moments::new(&optimiser, 3);
        let mut x = [1.0, 0.0, -1.0];
        optimiser.step(&mut x, &[0.0; 3], &mut moments, &update(0, Level::best())).unwrap();
        optimiser
            .step(&mut x, &[1e-30, 0.0, 1e15], &mut moments, &update(u64::MAX, Level::best()))
            .unwrap_or(());
        assert!(!x.iter().any(|x| x.is_nan()), "{optimiser:?} {x:?}");
    }
}

#[test]
fn moments_go_through_a_checkpoint_to_the_bit() {
    let optimiser = all()[3];
    let mut moments = Moments::new(&optimiser, 37);
    let mut parameter = numbers(0);
    optimiser.step(&mut parameter, &numbers(1), &mut moments, &update(0, Level::best())).unwrap();
    let mut checkpoint = Checkpoint::new(Header::default());
    moments.save(&mut checkpoint, "moments", "hidden.weight", &[37]).unwrap();
    assert!(moments.save(&mut checkpoint, "moments", "hidden.weight", &[37]).is_err());
    let path = std::path::Path::new("x");
    checkpoint.expect(path, "moments", &moments.wanted("hidden.weight", &[37])).unwrap();
    let mut restored = Moments::new(&optimiser, 37);
    restored.restore(&checkpoint, "moments", "hidden.weight").unwrap();
    assert_eq!(restored, moments);
    let names: Vec<_> = restored.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["first", "second"]);
    let text = restored.restore(&checkpoint, "moments", "hiden.weight").unwrap_err().to_string();
    assert!(text.contains("did you mean `hidden.weight.first`"), "{text}");
    assert!(Moments::new(&optimiser, 36).restore(&checkpoint, "moments", "hidden.weight").is_err());
}

#[test]
fn bad_input_is_refused_with_its_place_and_changes_nothing() {
    for optimiser in all() {
        let mut x = [1.0, 2.0];
        let mut moments = Moments::new(&optimiser, 2);
        let before = moments.clone();
        let now = update(0, Level::best());
        for bad in [f32::NAN, f32::INFINITY] {
            let error = optimiser.step(&mut x, &[0.0, bad], &mut moments, &now).unwrap_err().to_string();
            assert!(error.starts_with("hidden.weight.gradient[1] = "), "{error}");
        }
        assert!(optimiser.step(&mut x, &[0.0], &mut moments, &now).is_err());
        let short = Half::Parameter { from: &[1.0, 2.0], to: &mut [0.0] };
        assert!(optimiser.half(short, &[0.0; 2], &mut moments, &now).is_err());
        for rate in [f64::NAN, -1.0, f64::INFINITY] {
            let now = Update { learning_rate: rate, ..now };
            assert!(optimiser.step(&mut x, &[0.0; 2], &mut moments, &now).is_err());
        }
        if !before.iter().collect::<Vec<_>>().is_empty() {
            let mut others = Moments::new(&optimiser, 3);
            assert!(optimiser.step(&mut x, &[0.0; 2], &mut others, &now).is_err());
        }
        assert_eq!((x, moments), ([1.0, 2.0], before));
    }
    let mut plain = Moments::new(&all()[0], 1);
    let error =
        all()[3].step(&mut [1.0], &[1.0], &mut plain, &update(0, Level::best())).unwrap_err().to_string();
    assert!(error.contains("\"first\", \"second\""), "{error}");
}

#[test]
fn values_that_leave_the_numbers_are_reported() {
    let sgd = Sgd { momentum: 0.9, nesterov: false };
    let now = Update { learning_rate: 10.0, ..update(0, Level::best()) };
    let (mut x, mut moments) = ([0.0, 1.0], Moments::new(&sgd, 2));
    let error = sgd.step(&mut x, &[0.0, f32::MAX], &mut moments, &now).unwrap_err();
    assert!(error.to_string().starts_with("hidden.weight.value[1] = -inf"), "{error}");
    assert_eq!((x, moments), ([0.0, 1.0], Moments::new(&sgd, 2)));
    let adam = Adam::default();
    let mut moments = Moments::new(&adam, 1);
    let error = adam.step(&mut [0.0], &[1e19], &mut moments, &update(0, Level::best())).unwrap_err();
    assert!(error.to_string().contains("1e18"), "{error}");
}

#[test]
fn settings_are_checked_and_unknown_keys_refused() {
    let read = |text: &str| serde_json::from_str::<OptimiserKind>(text);
    assert_eq!(read(r#"{"kind": "adam"}"#).unwrap(), OptimiserKind::default());
    assert!(read(r#"{"kind": "adam", "beta_1": 0.9}"#).unwrap_err().to_string().contains("beta_1"));
    assert!(read(r#"{"kind": "sgd", "nesterov": true}"#).unwrap().check().is_err());
    assert!(read(r#"{"kind": "adamw", "weight_decay": -1}"#).unwrap().check().is_err());
    assert!(Adam { beta2: 1.0, ..Adam::default() }.check().is_err());
    assert!(Adam { epsilon: 0.0, ..Adam::default() }.check().is_err());
    assert!(Sgd { momentum: f64::NAN, nesterov: false }.check().is_err());
    for optimiser in all() {
        assert_eq!(read(&serde_json::to_string(&optimiser).unwrap()).unwrap(), optimiser);
    }
    assert_eq!(all()[4].without_decay(), OptimiserKind::default());
    assert_eq!(all()[1].without_decay(), all()[1]);
}
