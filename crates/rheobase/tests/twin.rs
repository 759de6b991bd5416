//! Ten training steps of a two-layer and of a recurrent network equal those of their PyTorch twins.
//! `peers/make_twin.py` computes them, in double precision.

use std::collections::BTreeMap;

use rheobase::encode::{SampleInput, SpikeRows};
use rheobase::learn::loss::LossKind;
use rheobase::learn::optimise::Adam;
use rheobase::learn::{Batch, OptimiserKind, Outcome, Pass, Rule, Target, Trainer, WeightPenalty};
use rheobase::models::lanes::Level;
use rheobase::network::{Network, Program, lower};
use serde::Deserialize;

/// How far losses and parameters may lie apart.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Twins {
    cases: Vec<Twin>,
}

/// A network, what it was trained on, and what became of it.
#[derive(Deserialize)]
struct Twin {
    name: String,
    rate: f64,
    network: Network,
    loss: LossKind,
    /// Features that spike, by sample and step.
    inputs: Vec<Vec<Vec<u32>>>,
    labels: Vec<u32>,
    start: BTreeMap<String, Vec<f32>>,
    /// The loss before each update, and the spikes of the samples' own steps.
    losses: Vec<f64>,
    spikes: Vec<u64>,
    after_first: BTreeMap<String, Vec<f64>>,
    after: BTreeMap<String, Vec<f64>>,
}

fn twins() -> Vec<Twin> {
    let twins: Twins = serde_json::from_str(include_str!("peers/twin.json")).unwrap();
    assert_eq!(twins.cases.len(), 2);
    twins.cases
}

impl Twin {
    fn trainer(&self) -> Trainer {
        let mut program = lower(&self.network, 0).unwrap();
        let names: Vec<String> = program.parameters().tensors.iter().map(|t| t.name.clone()).collect();
        assert_eq!(names.len(), self.start.len(), "{}: {names:?}", self.name);
        program.update(|p| self.start.iter().try_for_each(|(name, values)| p.set(name, values))).unwrap();
        Trainer::new(program, &optimiser())
    }

    fn inputs(&self) -> Vec<SampleInput> {
        let features = self.network.input[0];
        let sample = |steps: &Vec<Vec<u32>>| {
            let mut offsets = vec![0];
            offsets.extend(steps.iter().scan(0, |sum, step| {
                *sum += step.len() as u32;
                Some(*sum)
            }));
            let index = steps.concat();
            let value = vec![1.0; index.len()];
            SampleInput::Spikes(SpikeRows::new(offsets, index, value, features).unwrap())
        };
        self.inputs.iter().map(sample).collect()
    }

    /// Ten updates on `inputs`; `chunk` steps are on a tape at a time.
    fn learn(&self, inputs: &[SampleInput], chunk: usize, mut see: impl FnMut(usize, &Program, &Outcome)) {
        let mut trainer = self.trainer();
        let lengths: Vec<usize> = self.inputs.iter().map(Vec::len).collect();
        let targets: Vec<Target<'_>> = self.labels.iter().map(|l| Target::Class(*l)).collect();
        let ids: Vec<u64> = (0..inputs.len() as u64).collect();
        let batch = Batch { source: 0, inputs, targets: &targets, lengths: &lengths, ids: &ids, epoch: 0 };
        let pass = Pass { loss: self.loss, rates: Vec::new(), truncate: 0, chunk, level: Level::best() };
        let rule = Rule { optimiser: optimiser(), clip: None, weights: WeightPenalty::default() };
        for update in 0..self.losses.len() {
            let outcome = trainer.learn(&pass, &rule, self.rate, &batch).unwrap();
            see(update, trainer.program(), &outcome);
        }
    }
}

fn optimiser() -> OptimiserKind {
    OptimiserKind::Adam(Adam::default())
}

/// The largest difference between the parameters of `program` and `wanted`, with the tensor it is in.
fn apart(program: &Program, wanted: &BTreeMap<String, Vec<f64>>) -> (f64, String) {
    let mut worst = (0.0, String::new());
    for (name, wanted) in wanted {
        let got = &program.parameters().get(name).unwrap().values;
        assert_eq!(got.len(), wanted.len(), "{name}");
        for (got, wanted) in got.iter().zip(wanted) {
            let d = (f64::from(*got) - wanted).abs();
            if d > worst.0 || d.is_nan() {
                worst = (d, name.clone());
            }
        }
    }
    worst
}

#[test]
fn ten_training_steps_equal_those_of_pytorch() {
    for twin in twins() {
        let samples = twin.inputs.len() as f64;
        twin.learn(&twin.inputs(), 1 << 20, |update, program, outcome| {
            let (name, loss) = (&twin.name, outcome.loss / samples);
            let wanted = twin.losses[update];
            assert!((loss - wanted).abs() <= TOLERANCE, "{name}, update {update}: loss {loss}, {wanted}");
            let spikes: u64 = outcome.counts.spikes.iter().sum();
            assert_eq!(spikes, twin.spikes[update], "{name}, update {update}: spikes");
            let wanted = match update {
                0 => &twin.after_first,
                u if u + 1 == twin.losses.len() => &twin.after,
                _ => return,
            };
            let (d, tensor) = apart(program, wanted);
            println!(
                "{name}, update {update}: loss {:.1e}, parameters {d:.1e} apart",
                loss - twin.losses[update]
            );
            assert!(d <= TOLERANCE, "{name}, after update {update}: `{tensor}` is {d:.2e} away");
        });
    }
}

/// The twin's weights have moved by much more than the tolerance: agreement is no accident.
#[test]
fn training_moves_every_tensor() {
    for twin in twins() {
        for (name, after) in &twin.after {
            let start = &twin.start[name];
            let moved = start.iter().zip(after).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(moved > 50.0 * TOLERANCE, "{}: {name} moved by {moved}", twin.name);
        }
        assert!(twin.losses[0] - twin.losses[twin.losses.len() - 1] > 100.0 * TOLERANCE, "{}", twin.name);
    }
}

/// Neither the form of the input nor the length of the tape changes a bit.
#[test]
fn dense_input_and_short_tapes_give_the_same_bits() {
    for twin in twins() {
        let events = twin.inputs();
        let features = twin.network.input[0];
        let dense: Vec<SampleInput> = events
            .iter()
            .map(|e| {
                let values = e.to_dense(e.steps().unwrap_or(0), features);
                SampleInput::Dense { features, values }
            })
            .collect();
        let run = |inputs: &[SampleInput], chunk: usize| {
            let mut bits: Vec<u32> = Vec::new();
            twin.learn(inputs, chunk, |_, program, _| {
                bits.extend(program.parameters().tensors.iter().flat_map(|t| &t.values).map(|x| x.to_bits()));
            });
            bits
        };
        let first = run(&events, 1 << 20);
        assert!(first == run(&dense, 1 << 20), "{}: dense input", twin.name);
        assert!(first == run(&events, 7), "{}: tapes of seven steps", twin.name);
    }
}
