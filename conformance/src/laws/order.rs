//! Law: below threshold the error at a fixed time shrinks with dt as the order of the scheme says, measured against the
//! model's own differential equation.

use rheobase::models::neuron::Takes;
use rheobase::{Input, Record, Spikes};

use crate::subject::Setup;
use crate::{Subject, exceptions};

/// Length of the run in steps of the coarsest dt.
const STEPS: usize = 8;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let parameters = subject.parameters(0);
    let rest = subject.model.rest(&parameters);
    let info = subject.model.info();
    if info.takes == Takes::Impulse || subject.model.rhs(&parameters, &rest, 0.0).is_none() {
        return Ok(());
    }
    let coarse = subject.dt();
    let clocks = subject.clocks();
    for fraction in [0.5, 0.25, 0.1, 0.02] {
        let x = fraction * info.example_input;
        let runs: Result<Option<Vec<Vec<f64>>>, String> = (0..5)
            .map(|k| end_of_run(subject, x, coarse, k))
            .collect::<Result<Vec<_>, _>>()
            .map(|r| r.into_iter().collect());
        let Some(runs) = runs? else { continue };
        let exact = solution(subject, &parameters, x, coarse * STEPS as f64);
        for (f, field) in subject.model.state().iter().enumerate().filter(|(f, _)| !clocks[*f]) {
            let size = exact[f].abs().max((exact[f] - rest[f]).abs()).max(1e-3);
            let errors: Vec<f64> = runs.iter().map(|r| (r[f] - exact[f]).abs()).collect();
            let moved = info.potential == Some(field.name) && exact[f] != rest[f];
            judge(subject.name(), field.name, &errors, size, moved)?;
        }
        return Ok(());
    }
    Err("no input was found below threshold".into())
}

/// Whether the errors at dt, dt/2, dt/4… shrink as declared.
fn judge(model: &str, field: &str, errors: &[f64], size: f64, moved: bool) -> Result<(), String> {
    let Some(order) = exceptions::order(model) else {
        let worst = errors.iter().copied().fold(0.0, f64::max);
        let exact = worst <= 1e-9 * size;
        return if exact { Ok(()) } else { Err(format!("{field}: declared exact, error {worst:e}")) };
    };
    let (last, before) = (errors[errors.len() - 1], errors[errors.len() - 2]);
    if errors.iter().all(|e| *e <= 1e-9 * size) {
        // A field that does not move, or beside the potential one that is solved exactly.
        return if moved { Err(format!("{field}: exact, order {order} declared")) } else { Ok(()) };
    }
    let measured = (before / last).log2();
    if (measured - order).abs() <= 0.15 {
        return Ok(());
    }
    Err(format!("{field}: order {measured:.2} measured, {order} declared; errors {errors:?}"))
}

/// The state at the end of a run with dt = coarse / 2^k; `None` if the neuron fired.
fn end_of_run(subject: &Subject, x: f64, coarse: f64, k: u32) -> Result<Option<Vec<f64>>, String> {
    let dt = coarse / f64::from(1 << k);
    let setup = Setup::new(subject, 1, 1, 1);
    let mut one = setup.builder::<f64>().dt(dt).build().map_err(|e| e.to_string())?;
    let input = [x];
    let record = Record::spikes(Spikes::Bits);
    let run = one.run(STEPS << k, &Input::Constant(&input), &record).map_err(|e| e.to_string())?;
    let spikes = run.bits().map_or(0, |b| b.count());
    Ok((spikes == 0).then(|| one.state().fields.iter().map(|f| f[0]).collect()))
}

/// The solution of the model's equation at time `end`, by the classical Runge–Kutta scheme in small steps.
fn solution(subject: &Subject, parameters: &[f64], x: f64, end: f64) -> Vec<f64> {
    let slope = |s: &[f64]| subject.model.rhs(parameters, s, x).unwrap_or_else(|| vec![0.0; s.len()]);
    let moved = |s: &[f64], k: &[f64], h: f64| s.iter().zip(k).map(|(s, k)| s + h * k).collect::<Vec<_>>();
    let steps = 4000;
    let h = end / f64::from(steps);
    let mut s = subject.model.rest(parameters);
    for _ in 0..steps {
        let k1 = slope(&s);
        let k2 = slope(&moved(&s, &k1, h / 2.0));
        let k3 = slope(&moved(&s, &k2, h / 2.0));
        let k4 = slope(&moved(&s, &k3, h));
        for i in 0..s.len() {
            s[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
    }
    s
}
