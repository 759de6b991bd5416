//! The networks that `training_peers.py` also trains: what they are, their input, weights and activity.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rheobase::encode::{SampleInput, SpikeRows};
use rheobase::learn::loss::{CrossEntropy, LossKind, Score};
use rheobase::learn::optimise::Adam;
use rheobase::learn::{Batch, OptimiserKind, Outcome, Pass, Rule, Target, Trainer, WeightPenalty};
use rheobase::models::lanes::Level;
use rheobase::models::neuron::lif_subtract;
use rheobase::network::{
    Combine, Context, Conv, Counts, Feed, Kind, Linear, Link, Network, Neurons, Node, Nothing, Numbers, Pool,
    PoolOf, Program, Signal, Tape, TileInput, WeightStart, Word, lower,
};
use rheobase::random::Stream;

use crate::timed::Clock;

const DT: f64 = 1e-3;
const TILE: usize = 16;

/// A network with its data, by name.
pub struct Job {
    /// Its name.
    pub name: &'static str,
    input: &'static [usize],
    /// Steps of a sample.
    pub steps: usize,
    /// Samples of a batch.
    pub batch: usize,
    classes: usize,
    /// Share of input spikes; `None` for values that stay the same.
    activity: Option<f64>,
    /// Share of spikes that hidden layers are set to.
    rate: f64,
    beta: f64,
    /// The surrogate and its parameter.
    pub surrogate: (&'static str, f64),
    nodes: fn(&Job, &[f64]) -> Vec<Node>,
    /// Layers of weights before hidden neurons, whose gains set their activity.
    pub hidden: &'static [&'static str],
}

const SIGMOID: (&str, f64) = ("fast_sigmoid", 25.0);
const TRIANGLE: (&str, f64) = ("triangle", 0.5);
const ARCTAN: (&str, f64) = ("arctan", 2.0);

const EVENTS: Job = Job {
    name: "events",
    input: &[2, 34, 34],
    steps: 100,
    batch: 32,
    classes: 10,
    activity: Some(0.02),
    rate: 0.08,
    beta: 0.9,
    surrogate: SIGMOID,
    nodes: events,
    hidden: &["first", "second"],
};

const RECURRENT: Job = Job {
    name: "recurrent",
    input: &[700],
    steps: 100,
    batch: 128,
    classes: 20,
    activity: Some(0.08),
    rate: 0.06,
    beta: 0.9,
    surrogate: ARCTAN,
    nodes: recurrent,
    hidden: &["first"],
};

/// All networks.
pub const JOBS: [Job; 8] = [
    Job {
        name: "conv",
        input: &[1, 28, 28],
        steps: 25,
        batch: 128,
        classes: 10,
        activity: None,
        rate: 0.08,
        beta: 0.5,
        surrogate: SIGMOID,
        nodes: conv_network,
        hidden: &["first", "second"],
    },
    Job {
        name: "wide",
        input: &[784],
        steps: 25,
        batch: 128,
        classes: 10,
        activity: None,
        rate: 0.08,
        beta: 0.95,
        surrogate: SIGMOID,
        nodes: wide,
        hidden: &["first"],
    },
    EVENTS,
    Job { name: "events-triangle", surrogate: TRIANGLE, ..EVENTS },
    Job {
        name: "residual",
        input: &[3, 32, 32],
        steps: 8,
        batch: 32,
        classes: 10,
        activity: None,
        rate: 0.08,
        beta: 0.5,
        surrogate: SIGMOID,
        nodes: residual,
        hidden: &["first", "a1", "a2", "b1", "b2", "c1", "c2"],
    },
    Job {
        name: "shd",
        input: &[700],
        steps: 100,
        batch: 128,
        classes: 20,
        activity: Some(0.05),
        rate: 0.08,
        beta: 0.9,
        surrogate: SIGMOID,
        nodes: shd,
        hidden: &["first", "second"],
    },
    RECURRENT,
    Job { name: "recurrent-triangle", surrogate: TRIANGLE, ..RECURRENT },
];

fn node(name: &str, from: &[&str], kind: Kind) -> Node {
    let from = from.iter().map(|n| Link::Now((*n).into())).collect();
    Node { name: name.into(), from, combine: Combine::Sum, kind }
}

fn linear(outputs: usize, gain: f64) -> Kind {
    Kind::Linear(Linear { outputs, bias: false, start: WeightStart::Normal(gain) })
}

fn conv(outputs: usize, kernel: usize, stride: usize, padding: usize, gain: f64) -> Kind {
    Kind::Conv(Conv {
        outputs,
        kernel: vec![kernel],
        stride: vec![stride],
        padding: vec![padding],
        dilation: vec![1],
        groups: 1,
        bias: false,
        start: WeightStart::Normal(gain),
    })
}

fn pool(of: PoolOf, kernel: usize) -> Kind {
    Kind::Pool(Pool { of, kernel: vec![kernel], stride: Vec::new(), padding: vec![0] })
}

fn flat() -> Kind {
    Kind::Flatten(Nothing {})
}

impl Job {
    fn neurons(&self, model: &str, parameter: &str, value: f64, surrogate: Vec<Word>) -> Kind {
        Kind::Neurons(Neurons {
            set: BTreeMap::from([(parameter.to_string(), Numbers::One(value))]),
            surrogate,
            detach_reset: true,
            ..Neurons::new(model)
        })
    }

    fn tau(&self) -> f64 {
        lif_subtract::tau_of_beta(self.beta).expect("between 0 and 1")
    }

    fn lif(&self) -> Kind {
        let (name, number) = self.surrogate;
        self.neurons("lif_subtract", "tau", self.tau(), vec![Word::Name(name.into()), Word::Number(number)])
    }

    fn readout(&self) -> Kind {
        self.neurons("leaky_integrator", "tau_m", self.tau() * DT, Vec::new())
    }
}

fn conv_network(job: &Job, gains: &[f64]) -> Vec<Node> {
    vec![
        node("first", &[], conv(12, 5, 1, 0, gains[0])),
        node("first-pool", &[], pool(PoolOf::Max, 2)),
        node("first-lif", &[], job.lif()),
        node("second", &[], conv(64, 5, 1, 0, gains[1])),
        node("second-pool", &[], pool(PoolOf::Max, 2)),
        node("second-lif", &[], job.lif()),
        node("flat", &[], flat()),
        node("out", &[], linear(10, 2.0)),
        node("out-lif", &[], job.lif()),
    ]
}

fn wide(job: &Job, gains: &[f64]) -> Vec<Node> {
    vec![
        node("first", &[], linear(1000, gains[0])),
        node("first-lif", &[], job.lif()),
        node("out", &[], linear(10, 1.0)),
        node("out-lif", &[], job.lif()),
    ]
}

fn events(job: &Job, gains: &[f64]) -> Vec<Node> {
    vec![
        node("first", &[], conv(8, 5, 2, 0, gains[0])),
        node("first-lif", &[], job.lif()),
        node("second", &[], conv(16, 3, 1, 0, gains[1])),
        node("second-lif", &[], job.lif()),
        node("pool", &[], pool(PoolOf::Sum, 2)),
        node("flat", &[], flat()),
        node("out", &[], linear(10, 1.0)),
        node("readout", &[], job.readout()),
    ]
}

fn residual(job: &Job, gains: &[f64]) -> Vec<Node> {
    let mut nodes = vec![node("first", &[], conv(16, 3, 1, 1, gains[0])), node("first-lif", &[], job.lif())];
    let mut before = "first-lif".to_string();
    for (k, block) in ["a", "b", "c"].into_iter().enumerate() {
        let of = |part: &str| format!("{block}{part}");
        nodes.push(node(&of("1"), &[&before], conv(16, 3, 1, 1, gains[1 + 2 * k])));
        nodes.push(node(&of("1-lif"), &[], job.lif()));
        nodes.push(node(&of("2"), &[], conv(16, 3, 1, 1, gains[2 + 2 * k])));
        nodes.push(node(&of("2-lif"), &[&of("2"), &before], job.lif()));
        before = of("2-lif");
    }
    nodes.push(node("pool", &[], pool(PoolOf::Average, 8)));
    nodes.push(node("flat", &[], flat()));
    nodes.push(node("out", &[], linear(10, 1.0)));
    nodes.push(node("readout", &[], job.readout()));
    nodes
}

fn shd(job: &Job, gains: &[f64]) -> Vec<Node> {
    vec![
        node("first", &[], linear(128, gains[0])),
        node("first-lif", &[], job.lif()),
        node("second", &[], linear(128, gains[1])),
        node("second-lif", &[], job.lif()),
        node("out", &[], linear(20, 1.0)),
        node("readout", &[], job.readout()),
    ]
}

fn recurrent(job: &Job, gains: &[f64]) -> Vec<Node> {
    let back = Link::Delayed { node: "first-lif".into(), delay: 1, initial: None };
    vec![
        node("first", &[], linear(256, gains[0])),
        Node { name: "back".into(), from: vec![back], combine: Combine::Sum, kind: linear(256, 0.5) },
        node("first-lif", &["first", "back"], job.lif()),
        node("out", &[], linear(20, 1.0)),
        node("readout", &[], job.readout()),
    ]
}

/// A network, its training, and the data it has.
pub struct Setup {
    /// What it is.
    pub job: &'static Job,
    /// Its training.
    pub trainer: Trainer,
    /// The batch.
    pub inputs: Vec<SampleInput>,
    /// Of each sample, how often it was drawn.
    pub draws: Vec<u32>,
    targets: Vec<Target<'static>>,
    lengths: Vec<usize>,
    ids: Vec<u64>,
}

impl Setup {
    /// Weights are drawn as they come.
    pub fn new(job: &'static Job) -> Self {
        Setup {
            job,
            trainer: job.trainer(&vec![1.0; job.hidden.len()]),
            inputs: (0..job.batch).into_par_iter().map(|s| job.sample(s, 0)).collect(),
            draws: vec![0; job.batch],
            targets: (0..job.batch).map(|s| Target::Class((s % job.classes) as u32)).collect(),
            lengths: vec![job.steps; job.batch],
            ids: (0..job.batch as u64).collect(),
        }
    }

    /// Weights are scaled layer by layer until hidden neurons fire at the wanted rate.
    pub fn scaled(job: &'static Job) -> Self {
        let mut setup = Setup::new(job);
        let mut gains = vec![1.0; job.hidden.len()];
        for layer in 0..gains.len() {
            let (mut low, mut high) = (0.0, 16.0);
            for _ in 0..9 {
                gains[layer] = 0.5 * (low + high);
                setup.trainer = job.trainer(&gains);
                if setup.rates()[layer] < job.rate { low = gains[layer] } else { high = gains[layer] }
            }
        }
        // Sums of inputs times weights are then exact, whatever their order.
        let exact = |w: &f32| (w * 4096.0).round() / 4096.0;
        let tensors = &setup.trainer.program().parameters().tensors;
        let values: Vec<Vec<f32>> = tensors.iter().map(|t| t.values.iter().map(exact).collect()).collect();
        setup.trainer.set_values(&values).expect("finite");
        let draw = |s: usize| {
            let clear = |draw: &u32| setup.margin(&job.sample(s, *draw)) > 2e-6;
            (0..).find(clear).expect("some draw")
        };
        let draws = (0..job.batch).into_par_iter().map(draw).collect();
        setup.draw(draws);
        setup
    }

    /// Draws every sample for the given time.
    pub fn draw(&mut self, draws: Vec<u32>) {
        let job = self.job;
        self.inputs = draws.par_iter().enumerate().map(|(s, draw)| job.sample(s, *draw)).collect();
        self.draws = draws;
    }

    /// Makes the operators of its network measure what they do.
    pub fn measured(&mut self) -> Arc<Clock> {
        let tensors = &self.trainer.program().parameters().tensors;
        let values: Vec<Vec<f32>> = tensors.iter().map(|t| t.values.clone()).collect();
        let mut program = self.job.program(&vec![1.0; self.job.hidden.len()]);
        let clock = Clock::of(&mut program);
        self.trainer = Trainer::new(program, &OptimiserKind::Adam(Adam::default()));
        self.trainer.set_values(&values).expect("finite");
        clock
    }

    /// How near to its threshold a neuron comes in a sample: where that is nearer than rounding, libraries may differ in a
    /// spike.
    fn margin(&self, sample: &SampleInput) -> f32 {
        let program = self.trainer.program();
        let layers: Vec<usize> =
            program.nodes().enumerate().filter(|(_, n)| n.0.ends_with("-lif")).map(|(n, _)| n).collect();
        let (mut state, mut tape, mut counts) = (program.start(1), Tape::default(), Counts::default());
        let width = self.job.input.iter().product();
        let input = TileInput { samples: std::slice::from_ref(sample), lengths: None, width, wanted: false };
        let context = Context {
            step: 0,
            sample_ids: &[0],
            epoch: 0,
            training: false,
            taping: false,
            level: Level::best(),
        };
        let mut least = f32::INFINITY;
        for t in 0..self.job.steps {
            let mut spikes = Vec::new();
            let see = |_: usize, signals: &[Signal]| {
                spikes = layers.iter().map(|n| signals[n + 1].dense(&mut Vec::new()).to_vec()).collect();
            };
            program
                .run(&context, &mut state, input.steps(t..t + 1), &mut tape, &mut counts, see)
                .expect("runs");
            for (n, spikes) in layers.iter().zip(&spikes) {
                for (v, spike) in state.memories()[*n].fields[0].iter().zip(spikes) {
                    // At the threshold itself no library fires.
                    let margin = (v + spike - 1.0).abs();
                    least = if margin > 0.0 { least.min(margin) } else { least };
                }
            }
        }
        least
    }

    /// How it is trained.
    pub fn pass(&self) -> Pass {
        let loss = LossKind::CrossEntropy(CrossEntropy::on(Score::Mean));
        Pass { loss, rates: Vec::new(), truncate: 0, chunk: self.job.steps, level: Level::best() }
    }

    /// The first `samples` of the data.
    pub fn batch(&self, samples: usize) -> Batch<'_> {
        Batch {
            source: 0,
            inputs: &self.inputs[..samples],
            targets: &self.targets[..samples],
            lengths: &self.lengths[..samples],
            ids: &self.ids[..samples],
            epoch: 0,
        }
    }

    /// Share of steps in which hidden neurons fire, layer by layer, from two tiles.
    pub fn rates(&self) -> Vec<f64> {
        let outcome = self.trainer.evaluate(&self.pass(), &self.batch(2 * TILE)).expect("runs");
        let nodes = self.trainer.program().nodes().zip(&outcome.counts.spikes);
        let hidden = nodes.filter(|((name, ..), _)| name.ends_with("-lif") && *name != "out-lif");
        hidden
            .map(|((_, _, shape), spikes)| {
                *spikes as f64 / (outcome.sample_steps as usize * shape.iter().product::<usize>()) as f64
            })
            .collect()
    }

    /// One training step. The rate is 0: every repetition is the same.
    pub fn learn(&mut self) -> Outcome {
        let rule = Rule {
            optimiser: OptimiserKind::Adam(Adam::default()),
            clip: None,
            weights: WeightPenalty::default(),
        };
        let pass = self.pass();
        let batch = Batch {
            source: 0,
            inputs: &self.inputs,
            targets: &self.targets,
            lengths: &self.lengths,
            ids: &self.ids,
            epoch: 0,
        };
        self.trainer.learn(&pass, &rule, 0.0, &batch).expect("learns")
    }
}

impl Job {
    fn program(&self, gains: &[f64]) -> Program {
        let nodes = (self.nodes)(self, gains);
        let network = Network { format: 1, dt: DT, input: self.input.to_vec(), output: String::new(), nodes };
        lower(&network, 1).expect("a valid network")
    }

    fn trainer(&self, gains: &[f64]) -> Trainer {
        Trainer::new(self.program(gains), &OptimiserKind::Adam(Adam::default()))
    }

    /// The network called `name`.
    pub fn named(name: &str) -> Option<&'static Job> {
        const ALL: &[Job] = &JOBS;
        ALL.iter().find(|job| job.name == name)
    }

    /// Shape of a step of the input.
    pub fn input_shape(&self) -> &'static [usize] {
        self.input
    }

    /// Whether the input is spikes.
    pub fn spikes(&self) -> bool {
        self.activity.is_some()
    }

    /// A sample: random spikes, or values of 8 bits that stay the same.
    fn sample(&self, s: usize, draw: u32) -> SampleInput {
        let width = self.input.iter().product::<usize>();
        let stream = Stream::new(1, "benchmark", "input");
        let uniform = |t: usize, i: u32| stream.uniform(t as u64, s as u32 + 1024 * draw, i);
        let Some(activity) = self.activity else {
            let value = |i: u32| {
                let u = uniform(0, i);
                (u * u * 255.0).round() as f32 / 256.0
            };
            return SampleInput::Constant((0..width as u32).map(value).collect());
        };
        let (mut offsets, mut index) = (vec![0], Vec::new());
        for t in 0..self.steps {
            index.extend((0..width as u32).filter(|i| uniform(t, *i) < activity));
            offsets.push(index.len() as u32);
        }
        let value = vec![1.0; index.len()];
        SampleInput::Spikes(SpikeRows::new(offsets, index, value, width).expect("in order"))
    }
}
