//! Features form without labels: maps learn from handwritten digits by STDP, and draw what they prefer (`#` on, `:` off):
//! `cargo run -p rheobase --example stdp`.

use rheobase::data::digits;
use rheobase::encode::{Encoder, Encoding, SampleInput};
use rheobase::plasticity::{Activity, Connection, Kernels, Learner, Plasticity, convergence};
use rheobase::random::Stream;
use rheobase::vision::{FirstSpikeConv, Potentials, SpikeRows};

const MAPS: usize = 8;
/// On- and off-centre cells, of which the strongest fire first.
const CELLS: &str =
    r#"{"name": "filters", "padding": 3, "threshold": 0.05, "then": {"name": "intensity_to_latency"}}"#;
const RULE: &str = r#"{"rule": {"order": {"ltp": 0.04, "ltd": -0.03}}, "winners": {"k": 3, "radius": 2}}"#;

fn draw(weights: &[f32]) {
    for row in 0..5 {
        for map in weights.chunks_exact(2 * 25) {
            let shade = |at: usize| map[at] - map[25 + at];
            let mark = |at| ["::", "  ", "##"][(shade(at) > -0.3) as usize + (shade(at) > 0.3) as usize];
            print!("{}  ", (5 * row..5 * row + 5).map(mark).collect::<String>());
        }
        println!();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (images, rule) = (digits()?, serde_json::from_str::<Plasticity>(RULE)?);
    let cells = serde_json::from_str::<Encoding>(CELLS)?.for_samples(images.shape())?;
    let (shape, kernels) = (cells.shape(images.shape())?, Kernels::new(MAPS, &[5, 5]));

    let connection = Connection::convolution("maps", kernels, &shape)?;
    let stream = Stream::new(1, "example", "stdp");
    let start = |i| (0.8 + 0.05 * stream.normal(0, 0, i)) as f32;
    let mut weights: Vec<f32> = (0..connection.len() as u32).map(start).collect();
    let mut learner = Learner::new("maps", &rule, connection, 0.001)?;
    let mut conv = FirstSpikeConv::new(kernels, &shape)?;
    conv.set_thresholds(&[8.0; MAPS])?;

    let (mut input, mut potentials) = (SampleInput::default(), Potentials::default());
    let mut fired = SpikeRows::default();
    for number in 0..images.samples() {
        if [0, 300, 1500].contains(&number) {
            println!("{number} digits, mean w(1 - w) = {:.3}:", convergence(&weights, rule.bounds)?);
            draw(&weights);
        }
        cells.encode(images.sample(number).ok_or("no such digit")?, number as u64, 0, 15, &mut input)?;
        let SampleInput::Spikes(spikes) = &input else { continue };
        conv.set_weights(&weights)?;
        conv.first_inhibited(spikes, &mut potentials, &mut fired)?;
        learner.sample(&mut weights, &Activity::new(spikes, &fired))?;
    }
    println!("wins of each map: {:?}", learner.wins());
    Ok(())
}
