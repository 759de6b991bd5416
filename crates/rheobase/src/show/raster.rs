//! Rasters of spike trains: rows in an order, in groups, with the population's rate below.

use rheobase_base::Result;
use rheobase_draw::{Figure, Order, Raster};
use rheobase_signals::SpikeTrains;

use super::Show;
#[cfg(feature = "analyse")]
use super::rate::{PopulationRate, Spikes};

/// More samples than this have no groups of their own.
const SAMPLES: usize = 8;
/// Rows above which the population's rate stands below: single ones cannot be told apart.
#[cfg(feature = "analyse")]
const MANY: usize = 1000;

/// How the rows of a raster stand, and what is below them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Their order, within each group.
    pub order: Order,
    /// Name and first neuron of each group, ascending from neuron 0 on.
    pub groups: Vec<(String, u32)>,
    /// Whether the population's rate (that of each group) stands below; if nothing is said, where there are more than 1000 rows.
    #[cfg(feature = "analyse")]
    pub rate: Option<bool>,
}

impl Rows {
    /// Whether the rate stands below a raster of so many neurons and spikes.
    #[cfg(feature = "analyse")]
    pub fn with_rate(&self, neurons: usize, spikes: usize) -> bool {
        spikes > 0 && self.rate.unwrap_or(neurons > MANY)
    }
}

/// A raster of all trains, sample by sample; up to eight samples are groups where `rows` has no others.
///
/// # Errors
/// No trains; groups that are not in ascending order from neuron 0 on.
pub fn raster(trains: &SpikeTrains, rows: &Rows) -> Result<Figure> {
    let (times, neurons) = trains.flat();
    let count = trains.times.len();
    let mut groups = rows.groups.clone();
    if groups.is_empty() && (2..=SAMPLES).contains(&trains.samples) {
        let first = |sample: usize| (sample * trains.neurons()) as u32;
        groups = (0..trains.samples).map(|s| (format!("sample {s}"), first(s))).collect();
    }
    let raster = Raster::new(&times, &neurons, count).window(trains.whole()).clock(trains.clock);
    let raster = raster.names(&trains.names).order(rows.order);
    let raster = groups.iter().fold(raster, |raster, (name, first)| raster.group(name, *first));
    #[cfg(feature = "analyse")]
    if rows.with_rate(count, times.len()) {
        let spikes = Spikes { times: &times, neurons: &neurons, ..Spikes::none_of(trains) };
        let rate = PopulationRate::new(&spikes, &groups, None, 0.95)?;
        return Figure::stack([raster.panel()?, rate.rates().panel()?]);
    }
    raster.figure()
}

impl Show for SpikeTrains {
    fn figure(&self) -> Result<Figure> {
        raster(self, &Rows::default())
    }
}

#[cfg(all(test, feature = "analyse"))]
mod tests {
    use super::*;
    use rheobase_draw::contents::Item;
    use rheobase_models::neuron::Time;

    fn trains(samples: usize) -> SpikeTrains {
        let names = ["a", "b"].map(String::from).to_vec();
        let mut trains = SpikeTrains::silent(samples, names, (0.0, 1.0), None, Time::Seconds);
        trains.times[0] = vec![0.1, 0.2, 0.2, 0.9];
        trains.times[1] = vec![0.3];
        trains
    }

    /// Names of the rate's curves, and the spikes that each is of.
    fn curves(figure: &Figure) -> Vec<(String, f64)> {
        let contents = figure.contents();
        let Some(panel) = contents.get(1) else { return Vec::new() };
        let lines = panel.items.iter().filter_map(|item| match item {
            Item::Line { points, .. } => Some(points),
            _ => None,
        });
        let length = |points: &Vec<[f64; 2]>| (points.len() - 2) as f64;
        let mean = |p: &Vec<[f64; 2]>| p[1..p.len() - 1].iter().map(|p| p[1]).sum::<f64>() / length(p);
        panel.legend.iter().map(|(_, name)| name.clone()).zip(lines.map(mean)).collect()
    }

    #[test]
    fn the_rate_stands_below_where_it_is_asked_for() {
        let with = |groups: &[(&str, u32)]| Rows {
            groups: groups.iter().map(|(name, first)| (name.to_string(), *first)).collect(),
            rate: Some(true),
            ..Rows::default()
        };
        let found = |trains: &SpikeTrains, rows: &Rows| curves(&raster(trains, rows).unwrap());
        let close = |found: Vec<(String, f64)>, want: &[(&str, f64)]| {
            assert_eq!(found.len(), want.len(), "{found:?}");
            for ((name, rate), (wanted, value)) in found.iter().zip(want) {
                assert!(name == wanted && (rate - value).abs() < 1e-9, "{found:?}");
            }
        };
        let one = trains(1);
        close(found(&one, &with(&[])), &[("mean of 2 neurons, bins of 12.5 ms", 2.5)]);
        let two = [("a: 1 neuron, bins of 12.5 ms", 4.0), ("b: 1 neuron", 1.0)];
        close(found(&one, &with(&[("a", 0), ("b", 1)])), &two);
        let samples =
            [("sample 0: mean of 2 neurons, bins of 12.5 ms", 2.5), ("sample 1: mean of 2 neurons", 0.0)];
        close(found(&trains(2), &with(&[])), &samples);
        assert!(found(&one, &Rows::default()).is_empty());
        let many = SpikeTrains::silent(
            1,
            (0..1001).map(|i| i.to_string()).collect(),
            (0.0, 1.0),
            None,
            Time::Seconds,
        );
        assert!(found(&many, &Rows::default()).is_empty(), "no spike has no rate to be drawn");
        let many = SpikeTrains { times: vec![vec![0.5]; 1001], ..many };
        assert_eq!(found(&many, &Rows::default()).len(), 1);
        assert!(found(&many, &Rows { rate: Some(false), ..Rows::default() }).is_empty());
        for groups in [&[("a", 1)][..], &[("a", 0), ("b", 0)], &[("a", 0), ("b", 2)]] {
            let error = raster(&one, &with(groups)).unwrap_err().to_string();
            assert!(error.contains("raster.groups["), "{error}");
        }
    }
}
