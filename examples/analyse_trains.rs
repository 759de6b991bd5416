//! Spike trains compared: `cargo run -p rheobase --example analyse_trains`.

use rheobase::analyse::{Kernel, Measures, Pairwise};
use rheobase::data::{TrainOptions, read_trains};
use rheobase::{Result, Show};

fn main() -> Result<()> {
    // Any usual file of spikes: npz, npy, CSV, text.
    let (folder, name) = (std::env::temp_dir(), "trains.csv");
    std::fs::write(
        folder.join(name),
        "neuron,time\n0,0.11\n0,0.21\n0,0.32\n1,0.12\n1,0.22\n1,0.31\n2,0.2\n2,0.4\n",
    )
    .map_err(|e| rheobase::Error::file(folder.join(name), e.to_string()))?;
    let trains = read_trains(folder.join(name), &TrainOptions::default())?;

    let distances = trains.distances(Pairwise::VictorPurpura { cost: 20.0 })?;
    println!("0 to 1: {:?}, 0 to 2: {:?}", distances.values.get(0, 1), distances.values.get(0, 2));
    println!("CV of the intervals of 0: {:?}", trains.isi()?[0].cv);
    println!("pairs of 0 and 1 at no lag: {}", trains.correlogram(0, 1, 0.02, 0.1)?.counts[5]);
    for (name, figure) in [
        ("raster.png", trains.figure()?),
        ("distances.png", distances.figure()?),
        ("rates.png", trains.rates(Kernel::Gauss, 0.02)?.figure()?),
    ] {
        figure.save(folder.join(name))?;
        println!("{}", folder.join(name).display());
    }
    Ok(())
}
