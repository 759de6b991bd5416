//! Law: results do not depend on the SIMD level: spikes in every form, probes, states, gradients.

use rheobase::models::lanes::Level;
use rheobase::population::Number;
use rheobase::{Input, Record, Upstream};

use super::{at, differentiable, same_gradients, same_recording, same_state, upstream};
use crate::Subject;
use crate::subject::{FORMS, Setup};

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let (n, steps) = (37, 60);
    let plain = Setup::new(subject, n, 1, steps);
    let shared = plain.clone().shared();
    let mut setups = vec![plain, shared];
    if let Some(name) = subject.model.info().layer_sum {
        setups.push(setups[0].clone().set(name, 0.01));
    }
    for setup in setups {
        at("f32", every_level_agrees::<f32>(subject, &setup, steps))?;
        at("f64", every_level_agrees::<f64>(subject, &setup, steps))?;
    }
    Ok(())
}

fn every_level_agrees<E: Number>(subject: &Subject, setup: &Setup<'_>, steps: usize) -> Result<(), String> {
    let wanted = differentiable(subject);
    let input = setup.input::<E>(0, steps);
    let loss = upstream::<E>("output", input.len());
    let gradients = |level: Level| {
        let mut neurons = setup.builder::<E>().level(level).build().map_err(|e| e.to_string())?;
        let (_, tape) =
            neurons.run_taped(steps, &Input::Array(&input), &Record::default()).map_err(|e| e.to_string())?;
        let upstream = Upstream { output: Some(&loss), states: Vec::new() };
        neurons.gradients(&tape, &Input::Array(&input), &upstream, &wanted).map_err(|e| e.to_string())
    };
    let levels = || Level::ALL.into_iter().filter(|l| l.is_available());
    let scalar = gradients(Level::Scalar)?;
    for level in levels().skip(1) {
        at(level.name(), same_gradients(&scalar, &gradients(level)?))?;
    }
    for form in FORMS {
        for record in [Record::spikes(form), Record::spikes(form).probe("margin").probe("slope")] {
            let run = |level: Level| {
                let mut neurons = setup.builder::<E>().level(level).build().map_err(|e| e.to_string())?;
                let recording = setup.run(&mut neurons, 0, steps, &record)?;
                Ok::<_, String>((recording, neurons.state().clone()))
            };
            let (recording, state) = run(Level::Scalar)?;
            for level in levels().skip(1) {
                let (other, end) = run(level)?;
                at(format!("{}, {form:?}", level.name()), same_recording(&recording, &other))?;
                at(format!("{}, {form:?}", level.name()), same_state(subject, &state, &end))?;
            }
        }
    }
    Ok(())
}
