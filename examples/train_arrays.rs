//! A network trained on arrays: `cargo run --release -p rheobase --example train_arrays`.

use rheobase::data::{Dataset, Inputs};
use rheobase::learn::{Splits, TrainConfig, fit};
use rheobase::network::{Sequential, linear, neurons};
use rheobase::{Result, Show};

fn main() -> Result<()> {
    // Points in a square; the class is whether both coordinates have the same sign.
    let unit = |i: usize, step: f32| 2.0 * (i as f32 * step).fract() - 1.0;
    let x: Vec<f32> = (0..600).flat_map(|i| [unit(i, 0.618_034), unit(i, 0.754_878)]).collect();
    let y: Vec<u32> = x.chunks(2).map(|p| u32::from(p[0] * p[1] > 0.0)).collect();

    let data = Dataset::new("signs", [2], Inputs::Static(x), y)?;
    let network =
        Sequential::new([linear(32), neurons("lif_subtract"), linear(2), neurons("leaky_integrator")]);
    let mut settings = TrainConfig::digits();
    settings.train.epochs = 40;
    let job = fit(&network.input(&[2])?, Splits::of(data, None, None, &settings)?, &settings)?;

    let tested = job.evaluate(&job.splits().test)?;
    println!("{} of {} right", tested.correct, job.splits().test.samples());
    let path = std::env::temp_dir().join("signs.svg");
    job.figure()?.save(&path)?;
    println!("{}", path.display());
    Ok(())
}
