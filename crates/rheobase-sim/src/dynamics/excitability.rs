//! Excitability: how strong and how long a current must be to make a neuron fire.
//!
//! Rheobase and chronaxie after Lapicque 1907; Brunel & van Rossum 2007 (doi:10.1007/s00422-007-0190-0) translate him.

use rheobase_models::neuron::{Firing, Takes, Time};

use super::{Dynamics, value};
use crate::{Input, Record, Spikes};
use rheobase_base::{Error, Result};

/// How thresholds are looked for. Times are in seconds, or steps for models that count them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Length of a step. Chronaxies are whole numbers of steps.
    pub dt: f64,
    /// How long neurons are watched: the longest pulse, and the time in which a spike must come.
    pub horizon: f64,
}

/// Where firing begins: between two neighbouring values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The largest value known to leave the neuron silent.
    pub silent: f64,
    /// The smallest value known to make it fire.
    pub fires: f64,
    /// What it follows from.
    pub source: Source,
}

/// What a threshold follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The closed form of the rate curve.
    ClosedForm,
    /// The right-hand side: with one variable a neuron fires where nothing stops it between rest and threshold.
    Equations,
    /// Simulations.
    Simulation,
}

impl Source {
    /// Words for tables.
    pub fn name(self) -> &'static str {
        match self {
            Source::ClosedForm => "closed form",
            Source::Equations => "from the equations",
            Source::Simulation => "simulated",
        }
    }
}

/// Currents tried side by side.
const CURRENTS: usize = 32;
/// Durations tried side by side.
const DURATIONS: usize = 64;
/// Thresholds are narrowed to this, relative to their size.
const FINE: f64 = 1e-6;
/// Steps simulated before it is checked whether everyone has fired.
const TOGETHER: usize = 1000;

/// A constant current and the number of steps for which it is on.
#[derive(Clone, Copy)]
struct Trial {
    current: f64,
    steps: usize,
}

impl Dynamics {
    /// Steps of 20 µs for a second, or 1000 steps for models that count them.
    pub fn usual_search(&self) -> Search {
        match self.model.info().time {
            Time::Seconds => Search { dt: 2e-5, horizon: 1.0 },
            Time::Steps => Search { dt: 1.0, horizon: 1000.0 },
        }
    }

    /// How long a trajectory usually is: half a second, or 500 steps.
    pub fn usual_time(&self) -> f64 {
        match self.model.info().time {
            Time::Seconds => 0.5,
            Time::Steps => 500.0,
        }
    }

    /// The rheobase: the smallest constant current that makes a neuron fire which was at rest. From the closed form of
    /// the rate curve where there is one; from the right-hand side of models with one variable; else simulated, where
    /// it is the smallest that does so within the search's horizon.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for models that do not fire, that take impulses, that fire without input, that do not
    /// fire under any allowed input, or that any current makes fire in the end (as they have no leak).
    pub fn rheobase(&self, how: Search) -> Result<Threshold> {
        let horizon = self.check_search(how)?;
        let [_, strongest] = self.model.info().input_range;
        if self.model.rate(&self.params, 0.0).is_some() {
            let fires = |x: f64| self.model.rate(&self.params, x).is_some_and(|rate| rate > 0.0);
            return self.bisected(strongest, Source::ClosedForm, fires);
        }
        if let Some(way) = self.way_to_threshold() {
            return self.bisected(strongest, Source::Equations, |x| self.slowest(way, x) > 0.0);
        }
        if self.fires(&[Trial { current: 0.0, steps: horizon }], how.dt, horizon)?[0] {
            return Err(self.none("fires without any input"));
        }
        let found = self.thresholds(&[horizon, horizon.div_ceil(2)], how.dt, horizon)?;
        match found[..] {
            [Some(whole), Some(half)] if half.fires > 1.5 * whole.fires => Err(self.no_leak()),
            [Some(whole), _] => Ok(whole),
            _ => Err(self.too_weak(strongest)),
        }
    }

    /// The chronaxie: the shortest duration for which a pulse of twice the rheobase makes a neuron fire that was at
    /// rest. A threshold in time, between whole steps of the search.
    ///
    /// # Errors
    /// As [`Dynamics::rheobase`]; [`Error::Unsupported`] if twice the rheobase is beyond the allowed inputs.
    pub fn chronaxie(&self, how: Search) -> Result<Threshold> {
        let horizon = self.check_search(how)?;
        let current = 2.0 * self.rheobase(how)?.fires;
        let [_, strongest] = self.model.info().input_range;
        if current > strongest {
            let what =
                format!("twice the rheobase is {current}, beyond the largest allowed input, {strongest}");
            return Err(Error::unsupported(self.place(), what + ": no chronaxie"));
        }
        let (mut silent, mut fires) = (0, horizon + 1);
        while fires - silent > 1 {
            let step = (fires - silent).div_ceil(DURATIONS);
            let tried: Vec<usize> = (silent + 1..fires).step_by(step).chain([fires - 1]).collect();
            let trials: Vec<Trial> = tried.iter().map(|steps| Trial { current, steps: *steps }).collect();
            let fired = self.fires(&trials, how.dt, horizon)?;
            match fired.iter().position(|f| *f) {
                Some(i) => {
                    silent = if i == 0 { silent } else { tried[i - 1] };
                    fires = tried[i];
                }
                None => silent = fires - 1,
            }
        }
        if fires > horizon {
            return Err(self.none("does not fire within the horizon at twice its rheobase"));
        }
        Ok(Threshold {
            silent: silent as f64 * how.dt,
            fires: fires as f64 * how.dt,
            source: Source::Simulation,
        })
    }

    /// The strength–duration curve: for each duration of a pulse the smallest current that makes a neuron fire that
    /// was at rest, during the pulse or after it; `None` where no allowed input is strong enough. Durations are
    /// rounded up to whole steps.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for models that do not fire, that take impulses, or that fire without input; durations
    /// that are not above 0 or longer than the horizon.
    pub fn strength_duration(&self, durations: &[f64], how: Search) -> Result<Vec<Option<Threshold>>> {
        let horizon = self.check_search(how)?;
        let steps = |d: &f64| {
            let steps = self.steps("duration", *d, how.dt)?;
            if steps <= horizon {
                return Ok(steps);
            }
            let shown = format!("{d} {}", self.time_unit());
            Err(value(
                self.place(),
                "duration",
                shown,
                format!("must not exceed the horizon, {}", how.horizon),
            ))
        };
        let steps: Vec<usize> = durations.iter().map(steps).collect::<Result<_>>()?;
        if self.fires(&[Trial { current: 0.0, steps: horizon }], how.dt, horizon)?[0] {
            return Err(self.none("fires without any input"));
        }
        self.thresholds(&steps, how.dt, horizon)
    }

    /// Steps of the horizon, if the model can be searched at all.
    fn check_search(&self, how: Search) -> Result<usize> {
        let info = self.model.info();
        if info.firing == Firing::Never {
            return Err(self.none("does not fire: its output is a number in every step"));
        }
        if info.takes == Takes::Impulse {
            return Err(self.none("takes impulses, not a current"));
        }
        self.steps("horizon", how.horizon, how.dt)
    }

    fn none(&self, why: &str) -> Error {
        Error::unsupported(self.place(), format!("{why}, so there is no rheobase"))
    }

    fn no_leak(&self) -> Error {
        self.none("has no leak: any current above 0 makes it fire in the end")
    }

    fn too_weak(&self, strongest: f64) -> Error {
        self.none(&format!("does not fire at inputs up to {strongest}, the largest allowed"))
    }

    /// Where inputs from 0 to the strongest begin to fire, to the last digit.
    fn bisected(&self, strongest: f64, source: Source, fires: impl Fn(f64) -> bool) -> Result<Threshold> {
        if fires(0.0) {
            return Err(self.none("fires without any input"));
        }
        if !fires(strongest) {
            return Err(self.too_weak(strongest));
        }
        let (mut silent, mut at) = (0.0, strongest);
        loop {
            let middle = 0.5 * (silent + at);
            if middle <= 1e-12 * strongest {
                return Err(self.no_leak());
            }
            if middle <= silent || middle >= at {
                return Ok(Threshold { silent, fires: at, source });
            }
            if fires(middle) { at = middle } else { silent = middle }
        }
    }

    /// For models whose only variable is the potential: its position, its value at rest, and that at which it fires.
    fn way_to_threshold(&self) -> Option<(usize, [f64; 2])> {
        let [i] = self.variables[..] else { return None };
        if self.model.info().potential != Some(self.model.state()[i].name) {
            return None;
        }
        let coeffs = self.model.prepare(&self.params, self.usual_search().dt);
        let mut state = self.rest();
        let rest = state[i];
        let mut fires = |v: f64| {
            state[i] = v;
            self.fires_at(self.model.margin(&coeffs, &state, 0.0))
        };
        if fires(rest) {
            return None;
        }
        // Doubling from a thousandth of a unit reaches any potential there is.
        let distance = (0..60).map(|k| 1e-3 * (1u64 << k) as f64).find(|d| fires(rest + d))?;
        let (mut low, mut high) = (rest, rest + distance);
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return Some((i, [rest, high]));
            }
            if fires(middle) { high = middle } else { low = middle }
        }
    }

    /// The lowest speed of the variable between two values under input `x`.
    fn slowest(&self, (i, [from, to]): (usize, [f64; 2]), x: f64) -> f64 {
        let mut state = self.rest();
        let mut speed = |share: f64| {
            state[i] = from + (to - from) * share;
            self.model.rhs(&self.params, &state, x).map_or(f64::NAN, |s| s[i])
        };
        let n = 400;
        let speeds: Vec<f64> = (0..=n).map(|k| speed(k as f64 / n as f64)).collect();
        let lowest = (0..=n).min_by(|a, b| speeds[*a].total_cmp(&speeds[*b])).unwrap_or(0);
        let (mut a, mut b) =
            (lowest.saturating_sub(1) as f64 / n as f64, (lowest + 1).min(n) as f64 / n as f64);
        let mut least = speeds[lowest];
        for _ in 0..60 {
            let [one, two] = [a + (b - a) / 3.0, b - (b - a) / 3.0];
            let (at_one, at_two) = (speed(one), speed(two));
            least = least.min(at_one).min(at_two);
            if at_one < at_two { b = two } else { a = one }
        }
        least
    }

    /// For each pulse length in steps the smallest current that fires.
    fn thresholds(&self, lengths: &[usize], dt: f64, horizon: usize) -> Result<Vec<Option<Threshold>>> {
        let [_, strongest] = self.model.info().input_range;
        let mut found: Vec<Option<(f64, f64)>> = vec![Some((0.0, strongest)); lengths.len()];
        let mut first = true;
        loop {
            let open = |b: &Option<(f64, f64)>| b.filter(|(low, high)| first || high - low > FINE * high);
            let todo: Vec<(usize, f64, f64)> =
                found.iter().enumerate().filter_map(|(i, b)| open(b).map(|(l, h)| (i, l, h))).collect();
            if todo.is_empty() {
                break;
            }
            // The upper end is known to fire but in the first round.
            let share = |k: usize| (k + 1) as f64 / CURRENTS as f64;
            let current = |low: f64, high: f64, k: usize| low + (high - low) * share(k);
            let trials: Vec<Trial> = todo
                .iter()
                .flat_map(|(i, low, high)| {
                    let steps = lengths[*i];
                    (0..CURRENTS).map(move |k| Trial { current: current(*low, *high, k), steps })
                })
                .collect();
            let fired = self.fires(&trials, dt, horizon)?;
            for ((i, low, high), fired) in todo.into_iter().zip(fired.chunks(CURRENTS)) {
                found[i] = fired.iter().position(|f| *f).map(|k| {
                    let below = if k == 0 { low } else { current(low, high, k - 1) };
                    (below, current(low, high, k))
                });
            }
            first = false;
        }
        let threshold = |(silent, fires)| Threshold { silent, fires, source: Source::Simulation };
        Ok(found.into_iter().map(|b| b.map(threshold)).collect())
    }

    /// Whether each of these pulses makes a neuron fire within `horizon` steps.
    fn fires(&self, trials: &[Trial], dt: f64, horizon: usize) -> Result<Vec<bool>> {
        let mut population = self.builder(trials.len(), dt).build()?;
        let input = |step: u64, _: usize, first: usize, out: &mut [f64]| {
            for (x, trial) in out.iter_mut().zip(&trials[first..]) {
                *x = if step < trial.steps as u64 { trial.current } else { 0.0 };
            }
        };
        let mut fired = vec![false; trials.len()];
        let mut done = 0;
        while done < horizon && fired.contains(&false) {
            let steps = TOGETHER.min(horizon - done);
            let run = population.run(steps, &Input::Generated(&input), &Record::spikes(Spikes::Events))?;
            for e in run.each_spike().filter(|e| e.value > 0.0) {
                fired[e.neuron as usize] = true;
            }
            done += steps;
        }
        Ok(fired)
    }
}
