//! Rates and intervals, counted while a run goes on.

use rheobase::Recording;
use rheobase::data::SpikeValues;
use rheobase::models::lanes::Elem;
use serde::Serialize;

/// What is known of each neuron (of each sample) so far.
#[derive(Clone, Default)]
struct Train {
    /// Steps in which something left.
    events: u64,
    /// Spikes: several where a step counts several.
    spikes: f64,
    value: f64,
    first: f64,
    last: f64,
    intervals: u64,
    mean: f64,
    squares: f64,
}

impl Train {
    /// Takes what left in a step, so many spikes; intervals are averaged by Welford's method.
    fn spike(&mut self, time: f64, value: f64, spikes: f64) {
        if self.events == 0 {
            self.first = time;
        } else {
            let interval = time - self.last;
            self.intervals += 1;
            let off = interval - self.mean;
            self.mean += off / self.intervals as f64;
            self.squares += off * (interval - self.mean);
        }
        self.last = time;
        self.events += 1;
        self.spikes += spikes;
        self.value += value;
    }

    /// Coefficient of variation of the intervals, where there are at least two.
    fn cv(&self) -> Option<f64> {
        (self.intervals >= 2 && self.mean > 0.0)
            .then(|| (self.squares / self.intervals as f64).max(0.0).sqrt() / self.mean)
    }
}

/// Counts over all neurons of a run from `from` (in the model's time) on.
pub(crate) struct Counts {
    trains: Vec<Train>,
    neurons: usize,
    /// What the values of each neuron's spikes stand for; one for all neurons alike.
    values: Vec<SpikeValues>,
    dt: f64,
    from: f64,
    low: f64,
    high: f64,
    steps: u64,
}

/// Mean, lowest and highest over the neurons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let (mut n, mut sum, mut min, mut max) = (0u64, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    for x in values {
        n += 1;
        sum += x;
        min = f64::min(min, x);
        max = f64::max(max, x);
    }
    (n > 0).then(|| Spread { mean: sum / n as f64, min, max })
}

impl Counts {
    /// Bytes for each neuron.
    pub(crate) const BYTES: usize = size_of::<Train>();

    /// Nothing counted yet of `batch` samples of `neurons`, whose events are one spike each.
    pub(crate) fn new(batch: usize, neurons: usize, dt: f64, from: f64) -> Self {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        let (trains, values) = (vec![Train::default(); batch * neurons], vec![SpikeValues::Single]);
        Counts { trains, neurons, values, dt, from, low, high, steps: 0 }
    }

    /// The same where values of spikes stand for these.
    pub(crate) fn of(self, values: Vec<SpikeValues>) -> Self {
        Counts { values, ..self }
    }

    /// Takes a piece of a run that starts at step `start`: its events, or its dense output.
    pub(crate) fn take<E: Elem>(&mut self, start: usize, piece: &Recording<E>) {
        match &self.values[..] {
            // No event has the value 0. This is the usual case, and counts as fast as events come.
            [SpikeValues::Single] => self.take_events(start, piece, |_, _, _| 1.0),
            [_] => self.take_events(start, piece, |values, _, value| values[0].count(value)),
            _ => self.take_events(start, piece, |values, neuron, value| values[neuron].count(value)),
        }
        for (step, row) in piece.dense().chunks(self.trains.len()).enumerate() {
            if (start + step) as f64 * self.dt < self.from {
                continue;
            }
            self.steps += 1;
            for (train, x) in self.trains.iter_mut().zip(row) {
                let x = x.to_f64();
                train.value += x;
                self.low = self.low.min(x);
                self.high = self.high.max(x);
            }
        }
    }

    /// Takes events, each of which is as many spikes as `count` says, from what values stand for, its neuron and its value.
    fn take_events<E>(
        &mut self,
        start: usize,
        piece: &Recording<E>,
        count: impl Fn(&[SpikeValues], usize, f64) -> f64,
    ) {
        for e in piece.each_spike() {
            let time = (start as u64 + e.step) as f64 * self.dt + f64::from(e.offset);
            if time >= self.from {
                let (neuron, value) = (e.neuron as usize, f64::from(e.value));
                let spikes = count(&self.values, neuron, value);
                self.trains[e.batch as usize * self.neurons + neuron].spike(time, value, spikes);
            }
        }
    }

    /// Spikes of all neurons.
    pub(crate) fn spikes(&self) -> u64 {
        self.trains.iter().map(|t| t.spikes).sum::<f64>() as u64
    }

    /// Spikes per unit of time, over `duration`.
    pub(crate) fn spike_rates(&self, duration: f64) -> Option<Spread> {
        spread(self.trains.iter().map(|t| t.spikes / duration))
    }

    /// Output (values of spikes) per unit of time, over `duration`.
    pub(crate) fn output_rates(&self, duration: f64) -> Option<Spread> {
        spread(self.trains.iter().map(|t| t.value / duration))
    }

    /// The dense output: mean over everything, lowest and highest number.
    pub(crate) fn output(&self) -> Option<Spread> {
        let mean = spread(self.trains.iter().map(|t| t.value / self.steps as f64))?.mean;
        (self.steps > 0).then_some(Spread { mean, min: self.low, max: self.high })
    }

    /// Share of neurons that never fired.
    pub(crate) fn silent(&self) -> f64 {
        self.trains.iter().filter(|t| t.events == 0).count() as f64 / self.trains.len().max(1) as f64
    }

    /// Coefficient of variation of the intervals, averaged over the neurons that have at least two, and their number.
    pub(crate) fn cv(&self) -> Option<(f64, usize)> {
        let all: Vec<f64> = self.trains.iter().filter_map(Train::cv).collect();
        (!all.is_empty()).then(|| (all.iter().sum::<f64>() / all.len() as f64, all.len()))
    }

    /// Firing rate of every neuron from its intervals, which is exact for regular firing however short the run;
    /// over `duration` where there is no interval. Spikes count as much as their value.
    pub(crate) fn interval_rates(&self, duration: f64) -> Vec<f64> {
        let rate = |t: &Train| match t.events {
            0 => 0.0,
            1 => t.value / duration,
            n => t.value / n as f64 * (n - 1) as f64 / (t.last - t.first),
        };
        self.trains.iter().map(rate).collect()
    }

    /// Output of every neuron per unit of time, over `duration`.
    pub(crate) fn mean_rates(&self, duration: f64) -> Vec<f64> {
        self.trains.iter().map(|t| t.value / duration).collect()
    }

    /// Mean of the dense output of every neuron.
    pub(crate) fn mean_outputs(&self) -> Vec<f64> {
        self.trains.iter().map(|t| t.value / self.steps.max(1) as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_a_train() {
        let mut train = Train::default();
        for t in [0.1, 0.2, 0.4, 0.5] {
            train.spike(t, 2.0, 2.0);
        }
        // Intervals 0.1, 0.2, 0.1: mean 0.4/3, standard deviation √2/30.
        assert!((train.cv().unwrap() - 2f64.sqrt() / 4.0).abs() < 1e-12);
        let counts = Counts { trains: vec![train, Train::default()], ..Counts::new(1, 2, 0.001, 0.0) };
        assert_eq!(counts.silent(), 0.5);
        assert_eq!(counts.spikes(), 8);
        assert!((counts.interval_rates(1.0)[0] - 15.0).abs() < 1e-12);
        assert_eq!(counts.spike_rates(1.0), Some(Spread { mean: 4.0, min: 0.0, max: 8.0 }));
    }
}
