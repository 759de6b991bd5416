//! Firing rate over input current, closed form beside simulation, as a table and a picture:
//! `cargo run -p rheobase --example fi_curve -- fi.svg`.

use rheobase::curve::Curve;
use rheobase::draw::FiCurve;
use rheobase::{Catalog, Input, Population, Record, Spikes};

fn main() -> rheobase::Result<()> {
    let model = Catalog::standard().get("lif")?;
    let currents: Vec<f64> = (0..=40).map(|i| 0.5 + 0.05 * f64::from(i)).collect();
    let closed = Curve::new(model.clone(), &[("t_ref", 0.004)])?.at(&currents)?;

    // One neuron per current, all at once, for two seconds.
    let mut neurons =
        Population::<f64>::builder(model.clone(), &[currents.len()]).set("t_ref", 0.004).build()?;
    let recording = neurons.run(2000, &Input::Constant(&currents), &Record::spikes(Spikes::Events))?;
    let mut counted = vec![0.0; currents.len()];
    for spike in recording.each_spike() {
        counted[spike.neuron as usize] += 0.5;
    }

    println!("current  closed form  counted");
    for i in (0..currents.len()).step_by(5) {
        println!("{:7.2}  {:8.2} Hz  {:4.1} Hz", currents[i], closed[i], counted[i]);
    }
    let figure = FiCurve::new("input", model.info().input_unit)
        .closed_form("closed form", &currents, &closed)
        .simulated("counted in 2 s", &currents, &counted)
        .rheobase(1.0)
        .figure()?;
    match std::env::args().nth(1) {
        Some(path) => figure.save(path),
        None => figure.to_svg().map(|svg| println!("{} bytes of SVG; name a file to keep them", svg.len())),
    }
}
