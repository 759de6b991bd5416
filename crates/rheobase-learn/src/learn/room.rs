//! Whether a job fits into memory: asked before its weights are drawn.

use std::collections::HashMap;

use super::config::{TrainConfig, bytes};
use super::tile;
use rheobase_base::{Error, Result, memory};
use rheobase_network::network::Table;
use rheobase_sim::population::Catalog;

/// Bytes of a number.
const NUMBER: f64 = 4.0;

/// Checks that a network of these parts can be trained as `config` says, with tapes of at most `chunk` steps.
///
/// # Errors
/// [`Error::Value`] with the memory that it takes and the memory that is free.
pub(super) fn check(
    parts: &Table,
    catalog: &Catalog,
    config: &TrainConfig,
    samples: usize,
    chunk: usize,
) -> Result<()> {
    let needed = needed(parts, catalog, config, samples, chunk);
    memory::check(needed).map_err(|rule| {
        Error::value(
            "train",
            "batch",
            config.train.batch,
            format!(
                "with this network and {} steps, it {rule}; fewer threads take less, too",
                config.data.steps
            ),
        )
    })
}

/// Steps that a tape may hold: as many of `most` as `train.memory` lets it.
///
/// # Errors
/// [`Error::Value`] with what it takes at least, where that is more.
pub(super) fn chunk(
    parts: &Table,
    catalog: &Catalog,
    config: &TrainConfig,
    samples: usize,
    most: usize,
) -> Result<usize> {
    let Some((text, limit)) = config.train.memory.as_ref().and_then(|t| Some((t, bytes(t)?))) else {
        return Ok(most);
    };
    let longest = most.min(config.data.steps).max(1);
    let lengths = match config.train.truncate {
        // Where gradients are cut is not ours to change.
        Some(steps) => longest.min(steps)..=longest.min(steps),
        None => 1..=longest,
    };
    let of = |chunk: usize| (chunk, needed(parts, catalog, config, samples, chunk));
    if let Some((chunk, _)) = lengths.clone().rev().map(of).find(|(_, needed)| *needed <= limit) {
        return Ok(chunk);
    }
    let least = lengths.map(|chunk| of(chunk).1).fold(f64::INFINITY, f64::min);
    Err(Error::value(
        "train",
        "memory",
        format!("{text:?}"),
        format!(
            "with this network, batch {} and these threads, training takes at least {}; allow that, or take fewer \
             threads or a smaller batch",
            config.train.batch,
            memory::size(least)
        ),
    ))
}

/// Bytes of weights, moments and gradients, and of the tapes that are used at the same time.
fn needed(parts: &Table, catalog: &Catalog, config: &TrainConfig, samples: usize, chunk: usize) -> f64 {
    let batch = config.train.batch.min(samples).max(1);
    let threads = match config.train.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    // What stages learn is not gone back through: the rest has few numbers.
    let size = if config.stage.is_empty() { tile::of_table(parts) } else { tile::TILE }.min(batch);
    let tiles = threads.min(batch.div_ceil(size)) as f64;
    // Values, those before an update, those turned for the way back, gradients; each tile's own.
    let weights = parts.parameters as f64 * (4.0 + tiles);
    let steps = config.train.truncate.unwrap_or(chunk).min(chunk).min(config.data.steps) as f64;
    let states = (config.data.steps as f64 / steps).ceil() - 1.0;
    let tape = per_sample(parts, catalog, steps, states) * size as f64;
    NUMBER * (weights + tiles * tape)
}

/// Numbers on the tape of a sample: signals of two steps; of every step the state of each layer and what came in; and the
/// states that the tape's parts begin with.
fn per_sample(parts: &Table, catalog: &Catalog, steps: f64, states: f64) -> f64 {
    let mut fields: HashMap<&str, usize> = HashMap::new();
    let numbers = parts.nodes.iter().map(|node| {
        let width = node.shape.iter().fold(1.0, |n, d| n * *d as f64);
        let fields = *fields.entry(&node.what).or_insert_with(|| {
            let model = node.layer.then(|| catalog.get(&node.what).ok()).flatten();
            model.map_or(0, |m| m.state().len())
        });
        let (fields, input) = (fields as f64, if node.layer { 1.0 } else { 0.0 });
        width * (2.0 + (fields + input) * steps + fields * states)
    });
    numbers.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_network::network::{Sequential, linear, neurons, outline};

    #[test]
    fn the_estimate_follows_widths_steps_and_threads() {
        let network = Sequential::new([linear(1000), neurons("lif_subtract")]).input(&[10]).unwrap();
        let parts = outline(&network).unwrap();
        let mut config = TrainConfig::digits();
        (config.train.threads, config.train.batch, config.data.steps) = (1, 16, 100);
        let one = needed(&parts, Catalog::standard(), &config, 1000, 256);
        // 16 samples, 100 steps, 1000 neurons with at least one state field and an input.
        assert!(one > 16.0 * 100.0 * 1000.0 * 2.0 * 4.0 && one < 16.0 * 100.0 * 1000.0 * 6.0 * 4.0, "{one}");
        (config.train.threads, config.train.batch) = (4, 64);
        assert!((needed(&parts, Catalog::standard(), &config, 1000, 256) / one - 4.0).abs() < 0.1);
        // Fewer tiles than threads; a shorter tape.
        assert_eq!(needed(&parts, Catalog::standard(), &config, 16, 256), one);
        assert!(needed(&parts, Catalog::standard(), &config, 16, 10) < one / 5.0);
    }

    #[test]
    fn a_limit_of_memory_shortens_tapes_or_is_refused() {
        let network = Sequential::new([linear(1000), neurons("lif_subtract")]).input(&[10]).unwrap();
        let (parts, catalog) = (outline(&network).unwrap(), Catalog::standard());
        let mut config = TrainConfig::digits();
        (config.train.threads, config.train.batch, config.data.steps) = (1, 16, 100);
        let mut found = |memory: &str| {
            config.train.memory = Some(memory.into());
            config.check().unwrap();
            chunk(&parts, catalog, &config, 1000, 256)
        };
        assert_eq!(found("1 GB").unwrap(), 100);
        let some = found("6.5 MB").unwrap();
        assert!((2..50).contains(&some), "{some}");
        assert!(found("8 MB").unwrap() > some);
        let error = found("10 kB").unwrap_err().to_string();
        assert!(error.starts_with("train.memory = \"10 kB\": with this network, batch 16"), "{error}");
        assert!(error.contains("at least ") && error.contains(" MB; allow that"), "{error}");
        config.train.truncate = Some(90);
        config.train.memory = Some("6.5 MB".into());
        assert!(chunk(&parts, catalog, &config, 1000, 256).is_err());
        for wrong in ["", "5", "MB", "0 MB", "-1 MB", "5 mb", "1e3 MB"] {
            config.train.memory = Some(wrong.into());
            let error = config.check().unwrap_err().to_string();
            assert!(error.starts_with("train.memory = ") && error.contains("500 MB"), "{error}");
        }
    }

    #[test]
    fn a_network_that_cannot_fit_is_refused_with_numbers() {
        let network = Sequential::new([linear(2_000_000_000), neurons("lif_subtract")]).input(&[1]).unwrap();
        let error =
            check(&outline(&network).unwrap(), Catalog::standard(), &TrainConfig::digits(), 1000, 256)
                .unwrap_err()
                .to_string();
        assert!(error.starts_with("train.batch = 32: with this network and 16 steps, it takes "), "{error}");
        assert!(error.contains("GB of memory, but") && error.contains("are free"), "{error}");
    }
}
