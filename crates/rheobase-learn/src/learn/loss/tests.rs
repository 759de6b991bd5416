//! Every loss: gradients are central differences, and the ends of the range are finite.

use super::*;

const CLASSES: usize = 3;

fn all() -> Vec<LossKind> {
    let scores = [Score::Count, Score::Rate, Score::Max, Score::Mean, Score::Last];
    let cross_entropy =
        |readout| LossKind::CrossEntropy(CrossEntropy { readout, gain: 2.5, smoothing: 0.05 });
    let mut losses: Vec<_> = scores.into_iter().map(cross_entropy).collect();
    losses.push(LossKind::RateError(RateError::default()));
    losses.push(LossKind::TraceError(TraceError::default()));
    losses.push(LossKind::FirstSpike(FirstSpike { tau: 3.0 }));
    losses
}

/// A target that `loss` compares with, for a trace of `len` elements.
fn target_for(loss: &LossKind, course: &'static [f32], len: usize) -> Target<'static> {
    match loss {
        LossKind::TraceError(_) => Target::Trace(&course[..len]),
        _ => Target::Class(1),
    }
}

const COURSE: &[f32] = &[0.5, -0.25, 0.75, 0.0, 1.0, -1.0, 0.125, 0.25, 0.5, 0.0, 1.0, 0.0, 0.5, 0.5, 0.5];
const SMOOTH: &[f32] =
    &[0.25, 0.5, 0.125, 0.75, 0.0625, 0.375, 0.9375, 0.5625, 0.25, 0.3125, 0.125, 0.875, 0.5, 0.25, 0.625];
const SPIKES: &[f32] = &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];

fn evaluate(loss: &LossKind, trace: &[f32]) -> (Evaluated, Vec<f32>) {
    let mut gradient = vec![f32::NAN; trace.len()];
    let target = target_for(loss, COURSE, trace.len());
    (loss.evaluate(trace, CLASSES, &target, &mut gradient).unwrap(), gradient)
}

#[test]
fn gradients_are_central_differences() {
    for loss in all() {
        for steps in [1, 2, 5] {
            let trace = &SMOOTH[..steps * CLASSES];
            let (_, gradient) = evaluate(&loss, trace);
            for i in 0..trace.len() {
                let at = |step: f32| {
                    let mut moved = trace.to_vec();
                    moved[i] += step;
                    evaluate(&loss, &moved).0.loss
                };
                // A power of two, so that the moved value is exact; small enough for the third derivative.
                let h = 2f32.powi(-12);
                let difference = (at(h) - at(-h)) / (2.0 * f64::from(h));
                assert!(
                    (difference - f64::from(gradient[i])).abs() < 1e-6,
                    "{loss:?}, {steps} steps, element {i}: {difference} {}",
                    gradient[i]
                );
            }
        }
    }
}

#[test]
fn one_step_silence_and_equal_scores_are_defined() {
    for loss in all() {
        for trace in [vec![0.0; CLASSES], vec![0.0; 5 * CLASSES], vec![1.0; 2 * CLASSES]] {
            let (got, gradient) = evaluate(&loss, &trace);
            assert!(got.loss.is_finite() && gradient.iter().all(|g| g.is_finite()), "{loss:?}");
            assert_eq!(got.prediction(), 0, "{loss:?}: the first of equal scores");
        }
    }
}

#[test]
fn equal_scores_cost_the_logarithm_of_the_classes() {
    for readout in [Score::Count, Score::Max, Score::Last] {
        let loss = LossKind::CrossEntropy(CrossEntropy::on(readout));
        assert!((evaluate(&loss, &[0.0; 6]).0.loss - 3f64.ln()).abs() < 1e-12);
    }
}

#[test]
fn huge_values_stay_finite() {
    for loss in all() {
        let wants_binary = matches!(loss, LossKind::FirstSpike(_));
        for (a, b) in [(f32::MAX, f32::MIN), (f32::MAX, f32::MAX), (1e30, 0.0)] {
            if wants_binary {
                continue;
            }
            for steps in [1, 4] {
                let trace: Vec<f32> = [a, b, 0.0].into_iter().cycle().take(steps * CLASSES).collect();
                let (got, gradient) = evaluate(&loss, &trace);
                assert!(got.loss.is_finite(), "{loss:?}");
                assert!(got.scores.iter().chain(&gradient).all(|x| x.is_finite()), "{loss:?} {gradient:?}");
            }
        }
    }
}

#[test]
fn the_first_of_equal_maxima_takes_the_gradient() {
    let loss = LossKind::CrossEntropy(CrossEntropy::on(Score::Max));
    let (_, gradient) = evaluate(&loss, &[0.0, -1.0, 2.0, 0.0, -1.0, 2.0]);
    assert!(gradient[..3].iter().all(|g| *g != 0.0));
    assert_eq!(gradient[3..], [0.0; 3]);
}

#[test]
fn first_spikes_are_counted_and_single_spikes_weighed_exactly() {
    let loss = LossKind::FirstSpike(FirstSpike { tau: 1e6 });
    let (got, gradient) = evaluate(&loss, SPIKES);
    // First spikes at steps 2 and 0, the third output is silent.
    assert_eq!(got.scores, [-2.0, 0.0, -5.0]);
    assert_eq!(got.prediction(), 1);
    // With this τ all classes are equally likely: slopes of −t/τ are ⅓ and −⅔.
    let third =
        |c: usize| -> Vec<f64> { (0..5).map(|t| f64::from(gradient[t * CLASSES + c]) * 3e6).collect() };
    let near = |got: Vec<f64>, want: [f64; 5]| {
        assert!(got.iter().zip(&want).all(|(g, w)| (g - w).abs() < 1e-4), "{got:?} {want:?}");
    };
    // Before the spike: the time won; at it: the steps until the next; after it: nothing.
    near(third(0), [2.0, 1.0, 2.0, 0.0, 0.0]);
    near(third(1), [-4.0, 0.0, 0.0, 0.0, 0.0]);
    near(third(2), [5.0, 4.0, 3.0, 2.0, 1.0]);
}

#[test]
fn a_silent_right_output_is_pulled_towards_firing() {
    let loss = LossKind::FirstSpike(FirstSpike::default());
    let (_, gradient) = evaluate(&loss, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert!(gradient[1] < 0.0 && gradient[4] < 0.0, "{gradient:?}");
    assert!(gradient[1] < gradient[4], "an early spike helps more: {gradient:?}");
}

#[test]
fn rates_may_be_wanted_one_by_one() {
    let mut gradient = [0.0; 4];
    let got = RateError::default()
        .evaluate(&[1.0, 0.0, 0.0, 0.0], 2, &Target::Rates(&[0.25, 0.0]), &mut gradient)
        .unwrap();
    assert_eq!((got.loss, got.scores), (0.03125, vec![0.5, 0.0]));
    assert_eq!(gradient, [0.125, 0.0, 0.125, 0.0]);
}

#[test]
fn losses_are_read_by_name_and_refuse_unknown_keys() {
    let read = |text: &str| serde_json::from_str::<LossKind>(text);
    let loss = read(r#"{"kind": "cross_entropy", "readout": "max", "gain": 2}"#).unwrap();
    assert_eq!(loss, LossKind::CrossEntropy(CrossEntropy { readout: Score::Max, gain: 2.0, smoothing: 0.0 }));
    assert_eq!(loss.wants(), Readout::Potential);
    assert_eq!(read(r#"{"kind": "first_spike"}"#).unwrap().wants(), Readout::Spikes);
    assert!(
        read(r#"{"kind": "cross_entropy", "redout": "max"}"#).unwrap_err().to_string().contains("redout")
    );
    assert!(read(r#"{"kind": "cross_entropy", "readout": "median"}"#).is_err());
    assert!(read(r#"{"kind": "hinge"}"#).is_err());
    for loss in all() {
        assert_eq!(read(&serde_json::to_string(&loss).unwrap()).unwrap(), loss);
    }
}

#[test]
fn bad_input_is_an_error_with_its_place() {
    let loss = LossKind::default();
    let class = Target::Class(0);
    let text = |trace: &[f32], classes, target: &Target<'_>, gradient: usize| {
        loss.evaluate(trace, classes, target, &mut vec![0.0; gradient]).unwrap_err().to_string()
    };
    assert!(text(&[], 2, &class, 0).contains("at least one step"));
    assert!(text(&[1.0; 3], 2, &class, 3).contains("[time, 2]"));
    assert!(text(&[1.0; 4], 0, &class, 4).contains("classes = 0"));
    assert!(text(&[1.0; 4], 2, &class, 3).contains("gradient"));
    assert!(text(&[1.0, 1.0, f32::NAN, 1.0], 2, &class, 4).contains("trace[step 1, class 0] = NaN"));
    assert!(text(&[1.0; 4], 2, &Target::Class(2), 4).contains("target = 2: must be a class below 2"));
    assert!(text(&[1.0; 4], 2, &Target::Rates(&[0.0; 2]), 4).contains("compares with a class"));
    let evaluate = |loss: &dyn Loss, target: &Target<'_>| {
        loss.evaluate(&[1.0; 4], 2, target, &mut [0.0; 4]).unwrap_err().to_string()
    };
    assert!(
        evaluate(&CrossEntropy { gain: f64::NAN, ..CrossEntropy::default() }, &class).contains("gain = NaN")
    );
    assert!(
        evaluate(&CrossEntropy { smoothing: 1.0, ..CrossEntropy::default() }, &class).contains("smoothing")
    );
    assert!(evaluate(&FirstSpike { tau: 0.0 }, &class).contains("tau = 0"));
    assert!(evaluate(&TraceError::default(), &Target::Trace(&[1.0])).contains("target"));
    assert!(evaluate(&TraceError::default(), &Target::Trace(&[f32::NAN; 4])).contains("target[0] = NaN"));
    assert!(evaluate(&TraceError::default(), &class).contains("compares with a trace"));
    assert!(evaluate(&RateError { correct: -1.0, incorrect: 0.0 }, &class).contains("correct = -1"));
    let count = FirstSpike::default().evaluate(&[2.0, 0.0], 2, &class, &mut [0.0; 2]).unwrap_err();
    assert!(count.to_string().contains("trace[step 0, class 0] = 2: must be a spike"), "{count}");
}
