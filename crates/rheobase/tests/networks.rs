//! Networks: the same bits in event and dense form, at every level and number of threads, however a batch is cut into
//! tapes; gradients equal central differences; counts are right; mistakes are explained.

use proptest::prelude::*;
use rheobase::encode::{SampleInput, SpikeRows};
use rheobase::learn::{
    Batch, CrossEntropy, LossKind, OptimiserKind, Outcome, Pass, Rule, Score, Target, Trainer, Workspaces,
};
use rheobase::models::lanes::Level;
use rheobase::network::{
    Combine, Context, Counts, Feed, Kind, Linear, Link, Network, Neurons, Node, Nothing, Program, Raw, Tape,
    TileInput, Word, lower,
};
use rheobase::{Result, random::Stream};

fn node(name: &str, from: Vec<Link>, combine: Combine, kind: Kind) -> Node {
    Node { name: name.into(), from, combine, kind }
}

fn linear(outputs: usize) -> Kind {
    Kind::Linear(Linear { outputs, bias: true, start: rheobase::network::WeightStart::Uniform(2.0) })
}

fn neurons(model: &str, surrogate: &str, learn: &[&str]) -> Kind {
    let words =
        if surrogate.is_empty() { vec![] } else { vec![Word::Name(surrogate.into()), Word::Number(1.0)] };
    Kind::Neurons(Neurons {
        learn: learn.iter().map(|s| s.to_string()).collect(),
        surrogate: words,
        ..Neurons::new(model)
    })
}

/// A recurrent layer and a readout.
fn recurrent(inputs: usize, hidden: usize, classes: usize, model: &str, surrogate: &str) -> Network {
    let back = Link::Delayed { node: "layer".into(), delay: 1, initial: None };
    Network {
        format: 1,
        dt: 0.001,
        input: vec![inputs],
        output: String::new(),
        nodes: vec![
            node("current", vec![Link::Now("input".into()), back], Combine::Stack, linear(hidden)),
            node("layer", vec![], Combine::Sum, neurons(model, surrogate, &[])),
            node("out", vec![], Combine::Sum, linear(classes)),
            node("readout", vec![], Combine::Sum, neurons("leaky_integrator", "", &["tau_m"])),
        ],
    }
}

/// Spikes of chance `activity` and value `value`, as events or as all values.
fn input(steps: usize, features: usize, sample: u32, activity: f64, value: f32, events: bool) -> SampleInput {
    let stream = Stream::new(3, "test", "input");
    let (mut offsets, mut index) = (vec![0u32], Vec::new());
    for t in 0..steps {
        index.extend((0..features as u32).filter(|i| stream.uniform(t as u64, sample, *i) < activity));
        offsets.push(index.len() as u32);
    }
    let values = vec![value; index.len()];
    let spikes = SampleInput::Spikes(SpikeRows::new(offsets, index, values, features).expect("sorted"));
    if events { spikes } else { SampleInput::Dense { features, values: spikes.to_dense(steps, features) } }
}

fn pass(level: Level, chunk: usize, truncate: usize) -> Pass {
    let loss = LossKind::CrossEntropy(CrossEntropy { readout: Score::Mean, ..CrossEntropy::default() });
    Pass { loss, rates: Vec::new(), truncate, chunk, level }
}

struct Samples {
    inputs: Vec<SampleInput>,
    targets: Vec<Target<'static>>,
    lengths: Vec<usize>,
    ids: Vec<u64>,
}

impl Samples {
    fn new(samples: usize, steps: usize, features: usize, activity: f64, value: f32, events: bool) -> Self {
        Samples {
            inputs: (0..samples).map(|s| input(steps, features, s as u32, activity, value, events)).collect(),
            targets: (0..samples).map(|s| Target::Class(s as u32 % 3)).collect(),
            lengths: (0..samples).map(|s| if s % 4 == 3 { steps.div_ceil(2) } else { steps }).collect(),
            ids: (0..samples as u64).collect(),
        }
    }
    fn batch(&self) -> Batch<'_> {
        Batch {
            source: 0,
            inputs: &self.inputs,
            targets: &self.targets,
            lengths: &self.lengths,
            ids: &self.ids,
            epoch: 0,
        }
    }
}

fn outcome(program: &Program, pass: &Pass, samples: &Samples) -> Outcome {
    let mut outcome = pass.run(program, &samples.batch(), true, &Workspaces::default()).expect("runs");
    outcome.tape_bytes = 0;
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn forms_levels_chunks_and_threads_change_no_bit(
        features in 1usize..90,
        hidden in 1usize..70,
        steps in 1usize..20,
        samples in 1usize..37,
        activity in 0.0f64..0.6,
        value in prop::sample::select(vec![1.0f32, 2.0, -1.0, 0.3]),
        chunk in 1usize..25,
        surrogate in prop::sample::select(vec!["triangle", "arctan", "boxcar"]),
        model in prop::sample::select(vec!["lif_subtract", "adaptive", "if", "cuba_lif"]),
    ) {
        let program = lower(&recurrent(features, hidden, 3, model, surrogate), 1).expect("is right");
        let events = Samples::new(samples, steps, features, activity, value, true);
        let want = outcome(&program, &pass(Level::Scalar, 1000, 0), &events);
        let dense = Samples::new(samples, steps, features, activity, value, false);
        prop_assert_eq!(&outcome(&program, &pass(Level::Scalar, 1000, 0), &dense), &want);
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            prop_assert_eq!(&outcome(&program, &pass(level, chunk, 0), &events), &want, "{} {}", level.name(), chunk);
        }
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("starts");
            let got = pool.install(|| outcome(&program, &pass(Level::best(), 1000, 0), &events));
            prop_assert_eq!(&got, &want, "{} threads", threads);
        }
    }
}

#[test]
fn a_batch_may_be_split_at_tiles() -> Result<()> {
    let program = lower(&recurrent(20, 30, 3, "lif_subtract", "arctan"), 0)?;
    let all = Samples::new(32, 12, 20, 0.2, 1.0, true);
    let whole = outcome(&program, &pass(Level::best(), 100, 0), &all);
    let half = |first: usize| {
        let range = first..first + 16;
        let batch = Batch {
            source: 0,
            inputs: &all.inputs[range.clone()],
            targets: &all.targets[range.clone()],
            lengths: &all.lengths[range.clone()],
            ids: &all.ids[range],
            epoch: 0,
        };
        pass(Level::best(), 100, 0).run(&program, &batch, true, &Workspaces::default())
    };
    let (a, b) = (half(0)?, half(16)?);
    // Halves are means over 16 samples, the whole over 32: a power of two apart, so not a bit is lost.
    for ((a, b), want) in a.gradients.iter().zip(&b.gradients).zip(&whole.gradients) {
        let sum: Vec<f32> = a.iter().zip(b).map(|(a, b)| 0.5 * a + 0.5 * b).collect();
        assert_eq!(&sum, want);
    }
    assert_eq!([a.predictions, b.predictions].concat(), whole.predictions);
    Ok(())
}

/// The errors of what stays the same are summed before they go back through it: the order of sums differs from that of input
/// over time, by rounding only.
#[test]
fn input_that_stays_the_same_gathers_like_any_other_however_tapes_are_cut() -> Result<()> {
    let (features, steps) = (5, 7);
    let conv: Kind = serde_json::from_str(r#"{"conv": {"outputs": 4, "kernel": [2]}}"#).expect("a kind");
    let pool: Kind = serde_json::from_str(r#"{"pool": {"of": "max", "kernel": [2]}}"#).expect("a kind");
    let layers = vec![
        node("maps", vec![], Combine::Sum, conv),
        node("pool", vec![], Combine::Sum, pool),
        node("flat", vec![], Combine::Sum, Kind::Flatten(Nothing {})),
        node("current", vec![], Combine::Sum, linear(9)),
        node("layer", vec![], Combine::Sum, neurons("lif_subtract", "arctan", &[])),
        node("readout", vec![], Combine::Sum, neurons("leaky_integrator", "", &["tau_m"])),
        node("out", vec![], Combine::Sum, linear(3)),
    ];
    let network =
        Network { format: 1, dt: 0.001, input: vec![1, features], output: String::new(), nodes: layers };
    let program = lower(&network, 3)?;
    let constant = |s: usize| -> Vec<f32> { (0..features).map(|i| ((s + 3 * i) % 7) as f32 * 0.3).collect() };
    let mut samples = Samples::new(9, steps, features, 0.0, 1.0, true);
    for (s, input) in samples.inputs.iter_mut().enumerate() {
        *input = SampleInput::Dense { features, values: constant(s).repeat(steps) };
    }
    let over_time = outcome(&program, &pass(Level::best(), steps, 0), &samples);
    for (s, input) in samples.inputs.iter_mut().enumerate() {
        *input = SampleInput::Constant(constant(s));
    }
    let whole = outcome(&program, &pass(Level::best(), steps, 0), &samples);
    assert!(whole.gradients[0].iter().any(|g| *g != 0.0));
    for (a, b) in whole.gradients.iter().flatten().zip(over_time.gradients.iter().flatten()) {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{a} {b}");
    }
    for chunk in 1..steps {
        assert_eq!(outcome(&program, &pass(Level::best(), chunk, 0), &samples), whole, "{chunk}");
    }
    // A run that begins amid such input.
    let context = Context {
        step: 0,
        sample_ids: &samples.ids,
        epoch: 0,
        training: true,
        taping: true,
        level: Level::best(),
    };
    let input = TileInput { samples: &samples.inputs, lengths: None, width: features, wanted: false };
    let gradients = |first: usize| -> Result<Vec<Vec<f32>>> {
        let (mut state, mut tape) = (program.start(9), Tape::default());
        program.run(
            &context,
            &mut state,
            input.steps(first..first + 4),
            &mut tape,
            &mut Counts::default(),
            |_, _| {},
        )?;
        let mut adjoint = program.end(&state, Raw::new());
        let last = program.nodes().count();
        let wanted = |_: usize, _: usize, g: &mut [f32]| g.fill(1.0);
        program.back(&context, &mut tape, &mut adjoint, &[last], wanted, |_, _| {}).unwrap();
        program.back_to_start(&context, &mut adjoint);
        Ok(program.finish_gradients(adjoint.raw))
    };
    assert_eq!(gradients(0)?, gradients(2)?);
    Ok(())
}

#[test]
fn gradients_equal_central_differences_where_nothing_fires() -> Result<()> {
    // Analogue all the way: the loss is smooth.
    let network = Network {
        format: 1,
        dt: 0.001,
        input: vec![5],
        output: String::new(),
        nodes: vec![
            node(
                "current",
                vec![
                    Link::Now("input".into()),
                    Link::Delayed { node: "layer".into(), delay: 2, initial: None },
                ],
                Combine::Stack,
                linear(4),
            ),
            node("layer", vec![], Combine::Sum, neurons("leaky_integrator", "", &["tau_m[]", "initial.v[]"])),
            node("out", vec![], Combine::Sum, linear(3)),
        ],
    };
    let mut program = lower(&network, 2)?;
    let samples = Samples::new(3, 7, 5, 0.5, 1.0, true);
    let pass = pass(Level::best(), 3, 0);
    let gradients = outcome(&program, &pass, &samples).gradients;
    let tensors = program.parameters().tensors.clone();
    for (tensor, gradient) in tensors.iter().zip(&gradients) {
        let size = gradient.iter().fold(1e-3f32, |m, g| m.max(g.abs()));
        for i in 0..tensor.values.len() {
            let step = 0.01 * tensor.values[i].abs().max(0.1);
            let mut at = |x: f32| -> Result<f64> {
                let mut values = tensor.values.clone();
                values[i] = x;
                program.update(|p| p.set(&tensor.name, &values))?;
                Ok(outcome(&program, &pass, &samples).loss / 3.0)
            };
            let (high, low) = (at(tensor.values[i] + step)?, at(tensor.values[i] - step)?);
            let want = (high - low) / f64::from(2.0 * step);
            let error = (want - f64::from(gradient[i])).abs();
            // Losses are sums of 32-bit outputs: the difference of two has a noise of about 1e-7 / step.
            assert!(
                error < 0.01 * f64::from(size) + 1e-4,
                "{}[{i}]: {} instead of {want}",
                tensor.name,
                gradient[i]
            );
        }
        program.update(|p| p.set(&tensor.name, &tensor.values))?;
    }
    Ok(())
}

#[test]
fn learning_lowers_the_loss_and_truncation_cuts() -> Result<()> {
    let network = recurrent(30, 40, 3, "lif_subtract", "arctan");
    let samples = Samples::new(24, 15, 30, 0.2, 1.0, true);
    let mut losses = Vec::new();
    for truncate in [0, 5] {
        let rule = Rule { optimiser: OptimiserKind::default(), clip: None, weights: Default::default() };
        let mut trainer = Trainer::new(lower(&network, 0)?, &rule.optimiser);
        let pass = pass(Level::best(), 100, truncate);
        let first = trainer.learn(&pass, &rule, 0.01, &samples.batch())?;
        let mut last = first.loss;
        for _ in 0..60 {
            last = trainer.learn(&pass, &rule, 0.01, &samples.batch())?.loss;
        }
        assert!(last < 0.5 * first.loss, "{last} after {}", first.loss);
        losses.push(last);
    }
    assert_ne!(losses[0], losses[1]);
    Ok(())
}

#[test]
fn operations_are_events_times_targets() -> Result<()> {
    let program = lower(&recurrent(20, 30, 3, "lif_subtract", "arctan"), 0)?;
    let samples = Samples::new(4, 10, 20, 0.3, 1.0, true);
    let counts = outcome(&program, &pass(Level::best(), 100, 0), &samples).counts;
    let spikes = |s: &SampleInput| if let SampleInput::Spikes(rows) = s { rows.len() as u64 } else { 0 };
    let inputs: u64 = samples.inputs.iter().map(spikes).sum();
    let names: Vec<&str> = program.nodes().map(|(name, ..)| name).collect();
    let at = |name: &str| names.iter().position(|n| *n == name).unwrap_or(usize::MAX);
    let fired = counts.spikes[at("layer")];
    assert!(fired > 0);
    assert_eq!(counts.operations[at("out")], fired * 3);
    // What fires in the last step reaches no one any more.
    let recurrent = counts.operations[at("current")] - inputs * 30;
    assert!(recurrent.is_multiple_of(30) && recurrent / 30 <= fired && recurrent > 0);
    Ok(())
}

#[test]
fn mistakes_are_explained() {
    let message = |network: &Network| lower(network, 0).err().map(|e| e.to_string()).unwrap_or_default();
    let good = || recurrent(4, 5, 3, "lif_subtract", "arctan");
    assert_eq!(message(&good()), "");
    let mut cycle = good();
    cycle.nodes[0].from[1] = Link::Now("layer".into());
    let text = message(&cycle);
    assert!(text.contains("cycle without a delay") && text.contains("layer → current"), "{text}");
    let mut unknown = good();
    unknown.nodes[0].from[1] = Link::Delayed { node: "layr".into(), delay: 1, initial: None };
    assert!(message(&unknown).contains("did you mean `layer`?"), "{}", message(&unknown));
    let mut model = good();
    model.nodes[1].kind = neurons("lif_subtrct", "arctan", &[]);
    assert!(message(&model).contains("did you mean `lif_subtract`?"), "{}", message(&model));
    let mut twice = good();
    twice.nodes[1].name = "current".into();
    assert!(message(&twice).contains("one node only"), "{}", message(&twice));
    let mut image = good();
    image.input = vec![1, 2, 2];
    image.nodes[0].from.truncate(1);
    assert!(message(&image).contains("flatten"), "{}", message(&image));
    let mut sum = good();
    sum.nodes[0].combine = Combine::Sum;
    assert!(message(&sum).contains("to add them"), "{}", message(&sum));
    let mut within = good();
    within.nodes[0].from.truncate(1);
    within.nodes[0].kind = Kind::Network(Box::new(Network { dt: 0.002, input: vec![4], ..good() }));
    let text = message(&within);
    assert!(text.contains("current.dt = 0.002") && text.contains("same steps"), "{text}");
}
