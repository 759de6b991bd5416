//! Trains from an entry per spike, in any order, and from a list of times per neuron.

use rheobase_models::neuron::Time;

use super::field::{Look, Words, is_whole};
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::unit::Unit;
use super::verdicts::Verdicts;
use rheobase_signals::SpikeTrains;
use rheobase_signals::SpikeValues;
use rheobase_signals::trains::fits;

/// Trains at most: beyond this a number in a file is a mistake.
pub(super) const MOST_TRAINS: usize = 10_000_000;

/// Spikes that one value of a file stands for, on average at most: more is damage, and would take memory that no file justifies.
const MOST_EACH: f64 = 1e4;

/// Whether `spikes` may be meant by so many values, and fit into memory.
pub(super) fn meant(spikes: f64, values: usize) -> Said<()> {
    if spikes > MOST_EACH * values.max(100) as f64 {
        return Err(format!(
            "stands for {spikes:.3e} spikes in {values} values; at most {MOST_EACH} for each are read"
        ));
    }
    fits(spikes)
}

/// Who fired, for every spike: the number of a name. Names of neurons that did not fire may stand among them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ids {
    pub(super) which: Vec<u32>,
    pub(super) names: Vec<String>,
}

impl Ids {
    /// All of one neuron, `0`.
    pub(super) fn single(spikes: usize) -> Ids {
        Ids { which: vec![0; spikes], names: vec!["0".into()] }
    }

    /// Of texts, in the order in which people count: `n2` before `n10`.
    pub(super) fn of_words(words: Words) -> Ids {
        let mut order: Vec<u32> = (0..words.names.len() as u32).collect();
        order.sort_by(|a, b| natural(&words.names[*a as usize], &words.names[*b as usize]));
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, old)| rank[*old as usize] = place as u32);
        Ids {
            which: words.which.iter().map(|w| rank[*w as usize]).collect(),
            names: order.iter().map(|w| words.names[*w as usize].clone()).collect(),
        }
    }

    /// Of whole numbers, which stay the names of those that fired.
    pub(super) fn of_numbers(values: &[f64], what: &str) -> Said<Ids> {
        Ids::of_looked(values, Look::at(values), what)
    }

    /// The same of numbers that were looked at.
    pub(super) fn of_looked(values: &[f64], look: Look, what: &str) -> Said<Ids> {
        // Beyond 2⁵³ neighbouring whole numbers cannot be told apart.
        const TOLD: f64 = 9_007_199_254_740_992.0;
        let Look { low, high, whole, missing } = look;
        if !whole || missing || low.abs().max(high.abs()) > TOLD && !values.is_empty() {
            let row = values.iter().position(|x| !(is_whole(*x) && x.abs() <= TOLD)).unwrap_or_default();
            let rule = "neurons and trials are told apart by whole numbers or by names";
            return Err(format!("data row {}, column `{what}`: is {}, but {rule}", row + 1, values[row]));
        }
        if values.is_empty() {
            return Ok(Ids::default());
        }
        let span = high - low;
        if span < (4 * values.len() + 1_000_000).min(u32::MAX as usize) as f64 {
            // A place is below 2³² here, and a cast to so many bits faster than to more.
            let place = |x: &f64| (x - low) as u32 as usize;
            let mut rank = vec![u32::MAX; span as usize + 1];
            values.iter().for_each(|x| rank[place(x)] = 0);
            let mut names = Vec::new();
            for (i, number) in rank.iter_mut().enumerate().filter(|(_, n)| **n == 0) {
                *number = names.len() as u32;
                names.push(format!("{}", low + i as f64));
            }
            return Ok(Ids { which: values.iter().map(|x| rank[place(x)]).collect(), names });
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.dedup();
        let which = values.iter().map(|x| sorted.partition_point(|s| s < x) as u32).collect();
        Ok(Ids { which, names: sorted.iter().map(|x| format!("{x}")).collect() })
    }
}

/// `n2` before `n10`: digits compare as numbers.
pub(crate) fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let parts = |text: &str| {
        let mut parts: Vec<(bool, String)> = Vec::new();
        for c in text.chars() {
            let digit = c.is_ascii_digit();
            match parts.last_mut() {
                Some((kind, part)) if *kind == digit => part.push(c),
                _ => parts.push((digit, c.into())),
            }
        }
        parts
    };
    let (left, right) = (parts(a), parts(b));
    for ((digits, x), (others, y)) in left.iter().zip(&right) {
        let order = if *digits && *others {
            let (x, y) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            x.cmp(y)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Spikes in any order.
#[derive(Debug, Clone, Default)]
pub(super) struct SpikeList {
    /// Times in s; in steps where `steps` is set.
    pub(super) times: Vec<f64>,
    pub(super) ids: Ids,
    /// The trial of each, where there are several.
    pub(super) trials: Option<Ids>,
    /// What each carries; none for plain spikes.
    pub(super) values: Option<Vec<f64>>,
    /// Whether times count steps of unknown length.
    pub(super) steps: bool,
    /// Length of a step or a sample, s.
    pub(super) dt: Option<f64>,
    /// Whether `dt` is a step that lasts until the next, not an instant.
    pub(super) stepped: bool,
    /// When the recording began and ended, as the file says.
    pub(super) window: (Option<f64>, Option<f64>),
    /// The same for each trial, where trials differ.
    pub(super) windows: Vec<(f64, f64)>,
    /// What a sorter or a person says of the neurons.
    pub(super) verdicts: Option<Verdicts>,
}

impl SpikeList {
    /// Trains of a list of times for each neuron.
    pub(super) fn of_lists(lists: Vec<Vec<f64>>, names: Vec<String>) -> SpikeList {
        let which = lists.iter().zip(0_u32..).flat_map(|(l, i)| std::iter::repeat_n(i, l.len())).collect();
        SpikeList { times: lists.concat(), ids: Ids { which, names }, ..Default::default() }
    }

    /// With the spikes of another file of the same recording.
    pub(super) fn with(mut self, other: SpikeList) -> SpikeList {
        let mut words = Words::default();
        for ids in [&self.ids, &other.ids] {
            ids.which.iter().for_each(|w| words.push(&ids.names[*w as usize]));
        }
        self.times.extend(other.times);
        self.ids = Ids::of_words(words);
        self
    }

    /// Only the neurons whose name is to be kept.
    pub(super) fn keep(&mut self, kept: impl Fn(&String) -> bool) {
        let mut place = Vec::with_capacity(self.ids.names.len());
        let mut names = Vec::new();
        for name in std::mem::take(&mut self.ids.names) {
            place.push(if kept(&name) { Some(names.len() as u32) } else { None });
            if place.last().is_some_and(Option::is_some) {
                names.push(name);
            }
        }
        let stays: Vec<bool> = self.ids.which.iter().map(|w| place[*w as usize].is_some()).collect();
        fn those<T: Copy>(values: &mut Vec<T>, stays: &[bool]) {
            let mut stay = stays.iter();
            values.retain(|_| stay.next().is_some_and(|s| *s));
        }
        those(&mut self.times, &stays);
        if let Some(values) = &mut self.values {
            those(values, &stays);
        }
        if let Some(trials) = &mut self.trials {
            those(&mut trials.which, &stays);
        }
        let which = self.ids.which.iter().filter_map(|w| place[*w as usize]).collect();
        self.ids = Ids { which, names };
    }

    /// The trains, with what the caller knows better.
    pub(super) fn trains(mut self, options: &TrainOptions, found: &mut Found) -> Said<SpikeTrains> {
        let look = Look::at(&self.times);
        if !look.finite()
            && let Some(i) = self.times.iter().position(|t| !t.is_finite())
        {
            return Err(format!(
                "spike {i} is at {}: times must be finite; remove or repair it",
                self.times[i]
            ));
        }
        self.counted(options)?;
        let neurons = self.ids.names.len();
        let samples = self.trials.as_ref().map_or(1, |t| t.names.len().max(1));
        if neurons.saturating_mul(samples) > MOST_TRAINS {
            return Err(format!(
                "needs {neurons} neurons x {samples} samples; at most {MOST_TRAINS} trains are read"
            ));
        }
        let dt = self.dt.or(options.dt);
        let values = self.values.take();
        let meaning = values.as_ref().map(|v| SpikeValues::guessed(v.iter().copied(), dt));
        if let (Some(values), Some(meaning)) = (&values, meaning) {
            meant(values.iter().map(|v| meaning.count(*v)).sum(), values.len())
                .map_err(|rule| format!("column `value` {rule}"))?;
        }
        let (window, windows) = self.window(options, samples, look, found)?;
        let clock = if self.steps { Time::Steps } else { Time::Seconds };
        let step = if self.steps { Some(self.dt.unwrap_or(1.0)) } else { dt };
        let names = std::mem::take(&mut self.ids.names);
        let mut trains = SpikeTrains::silent(samples, names, window, step, clock);
        trains.windows = windows;
        let place = |i: usize| {
            self.trials.as_ref().map_or(0, |t| t.which[i] as usize * neurons) + self.ids.which[i] as usize
        };
        // Whether all are known to be.
        let mut distinct = values.is_none();
        match (values, meaning) {
            (Some(values), Some(meaning)) => {
                let mut order: Vec<usize> = (0..self.times.len()).collect();
                order.sort_by(|a, b| self.times[*a].total_cmp(&self.times[*b]));
                for i in order {
                    trains.add(place(i), self.times[i], meaning.count(values[i]), values[i]);
                }
            }
            _ => {
                let mut counts = vec![0_usize; trains.times.len()];
                (0..self.times.len()).for_each(|i| counts[place(i)] += 1);
                trains.times = counts.iter().map(|n| Vec::with_capacity(*n)).collect();
                for (i, time) in self.times.iter().enumerate() {
                    trains.times[place(i)].push(*time);
                }
                for times in trains.times.iter_mut().filter(|t| !t.windows(2).all(|w| w[0] < w[1])) {
                    distinct = false;
                    times.sort_unstable_by(f64::total_cmp);
                }
            }
        }
        distinct &= !self.cut(&mut trains, found);
        if !distinct && let Some((train, time)) = trains.repeated() {
            found.notes.push(format!(
                "several spikes have one time (train {} at {time}, for one): all count",
                trains.label(train)
            ));
        }
        Ok(trains)
    }

    /// Silent neurons that the caller knows of.
    fn counted(&mut self, options: &TrainOptions) -> Said<()> {
        let Some(count) = options.neurons else { return Ok(()) };
        if count > MOST_TRAINS {
            return Err(format!("needs {count} neurons; at most {MOST_TRAINS} trains are read"));
        }
        let numbers: Option<Vec<usize>> = self.ids.names.iter().map(|n| n.parse().ok()).collect();
        match numbers {
            Some(numbers) if numbers.iter().all(|n| *n < count) => {
                self.ids.which.iter_mut().for_each(|w| *w = numbers[*w as usize] as u32);
                self.ids.names = rheobase_signals::trains::numbers(count);
                Ok(())
            }
            Some(numbers) => {
                let least = numbers.iter().max().map_or(0, |n| n + 1);
                Err(format!("has a spike of neuron {}; give at least {least} neurons", least - 1))
            }
            None if self.ids.names.len() == count => Ok(()),
            None => Err(format!(
                "has {} neurons with names of their own, so others cannot be added; leave their number away",
                self.ids.names.len()
            )),
        }
    }

    /// When the recording began and ended: as the caller or the file says, else from 0 to its last spike.
    fn window(&self, options: &TrainOptions, samples: usize, look: Look, found: &mut Found) -> Said<Window> {
        for (name, given) in [("start", &options.start), ("stop", &options.stop)] {
            if given.len() > 1 && given.len() != samples {
                return Err(format!(
                    "has {samples} trials, but {} times were given as `{name}`; give one for all or one for each",
                    given.len()
                ));
            }
            if let Some(x) = given.iter().find(|x| !x.is_finite()) {
                return Err(format!("`{name}` = {x}: must be finite"));
            }
        }
        let (low, high) = if self.times.is_empty() { (0.0, 0.0) } else { (look.low, look.high) };
        // Clocks that have run since 1970, or since the machine was switched on, do not begin with the recording.
        let far = low > 0.0 && low > 100.0 * (high - low) && low > 1000.0;
        let step = if self.steps { self.dt.or(Some(1.0)) } else { self.dt.or(options.dt) };
        let stepped = self.stepped || self.steps || options.dt.is_some();
        // Steps so short that times cannot be told apart by them have no ends of their own.
        let told = |dt: &f64| high / dt < 9_007_199_254_740_992.0;
        let ends = |last: f64| match step.filter(|_| stepped && !self.times.is_empty()).filter(told) {
            Some(dt) => (((last / dt + 1e-6).floor() + 1.0) * dt).max(last),
            None => last,
        };
        let of = |trial: usize| {
            let file = self.windows.get(trial).copied();
            let pick = |given: &[f64]| given.get(trial).or(given.first()).copied();
            let start = pick(&options.start).or(file.map(|w| w.0)).or(self.window.0);
            let stop = pick(&options.stop).or(file.map(|w| w.1)).or(self.window.1);
            let start = start.unwrap_or(if far { low } else { low.min(0.0) });
            (start, stop.unwrap_or_else(|| ends(high)))
        };
        let several = options.start.len() > 1 || options.stop.len() > 1 || !self.windows.is_empty();
        let each: Vec<(f64, f64)> = (0..if several { samples } else { 1 }).map(of).collect();
        if let Some(w) = each
            .iter()
            .find(|w| w.0 > w.1 || (w.0 == w.1 && !self.times.is_empty() && !options.stop.is_empty()))
        {
            return Err(format!(
                "the recording would last from {} to {}; the start must come before the end",
                w.0, w.1
            ));
        }
        if far && options.start.is_empty() && self.window.0.is_none() && self.windows.is_empty() {
            found.notes.push(format!("the clock shows {low} at the first spike; the recording is taken to begin there (--start says otherwise)"));
        }
        let known = !options.stop.is_empty() || self.window.1.is_some() || !self.windows.is_empty();
        if !known && !stepped && !self.times.is_empty() {
            found.notes.push("the file does not say when the recording ended: it is taken to end at its last spike (--stop says otherwise)".into());
            if samples > 1 {
                found.notes.push("all trials are taken to last as long as the longest; --stop END,END,… gives each its own end".into());
            }
        }
        let whole = each.iter().fold(each[0], |all, w| (all.0.min(w.0), all.1.max(w.1)));
        let whole = if whole.1 > whole.0 {
            whole
        } else {
            (whole.0, whole.0 + if self.steps { 1.0 } else { step.unwrap_or(1.0) })
        };
        Ok((whole, if several && samples > 1 { each } else { Vec::new() }))
    }

    /// Leaves out what lies outside the window, and says so; whether any train has changed.
    fn cut(&self, trains: &mut SpikeTrains, found: &mut Found) -> bool {
        let neurons = trains.neurons().max(1);
        let (mut out, mut changed) = (0, false);
        for train in 0..trains.times.len() {
            let (start, end) = trains.windows.get(train / neurons).copied().unwrap_or(trains.window);
            let slack = 1e-9 * end.abs().max(start.abs());
            let times = &trains.times[train];
            if times.first().is_none_or(|t| *t >= start) && times.last().is_none_or(|t| *t <= end) {
                continue;
            }
            changed = true;
            let kept =
                times.partition_point(|t| *t < start - slack)..times.partition_point(|t| *t <= end + slack);
            out += times.len() - kept.len();
            if !trains.values[train].is_empty() {
                trains.values[train] = trains.values[train][kept.clone()].to_vec();
            }
            trains.times[train] = trains.times[train][kept].iter().map(|t| t.clamp(start, end)).collect();
        }
        if out > 0 {
            found.notes.push(format!("{out} spikes lie outside of the recording's window and are left out"));
        }
        changed
    }
}

/// The window of all, and of each trial where they differ.
type Window = ((f64, f64), Vec<(f64, f64)>);

/// Times in seconds, or in steps without length.
pub(super) fn in_seconds(times: &mut [f64], unit: Unit, dt: Option<f64>) {
    if unit != Unit::Seconds {
        times.iter_mut().for_each(|t| *t = unit.time(*t, dt));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_people_count() {
        let mut names = ["n10", "n2", "n1", "a", "n2b", "10", "9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["9", "10", "a", "n1", "n2", "n2b", "n10"]);
        let ids = Ids::of_words(["n10", "n2", "n10"].into_iter().collect());
        assert_eq!((ids.which, ids.names), (vec![1, 0, 1], vec!["n2".to_string(), "n10".into()]));
    }

    #[test]
    fn numbers_stay_names() {
        let ids = Ids::of_numbers(&[103.0, 101.0, 103.0], "unit").unwrap();
        assert_eq!((ids.which, ids.names), (vec![1, 0, 1], vec!["101".to_string(), "103".into()]));
        let far = Ids::of_numbers(&[1e15, -3.0, 1e15], "unit").unwrap();
        assert_eq!(
            (far.which, far.names),
            (vec![1, 0, 1], vec!["-3".to_string(), "1000000000000000".into()])
        );
        assert!(Ids::of_numbers(&[1.5], "unit").unwrap_err().contains("data row 1, column `unit`: is 1.5"));
    }
}
