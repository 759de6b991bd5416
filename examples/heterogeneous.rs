//! A population whose neurons differ: `cargo run -p rheobase --example heterogeneous`.

use rheobase::{Catalog, Initial, Input, Population, Record, Spikes, Values};

fn main() -> rheobase::Result<()> {
    // 8 feature maps of 5 × 5 neurons: one time constant per map, one threshold per neuron, potentials drawn.
    let (shape, neurons) = ([8, 5, 5], 200);
    let thresholds: Vec<f64> = (0..neurons).map(|n| -52.0 + 0.02 * n as f64).collect();
    let mut layer = Population::<f32>::builder(Catalog::standard().get("lif_exp")?, &shape)
        .name("layer")
        .dt(0.0005)
        .set("tau_m", Values::Uniform { low: 0.01, high: 0.03, seed: 42 })
        .set("v_th", &thresholds)
        .initial("v", Initial::Uniform { low: -65.0, high: -55.0, seed: 42 })
        .build()?;
    println!("{layer}");

    // Two seconds under 300 pA each. `tau_m` decides what that amounts to.
    let record = Record::spikes(Spikes::Events).probe_every("v", 100);
    let recording = layer.run(4000, &Input::Constant(&[300.0]), &record)?;
    let Some(events) = recording.events() else { return Ok(()) };
    println!("{} spikes, {} potentials", events.len(), recording.traces[0].data.len());

    for map in 0..shape[0] {
        let first = map * 25;
        let of_map = events.iter().filter(|e| (first..first + 25).contains(&(e.neuron as usize))).count();
        let tau = layer.params_of(first)[0];
        let rate = of_map as f64 / 50.0;
        println!("map {map}: tau_m {:.1} ms, {rate:5.1} Hz", 1e3 * tau);
    }
    Ok(())
}
