//! Factors on the layers of a network: all alike, or from percentiles of their activities.

use std::collections::BTreeMap;

use super::Scaling;
use crate::encode::Encoding;
use crate::learn::prepare::prepare;
use crate::learn::tile::TILE;
use rheobase_base::{Error, Result};
use rheobase_data::Dataset;
use rheobase_models::lanes::Level;
use rheobase_network::network::{Context, Counts, Feed, Network, Numbers, Program, Tape, TileInput};

/// Samples whose activities are looked at, at most.
const SAMPLES: usize = 1000;

/// The factor of each layer that is run as a rate; none where rates stay as they are. `rates` is the network's program,
/// `calibration` the samples that percentiles are taken of.
pub(super) fn scales(
    scaling: Scaling,
    network: &Network,
    rates: &Program,
    calibration: Option<&Dataset>,
    encoding: &Encoding,
    steps: usize,
) -> Result<BTreeMap<String, f64>> {
    let layers = network.rate_layers();
    match scaling {
        Scaling::None => Ok(BTreeMap::new()),
        Scaling::By(factor) => Ok(layers.into_iter().map(|name| (name, factor)).collect()),
        Scaling::Percentile { percentile, rate } => {
            let data = calibration.ok_or_else(|| {
                Error::unsupported(
                    "presentation.percentile",
                    "needs the samples that percentiles are taken of: those the network was trained on",
                )
            })?;
            let reached = percentiles(network, &layers, rates, data, encoding, steps, percentile)?;
            layers
                .into_iter()
                .zip(reached)
                .map(|(name, hertz)| Ok((name.clone(), factor(&name, rate, hertz)?)))
                .collect()
        }
    }
}

fn factor(layer: &str, rate: f64, reached: f64) -> Result<f64> {
    if reached > 0.0 {
        return Ok(rate / reached);
    }
    Err(Error::unsupported(
        layer,
        "is silent up to this percentile of its activities, so no factor brings it to a rate; take a higher percentile",
    ))
}

/// The percentile of each layer's positive rates, in Hz.
fn percentiles(
    network: &Network,
    layers: &[String],
    rates: &Program,
    data: &Dataset,
    encoding: &Encoding,
    steps: usize,
    percentile: f64,
) -> Result<Vec<f64>> {
    let described = network.neurons_by_name();
    let spike = |name: &String| match described
        .iter()
        .find(|(n, _)| n == name)
        .and_then(|(_, n)| n.set.get("amplitude"))
    {
        Some(Numbers::One(x)) => *x,
        Some(Numbers::Each(xs)) => xs.iter().copied().fold(0.0, f64::max),
        None => 1.0,
    };
    let nodes: Vec<usize> = layers
        .iter()
        .map(|name| rates.list().iter().position(|n| n.name == *name).map_or(0, |n| n + 1))
        .collect();
    let mut found: Vec<Vec<f32>> = vec![Vec::new(); layers.len()];
    let all: Vec<usize> = (0..data.samples().min(SAMPLES)).collect();
    for indices in all.chunks(TILE) {
        let prepared = prepare(data, indices, encoding, steps, 0)?;
        let fed = TileInput {
            samples: &prepared.inputs,
            lengths: Some(&prepared.lengths),
            width: rates.input_shape().iter().product(),
            wanted: false,
        };
        let context = Context {
            step: 0,
            sample_ids: &prepared.ids,
            epoch: 0,
            training: false,
            taping: false,
            level: Level::best(),
        };
        let (mut state, mut tape, mut counts) =
            (rates.start(indices.len()), Tape::default(), Counts::default());
        rates.run(&context, &mut state, fed.steps(0..steps), &mut tape, &mut counts, |_, signals| {
            for (values, node) in found.iter_mut().zip(&nodes) {
                values.extend(signals[*node].dense(&mut Vec::new()).iter().filter(|y| **y > 0.0));
            }
        })?;
    }
    let of = |(mut values, name): (Vec<f32>, &String)| {
        values.sort_unstable_by(f32::total_cmp);
        let last = values.len().saturating_sub(1);
        let at = (percentile / 100.0 * last as f64).round() as usize;
        let per_step = values.get(at.min(last)).map_or(0.0, |y| f64::from(*y));
        per_step / (spike(name) * network.dt)
    };
    Ok(found.into_iter().zip(layers).map(of).collect())
}
