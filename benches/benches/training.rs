//! Milliseconds of a training step: `cargo bench --bench training [networks] [shares] [step] [sweeps] [layer]
//! [kernel]`, all by default.
//!
//! `networks` are those of `benches::networks`, `shares` where their time goes (of those that are named beside it); the rest
//! looks closer at one of them.
//!
//! A step is forward, backward and Adam's update of inputs → recurrent LIF (subtractive reset, no gradient through it)
//! → leaky readout, cross-entropy on its mean potential. Weights are scaled so that hidden neurons fire in 6 % of the
//! steps. Figures are the shortest of several runs. `peers/training_peers.py` times the same step elsewhere. Fails if
//! the input kernel does not follow the spikes.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Instant;

use benches::machine::arithmetic_peak;
use benches::networks::{JOBS, Job};
use benches::process::{computed, forget_peak, peak_since};
use benches::{networks, serve, shares, shortest, table};
use rayon::prelude::*;
use rheobase::encode::{SampleInput, SpikeRows};
use rheobase::learn::loss::{CrossEntropy, LossKind, Score};
use rheobase::learn::optimise::Adam;
use rheobase::learn::{Batch, OptimiserKind, Outcome, Pass, Rule, Target, Trainer, WeightPenalty};
use rheobase::models::lanes::Level;
use rheobase::models::neuron::lif_subtract;
use rheobase::network::{
    Combine, Context, Counts, Feed, Kind, Linear, Link, Network, Neurons, Node, Numbers, Program, Raw, Reach,
    Tape, TileInput, WeightStart, Word, lower,
};
use rheobase::random::Stream;
use rheobase::{Catalog, Input, Population, Record, Spikes, Upstream};

// As in the command: the system's own hands large buffers back to the system after every use.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INPUTS: usize = 700;
const CLASSES: usize = 20;
const BATCH: usize = 128;
const TILE: usize = 16;
const BETA: f64 = 0.9;
const DT: f64 = 1e-3;
const HIDDEN_RATE: f64 = 0.06;
const TRIANGLE: (&str, f64) = ("triangle", 0.5);
const ARCTAN: (&str, f64) = ("arctan", 2.0);

/// What is trained.
#[derive(Clone, Copy)]
struct Recurrent {
    hidden: usize,
    steps: usize,
    activity: f64,
    surrogate: (&'static str, f64),
    /// Whether input is given as values instead of spikes.
    dense: bool,
}

const JOB: Recurrent =
    Recurrent { hidden: 256, steps: 100, activity: 0.08, surrogate: TRIANGLE, dense: false };

fn tau() -> f64 {
    lif_subtract::tau_of_beta(BETA).expect("between 0 and 1")
}

fn node(name: &str, from: Vec<Link>, kind: Kind) -> Node {
    Node { name: name.into(), from, combine: Combine::Sum, kind }
}

fn linear(outputs: usize, gain: f64) -> Kind {
    Kind::Linear(Linear { outputs, bias: false, start: WeightStart::Normal(gain) })
}

fn neurons(model: &str, parameter: &str, value: f64) -> Neurons {
    Neurons {
        set: BTreeMap::from([(parameter.to_string(), Numbers::One(value))]),
        detach_reset: true,
        ..Neurons::new(model)
    }
}

fn lif(surrogate: (&str, f64)) -> Kind {
    let (name, number) = surrogate;
    let words = vec![Word::Name(name.into()), Word::Number(number)];
    Kind::Neurons(Neurons { surrogate: words, ..neurons("lif_subtract", "tau", tau()) })
}

fn network(input: usize, nodes: Vec<Node>) -> Program {
    let network = Network { format: 1, dt: DT, input: vec![input], output: String::new(), nodes };
    lower(&network, 1).expect("a valid network")
}

impl Recurrent {
    /// The network with input weights of `gain`.
    fn program(&self, gain: f64) -> Program {
        let back = Link::Delayed { node: "hidden".into(), delay: 1, initial: None };
        let both = vec![Link::Now("in".into()), Link::Now("back".into())];
        network(
            INPUTS,
            vec![
                node("in", Vec::new(), linear(self.hidden, gain)),
                node("back", vec![back], linear(self.hidden, 0.5)),
                node("hidden", both, lif(self.surrogate)),
                node("out", Vec::new(), linear(CLASSES, 1.0)),
                node("readout", Vec::new(), Kind::Neurons(neurons("leaky_integrator", "tau_m", tau() * DT))),
            ],
        )
    }

    fn inputs(&self) -> Vec<SampleInput> {
        inputs(self.steps, self.activity, self.dense)
    }
}

/// A batch of random spikes.
fn inputs(steps: usize, activity: f64, dense: bool) -> Vec<SampleInput> {
    let stream = Stream::new(1, "benchmark", "input");
    let sample = |s: usize| {
        let (mut offsets, mut index) = (vec![0], Vec::new());
        for t in 0..steps {
            index.extend((0..INPUTS as u32).filter(|i| stream.uniform(t as u64, s as u32, *i) < activity));
            offsets.push(index.len() as u32);
        }
        let value = vec![1.0; index.len()];
        let rows = SpikeRows::new(offsets, index, value, INPUTS).expect("in order");
        let spikes = SampleInput::Spikes(rows);
        match dense {
            true => SampleInput::Dense { features: INPUTS, values: spikes.to_dense(steps, INPUTS) },
            false => spikes,
        }
    };
    (0..BATCH).into_par_iter().map(sample).collect()
}

/// A program, its training, and the data it has.
struct Setup {
    job: Recurrent,
    trainer: Trainer,
    inputs: Vec<SampleInput>,
    targets: Vec<Target<'static>>,
    lengths: Vec<usize>,
    ids: Vec<u64>,
}

impl Setup {
    /// Weights are scaled for the wanted rate of hidden neurons.
    fn new(job: Recurrent) -> Self {
        let optimiser = OptimiserKind::Adam(Adam::default());
        let mut setup = Setup {
            job,
            trainer: Trainer::new(job.program(1.0), &optimiser),
            inputs: job.inputs(),
            targets: (0..BATCH).map(|s| Target::Class((s % CLASSES) as u32)).collect(),
            lengths: vec![job.steps; BATCH],
            ids: (0..BATCH as u64).collect(),
        };
        let (mut low, mut high) = (0.0, 16.0);
        for _ in 0..9 {
            let gain = 0.5 * (low + high);
            setup.trainer = Trainer::new(job.program(gain), &optimiser);
            if setup.hidden_rate() < HIDDEN_RATE { low = gain } else { high = gain }
        }
        setup
    }

    fn pass(&self) -> Pass {
        let loss = LossKind::CrossEntropy(CrossEntropy::on(Score::Mean));
        Pass { loss, rates: Vec::new(), truncate: 0, chunk: self.job.steps, level: Level::best() }
    }

    /// The first `samples` of the data.
    fn batch(&self, samples: usize) -> Batch<'_> {
        Batch {
            source: 0,
            inputs: &self.inputs[..samples],
            targets: &self.targets[..samples],
            lengths: &self.lengths[..samples],
            ids: &self.ids[..samples],
            epoch: 0,
        }
    }

    /// Share of steps in which a hidden neuron fires, from two tiles.
    fn hidden_rate(&self) -> f64 {
        let outcome = self.trainer.evaluate(&self.pass(), &self.batch(2 * TILE)).expect("runs");
        let all = outcome.sample_steps as f64 * self.job.hidden as f64;
        outcome.counts.spikes.iter().sum::<u64>() as f64 / all
    }

    /// One training step. The rate is too small to move activity between repetitions.
    fn learn(&mut self) -> Outcome {
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
        self.trainer.learn(&pass, &rule, 1e-9, &batch).expect("learns")
    }

    /// Share of the hidden layer's slopes that are not 0, over the first tile.
    fn active_slopes(&self) -> f64 {
        let program = self.trainer.program();
        let hidden = 1 + program.nodes().position(|(name, ..)| name == "hidden").expect("a node");
        let (mut state, mut tape, mut counts) = (program.start(TILE), Tape::default(), Counts::default());
        let input = TileInput { samples: &self.inputs[..TILE], lengths: None, width: INPUTS, wanted: false };
        let (mut set, mut all) = (0.0, 0.0);
        program
            .run(
                &context(&self.ids[..TILE], true),
                &mut state,
                input.steps(0..self.job.steps),
                &mut tape,
                &mut counts,
                |_, s| {
                    let slopes = (TILE * self.job.hidden) as f64;
                    all += slopes;
                    set += match &s[hidden].reach {
                        Reach::Bits(bits) => bits.iter().map(|w| f64::from(w.count_ones())).sum(),
                        Reach::Everywhere => slopes,
                        Reach::Nowhere => 0.0,
                    };
                },
            )
            .expect("runs");
        set / all
    }
}

fn context(ids: &[u64], taping: bool) -> Context<'_> {
    Context { step: 0, sample_ids: ids, epoch: 0, training: taping, taping, level: Level::best() }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

fn percent(x: f64) -> String {
    format!("{:.1} %", 100.0 * x)
}

fn millions(x: u64) -> String {
    format!("{:.1}", x as f64 / 1e6)
}

/// The step of the comparison with peers.
fn step() {
    let mut rows = Vec::new();
    for surrogate in [TRIANGLE, ARCTAN] {
        // Most memory first: what one measurement leaves free counts as held in the next.
        for threads in [2, 1] {
            let pool = pool(threads);
            let mut setup = pool.install(|| Setup::new(Recurrent { surrogate, ..JOB }));
            let baseline = forget_peak();
            let outcome = pool.install(|| setup.learn());
            let seconds = pool.install(|| {
                shortest(60, || {
                    black_box(setup.learn());
                })
            });
            let peak = baseline.and_then(peak_since);
            rows.push(vec![
                format!("{} {}", surrogate.0, surrogate.1),
                threads.to_string(),
                format!("{:.1}", 1e3 * seconds),
                percent(setup.hidden_rate()),
                percent(setup.active_slopes()),
                millions(outcome.counts.spikes.iter().sum()),
                millions(outcome.counts.operations.iter().sum()),
                format!("{:.2}", outcome.tape_bytes as f64 / (1 << 20) as f64),
                peak.map_or("–".into(), |bytes| format!("{:.0}", bytes as f64 / (1 << 20) as f64)),
            ]);
        }
    }
    let header = [
        "surrogate",
        "threads",
        "ms",
        "hidden activity",
        "active slopes",
        "10⁶ spikes",
        "10⁶ synaptic operations",
        "tape of a tile, MiB",
        "peak above baseline, MiB",
    ];
    let title =
        format!("Training step, {INPUTS} → 256 recurrent → {CLASSES}, T = 100, batch {BATCH}, 8 % input");
    table(&title, &header, &rows);
    println!("\nThe baseline holds data, weights and moments. A tape is held by each thread.");
}

/// How the cost follows activity and sizes.
fn sweeps() {
    let activities = [0.01, 0.02, 0.05, 0.2, 0.5].map(|activity| Recurrent { activity, ..JOB });
    let hidden = [128, 512, 1024].map(|hidden| Recurrent { hidden, ..JOB });
    let steps = [50, 200, 500].map(|steps| Recurrent { steps, ..JOB });
    let mut rows = Vec::new();
    let pool = pool(2);
    for job in [JOB].into_iter().chain(activities).chain(hidden).chain(steps) {
        let mut row = vec![percent(job.activity), job.hidden.to_string(), job.steps.to_string()];
        let mut operations = 0;
        for dense in [false, true] {
            // Values of the longest jobs would not say more than those of the shorter ones.
            if dense && (job.steps > 200 || job.hidden > 512) {
                row.push("–".into());
                continue;
            }
            let seconds = pool.install(|| {
                let mut setup = Setup::new(Recurrent { dense, ..job });
                operations = setup.learn().counts.operations.iter().sum();
                shortest(3, || {
                    black_box(setup.learn());
                })
            });
            row.push(format!("{:.1}", 1e3 * seconds));
            if !dense {
                row.push(format!("{:.1}", 1e9 * seconds / (BATCH * job.steps * job.hidden) as f64));
            }
        }
        row.insert(3, millions(operations));
        rows.push(row);
    }
    let header = [
        "input",
        "hidden",
        "T",
        "10⁶ synaptic operations",
        "ms, spikes in",
        "ns per hidden neuron-step",
        "ms, values in",
    ];
    table("Training step, triangle, two threads, hidden activity 6 %", &header, &rows);
}

/// One layer of LIF neurons alone, forwards and back to its input.
fn layer() {
    const NEURONS: usize = 256;
    const STEPS: usize = 100;
    let stream = Stream::new(2, "benchmark", "current");
    let mut rows = Vec::new();
    for threads in [1, 2] {
        let mut row = vec![threads.to_string()];
        for (name, number) in [TRIANGLE, ARCTAN] {
            let surrogate = rheobase::models::Surrogate::named(name, &[number]).expect("in the table");
            let model = Catalog::standard().get("lif_subtract").expect("in the catalogue");
            let mut layer = Population::<f32>::builder(model, &[NEURONS])
                .batch(BATCH)
                .set("tau", tau())
                .surrogate(surrogate)
                .detach_reset(true)
                .threads(threads)
                .build()
                .expect("in range");
            let n = STEPS * BATCH * NEURONS;
            let x: Vec<f32> = (0..n).map(|i| 0.25 * stream.uniform(0, 0, i as u32) as f32).collect();
            let upstream = vec![1e-3f32; n];
            let seconds = shortest(60, || {
                layer.reset();
                let record = Record::spikes(Spikes::Bits);
                let (recording, tape) = layer.run_taped(STEPS, &Input::Array(&x), &record).expect("runs");
                let upstream = Upstream { output: Some(&upstream), states: Vec::new() };
                let back = layer.gradients(&tape, &Input::Array(&x), &upstream, &[]).expect("runs");
                black_box((recording, back));
            });
            row.push(format!("{:.2}", 1e3 * seconds));
        }
        let both = through_network(threads, &stream);
        row.extend(both.map(|seconds| format!("{:.2}", 1e3 * seconds)));
        rows.push(row);
    }
    let header = [
        "threads",
        "population, triangle",
        "population, arctan",
        "in a network, triangle",
        "in a network, arctan",
    ];
    table("ms of one LIF layer, forward and backward, T = 100, batch 128, 256 neurons", &header, &rows);
}

/// Seconds of the layer as a node of a network, with either surrogate.
fn through_network(threads: usize, stream: &Stream) -> [f64; 2] {
    const NEURONS: usize = 256;
    const STEPS: usize = 100;
    let sample = |s: u32| {
        let value = |i: u32| 0.25 * stream.uniform(1, s, i) as f32;
        SampleInput::Dense { features: NEURONS, values: (0..(STEPS * NEURONS) as u32).map(value).collect() }
    };
    let samples: Vec<SampleInput> = (0..BATCH as u32).map(sample).collect();
    [TRIANGLE, ARCTAN].map(|surrogate| {
        let program = network(NEURONS, vec![node("layer", Vec::new(), lif(surrogate))]);
        // A tape per thread, as in training.
        let tapes = Mutex::new(Vec::<Tape>::new());
        let pooled = || tapes.lock().expect("no thread has panicked");
        pool(threads).install(|| {
            shortest(60, || {
                samples.par_chunks(TILE).for_each(|samples| {
                    let mut tape = pooled().pop().unwrap_or_default();
                    let ids: Vec<u64> = (0..TILE as u64).collect();
                    let context = context(&ids, true);
                    let (mut state, mut counts) = (program.start(TILE), Counts::default());
                    let input = TileInput { samples, lengths: None, width: NEURONS, wanted: true };
                    program
                        .run(&context, &mut state, input.steps(0..STEPS), &mut tape, &mut counts, |_, _| {})
                        .expect("runs");
                    let mut adjoint = program.end(&state, Raw::new());
                    let wanted = |_: usize, _: usize, g: &mut [f32]| g.fill(1e-3);
                    program
                        .back(&context, &mut tape, &mut adjoint, &[1], wanted, |_, g| {
                            black_box(g);
                        })
                        .expect("runs");
                    pooled().push(tape);
                });
            })
        })
    })
}

/// The input kernel, decoding of events included; says whether 1 % of activity takes at most a third of 8 %.
fn kernel() -> bool {
    let peak = arithmetic_peak(Level::best());
    let program = network(INPUTS, vec![node("in", Vec::new(), linear(JOB.hidden, 1.0))]);
    let mut rows = Vec::new();
    let mut times = BTreeMap::new();
    for per_cent in [1, 2, 5, 8, 20, 50] {
        let mut row = vec![format!("{per_cent} %")];
        for dense in [false, true] {
            let samples = inputs(JOB.steps, f64::from(per_cent) / 100.0, dense);
            let ids: Vec<u64> = (0..TILE as u64).collect();
            let mut tape = Tape::default();
            let mut counts = Counts::default();
            let seconds = shortest(7, || {
                counts = Counts::default();
                for samples in samples.chunks(TILE) {
                    let mut state = program.start(TILE);
                    let input = TileInput { samples, lengths: None, width: INPUTS, wanted: false };
                    program
                        .run(
                            &context(&ids, false),
                            &mut state,
                            input.steps(0..JOB.steps),
                            &mut tape,
                            &mut counts,
                            |_, s| {
                                black_box(s);
                            },
                        )
                        .expect("runs");
                }
            });
            row.push(format!("{:.2}", 1e3 * seconds));
            if !dense {
                times.insert(per_cent, seconds);
                let operations = counts.operations.iter().sum::<u64>();
                row.push(percent(2.0 * operations as f64 / seconds / peak));
            }
        }
        rows.push(row);
    }
    let header = ["activity", "ms, spikes in", "of the arithmetic peak", "ms, values in"];
    table(
        "Input kernel 700 → 256, T = 100, batch 128, forward, decoding included, one thread",
        &header,
        &rows,
    );
    let ratio = times[&1] / times[&8];
    println!("\nAt 1 % it takes {ratio:.2} of its time at 8 %; at most 0.33 is wanted.");
    ratio <= 1.0 / 3.0
}

/// The two kernels of the backward pass: to weights from events and from values, and to inputs.
fn ways_back() {
    let peak = arithmetic_peak(Level::best());
    let program = network(INPUTS, vec![node("in", Vec::new(), linear(JOB.hidden, 1.0))]);
    let ids: Vec<u64> = (0..TILE as u64).collect();
    let context = context(&ids, true);
    // Seconds of the backward pass, and events × outputs.
    let measure = |dense: bool, wanted: bool| {
        let samples = inputs(JOB.steps, JOB.activity, dense);
        let (mut tape, mut best, mut operations) = (Tape::default(), f64::INFINITY, 0);
        for _ in 0..7 {
            let (mut seconds, mut counts) = (0.0, Counts::default());
            for samples in samples.chunks(TILE) {
                let mut state = program.start(TILE);
                let input = TileInput { samples, lengths: None, width: INPUTS, wanted };
                program
                    .run(&context, &mut state, input.steps(0..JOB.steps), &mut tape, &mut counts, |_, _| {})
                    .expect("runs");
                let mut adjoint = program.end(&state, Raw::new());
                let error = |_: usize, _: usize, g: &mut [f32]| g.fill(1e-3);
                let start = Instant::now();
                let done = program.back(&context, &mut tape, &mut adjoint, &[1], error, |_, g| {
                    black_box(g);
                });
                done.expect("runs");
                seconds += start.elapsed().as_secs_f64();
                black_box(adjoint);
            }
            best = seconds.min(best);
            operations = counts.operations.iter().sum::<u64>();
        }
        (best, operations as f64)
    };
    let (events, operations) = measure(false, false);
    let (values, _) = measure(true, false);
    let (both, _) = measure(false, true);
    let all = (BATCH * JOB.steps * INPUTS * JOB.hidden) as f64;
    let row = |name: &str, seconds: f64, products: f64| {
        vec![name.into(), format!("{:.2}", 1e3 * seconds), percent(2.0 * products / seconds / peak)]
    };
    let rows = [
        row("to weights, 8 % spikes in, sorting included", events, operations),
        row("to weights, values in", values, all),
        row("to inputs, wanted everywhere", both - events, all),
    ];
    let title = "The backward pass through 700 → 256, T = 100, batch 128, one thread";
    table(title, &["kernel", "ms", "of the arithmetic peak"], &rows);
}

/// A training step of each network that `peers/training_peers.py` also trains.
fn networks() {
    let mut rows = Vec::new();
    for job in &JOBS {
        let mut row = vec![job.name.to_string()];
        let mut setup = pool(2).install(|| networks::Setup::scaled(job));
        for threads in [2, 1] {
            let seconds = pool(threads).install(|| {
                let once = shortest(1, || drop(black_box(setup.learn())));
                shortest((2.0 / once).clamp(2.0, 30.0) as usize, || drop(black_box(setup.learn())))
            });
            row.push(format!("{:.1}", 1e3 * seconds));
        }
        row.push(pool(1).install(|| {
            let (before, mut runs) = (computed(), 0);
            let since = |before: f64| computed().map_or(0.0, |now| now - before);
            while runs < 3 || before.is_some_and(|before| since(before) < 1.0 && runs < 100) {
                black_box(setup.learn());
                runs += 1;
            }
            before.map_or("–".into(), |before| format!("{:.1}", 1e3 * since(before) / f64::from(runs)))
        }));
        row.push(setup.rates().into_iter().map(percent).collect::<Vec<_>>().join(", "));
        let counts = setup.learn().counts;
        row.push(millions(counts.spikes.iter().sum()));
        row.push(millions(counts.operations.iter().sum()));
        rows.push(row);
    }
    let header = [
        "network",
        "ms, two threads",
        "one",
        "computed, one thread",
        "hidden activity",
        "10⁶ spikes",
        "10⁶ synaptic operations",
    ];
    table("A training step", &header, &rows);
}

/// `write FOLDER NAME…` and `serve FOLDER NAME`: what `peers/training_peers.py` asks for.
fn for_peers(command: &str, folder: &str, names: &[String]) -> rheobase::Result<()> {
    for name in names {
        let known = || JOBS.iter().map(|job| job.name);
        let job = Job::named(name)
            .ok_or_else(|| rheobase::Error::unknown("benchmark", "network", name, known()))?;
        let file = std::path::Path::new(folder).join(format!("{name}.npz"));
        match command {
            "write" => serve::write(job, &file)?,
            _ => pool(2).install(|| serve::serve(job, &file))?,
        }
    }
    Ok(())
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if let [command, folder, names @ ..] = &wanted[..]
        && ["write", "serve"].contains(&&command[..])
    {
        if let Err(error) = for_peers(command, folder, names) {
            eprintln!("{error}");
            std::process::exit(1);
        }
        return;
    }
    let named = |part: &str| wanted.iter().any(|w| w == part);
    let is = |part: &str| wanted.is_empty() || named(part);
    println!("SIMD level {}.", Level::best().name());
    if is("networks") {
        networks();
    }
    if is("shares") {
        let none = !JOBS.iter().any(|job| named(job.name));
        JOBS.iter()
            .filter(|job| none || named(job.name))
            .for_each(|job| pool(2).install(|| shares::print(job)));
        shares::explain();
    }
    if is("step") {
        step();
    }
    if is("layer") {
        layer();
    }
    let follows = !is("kernel") || kernel();
    if is("kernel") {
        ways_back();
    }
    if is("sweeps") {
        sweeps();
    }
    if !follows {
        eprintln!("the input kernel does not follow the spikes");
        std::process::exit(1);
    }
}
