//! From times to steps: which step a spike falls into, and what becomes of several in one.

use crate::{SpikeEvent, SpikeEvents, SpikeTrains};
use rheobase_base::{Error, Result, memory};

/// How times become steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stepping {
    /// Width of a step, s (or steps, where the trains count these).
    pub dt: f64,
    /// Where the first step begins; without it, where the recording does.
    pub start: Option<f64>,
    /// Where the last step ends; without it, where the recording does.
    pub stop: Option<f64>,
    /// What becomes of several spikes of a neuron in a step.
    pub doubles: Doubles,
}

/// What becomes of several spikes of a neuron in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Doubles {
    /// Their values add up: two spikes of value 1 are one event of value 2.
    #[default]
    Add,
    /// They are one spike of value 1.
    One,
    /// They are an error, which names the first.
    Error,
}

impl std::str::FromStr for Doubles {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Doubles, String> {
        match text {
            "add" => Ok(Doubles::Add),
            "one" => Ok(Doubles::One),
            "error" => Ok(Doubles::Error),
            _ => Err(format!("`{text}` is none of add, one, error")),
        }
    }
}

/// The part of a step within which a time is taken for the start of a step: times are products and sums of rounded numbers, and
/// `floor(t / dt)` alone puts many of them one step too early.
const NEAR: f64 = 1e-6;

impl Stepping {
    /// Steps of this width over the whole recording; several spikes in one add up.
    pub fn new(dt: f64) -> Self {
        Stepping { dt, start: None, stop: None, doubles: Doubles::Add }
    }

    /// The step that a time falls into, the first one from `start` being 0; negative before.
    pub fn step(&self, time: f64, start: f64) -> i64 {
        let steps = (time - start) / self.dt;
        let near = steps.round();
        if (steps - near).abs() <= NEAR.max(4.0 * f64::EPSILON * time.abs() / self.dt) {
            near as i64
        } else {
            steps.floor() as i64
        }
    }
}

impl SpikeTrains {
    /// The spikes in steps: step `k` holds what lies from `start + k dt` on and before `start + (k + 1) dt`. What lies outside of
    /// start and stop is left out; a spike at the very end of the recording belongs to a last step of its own.
    ///
    /// # Errors
    /// [`Error::Value`] for a width that is not finite and above 0, a start that does not come before the stop, more steps than
    /// fit into memory, or two spikes of a neuron in a step where these are errors.
    pub fn to_steps(&self, stepping: &Stepping) -> Result<SpikeEvents> {
        let dt = stepping.dt;
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(bad("dt", dt, "must be finite and above 0".into()));
        }
        let (start, stop) = (stepping.start.unwrap_or(self.window.0), stepping.stop.unwrap_or(self.window.1));
        if !(start < stop && (stop - start).is_finite()) {
            return Err(bad("start", start, format!("must be finite and come before stop = {stop}")));
        }
        let exact = (stop - start) / dt;
        if exact > 9e15 {
            return Err(bad("dt", dt, format!("makes {exact:.3e} steps from {start} to {stop}; widen it")));
        }
        let mut steps = (exact - NEAR).ceil().max(1.0) as i64;
        let neurons = self.neurons().max(1);
        let mut all: Vec<(i64, u32, u32, f32)> = Vec::new();
        memory::check(24.0 * self.spikes() as f64)
            .map_err(|rule| bad("spikes", self.spikes() as f64, rule))?;
        for (train, times) in self.times.iter().enumerate() {
            for (i, time) in times.iter().enumerate() {
                let step = stepping.step(*time, start);
                let inside = step >= 0 && (step < steps || stepping.stop.is_none());
                if inside {
                    let value = self.values[train].get(i).map_or(1.0, |v| *v as f32);
                    all.push((step, (train / neurons) as u32, (train % neurons) as u32, value));
                }
            }
        }
        all.sort_unstable_by_key(|e| (e.0, e.1, e.2));
        if stepping.stop.is_none() {
            steps = steps.max(all.last().map_or(0, |e| e.0 + 1));
        }
        let shape = [steps as usize, self.samples.max(1), neurons];
        let mut events = SpikeEvents::new(shape, dt)?;
        let mut at = 0;
        while at < all.len() {
            let (step, batch, neuron, mut value) = all[at];
            let same = all[at..].iter().take_while(|e| (e.0, e.1, e.2) == (step, batch, neuron)).count();
            if same > 1 {
                match stepping.doubles {
                    Doubles::Add => value = all[at..at + same].iter().map(|e| e.3).sum(),
                    Doubles::One => value = 1.0,
                    Doubles::Error => {
                        let train = self.label(batch as usize * neurons + neuron as usize);
                        let rule = format!(
                            "of width {dt} holds {same} spikes of train {train}; narrow the steps, or let them add up or be one"
                        );
                        return Err(bad("step", step as f64, rule));
                    }
                }
            }
            at += same;
            // Opposite signs may cancel.
            if value != 0.0 {
                events.push(SpikeEvent { step: step as u64, batch, neuron, value, offset: 0.0 })?;
            }
        }
        Ok(events)
    }
}

fn bad(field: &str, value: f64, rule: String) -> Error {
    Error::value("steps", field, value, rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_models::neuron::Time;

    fn trains(times: &[f64], end: f64) -> SpikeTrains {
        let mut trains = SpikeTrains::silent(1, vec!["0".into()], (0.0, end), None, Time::Seconds);
        times.iter().for_each(|t| trains.add(0, *t, 1.0, 1.0));
        trains
    }

    #[test]
    fn no_spike_on_the_grid_is_lost_or_moved() {
        for dt in [1e-4, 1e-3, 1.0 / 30_000.0, 0.1] {
            let times: Vec<f64> = (0..1000).map(|k| f64::from(k) * dt).collect();
            let floor = times.iter().enumerate().filter(|(k, t)| (**t / dt).floor() != *k as f64).count();
            let steps = trains(&times, 1000.0 * dt).to_steps(&Stepping::new(dt)).unwrap();
            assert_eq!(steps.steps(), (0..1000).collect::<Vec<u64>>(), "{dt}: floor alone moves {floor}");
            assert_eq!(steps.shape(), [1000, 1, 1]);
            // Decimal times, as files have them.
            let written: Vec<f64> =
                (0..1000).map(|k| format!("{:.6}", f64::from(k) * 1e-4).parse().unwrap()).collect();
            assert_eq!(
                trains(&written, 0.1).to_steps(&Stepping::new(1e-4)).unwrap().steps(),
                (0..1000).collect::<Vec<u64>>()
            );
        }
        let late: Vec<f64> = (0..1000).map(|k| 1.6e9 + f64::from(k) * 1e-3).collect();
        let stepping = Stepping { start: Some(1.6e9), ..Stepping::new(1e-3) };
        assert_eq!(trains(&late, 1.6e9 + 1.0).to_steps(&stepping).unwrap().len(), 1000);
    }

    #[test]
    fn doubles_edges_and_bad_widths() {
        let two = trains(&[0.01, 0.011, 0.5, 1.0], 1.0);
        let of = |doubles| two.to_steps(&Stepping { doubles, ..Stepping::new(0.1) });
        assert_eq!(of(Doubles::Add).unwrap().values(), [2.0, 1.0, 1.0]);
        assert_eq!(of(Doubles::One).unwrap().values(), [1.0, 1.0, 1.0]);
        assert_eq!(of(Doubles::Add).unwrap().shape(), [11, 1, 1]);
        let e = of(Doubles::Error).unwrap_err().to_string();
        assert!(e.contains("step = 0") && e.contains("2 spikes of train 0"), "{e}");
        let part = Stepping { start: Some(0.2), stop: Some(0.7), ..Stepping::new(0.1) };
        let part = two.to_steps(&part).unwrap();
        assert_eq!((part.steps(), part.shape()), (&[3_u64][..], [5, 1, 1]));
        for dt in [0.0, -1.0, f64::NAN, 1e-300] {
            assert!(two.to_steps(&Stepping::new(dt)).is_err(), "{dt}");
        }
        assert!(two.to_steps(&Stepping { start: Some(2.0), ..Stepping::new(0.1) }).is_err());
    }
}
