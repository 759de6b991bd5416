//! Neurons that differ under a step of current, drawn: `cargo run -p rheobase --example draw_run`.

use rheobase::{Catalog, Population, Result, Show, stimulus::Stimulus};

fn main() -> Result<()> {
    let taus: Vec<f64> = (1..=20).map(|n| 0.002 * f64::from(n)).collect();
    let lif = Population::<f32>::builder(Catalog::standard().get("lif")?, &[20]).set("tau_m", taus);
    let run = lif.run(0.3, &[Stimulus::step(0.1, 1.2)])?;

    let (spikes, v) = (run.spikes()?, run.trace("v")?);
    println!(
        "first spikes of the fastest and the slowest: {:?} s, {:?} s",
        spikes.times[0].first(),
        spikes.times[19].first()
    );
    println!("potential of neuron 0 at the end: {:.3}", v.column(0)[299]);
    let path = std::env::temp_dir().join("lif.svg");
    run.figure()?.save(&path)?;
    println!("{}", path.display());
    Ok(())
}
