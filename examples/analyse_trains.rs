//! Spike trains compared: `cargo run -p rheobase --example analyse_trains`.

use rheobase::analyse::{Kernel, Measures, Pairwise};
use rheobase::data::{TrainOptions, read_trains};
use rheobase::{Result, Show};

fn main() -> Result<()> {
    // Any usual file of spikes: npz, npy, CSV, text.
    let (folder, name) = (std::env::temp_dir(), "trains.csv");
    std::fs::write(
        folder.join(name),
        "neuron,time\na,0.11\na,0.21\na,0.32\nb,0.12\nb,0.22\nb,0.31\nc,0.2\nc,0.4\n",
    )
    .map_err(|e| rheobase::Error::file(folder.join(name), e.to_string()))?;
    let trains = read_trains(folder.join(name), &TrainOptions::default())?;

    let distances = trains.distances(Pairwise::VictorPurpura { cost: 20.0 })?;
    println!("a to b: {:?}, a to c: {:?}", distances.values.get(0, 1), distances.values.get(0, 2));
    println!("CV of the intervals of a: {:?}", trains.isi()?[0].cv);
    println!("pairs of a and b at no lag: {}", trains.correlogram(0, 1, 0.02, 0.1)?.counts[5]);
    for (name, figure) in [
        ("raster.svg", trains.figure()?),
        ("distances.svg", distances.figure()?),
        ("rates.svg", trains.rates(Kernel::Gauss, 0.02)?.figure()?),
    ] {
        figure.save(folder.join(name))?;
        println!("{}", folder.join(name).display());
    }
    Ok(())
}
