//! Nanoseconds per neuron-step of every model: `cargo bench --bench neurons [MODEL…]`.
//!
//! Every figure is the shortest of several runs in one process; the columns of a row are measured in turn. Fails if
//! AVX2 is not clearly faster than SSE2: then something has fallen out of the functions compiled for it.

use std::hint::black_box;

use benches::counted::operations;
use benches::machine::{arithmetic_peak, copy_read_bandwidth};
use benches::{paired, shortest, table};
use rheobase::{Catalog, Input, Population, Record, Spikes};
use rheobase_models::Neuron;
use rheobase_models::catalog::Visitor;
use rheobase_models::lanes::Level;
use rheobase_models::neuron::{Emits, Info};

const NEURONS: usize = 20_000;
const STEPS: usize = 250;
const RUNS: usize = 15;

/// A model with the number of operations of a step.
struct Entry {
    info: &'static Info,
    operations: u64,
}

struct Entries(Vec<Entry>);

impl Visitor for Entries {
    fn visit<N: Neuron>(&mut self) {
        self.0.push(Entry { info: const { &N::INFO }, operations: operations::<N>() });
    }
}

fn population(info: &Info, level: Level, neurons: usize, threads: usize) -> Population<f32> {
    let model = Catalog::standard().get(info.name).expect("catalogue");
    let builder = Population::builder(model, &[neurons]).level(level).threads(threads);
    builder.build().expect("default parameters are in range")
}

/// Constant inputs around `centre`, one per neuron, spread by 10 %.
fn inputs(centre: f64, neurons: usize) -> Vec<f32> {
    (0..neurons).map(|i| (centre * (0.95 + 0.1 * i as f64 / neurons as f64)) as f32).collect()
}

/// Mean rate in Hz (spikes per 1,000 steps) of the second half of 2,000 steps.
fn rate(info: &Info, centre: f64) -> f64 {
    let mut p = population(info, Level::best(), 200, 1);
    let x = inputs(centre, 200);
    p.run(1000, &Input::Constant(&x), &Record::default()).expect("runs");
    let r = p.run(1000, &Input::Constant(&x), &Record::spikes(Spikes::Dense)).expect("runs");
    r.dense().iter().map(|s| f64::from(s.abs())).sum::<f64>() / 200.0
}

/// The centre of inputs at which the mean rate comes closest to `hz` from above, by bisection from the example input.
fn input_for(info: &Info, hz: f64) -> f64 {
    if hz == 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, info.input_range[1]);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if rate(info, middle) < hz { low = middle } else { high = middle }
    }
    high
}

/// ns per neuron-step.
fn time(p: &mut Population<f32>, x: &[f32], steps: usize, record: &Record) -> f64 {
    let n = p.neurons();
    let seconds = shortest(RUNS, || {
        black_box(p.run(steps, &Input::Constant(x), record).expect("runs"));
    });
    seconds * 1e9 / (n * steps) as f64
}

fn figure(x: f64) -> String {
    if x < 0.0995 { format!("{x:.3}") } else { format!("{x:.2}") }
}

/// Every model at every level.
fn models(entries: &[Entry], peak: f64) -> bool {
    let mut rows = Vec::new();
    let (mut sse2_total, mut avx2_total) = (0.0, 0.0);
    for e in entries {
        let spikes = e.info.emits != Emits::Analogue;
        let centre = if spikes { input_for(e.info, 20.0) } else { e.info.example_input };
        let x = inputs(centre, NEURONS);
        let mut row = vec![format!("`{}`", e.info.name)];
        row.push(if spikes { format!("{:.0}", rate(e.info, centre)) } else { "–".into() });
        let mut best = 0.0;
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            let mut p = population(e.info, level, NEURONS, 1);
            p.run(STEPS, &Input::Constant(&x), &Record::default()).expect("runs");
            best = time(&mut p, &x, STEPS, &Record::default());
            match level {
                Level::Sse2 => sse2_total += best,
                Level::Avx2 => avx2_total += best,
                _ => {}
            }
            row.push(figure(best));
        }
        for hz in [0.0, 100.0] {
            if !spikes {
                row.push("–".into());
                continue;
            }
            let x = inputs(input_for(e.info, hz), NEURONS);
            let mut p = population(e.info, Level::best(), NEURONS, 1);
            p.run(STEPS, &Input::Constant(&x), &Record::default()).expect("runs");
            row.push(figure(time(&mut p, &x, STEPS, &Record::default())));
        }
        row.push(e.operations.to_string());
        row.push(format!("{:.0} %", 100.0 * e.operations as f64 / peak * 1e9 / best));
        rows.push(row);
    }
    let levels: Vec<&str> = Level::ALL.iter().filter(|l| l.is_available()).map(|l| l.name()).collect();
    let mut header = vec!["model", "Hz"];
    header.extend(&levels);
    header.extend(["0 Hz", "100 Hz", "operations", "of peak"]);
    table(
        &format!("ns per neuron-step, one thread, f32, {NEURONS} neurons, constant input, tiled in time"),
        &header,
        &rows,
    );
    println!("\n`scalar` is the plain loop; the last four columns are for the highest level.");
    println!("Sum over models: AVX2 takes {:.2} of SSE2's time.", avx2_total / sse2_total);
    avx2_total < 0.8 * sse2_total || !Level::Avx2.is_available()
}

/// What else a run can be asked for, beside the plain run.
fn beside(entries: &[Entry]) {
    let mut rows = Vec::new();
    let bandwidth = copy_read_bandwidth(512 << 20);
    for e in entries.iter().filter(|e| e.info.emits != Emits::Analogue) {
        let centre = input_for(e.info, 20.0);
        let x = inputs(centre, NEURONS);
        let mut plain = population(e.info, Level::best(), NEURONS, 1);
        let mut bits = population(e.info, Level::best(), NEURONS, 1);
        let bit_record = Record::spikes(Spikes::Bits);
        let (a, b) = paired(
            RUNS,
            || {
                black_box(bits.run(STEPS, &Input::Constant(&x), &bit_record).expect("runs"));
            },
            || {
                black_box(plain.run(STEPS, &Input::Constant(&x), &Record::default()).expect("runs"));
            },
        );
        let mut two = population(e.info, Level::best(), NEURONS * 4, 2);
        let mut one = population(e.info, Level::best(), NEURONS * 4, 1);
        let wide = inputs(centre, NEURONS * 4);
        let (t1, t2) = paired(
            RUNS,
            || {
                black_box(one.run(STEPS, &Input::Constant(&wide), &Record::default()).expect("runs"));
            },
            || {
                black_box(two.run(STEPS, &Input::Constant(&wide), &Record::default()).expect("runs"));
            },
        );
        // One parameter per neuron makes every coefficient a column.
        let field = &plain.model().params()[0];
        let model = Catalog::standard().get(e.info.name).expect("catalogue");
        let mut each = Population::<f32>::builder(model, &[NEURONS])
            .threads(1)
            .set(field.name, each_near(field.default, NEURONS))
            .build()
            .expect("in range");
        let each = time(&mut each, &x, STEPS, &Record::default());
        let million = 1_000_000;
        let mut p = population(e.info, Level::best(), million, 1);
        let large = inputs(centre, million);
        let million_ns = shortest(3, || {
            black_box(p.run(STEPS, &Input::Constant(&large), &Record::default()).expect("runs"));
        }) * 1e9
            / (million * STEPS) as f64;
        rows.push(vec![
            format!("`{}`", e.info.name),
            figure(b * 1e9 / (NEURONS * STEPS) as f64),
            format!("{:+.0} %", 100.0 * (a / b - 1.0)),
            format!("{:.2}", t1 / t2),
            figure(each),
            figure(million_ns),
            format!("{:.0} %", 100.0 * streamed(e.info, centre) / bandwidth),
            format!("{:.2}", silent(e.info)),
        ]);
    }
    let header = [
        "model",
        "plain ns",
        "bits on top",
        "speed-up of 2 threads",
        "a parameter per neuron, ns",
        "10⁶ neurons, ns",
        "streamed input, of copy's reads",
        "long silence / start",
    ];
    table("Beside the plain run, highest level, 20 Hz", &header, &rows);
    println!("\nCopying reads {:.1} GB/s.", bandwidth / 1e9);
}

/// Numbers next to `centre`, one per neuron.
fn each_near(centre: f64, neurons: usize) -> Vec<f64> {
    (0..neurons).map(|i| centre * (1.0 - 1e-3 * i as f64 / neurons as f64)).collect()
}

/// Bytes per second at which an input array larger than the caches is taken in.
fn streamed(info: &Info, centre: f64) -> f64 {
    let steps = 6_000;
    let row = inputs(centre, NEURONS);
    let mut data = Vec::with_capacity(steps * NEURONS);
    for _ in 0..steps {
        data.extend_from_slice(&row);
    }
    let mut p = population(info, Level::best(), NEURONS, 1);
    let seconds = shortest(3, || {
        black_box(p.run(steps, &Input::Array(&data), &Record::default()).expect("runs"));
    });
    (data.len() * 4) as f64 / seconds
}

/// Time of steps after a long silence, when what decays has become denormal, relative to its first steps: of the slowest
/// window of 25 steps, each taken at its shortest over repetitions.
fn silent(info: &Info) -> f64 {
    let mut p = population(info, Level::best(), NEURONS, 1);
    let x = inputs(info.example_input, NEURONS);
    let zeros = [0.0f32];
    let mut windows = [f64::INFINITY; 84];
    for _ in 0..3 * RUNS {
        p.reset();
        p.run(20, &Input::Constant(&x), &Record::default()).expect("runs");
        for window in &mut windows {
            let now = shortest(1, || {
                black_box(p.run(25, &Input::Constant(&zeros), &Record::default()).expect("runs"));
            });
            *window = window.min(now);
        }
    }
    windows[1..].iter().copied().fold(0.0, f64::max) / windows[0]
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let mut entries = Entries(Vec::new());
    rheobase_models::catalog::for_each(&mut entries);
    let entries: Vec<Entry> = entries
        .0
        .into_iter()
        .filter(|e| wanted.is_empty() || wanted.iter().any(|w| w == e.info.name))
        .collect();
    let peak = arithmetic_peak(Level::best());
    println!("Arithmetic peak of one core at {}: {:.0}·10⁹ operations/s.", Level::best().name(), peak / 1e9);
    let faster = models(&entries, peak);
    beside(&entries);
    if !faster {
        eprintln!("AVX2 is not clearly faster than SSE2: lanes have fallen out of their functions");
        std::process::exit(1);
    }
}
