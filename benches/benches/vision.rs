//! Microseconds to learn from an image without labels: `cargo bench --bench vision [-- FILE]`.
//!
//! A layer of 30 maps of 5 × 5 over on- and off-centre cells at 28 × 28 places, 15 steps: convolution, fire, inhibition
//! per place, five winners, SpykeTorch's STDP. One thread. The figure is the shortest of several runs over all images, each
//! from the same weights. What went in and what came out is written to FILE (target/vision.npz), which
//! `peers/vision_peers.py` reads: it times the same in PyTorch, and fails if winners or weights differ.

use std::hint::black_box;
use std::path::PathBuf;

use benches::process::{forget_peak, peak_since};
use benches::{shortest, table};
use rheobase::data::{Array, ArrayData, write_npz};
use rheobase::plasticity::{
    Activity, Connection, Kernels, Learner, Order, Plasticity, Rate, Rule, Winners, convergence,
};
use rheobase::random::Stream;
use rheobase::vision::{
    Dog, FilterBank, FilterKernel, FirstSpikeConv, Inhibition, Potentials, SpikeRows, intensity_to_latency,
    rectify,
};

// As in the command: the system's own hands large buffers back to the system after every use.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIDE: usize = 28;
const INPUT: [usize; 3] = [2, SIDE, SIDE];
const MAPS: usize = 30;
const KERNEL: [usize; 2] = [5, 5];
const STEPS: usize = 15;
const IMAGES: usize = 500;
const THRESHOLD: f32 = 10.0;
const WINNERS: Winners = Winners { k: 5, radius: 2 };
const RATES: [f32; 2] = [0.004, -0.003];

/// Three strokes of a pen.
fn image(number: u32) -> Vec<f32> {
    let stream = Stream::new(1, "bench", "vision");
    let end = |n: u32| 4.0 + 20.0 * stream.uniform(0, number, n);
    let mut image = vec![0.0f32; SIDE * SIDE];
    for stroke in 0..3 {
        let [x0, y0, x1, y1] = [0, 1, 2, 3].map(|n| end(4 * stroke + n));
        let square = |x: f64| x * x;
        let length = (square(x1 - x0) + square(y1 - y0)).max(1e-9);
        for (at, pixel) in image.iter_mut().enumerate() {
            let (x, y) = ((at % SIDE) as f64, (at / SIDE) as f64);
            let along = (((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length).clamp(0.0, 1.0);
            let off = square(x - x0 - along * (x1 - x0)) + square(y - y0 - along * (y1 - y0));
            *pixel = pixel.max(1.0 / (1.0 + off * off) as f32);
        }
    }
    image
}

/// First spikes of on- and off-centre cells.
fn spikes(number: u32, filters: &FilterBank) -> rheobase::Result<SpikeRows> {
    let (mut seen, mut rows) = (Vec::new(), SpikeRows::default());
    let cells = INPUT.iter().product();
    filters.responses(&image(number), &mut seen)?;
    rectify(&mut seen, Some(0.2), false)?;
    intensity_to_latency(&seen, STEPS, &mut rows)?;
    SpikeRows::new(rows.offsets().to_vec(), rows.index().to_vec(), vec![1.0; rows.len()], cells)
}

struct Layer {
    conv: FirstSpikeConv,
    inhibition: Inhibition,
    learner: Learner,
    weights: Vec<f32>,
    potentials: Potentials,
    fired: SpikeRows,
    left: SpikeRows,
}

impl Layer {
    fn new() -> rheobase::Result<Layer> {
        let kernels = Kernels::new(MAPS, &KERNEL);
        let connection = Connection::convolution("layer", kernels, &INPUT)?;
        let stream = Stream::new(1, "bench", "weights");
        let weights: Vec<f32> =
            (0..connection.len()).map(|i| (0.8 + 0.05 * stream.normal(0, 0, i as u32)) as f32).collect();
        let [ltp, ltd] = RATES.map(Rate::Same);
        let rule = Rule::Order(Order { ltp, ltd, stabilizer: true, anneal: None });
        let settings = Plasticity { winners: Some(WINNERS), ..Plasticity::new(rule) };
        let mut conv = FirstSpikeConv::new(kernels, &INPUT)?;
        conv.set_weights(&weights)?;
        conv.set_thresholds(&[THRESHOLD; MAPS])?;
        Ok(Layer {
            inhibition: Inhibition::new(conv.output_shape(), 0)?,
            learner: Learner::new("layer", &settings, connection, 0.001)?,
            conv,
            weights,
            potentials: Potentials::default(),
            fired: SpikeRows::default(),
            left: SpikeRows::default(),
        })
    }

    /// Learns from an image; gives the winners.
    fn learn(&mut self, input: &SpikeRows) -> rheobase::Result<Vec<[usize; 3]>> {
        self.conv.first_inhibited(input, &mut self.potentials, &mut self.left)?;
        let learned = self.learner.sample(&mut self.weights, &Activity::new(input, &self.left))?;
        self.conv.set_features(&self.weights, &learned.features)?;
        Ok(learned.winners)
    }
}

/// Microseconds per image of each part, one after the other.
fn parts(images: &[SpikeRows]) -> rheobase::Result<Vec<Vec<String>>> {
    let mut layer = Layer::new()?;
    let mut row = |name: &str, f: &mut dyn FnMut(&mut Layer, &SpikeRows)| {
        let seconds = shortest(20, || images.iter().for_each(|input| f(&mut layer, input)));
        vec![name.to_string(), format!("{:.1}", 1e6 * seconds / images.len() as f64)]
    };
    let apart = row("convolution and fire", &mut |layer, input| {
        let _ = black_box(layer.conv.first(input, &mut layer.potentials, &mut layer.fired));
    });
    let inhibited = row("and inhibition after it", &mut |layer, input| {
        let _ = layer.conv.first(input, &mut layer.potentials, &mut layer.fired);
        let _ = black_box(layer.inhibition.first(&layer.fired, &mut layer.left));
    });
    let fused = row("convolution, fire and inhibition in one", &mut |layer, input| {
        let _ = black_box(layer.conv.first_inhibited(input, &mut layer.potentials, &mut layer.left));
    });
    let all = row("that, winners and STDP", &mut |layer, input| drop(black_box(layer.learn(input))));
    Ok(vec![apart, inhibited, fused, all])
}

fn main() -> rheobase::Result<()> {
    let given = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let file = PathBuf::from(
        given.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../target/vision.npz").into()),
    );
    let dog = |center, surround| FilterKernel::Dog(Dog { size: 7, center, surround });
    let filters = FilterBank::new(&[dog(1.0, 2.0), dog(2.0, 1.0)], 3, [1, SIDE, SIDE])?;
    let images = (0..IMAGES as u32).map(|n| spikes(n, &filters)).collect::<rheobase::Result<Vec<_>>>()?;
    let counted = images.iter().map(SpikeRows::len).sum::<usize>() as f64 / IMAGES as f64;

    let baseline = forget_peak();
    let mut seconds = f64::INFINITY;
    for _ in 0..40 {
        let mut layer = Layer::new()?;
        seconds =
            seconds.min(shortest(1, || images.iter().for_each(|input| drop(black_box(layer.learn(input))))));
    }
    let peak = baseline.and_then(peak_since).unwrap_or(0);
    let us = 1e6 * seconds / IMAGES as f64;

    let (mut layer, mut table_of_winners) = (Layer::new()?, Vec::new());
    let start = layer.weights.clone();
    for input in &images {
        let won = layer.learn(input)?;
        let mut row: Vec<i64> = won.iter().flatten().map(|n| *n as i64).collect();
        row.resize(3 * WINNERS.k, -1);
        table_of_winners.extend(row);
    }
    let number = |x: f64| Array::new(vec![], ArrayData::F64(vec![x]));
    let steps: Vec<i64> = images.iter().flat_map(first_steps).collect();
    let shape = vec![MAPS, INPUT[0], KERNEL[0], KERNEL[1]];
    let arrays = [
        ("first_step", Array::new(vec![IMAGES, INPUT[0], SIDE, SIDE], ArrayData::I64(steps))?),
        ("weights_before", Array::new(shape.clone(), ArrayData::F32(start))?),
        ("weights_after", Array::new(shape, ArrayData::F32(layer.weights.clone()))?),
        ("winners", Array::new(vec![IMAGES, WINNERS.k, 3], ArrayData::I64(table_of_winners))?),
        ("microseconds", number(us)?),
        ("peak", number(peak as f64)?),
    ];
    write_npz(&file, &arrays.map(|(name, array)| (name.to_string(), array)))?;

    println!(
        "{counted:.0} spikes an image, {} steps; mean w(1 − w) {:.3} after {IMAGES} images",
        STEPS,
        convergence(&layer.weights, [0.0, 1.0])?
    );
    table("One thread, µs per image", &["part", "µs"], &parts(&images)?);
    println!("\nlearning: {us:.1} µs per image, {:.2} MiB above the images", peak as f64 / 1024.0 / 1024.0);
    println!("written to {}", file.display());
    Ok(())
}

/// The step of each input's spike, −1 for none.
fn first_steps(rows: &SpikeRows) -> Vec<i64> {
    let mut first = vec![-1; INPUT.iter().product()];
    for step in 0..rows.steps() {
        rows.step(step).0.iter().for_each(|i| first[*i as usize] = step as i64);
    }
    first
}
