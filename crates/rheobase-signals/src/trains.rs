//! Spike trains: the times at which each neuron of each sample fired, from events or from dense arrays.

use rheobase_models::neuron::Time;

use super::spike_values::SpikeValues;
use super::spikes::SpikeEvents;
use crate::{Window, rounding};
use rheobase_base::check;
use rheobase_base::{Error, Result, memory};

/// Spike times of every neuron of every sample, and what is known of the recording around them.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTrains {
    /// Ascending times, sample by sample and within it neuron by neuron. Several spikes in a step are equal times.
    pub times: Vec<Vec<f64>>,
    /// For each train the values of its spikes: what left the neuron. Empty for a train of plain spikes, of value 1.
    pub values: Vec<Vec<f64>>,
    /// Number of samples.
    pub samples: usize,
    /// Names of the neurons; without others, their numbers.
    pub names: Vec<String>,
    /// Start and end of what is held here; all times lie within. Only where the recording itself ends can a spike lie at
    /// the end.
    pub window: (f64, f64),
    /// Start and end of each sample, where they differ; `window` then spans all. Empty where all have `window`.
    pub windows: Vec<(f64, f64)>,
    /// Length of a step, where the recording has steps.
    pub dt: Option<f64>,
    /// What times are counted in.
    pub clock: Time,
}

impl SpikeTrains {
    /// The trains in `spikes`, whose step lasts `dt` of `clock`: of `spikes.dt()` seconds, or 1 where time counts steps. An
    /// event is as many spikes as `values` says.
    ///
    /// # Errors
    /// [`Error::Value`] if so many spikes do not fit into memory.
    pub fn from_events(spikes: &SpikeEvents, clock: Time, values: SpikeValues) -> Result<Self> {
        let [steps, samples, neurons] = spikes.shape();
        let end = steps as f64 * spikes.dt();
        let counts = |value: f32| values.count(value.into());
        let all = spikes.values().iter().map(|v| counts(*v)).sum();
        fits(all).map_err(|rule| fault("value", "too large", rule))?;
        let mut trains = SpikeTrains::silent(samples, numbers(neurons), (0.0, end), Some(spikes.dt()), clock);
        // Nearly all recordings are of plain spikes.
        let plain = counts(1.0) == 1.0 && spikes.values().iter().all(|v| *v == 1.0);
        for (e, time) in spikes.iter().zip(spikes.times()) {
            let (train, time) = (e.batch as usize * neurons + e.neuron as usize, time.min(end));
            match plain {
                true => trains.push(train, time),
                false => trains.add(train, time, counts(e.value), e.value.into()),
            }
        }
        Ok(trains)
    }

    /// Trains of `samples` samples of the neurons called `names`, none of which has fired.
    pub fn silent(
        samples: usize,
        names: Vec<String>,
        window: (f64, f64),
        dt: Option<f64>,
        clock: Time,
    ) -> Self {
        let none = vec![Vec::new(); samples.saturating_mul(names.len())];
        SpikeTrains {
            times: none.clone(),
            values: none,
            samples,
            names,
            window,
            windows: Vec::new(),
            dt,
            clock,
        }
    }

    /// Adds a plain spike after the train's others. Rounding may put the end of a step behind the start of the next; the spike is
    /// then taken to that start.
    fn push(&mut self, train: usize, time: f64) {
        let Some(times) = self.times.get_mut(train) else { return };
        times.push(times.last().map_or(time, |last| last.max(time)));
    }

    /// Adds `count` spikes at one time that carry `value` together, as `push` does one.
    pub fn add(&mut self, train: usize, time: f64, count: f64, value: f64) {
        let (Some(times), Some(values)) = (self.times.get_mut(train), self.values.get_mut(train)) else {
            return;
        };
        let time = times.last().map_or(time, |last| last.max(time));
        let each = value / count;
        if each != 1.0 && values.is_empty() {
            values.resize(times.len(), 1.0);
        }
        times.resize(times.len() + count as usize, time);
        if each != 1.0 || !values.is_empty() {
            values.resize(times.len(), each);
        }
    }

    /// Number of neurons.
    pub fn neurons(&self) -> usize {
        self.names.len()
    }

    /// Number of spikes of all trains.
    pub fn spikes(&self) -> usize {
        self.times.iter().map(Vec::len).sum()
    }

    /// The sum of what left the neuron of a train; for plain spikes their number. 0 where there is no such train.
    pub fn output(&self, train: usize) -> f64 {
        match (self.times.get(train), self.values.get(train)) {
            (_, Some(values)) if !values.is_empty() => values.iter().sum(),
            (times, _) => times.map_or(0.0, |t| t.len() as f64),
        }
    }

    /// The window for measures that count: all spikes held here belong to it.
    pub fn whole(&self) -> Window {
        Window::to_the_end(self.window.0, self.window.1)
    }

    /// The window of the sample of a train.
    pub fn whole_of(&self, train: usize) -> Window {
        let (start, end) = self.windows.get(train / self.neurons().max(1)).copied().unwrap_or(self.window);
        Window::to_the_end(start, end)
    }

    /// How many spikes lie at the very end, which is the recording's.
    pub fn at_end(&self) -> usize {
        let end = self.window.1 - rounding(self.window.1);
        self.times.iter().map(|t| t.len() - t.partition_point(|t| *t < end)).sum()
    }

    /// The first train with several spikes at one time, and that time.
    pub fn repeated(&self) -> Option<(usize, f64)> {
        let twice = |times: &Vec<f64>| times.windows(2).find(|w| w[0] == w[1]).map(|w| w[0]);
        self.times.iter().enumerate().find_map(|(train, times)| Some((train, twice(times)?)))
    }

    /// What train number `train` is called: its neuron, and its sample where there are several.
    pub fn label(&self, train: usize) -> String {
        let neurons = self.neurons().max(1);
        let name = self.names.get(train % neurons).map_or("", String::as_str);
        if self.samples > 1 { format!("{}/{name}", train / neurons) } else { name.to_string() }
    }

    /// Every spike as its time and its train, train by train.
    pub fn flat(&self) -> (Vec<f64>, Vec<u32>) {
        let who = self.times.iter().zip(0u32..).flat_map(|(times, train)| times.iter().map(move |_| train));
        (self.times.concat(), who.collect())
    }

    /// One sample alone.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no such sample.
    pub fn sample(mut self, sample: usize) -> Result<Self> {
        if sample >= self.samples {
            let rule = format!("must be below the number of samples, {}", self.samples);
            return Err(fault("sample", sample, rule));
        }
        let range = sample * self.neurons()..(sample + 1) * self.neurons();
        self.times = self.times.drain(range.clone()).collect();
        self.values = self.values.drain(range).collect();
        self.samples = 1;
        self.window = self.windows.get(sample).copied().unwrap_or(self.window);
        self.windows.clear();
        Ok(self)
    }

    /// What happened in `window`: from its start on and before its end, or up to its end where that is the recording's or
    /// lies beyond. So windows that adjoin share no spike and lose none.
    ///
    /// # Errors
    /// [`Error::Value`] for a window without length or not finite.
    pub fn within(mut self, window: (f64, f64)) -> Result<Self> {
        check::window("spike trains", window)?;
        let (from, to) = window;
        let whole = to >= self.window.1 - rounding(to);
        let begin = from - rounding(from);
        let end = if whole { f64::INFINITY } else { to - rounding(to) };
        for (times, values) in self.times.iter_mut().zip(&mut self.values) {
            let kept = times.partition_point(|t| *t < begin)..times.partition_point(|t| *t < end);
            if !values.is_empty() {
                *values = values[kept.clone()].to_vec();
            }
            // What rounding keeps off an edge is put back onto it.
            *times = times[kept].iter().map(|t| t.clamp(from, to)).collect();
        }
        self.window = window;
        self.windows.iter_mut().for_each(|w| *w = (w.0.clamp(from, to), w.1.clamp(from, to)));
        Ok(self)
    }

    /// The trains with one spike where there were several at one time, for measures of intervals and of coincidences. Each has
    /// the sum of their values.
    pub fn merged(mut self) -> Self {
        for (times, values) in self.times.iter_mut().zip(&mut self.values) {
            let all = std::mem::take(times);
            let each = std::mem::take(values);
            for (i, time) in all.into_iter().enumerate() {
                let value = each.get(i).copied().unwrap_or(1.0);
                match (times.last(), values.last_mut()) {
                    (Some(last), Some(sum)) if *last == time => *sum += value,
                    _ => {
                        times.push(time);
                        values.push(value);
                    }
                }
            }
            if values.iter().all(|v| *v == 1.0) {
                values.clear();
            }
        }
        self
    }
}

/// Whether so many spikes fit into memory; if not, the rule of an error.
pub fn fits(spikes: f64) -> std::result::Result<(), String> {
    // A time and a value each.
    memory::check(16.0 * spikes).map_err(|rule| format!("stands for {spikes:.3e} spikes: {rule}"))
}

fn fault(field: &str, value: impl ToString, rule: String) -> Error {
    Error::value("spike trains", field, value, rule)
}

/// `0`, `1`, `2`…
pub fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::SpikeEvent;
    use super::*;
    use proptest::prelude::*;

    fn events(values: &[(u64, f32, f32)]) -> SpikeEvents {
        let event = |&(step, value, offset): &(u64, f32, f32)| SpikeEvent {
            step,
            batch: 0,
            neuron: 0,
            value,
            offset,
        };
        SpikeEvents::from_events([10, 1, 1], 0.1, values.iter().map(event)).unwrap()
    }

    fn of(values: &[(u64, f32, f32)], meaning: SpikeValues) -> SpikeTrains {
        SpikeTrains::from_events(&events(values), Time::Seconds, meaning).unwrap()
    }

    #[test]
    fn an_event_is_as_many_spikes_as_its_value_counts() {
        let two = [(1, 2.0, 0.0), (4, -3.0, 0.0), (5, 1.0, 0.0)];
        let counted = of(&two, SpikeValues::Counts(1.0));
        assert_eq!(counted.times, [[0.1, 0.1, 0.4, 0.4, 0.4, 0.5]]);
        assert_eq!((counted.output(0), counted.repeated()), (0.0, Some((0, 0.1))));
        let single = of(&two, SpikeValues::Single);
        assert_eq!((&single.times[0][..], single.output(0)), (&[0.1, 0.4, 0.5][..], 0.0));
        let merged = counted.merged();
        assert_eq!((merged.times, merged.values), (single.times, single.values));
        let plain = of(&[(1, 1.0, 0.0), (2, 1.0, 0.0)], SpikeValues::Counts(1.0));
        assert_eq!((&plain.values[0][..], plain.output(0), plain.repeated()), (&[][..], 2.0, None));
        assert_eq!(plain.clone().merged(), plain);
        let vast = events(&[(1, 1e30, 0.0)]);
        let e = SpikeTrains::from_events(&vast, Time::Seconds, SpikeValues::Counts(1.0)).unwrap_err();
        assert!(e.to_string().contains("1.000e30 spikes"), "{e}");
    }

    #[test]
    fn two_spikes_that_rounding_puts_together_stay_two() {
        // The end of step 2 is, rounded, a little after the start of step 3.
        let trains = of(&[(2, 1.0, 0.1), (3, 1.0, 0.0)], SpikeValues::Single);
        assert_eq!(trains.times[0].len(), 2);
        assert!(trains.times[0][0] <= trains.times[0][1]);
    }

    #[test]
    fn values_are_cut_with_their_spikes() {
        let trains = of(&[(1, 2.0, 0.0), (4, -3.0, 0.0), (9, -1.0, 0.1)], SpikeValues::Counts(1.0));
        assert_eq!((trains.at_end(), trains.window), (1, (0.0, 1.0)));
        let late = trains.clone().within((0.4, 1.0)).unwrap();
        assert_eq!((late.spikes(), late.output(0), late.at_end()), (4, -4.0, 1));
        let early = trains.within((0.0, 0.4)).unwrap();
        assert_eq!((early.spikes(), early.output(0), early.at_end()), (2, 2.0, 0));
    }

    proptest! {
        #[test]
        fn windows_that_adjoin_share_no_spike_and_lose_none(
            steps in prop::collection::btree_set(0_u32..1000, 0..60),
            dt in prop::sample::select(vec![1e-4, 1e-3, 0.02, 0.1, 1.0]),
            cuts in prop::collection::btree_set(1_u32..1000, 0..6),
            summed in any::<bool>(),
        ) {
            let mut clock = vec![0.0_f64];
            (1..=1000).for_each(|i| clock.push(clock[i - 1] + dt));
            let at = |i: &u32| if summed { clock[*i as usize] } else { f64::from(*i) * dt };
            let mut trains = SpikeTrains::silent(1, numbers(1), (0.0, 1000.0 * dt), Some(dt), Time::Seconds);
            steps.iter().for_each(|i| trains.add(0, at(i), 1.0, 1.0));
            let edges: Vec<f64> =
                [0.0].into_iter().chain(cuts.iter().map(|i| f64::from(*i) * dt)).chain([1000.0 * dt]).collect();
            let mut all = 0;
            for (w, (from, to)) in edges.windows(2).zip([0].iter().chain(&cuts).zip(cuts.iter().chain(&[1000]))) {
                let part = trains.clone().within((w[0], w[1])).unwrap();
                prop_assert_eq!(part.spikes(), steps.range(from..to).count());
                all += part.spikes();
            }
            prop_assert_eq!(all, steps.len());
        }
    }
}
