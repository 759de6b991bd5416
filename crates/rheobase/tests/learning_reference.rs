//! Losses, optimisers, schedules and clipping against the numbers of PyTorch.
//! `peers/make_learning_reference.py` computes them.

use rheobase::learn::{
    Clip, Loss, LossKind, Moments, Optimiser, OptimiserKind, Progress, Schedule, ScheduleKind, Target, Update,
};
use rheobase::models::lanes::Level;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    losses: Losses,
    optimisers: Optimisers,
    schedules: Schedules,
    clipping: Clipping,
}

#[derive(Deserialize)]
struct Losses {
    classes: usize,
    label: u32,
    course: Vec<f32>,
    cases: Vec<LossCase>,
}

#[derive(Deserialize)]
struct LossCase {
    loss: LossKind,
    trace: Vec<f32>,
    value: f64,
    gradient: Vec<f64>,
}

#[derive(Deserialize)]
struct Optimisers {
    rate: f64,
    start: Vec<f32>,
    gradients: Vec<Vec<f32>>,
    cases: Vec<OptimiserCase>,
}

#[derive(Deserialize)]
struct OptimiserCase {
    optimiser: OptimiserKind,
    after: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Schedules {
    history: Vec<f64>,
    cases: Vec<ScheduleCase>,
}

#[derive(Deserialize)]
struct ScheduleCase {
    schedule: ScheduleKind,
    factors: Vec<f64>,
}

#[derive(Deserialize)]
struct Clipping {
    limit: f64,
    gradients: Vec<Vec<f32>>,
    norm: f64,
    clipped: Vec<Vec<f32>>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("peers/learning_reference.json")).unwrap()
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-6 * want.abs().max(1.0), "{what}: {got} instead of {want}");
}

#[test]
fn losses_and_gradients() {
    let Losses { classes, label, course, cases } = reference().losses;
    for case in cases {
        let what = format!("{:?}", case.loss);
        let target = if what.contains("TraceError") { Target::Trace(&course) } else { Target::Class(label) };
        let mut gradient = vec![f32::NAN; case.trace.len()];
        let got = case.loss.evaluate(&case.trace, classes, &target, &mut gradient).unwrap();
        close(got.loss, case.value, &what);
        for (got, want) in gradient.iter().zip(&case.gradient) {
            close(f64::from(*got), *want, &what);
        }
    }
}

#[test]
fn optimisers_step_by_step() {
    let Optimisers { rate, start, gradients, cases } = reference().optimisers;
    for case in cases {
        let what = format!("{:?}", case.optimiser);
        let mut parameter = start.clone();
        let mut moments = Moments::new(&case.optimiser, start.len());
        // Rounding errors stay while a parameter returns towards 0: they are measured by the largest it has been.
        let mut largest = vec![1.0f64; start.len()];
        for (done, (gradient, want)) in gradients.iter().zip(&case.after).enumerate() {
            let update = Update { name: "w", learning_rate: rate, done: done as u64, level: Level::best() };
            case.optimiser.step(&mut parameter, gradient, &mut moments, &update).unwrap();
            for ((got, want), largest) in parameter.iter().zip(want).zip(&mut largest) {
                *largest = largest.max(f64::from(want.abs()));
                let error = f64::from((got - want).abs());
                assert!(error <= 1e-6 * *largest, "{what} step {done}: {got} instead of {want}");
            }
        }
    }
}

#[test]
fn schedules_epoch_by_epoch() {
    let Schedules { history, cases } = reference().schedules;
    for case in cases {
        for (epoch, want) in case.factors.iter().enumerate() {
            let at = Progress {
                epoch: epoch as u64,
                step: epoch as u64,
                steps_per_epoch: 1,
                history: &history[..epoch],
            };
            close(case.schedule.factor(&at), *want, &format!("{:?} epoch {epoch}", case.schedule));
        }
    }
}

#[test]
fn clipping_by_the_global_norm() {
    let Clipping { limit, mut gradients, norm, clipped } = reference().clipping;
    let [a, b] = &mut gradients[..] else { panic!("two gradients") };
    let got = Clip::Norm { limit }.apply(&mut [("a", a), ("b", b)]).unwrap();
    close(got, norm, "norm");
    for (got, want) in gradients.iter().flatten().zip(clipped.iter().flatten()) {
        close(f64::from(*got), f64::from(*want), "clipped");
    }
}
