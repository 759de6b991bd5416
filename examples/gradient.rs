//! Gradient through time: one neuron learns its input and its time constant, so that it fires when it should:
//! `cargo run -p rheobase --example gradient`.

use rheobase::models::Surrogate;
use rheobase::{Catalog, Input, Population, Record, Spikes, Upstream};

const STEPS: usize = 60;

fn main() -> rheobase::Result<()> {
    let mut neuron = Population::<f64>::builder(Catalog::standard().get("lif_subtract")?, &[1])
        .set("tau", 4.0)
        .surrogate(Surrogate::FastSigmoid(4.0))
        .build()?;
    // A spike every tenth step is wanted; the input starts too weak for any.
    let wanted: Vec<f64> = (0..STEPS).map(|t| f64::from(u8::from(t % 10 == 9))).collect();
    let (mut input, mut tau) = (vec![0.15; STEPS], 4.0);

    for round in 0..=200 {
        neuron.reset();
        neuron.set("tau", tau)?;
        let (recording, tape) =
            neuron.run_taped(STEPS, &Input::Array(&input), &Record::spikes(Spikes::Dense))?;

        // The loss is Σ (spike − wanted)²/2; its derivative with respect to the output goes in.
        let errors: Vec<f64> = recording.dense().iter().zip(&wanted).map(|(got, want)| got - want).collect();
        let loss: f64 = errors.iter().map(|e| e * e / 2.0).sum();
        if round % 50 == 0 {
            println!("round {round:3}: {loss:4.1} of loss, tau = {tau:.2} steps");
        }
        let upstream = Upstream { output: Some(&errors), states: Vec::new() };
        let gradients = neuron.gradients(&tape, &Input::Array(&input), &upstream, &["tau"])?;
        for (x, g) in input.iter_mut().zip(&gradients.input) {
            *x -= 0.05 * g;
        }
        tau = (tau - 0.05 * gradients.shared("tau").unwrap_or(0.0)).max(1.0);
    }
    Ok(())
}
