//! A trained network fed step by step: `cargo run --release -p rheobase --example stream`.

use rheobase::Result;
use rheobase::data::digits_split;
use rheobase::learn::{Splits, TrainConfig, Trained, fit};
use rheobase::network::{Sequential, flatten, linear, neurons};

fn main() -> Result<()> {
    let path = std::env::temp_dir().join("streamed.safetensors");
    let mut settings = TrainConfig::digits();
    settings.train.epochs = 1;
    let parts = [flatten(), linear(64), neurons("lif_subtract"), linear(10), neurons("leaky_integrator")];
    let (train, test) = digits_split(0)?;
    let data = Splits::of(train, None, Some(test), &settings)?;
    let job = fit(&Sequential::new(parts).input(&[1, 8, 8])?, data, &settings)?;
    job.checkpoint()?.write(&path)?;

    // Elsewhere, later: pixels come in, one frame per step, and after each there is an answer.
    let trained = Trained::read(&path, 1)?;
    let mut session = trained.session(1)?;
    let test = &job.splits().test;
    let Some(frame) = test.sample(0).and_then(|sample| sample.row(0).map(<[f32]>::to_vec)) else {
        return Ok(());
    };
    for step in 1..=20 {
        let scores = session.step(&frame)?;
        let best = (0..10).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        println!("step {step}: class {best:?}, {:.3}", scores[best.unwrap_or(0)]);
    }
    println!("it is {}", test.labels()[0]);
    Ok(())
}
