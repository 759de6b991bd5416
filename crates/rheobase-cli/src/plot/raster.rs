//! `plot raster`: rows in an order, in groups, with the population's rate below.

use clap::ValueEnum;
use rheobase::data::SpikeTrains;
use rheobase::draw::{Figure, Raster};

use crate::failure::{Failure, Outcome};
use crate::plot::rate_panel;

/// Trains above which the population's rate stands below the raster, whose rows cannot be told apart.
const MANY: usize = 1000;

/// In which order rows stand, from the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// As they are numbered
    Number,
    /// The slowest first
    Rate,
    /// Whose first spike comes first; silent ones last
    First,
}

/// `NAME=FIRST`.
pub(crate) fn group(text: &str) -> Result<(String, u32), String> {
    let both = text
        .split_once('=')
        .and_then(|(name, first)| Some((name.trim().to_string(), first.trim().parse().ok()?)));
    both.ok_or_else(|| format!("`{text}` is not NAME=FIRST, a name and the number of its first neuron"))
}

/// Spikes over time.
pub(crate) fn figure(
    trains: &SpikeTrains,
    order: Order,
    groups: &[(String, u32)],
    rate: bool,
) -> Outcome<Figure> {
    let count = trains.times.len();
    if order != Order::Number && !groups.is_empty() {
        return Err(Failure::bad("--group: names rows by their number; leave --sort out"));
    }
    let mut sorted: Vec<usize> = (0..count).collect();
    let times = |i: &usize| &trains.times[*i];
    match order {
        Order::Number => {}
        Order::Rate => sorted.sort_by_key(|i| times(i).len()),
        Order::First => {
            let first = |i: &usize| times(i).first().copied().unwrap_or(f64::INFINITY);
            sorted.sort_by(|a, b| first(a).total_cmp(&first(b)));
        }
    }
    let mut row_of = vec![0; count];
    sorted.iter().enumerate().for_each(|(row, i)| row_of[*i] = row as u32);
    let (times, mut who) = trains.flat();
    who.iter_mut().for_each(|i| *i = row_of[*i as usize]);
    let names: Vec<String> = sorted.iter().map(|i| trains.names[i % trains.names.len()].clone()).collect();
    let mut raster =
        Raster::new(&times, &who, count).window(trains.whole()).clock(trains.clock).names(&names);
    raster = match order {
        Order::Number => raster,
        Order::Rate => raster.rows("neuron, by rate"),
        Order::First => raster.rows("neuron, by first spike"),
    };
    for (name, first) in groups {
        raster = raster.group(name, *first);
    }
    if groups.is_empty() && order == Order::Number && (2..=8).contains(&trains.samples) {
        let neurons = trains.neurons();
        raster = (0..trains.samples)
            .fold(raster, |raster, s| raster.group(format!("sample {s}"), (s * neurons) as u32));
    }
    if !(rate || count > MANY) || trains.spikes() == 0 {
        return Ok(raster.figure()?);
    }
    Ok(Figure::stack([raster.panel()?, rate_panel(trains, None, 0.95)?])?)
}
