//! Law: a model's phases alone do what its fast loops do: in a population in every form of spikes, and in a network,
//! forwards and backwards.

use std::sync::Arc;

use rheobase::encode::{SampleInput, SpikeRows};
use rheobase::learn::loss::{CrossEntropy, LossKind};
use rheobase::learn::optimise::Adam;
use rheobase::learn::{Batch, OptimiserKind, Pass, Rule, Target, Trainer, WeightPenalty};
use rheobase::models::lanes::Level;
use rheobase::network::{Library, Sequential, linear, lower_with, neurons};
use rheobase::population::{Model, Number};
use rheobase::random::Stream;
use rheobase::{Catalog, Record};

use super::{at, same, same_recording, same_state};
use crate::Subject;
use crate::by_phases::ByPhases;
use crate::subject::{FORMS, Setup};

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let setup = Setup::new(subject, 37, 2, 70);
    at("f32", populations::<f32>(subject, &setup))?;
    at("f64", populations::<f64>(subject, &setup))?;
    at("shared, f32", populations::<f32>(subject, &setup.shared()))?;
    at("network", network(subject))
}

fn populations<E: Number>(subject: &Subject, setup: &Setup<'_>) -> Result<(), String> {
    let phases: Arc<dyn Model> = Arc::new(ByPhases(subject.model.clone()));
    for form in FORMS {
        let fields = subject.model.state().iter();
        let record = fields.fold(Record::spikes(form), |r, f| r.probe_every(f.name, 3));
        let mut fast = setup.build::<E>()?;
        let mut plain = setup.builder_of::<E>(phases.clone()).build().map_err(|e| e.to_string())?;
        let a = setup.run(&mut fast, 0, setup.steps, &record)?;
        let b = setup.run(&mut plain, 0, setup.steps, &record)?;
        at(format!("{form:?}"), same_recording(&a, &b))?;
        at(format!("{form:?}"), same_state(subject, fast.state(), plain.state()))?;
    }
    Ok(())
}

/// A network that has learned from one batch, with the model as it is and by its phases.
fn network(subject: &Subject) -> Result<(), String> {
    let fast = Catalog::standard().clone().with_model(subject.model.clone());
    let plain = fast.clone().with_model(Arc::new(ByPhases(subject.model.clone())));
    let learned = |catalog: &Catalog| {
        let library = Library { catalog: catalog.clone(), ..Library::default() };
        learned(subject.name(), &library).map_err(|e| e.to_string())
    };
    let (a, b) = (learned(&fast)?, learned(&plain)?);
    a.iter().zip(&b).try_for_each(|((name, a), (_, b))| same(name, a, b))
}

fn learned(model: &str, library: &Library) -> rheobase::Result<Vec<(String, Vec<f32>)>> {
    let parts = [linear(37), neurons(model), linear(3)];
    let network = Sequential::new(parts).input(&[9])?;
    let mut trainer = Trainer::new(lower_with(&network, 1, library)?, &optimiser());
    let stream = Stream::new(1, "law spikes", model);
    let spikes = |sample: u32| {
        let steps = (0..20).map(|t| (0..9).filter(|i| stream.uniform(t, sample, *i) < 0.3).collect());
        let steps: Vec<Vec<u32>> = steps.collect();
        let offsets = (0..=20).map(|t| steps[..t].iter().map(Vec::len).sum::<usize>() as u32).collect();
        let index = steps.concat();
        let value = vec![1.0; index.len()];
        SpikeRows::new(offsets, index, value, 9).map(SampleInput::Spikes)
    };
    let inputs = (0..5).map(spikes).collect::<rheobase::Result<Vec<_>>>()?;
    let targets: Vec<Target<'_>> = (0..5).map(|i| Target::Class(i % 3)).collect();
    let batch = Batch {
        source: 0,
        inputs: &inputs,
        targets: &targets,
        lengths: &[20; 5],
        ids: &[0, 1, 2, 3, 4],
        epoch: 0,
    };
    let pass = Pass {
        loss: LossKind::CrossEntropy(CrossEntropy::default()),
        rates: Vec::new(),
        truncate: 0,
        chunk: 8,
        level: Level::best(),
    };
    let rule = Rule { optimiser: optimiser(), clip: None, weights: WeightPenalty::default() };
    trainer.learn(&pass, &rule, 0.01, &batch)?;
    let tensors = &trainer.program().parameters().tensors;
    Ok(tensors.iter().map(|t| (t.name.clone(), t.values.clone())).collect())
}

fn optimiser() -> OptimiserKind {
    OptimiserKind::Adam(Adam::default())
}
