//! Networks for another program that times the same elsewhere: a file with weights, data and what comes out; then steps
//! on command, so that both run in turn.

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use rheobase::data::{Array, ArrayData, read_npz, write_npz};
use rheobase::encode::SampleInput;
use rheobase::models::lanes::Level;
use rheobase::network::{Context, Counts, Feed, Tape, TileInput};

use crate::networks::{Job, Setup};
use crate::process::{forget_peak, peak_since};

/// Writes weights, data, loss and gradients of a training step.
///
/// # Errors
/// A file that cannot be written.
pub fn write(job: &'static Job, file: &Path) -> rheobase::Result<()> {
    let mut setup = Setup::scaled(job);
    let before = setup.trainer.program().parameters().tensors.clone();
    let outcome = setup.learn();
    let mut arrays = vec![
        ("loss".to_string(), Array::new(vec![], ArrayData::F64(vec![outcome.loss / job.batch as f64]))?),
        ("rates".to_string(), Array::new(vec![job.hidden.len()], ArrayData::F64(setup.rates()))?),
    ];
    for (tensor, gradient) in before.iter().zip(outcome.gradients) {
        let name = tensor.name.trim_end_matches(".weight");
        arrays.push((
            format!("weight/{name}"),
            Array::new(tensor.shape.clone(), ArrayData::F32(tensor.values.clone()))?,
        ));
        arrays
            .push((format!("gradient/{name}"), Array::new(tensor.shape.clone(), ArrayData::F32(gradient))?));
    }
    let draws = setup.draws.iter().map(|n| i64::from(*n)).collect();
    arrays.push(("draws".into(), Array::new(vec![job.batch], ArrayData::I64(draws))?));
    let width = job.input_shape().iter().product::<usize>();
    let shape = |first: &[usize]| [first, job.input_shape()].concat();
    if job.spikes() {
        // Where they are, as [spike, (sample, step, feature)]: dense they would be large.
        let mut places = Vec::new();
        for (s, input) in setup.inputs.iter().enumerate() {
            if let SampleInput::Spikes(rows) = input {
                for t in 0..job.steps {
                    places.extend(rows.step(t).0.iter().flat_map(|i| [s as i64, t as i64, i64::from(*i)]));
                }
            }
        }
        arrays.push(("spikes".into(), Array::new(vec![places.len() / 3, 3], ArrayData::I64(places))?));
    } else {
        let values: Vec<f32> = setup.inputs.iter().flat_map(|x| x.to_dense(1, width)).collect();
        arrays.push(("input".into(), Array::new(shape(&[job.batch]), ArrayData::F32(values))?));
    }
    write_npz(file, &arrays)
}

/// Takes the weights of `file`, then answers the commands of standard input, one a line: `memory` (bytes by which the
/// first training step exceeds what was held), `step` (seconds of a training step), `evaluate` (of going forwards alone),
/// `stream` (of a step of one sample).
///
/// # Errors
/// A file that cannot be read, or is another network's.
pub fn serve(job: &'static Job, file: &Path) -> rheobase::Result<()> {
    let mut setup = Setup::new(job);
    let archive = read_npz(file)?;
    let names: Vec<String> =
        setup.trainer.program().parameters().tensors.iter().map(|t| t.name.clone()).collect();
    let mut values = Vec::new();
    for name in &names {
        let name = format!("weight/{}", name.trim_end_matches(".weight"));
        if let ArrayData::F32(weights) = &archive.get(&name)?.data() {
            values.push(weights.clone());
        }
    }
    if let ArrayData::I64(draws) = archive.get("draws")?.data() {
        setup.draw(draws.iter().map(|n| *n as u32).collect());
    }
    drop(archive);
    setup.trainer.set_values(&values)?;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match line.trim() {
            "memory" => {
                let baseline = forget_peak();
                setup.learn();
                baseline.and_then(peak_since).unwrap_or(0) as f64
            }
            "step" => timed(|| drop(setup.learn())),
            "evaluate" => timed(|| {
                let batch = setup.batch(job.batch);
                drop(setup.trainer.evaluate(&setup.pass(), &batch));
            }),
            "stream" => stream(&setup),
            _ => break,
        };
        println!("{answer:e}");
    }
    Ok(())
}

fn timed(f: impl FnOnce()) -> f64 {
    let start = Instant::now();
    f();
    start.elapsed().as_secs_f64()
}

/// Seconds of a step of the first sample, fed step by step.
fn stream(setup: &Setup) -> f64 {
    let program = setup.trainer.program();
    let width = setup.job.input_shape().iter().product();
    // Every step is a new one to the network, whatever its input.
    let steps: Vec<SampleInput> = match &setup.inputs[0] {
        SampleInput::Spikes(_) => vec![setup.inputs[0].clone()],
        other => vec![SampleInput::Dense { features: width, values: other.to_dense(setup.job.steps, width) }],
    };
    let input = TileInput { samples: &steps, lengths: None, width, wanted: false };
    let (mut state, mut tape, mut counts) = (program.start(1), Tape::default(), Counts::default());
    let context =
        Context { step: 0, sample_ids: &[0], epoch: 0, training: false, taping: false, level: Level::best() };
    let seconds = timed(|| {
        for t in 0..setup.job.steps {
            let see = |_: usize, signals: &[_]| {
                std::hint::black_box(signals);
            };
            program
                .run(&context, &mut state, input.steps(t..t + 1), &mut tape, &mut counts, see)
                .expect("runs");
        }
    });
    seconds / setup.job.steps as f64
}
