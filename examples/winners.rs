//! k-winners-take-all: in every step up to two feature maps win, the others fall silent around them:
//! `cargo run -p rheobase --example winners`.

use rheobase::compete::Scope;
use rheobase::random::Stream;
use rheobase::{Catalog, Competition, Input, Population, Record, Spikes};

fn main() -> rheobase::Result<()> {
    let competition =
        Competition { k: 2, radius: 1, scope: Scope::Location, silence: 5, ..Competition::default() };
    let mut layer = Population::<f32>::builder(Catalog::standard().get("perfect_integrator")?, &[4, 6, 6])
        .batch(2)
        .set("t_ref", 0.0)
        .competition(competition)
        .build()?;

    // Impulses that are computed when they are needed: the same for the same seed, whatever the threads.
    let stream = Stream::new(7, "example", "winners");
    let impulses = move |step: u64, sample: usize, first: usize, out: &mut [f32]| {
        for (i, x) in out.iter_mut().enumerate() {
            *x = 1.5 * stream.uniform(step, sample as u32, (first + i) as u32) as f32;
        }
    };
    let record = Record::spikes(Spikes::Bits).probe("held");
    let recording = layer.run(60, &Input::Generated(&impulses), &record)?;

    let spikes = recording.bits().map_or(0, |bits| bits.count());
    println!("{spikes} spikes, {} winners in 60 steps of 2 samples", recording.winners.len());
    for winner in recording.winners.iter().take(6) {
        let [feature, row, column] = winner.place;
        println!("step {}, sample {}: feature {feature} at ({row}, {column})", winner.step, winner.batch);
    }
    let silent = recording.traces[0].data.iter().filter(|left| **left > 0.0).count();
    println!(
        "{:.1} % of neurons and steps were silenced",
        100.0 * silent as f64 / recording.traces[0].data.len() as f64
    );
    Ok(())
}
