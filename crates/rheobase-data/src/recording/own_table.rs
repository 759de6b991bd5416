//! What our own tables say above their lines: steps, names, windows.

use super::content::Content;
use super::entries::add_silent;
use super::found::Said;
use super::spike_list::MOST_TRAINS;
use super::unit::Unit;

/// What our own tables say in their first line: `# rheobase spikes: dt = 0.001, time = 1000, batch = 1, neuron = 3`.
#[derive(Default)]
pub(super) struct OwnTable {
    pub(super) dt: Option<f64>,
    pub(super) shape: Option<[usize; 3]>,
    /// Of tables of trains: the unit, start and end, how many trials, and the names of all neurons.
    pub(super) trains: Option<(Unit, f64, f64, usize, Vec<String>)>,
    /// The windows of trials that have their own.
    windows: Vec<(f64, f64)>,
}

/// The first words of our own tables of spikes in steps.
pub(crate) const OWN: &str = "rheobase spikes:";
/// The first words of our own tables of trains.
pub(crate) const OWN_TRAINS: &str = "rheobase trains:";
/// The first word before the windows of trials that have their own.
pub(crate) const OWN_WINDOWS: &str = "windows:";

impl OwnTable {
    pub(super) fn of(comments: &[String]) -> OwnTable {
        let find = |start: &str| comments.iter().find_map(|c| c.strip_prefix(start));
        let Some(rest) = find(OWN).or_else(|| find(OWN_TRAINS)) else { return OwnTable::default() };
        let value = |key: &str| {
            let mut parts = rest.split(',').filter_map(|p| p.split_once('='));
            parts.find(|(k, _)| k.trim() == key).map(|(_, v)| v.trim().to_string())
        };
        let count = |key: &str| value(key).and_then(|v| v.parse::<usize>().ok());
        let number = |key: &str| value(key).and_then(|v| v.parse::<f64>().ok()).filter(|x| x.is_finite());
        let dt = number("dt").filter(|dt| *dt > 0.0);
        let shape = count("time").zip(count("batch")).zip(count("neuron")).map(|((t, b), n)| [t, b, n]);
        let names = find("neurons:").and_then(|list| serde_json::from_str::<Vec<String>>(list).ok());
        let unit = value("unit").and_then(|u| Unit::named(&u));
        let trains = unit.zip(number("start")).zip(number("stop")).zip(count("trials")).zip(names);
        let trains =
            trains.map(|((((unit, start), stop), trials), names)| (unit, start, stop, trials, names));
        let windows = find(OWN_WINDOWS).and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default();
        OwnTable { dt, shape, trains, windows }
    }

    /// With the silent neurons and samples, and the end of the recording.
    pub(super) fn completed(self, mut content: Content) -> Content {
        if let (Content::Spikes(list), Some((_, start, stop, trials, names))) = (&mut content, self.trains) {
            let place = |name: &str| names.iter().position(|n| n == name);
            let places: Option<Vec<usize>> = list.ids.names.iter().map(|n| place(n)).collect();
            if let Some(places) = places.filter(|_| trials.saturating_mul(names.len()) <= MOST_TRAINS) {
                list.ids.which.iter_mut().for_each(|w| *w = places[*w as usize] as u32);
                list.ids.names = names;
                list.window = (Some(start), Some(stop));
                list.stepped = false;
                if check_windows(&self.windows, trials, (start, stop)).is_ok() {
                    list.windows = self.windows;
                }
                if trials > 1 {
                    let trials_of = list.trials.get_or_insert_with(Default::default);
                    trials_of.which.resize(list.times.len(), 0);
                    add_silent(trials_of, trials);
                }
            }
            return content;
        }
        if let (Content::Spikes(list), Some([time, batches, neurons])) = (&mut content, self.shape)
            && neurons.saturating_mul(batches) <= MOST_TRAINS
        {
            let step = if list.steps { 1.0 } else { self.dt.unwrap_or(1.0) };
            list.window = (Some(0.0), Some(time as f64 * step));
            add_silent(&mut list.ids, neurons);
            if let Some(trials) = &mut list.trials {
                add_silent(trials, batches);
            }
        }
        content
    }
}

/// Whether each trial has a window of its own within that of all.
pub(super) fn check_windows(windows: &[(f64, f64)], samples: usize, all: (f64, f64)) -> Said<()> {
    if windows.len() != samples {
        return Err(format!("has windows of {} trials, but {samples} trials", windows.len()));
    }
    match windows.iter().position(|w| !(all.0 <= w.0 && w.0 <= w.1 && w.1 <= all.1)) {
        None => Ok(()),
        Some(i) => Err(format!(
            "has trial {i} from {} to {}, which must lie in the window of all, {} to {}",
            windows[i].0, windows[i].1, all.0, all.1
        )),
    }
}
