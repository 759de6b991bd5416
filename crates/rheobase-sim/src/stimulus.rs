//! Stimuli: inputs over time that are made when a step needs them and never stored.
//!
//! A [`Stimulus`] says what is wanted; a [`Signal`] is the sum of some, ready for a run, and an
//! [`Input::Generated`](crate::Input) of a population:
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_sim::*}; }
//! use rheobase::stimulus::{RunShape, Signal, Stimulus};
//! use rheobase::{Catalog, Input, Population, Record, Spikes};
//! let mut lif = Population::<f32>::builder(Catalog::standard().get("lif")?, &[3]).build()?;
//! let stimuli = [Stimulus::Constant(0.9), Stimulus::Step { on: 0.1, amplitude: 0.5, off: 0.2 }];
//! let signal = Signal::new(&stimuli, &RunShape::of(&lif, 300, 0))?;
//! let fill = |step, sample, first, out: &mut [f32]| signal.fill(step, sample, first, out);
//! let recording = lif.run(300, &Input::Generated(&fill), &Record::spikes(Spikes::Events))?;
//! assert!(recording.each_spike().all(|s| (100..=200).contains(&s.step)) && recording.each_spike().count() > 0);
//! # Ok::<(), rheobase::Error>(())
//! ```

use std::sync::Arc;

use rheobase_models::lanes::Elem;
use rheobase_models::neuron::{Takes, Time};
use rheobase_models::real::{Real, whole_steps};

use crate::Population;
use crate::population::{Model, Number};
use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};

/// Numbers beyond this are refused: sums of them must stay finite in 32 bits.
pub const LARGEST: f64 = 1e30;

/// Events of a Poisson input per step at most.
const MOST_EVENTS: f64 = 100.0;

/// One input over time, in the model's unit. Times are in seconds and rates in Hz; for models that count steps, times are
/// steps and rates are per step.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Stimulus {
    /// The same in every step.
    Constant(f64),
    /// The same in every step, drawn uniformly on [low, high) for each neuron.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// A number per neuron, the same in every step.
    Each(Vec<f64>),
    /// `amplitude` from time `on` until `off` (which may be infinite), else 0.
    Step {
        /// When it begins.
        on: f64,
        /// Its height.
        amplitude: f64,
        /// When it ends.
        off: f64,
    },
    /// From one number at the start of the run towards another at its end.
    Ramp {
        /// At the start.
        from: f64,
        /// At the end.
        to: f64,
    },
    /// `mean + amplitude·sin(2π·hertz·t)`.
    Sine {
        /// Middle.
        mean: f64,
        /// Half of the distance from trough to peak.
        amplitude: f64,
        /// Frequency.
        hertz: f64,
    },
    /// Normal, independent in every step and neuron.
    Noise {
        /// Mean.
        mean: f64,
        /// Standard deviation in a step.
        std: f64,
    },
    /// Events at random times, independent in every neuron: pulses of area `weight` (a current of weight/dt for one
    /// step), or impulses of `weight` where the model takes impulses.
    Poisson {
        /// Mean number of events per second.
        rate: f64,
        /// Area of an event.
        weight: f64,
    },
    /// Numbers step by step.
    Data(Arc<rheobase_signals::Input>),
}

impl Stimulus {
    /// `amplitude` from time `on` to the end of the run.
    pub fn step(on: f64, amplitude: f64) -> Self {
        Stimulus::Step { on, amplitude, off: f64::INFINITY }
    }
}

/// What a signal must know of the run.
pub struct RunShape<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// Steps.
    pub steps: usize,
    /// Samples.
    pub batch: usize,
    /// Neurons.
    pub neurons: usize,
    /// Length of a step.
    pub dt: f64,
    /// Seed of everything random.
    pub seed: u64,
}

impl<'a> RunShape<'a> {
    /// A run of `steps` steps of `population`.
    pub fn of<E: Number>(population: &'a Population<E>, steps: usize, seed: u64) -> Self {
        RunShape {
            model: &**population.model(),
            steps,
            batch: population.batch(),
            neurons: population.neurons(),
            dt: population.dt(),
            seed,
        }
    }
}

/// A sum of stimuli whose numbers for any step, sample and neuron can be asked for. Random numbers are keyed by the seed,
/// the model's name and the stimulus's place in the sum.
#[derive(Clone)]
pub struct Signal {
    parts: Vec<Component>,
}

#[derive(Clone)]
enum Component {
    Same(f64),
    Each(Vec<f64>),
    Step { on: u64, off: u64, amplitude: f64 },
    Ramp { from: f64, to: f64, per_step: f64 },
    Sine { mean: f64, amplitude: f64, turns_per_step: f64 },
    Noise { mean: f64, std: f64, stream: Stream },
    Poisson { below: Vec<f64>, value: f64, stream: Stream },
    Data(Arc<rheobase_signals::Input>),
}

impl Signal {
    /// The sum of `stimuli` in a run.
    ///
    /// # Errors
    /// [`Error::Value`] with the place `stimulus`, its number in the list in the field's name: numbers that are not finite
    /// or larger than [`LARGEST`], a step that ends before it begins, a negative deviation or rate, more than 100 events
    /// per step, data of another shape or step.
    pub fn new(stimuli: &[Stimulus], run: &RunShape<'_>) -> Result<Self> {
        let parts = stimuli.iter().enumerate().map(|(i, s)| {
            Component::new(i, s, run).map_err(|rule| {
                Error::value("stimulus", s.kind(), s.text(), rule).at((stimuli.len() > 1).then_some(i))
            })
        });
        Ok(Signal { parts: parts.collect::<Result<_>>()? })
    }

    /// The numbers of a constant input: one, or one per neuron.
    pub fn constant(&self) -> Option<Vec<f64>> {
        let mut sum = vec![0.0];
        for part in &self.parts {
            match part {
                Component::Same(x) => sum.iter_mut().for_each(|s| *s += x),
                Component::Each(xs) => {
                    if sum.len() == 1 {
                        sum = vec![sum[0]; xs.len()];
                    }
                    sum.iter_mut().zip(xs).for_each(|(s, x)| *s += x);
                }
                _ => return None,
            }
        }
        Some(sum)
    }

    /// The largest input, in size, that any neuron can be given; of noise, four standard deviations.
    pub fn largest(&self) -> f64 {
        self.parts.iter().map(Component::largest).sum()
    }

    /// Writes the input of the neurons from `first` on in `step` of `sample`.
    pub fn fill<E: Elem>(&self, step: u64, sample: usize, first: usize, out: &mut [E]) {
        const BLOCK: usize = 256;
        let mut sum = [0.0; BLOCK];
        for (i, block) in out.chunks_mut(BLOCK).enumerate() {
            let sum = &mut sum[..block.len()];
            sum.fill(0.0);
            self.parts.iter().for_each(|part| part.add(step, sample, first + i * BLOCK, sum));
            block.iter_mut().zip(sum).for_each(|(to, x)| *to = E::from_f64(*x));
        }
    }
}

impl Stimulus {
    /// Its kind, by the name that the command has for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Stimulus::Constant(_) | Stimulus::Uniform { .. } | Stimulus::Each(_) => "constant",
            Stimulus::Step { .. } => "step",
            Stimulus::Ramp { .. } => "ramp",
            Stimulus::Sine { .. } => "sine",
            Stimulus::Noise { .. } => "noise",
            Stimulus::Poisson { .. } => "poisson",
            Stimulus::Data(_) => "data",
        }
    }

    /// Its numbers with their names.
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Stimulus::Constant(x) => vec![("value", x)],
            Stimulus::Uniform { low, high } => vec![("low", low), ("high", high)],
            // What ends never may be infinite.
            Stimulus::Step { on, amplitude, off } if off == f64::INFINITY => {
                vec![("on", on), ("amplitude", amplitude)]
            }
            Stimulus::Step { on, amplitude, off } => vec![("on", on), ("amplitude", amplitude), ("off", off)],
            Stimulus::Ramp { from, to } => vec![("from", from), ("to", to)],
            Stimulus::Sine { mean, amplitude, hertz } => {
                vec![("mean", mean), ("amplitude", amplitude), ("hertz", hertz)]
            }
            Stimulus::Noise { mean, std } => vec![("mean", mean), ("std", std)],
            Stimulus::Poisson { rate, weight } => vec![("rate", rate), ("weight", weight)],
            Stimulus::Each(_) | Stimulus::Data(_) => Vec::new(),
        }
    }

    fn text(&self) -> String {
        match self {
            Stimulus::Each(xs) => format!("{} numbers", xs.len()),
            Stimulus::Data(input) => format!("{:?} numbers", input.shape),
            _ => self.numbers().iter().map(|(name, x)| format!("{name} {x}")).collect::<Vec<_>>().join(", "),
        }
    }

    /// The rule that its numbers break, if they break one.
    fn broken_rule(&self) -> Option<String> {
        let too_large = |x: &f64| !(0.0..=LARGEST).contains(&x.abs());
        if let Some((name, x)) = self.numbers().into_iter().find(|(_, x)| too_large(x)) {
            return Some(format!("{name} = {x:e} must be finite and at most {LARGEST:e} in size"));
        }
        let numbers = match self {
            Stimulus::Each(xs) => &xs[..],
            Stimulus::Data(input) => &input.data[..],
            _ => &[],
        };
        if let Some(i) = numbers.iter().position(too_large) {
            return Some(format!("[{i}] = {:e} must be finite and at most {LARGEST:e} in size", numbers[i]));
        }
        match self {
            Stimulus::Step { on, off, .. } if off < on => {
                Some(format!("off = {off} must not come before on = {on}"))
            }
            Stimulus::Noise { std, .. } if *std < 0.0 => Some(format!("std = {std} must be ≥ 0")),
            Stimulus::Poisson { rate, .. } if *rate < 0.0 => Some(format!("rate = {rate} must be ≥ 0")),
            _ => None,
        }
    }
}

impl Component {
    /// Stimulus number `index`, ready for a run; or the rule that it breaks.
    fn new(index: usize, stimulus: &Stimulus, run: &RunShape<'_>) -> std::result::Result<Component, String> {
        if let Some(rule) = stimulus.broken_rule() {
            return Err(rule);
        }
        let stream =
            |kind: &str| Stream::new(run.seed, "input", &format!("{}.{index}.{kind}", run.model.info().name));
        let whole =
            |time: f64| if time.is_finite() { whole_steps(time, run.dt).max(0.0) as u64 } else { u64::MAX };
        Ok(match stimulus {
            Stimulus::Constant(x) => Component::Same(*x),
            Stimulus::Uniform { low, high } => {
                let stream = stream("constant");
                let draw = |n: usize| low + (high - low) * stream.uniform(0, 0, n as u32);
                Component::Each((0..run.neurons).map(draw).collect())
            }
            Stimulus::Each(xs) if xs.len() != run.neurons => {
                return Err(format!("one number for each of the {} neurons is needed", run.neurons));
            }
            Stimulus::Each(xs) => Component::Each(xs.clone()),
            Stimulus::Step { on, amplitude, off } => {
                Component::Step { on: whole(*on), off: whole(*off), amplitude: *amplitude }
            }
            Stimulus::Ramp { from, to } => {
                Component::Ramp { from: *from, to: *to, per_step: (to - from) / run.steps as f64 }
            }
            Stimulus::Sine { mean, amplitude, hertz } => {
                Component::Sine { mean: *mean, amplitude: *amplitude, turns_per_step: hertz * run.dt }
            }
            Stimulus::Noise { mean, std } => {
                Component::Noise { mean: *mean, std: *std, stream: stream("noise") }
            }
            Stimulus::Poisson { rate, weight } => Component::poisson(*rate, *weight, run, stream("poisson"))?,
            Stimulus::Data(input) => {
                check_data(input, run)?;
                Component::Data(Arc::clone(input))
            }
        })
    }

    fn poisson(
        rate: f64,
        weight: f64,
        run: &RunShape<'_>,
        stream: Stream,
    ) -> std::result::Result<Component, String> {
        let info = run.model.info();
        let events = rate * run.dt;
        let pulse = info.takes == Takes::Current && info.time == Time::Seconds;
        let value = if pulse { weight / run.dt } else { weight };
        if !(0.0..=MOST_EVENTS).contains(&events) {
            return Err(format!("{events:e} events per step; at most {MOST_EVENTS} are drawn, use noise"));
        }
        if !(0.0..=LARGEST / 1e3).contains(&value.abs()) {
            return Err(format!("weight/dt = {value:e} is too large"));
        }
        Ok(Component::Poisson { below: poisson_table(events), value, stream })
    }

    fn largest(&self) -> f64 {
        let most = |numbers: &[f64]| numbers.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        match self {
            Component::Same(x) => x.abs(),
            Component::Each(xs) => most(xs),
            Component::Step { amplitude, .. } => amplitude.abs(),
            Component::Ramp { from, to, .. } => from.abs().max(to.abs()),
            Component::Sine { mean, amplitude, .. } => mean.abs() + amplitude.abs(),
            Component::Noise { mean, std, .. } => mean.abs() + 4.0 * std,
            Component::Poisson { below, value, .. } => value.abs() * below.len() as f64,
            Component::Data(input) => most(&input.data),
        }
    }

    fn add(&self, step: u64, sample: usize, first: usize, sum: &mut [f64]) {
        let mut all = |x: f64| sum.iter_mut().for_each(|s| *s += x);
        match self {
            Component::Same(x) => all(*x),
            Component::Step { on, off, amplitude } => {
                all(if (*on..*off).contains(&step) { *amplitude } else { 0.0 })
            }
            Component::Ramp { from, per_step, .. } => all(from + per_step * step as f64),
            Component::Sine { mean, amplitude, turns_per_step } => {
                let turns = turns_per_step * step as f64;
                all(mean + amplitude * libm::sin(std::f64::consts::TAU * (turns - turns.floor())));
            }
            Component::Each(xs) => sum.iter_mut().zip(&xs[first..]).for_each(|(s, x)| *s += x),
            Component::Noise { mean, std, stream } => {
                for (i, s) in sum.iter_mut().enumerate() {
                    *s += mean + std * stream.normal(step, sample as u32, (first + i) as u32);
                }
            }
            Component::Poisson { below, value, stream } => {
                for (i, s) in sum.iter_mut().enumerate() {
                    let word = stream.word(step, sample as u32, (first + i) as u32);
                    let u = (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0);
                    let events = below.iter().take_while(|p| **p <= u).count();
                    *s += value * events as f64;
                }
            }
            Component::Data(input) => {
                let [steps, batch, neurons] = input.shape;
                // What comes after the data's last step has no input: the run was shorter when it was made.
                if step >= steps as u64 {
                    return;
                }
                let row = (step as usize * batch + sample.min(batch - 1)) * neurons;
                if neurons == 1 {
                    all(input.data[row]);
                } else {
                    sum.iter_mut().zip(&input.data[row + first..]).for_each(|(s, x)| *s += x);
                }
            }
        }
    }
}

fn check_data(input: &rheobase_signals::Input, run: &RunShape<'_>) -> std::result::Result<(), String> {
    let [steps, batch, neurons] = input.shape;
    if steps < run.steps {
        return Err(format!("has {steps} steps, but the run has {}; shorten it", run.steps));
    }
    for (what, has, needs) in [("samples", batch, run.batch), ("neurons", neurons, run.neurons)] {
        if has != 1 && has != needs {
            return Err(format!("has {has} {what}, but the run has {needs}; 1 would serve all"));
        }
    }
    if let Some(times) = &input.times
        && let Some(dt) = spacing(times)?
        && (dt - run.dt).abs() > 1e-6 * run.dt
    {
        return Err(format!(
            "its times are {dt} apart, but dt is {}; leave --dt away to take the file's",
            run.dt
        ));
    }
    Ok(())
}

/// The even spacing of ascending times; `None` for a single one.
///
/// # Errors
/// Times that are not even, in words.
pub fn spacing(times: &[f64]) -> std::result::Result<Option<f64>, String> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(None) };
    if times.len() < 2 {
        return Ok(None);
    }
    let dt = (last - first) / (times.len() - 1) as f64;
    let uneven = times.iter().enumerate().find(|(i, t)| (*t - first - dt * *i as f64).abs() > 1e-3 * dt);
    match uneven {
        Some((row, t)) => Err(format!("data row {}: time = {t} breaks the even steps of {dt}", row + 1)),
        // Times are written with few digits; their spacing is meant to have as few.
        None => Ok(Some(format!("{dt:.9e}").parse().unwrap_or(dt))),
    }
}

/// Entry k is the chance of at most k events where `mean` are expected.
fn poisson_table(mean: f64) -> Vec<f64> {
    let mut chance = Real::exp(-mean);
    let mut table = vec![chance];
    let mut sum = chance;
    for k in 1..1000 {
        if f64::from(k) > mean && chance < 1e-12 {
            break;
        }
        chance *= mean / f64::from(k);
        sum += chance;
        table.push(sum);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    fn signal(stimuli: &[Stimulus], neurons: usize) -> Result<Signal> {
        let model = Catalog::standard().get("lif")?;
        Signal::new(stimuli, &RunShape { model: &*model, steps: 100, batch: 1, neurons, dt: 0.001, seed: 1 })
    }

    fn at(stimulus: Stimulus, step: u64) -> f64 {
        let mut out = [0.0f64];
        signal(&[stimulus], 1).unwrap().fill(step, 0, 0, &mut out);
        out[0]
    }

    #[test]
    fn shapes_over_time() {
        let step = || Stimulus::Step { on: 0.01, amplitude: 2.0, off: 0.02 };
        assert_eq!([at(step(), 9), at(step(), 10), at(step(), 20)], [0.0, 2.0, 0.0]);
        let ramp = || Stimulus::Ramp { from: 1.0, to: 2.0 };
        assert_eq!([at(ramp(), 0), at(ramp(), 50)], [1.0, 1.5]);
        assert_eq!(at(Stimulus::Sine { mean: 1.0, amplitude: 2.0, hertz: 10.0 }, 25), 3.0);
        assert_eq!(at(Stimulus::Constant(-1.5), 3), -1.5);
    }

    #[test]
    fn sums_blocks_and_constants() {
        let uniform = Stimulus::Uniform { low: 0.0, high: 1.0 };
        let input =
            signal(&[Stimulus::Constant(1.0), uniform.clone(), Stimulus::Ramp { from: 0.0, to: 0.0 }], 600)
                .unwrap();
        let (mut whole, mut part) = ([0.0f32; 600], [0.0f32; 10]);
        input.fill(3, 0, 0, &mut whole);
        input.fill(3, 0, 300, &mut part);
        assert_eq!(whole[300..310], part);
        assert!(input.constant().is_none());
        let halves = [Stimulus::Constant(1.0), Stimulus::Each(vec![0.5; 600])];
        assert_eq!(signal(&halves, 600).unwrap().constant(), Some(vec![1.5; 600]));
        assert_eq!(signal(&[uniform], 600).unwrap().constant().map(|c| c.len()), Some(600));
    }

    #[test]
    fn poisson_events_have_the_rate_and_area_asked_for() {
        let input = signal(&[Stimulus::Poisson { rate: 300.0, weight: 0.5 }], 1000).unwrap();
        let (mut row, mut sum) = (vec![0.0f64; 1000], 0.0);
        for step in 0..100 {
            input.fill(step, 0, 0, &mut row);
            sum += row.iter().sum::<f64>() * 0.001;
        }
        // 100 steps of 1 ms, 1000 neurons, 300 Hz: 30000 events of area 0.5.
        assert!((sum / 15_000.0 - 1.0).abs() < 0.03, "{sum}");
    }

    #[test]
    fn bad_numbers_say_why() {
        let data = rheobase_signals::Input { shape: [5, 1, 1], data: vec![0.0; 5], times: None };
        for (stimulus, part) in [
            (Stimulus::Constant(f64::NAN), "value = NaN must be finite"),
            (Stimulus::Uniform { low: 0.0, high: 1e40 }, "high = 1e40 must be finite and at most 1e30"),
            (Stimulus::Each(vec![0.0, f64::INFINITY]), "[1] = inf must be finite"),
            (Stimulus::Each(vec![0.0]), "each of the 2 neurons"),
            (Stimulus::Step { on: 2.0, amplitude: 1.0, off: 1.0 }, "off = 1 must not come before on = 2"),
            (Stimulus::Step { on: 2.0, amplitude: 1.0, off: f64::NAN }, "off = NaN must be finite"),
            (Stimulus::Noise { mean: 0.0, std: -1.0 }, "std = -1 must be ≥ 0"),
            (Stimulus::Poisson { rate: -1.0, weight: 1.0 }, "rate = -1 must be ≥ 0"),
            (Stimulus::Poisson { rate: 1e9, weight: 1.0 }, "1e6 events per step"),
            (Stimulus::Poisson { rate: 1.0, weight: 1e29 }, "is too large"),
            (Stimulus::Data(Arc::new(data)), "has 5 steps, but the run has 100"),
        ] {
            let message = signal(std::slice::from_ref(&stimulus), 2).err().unwrap().to_string();
            assert!(message.contains(part), "{stimulus:?}: {message}");
        }
    }

    #[test]
    fn times_of_data_must_be_even() {
        assert_eq!(spacing(&[0.0, 0.001, 0.002, 0.003]), Ok(Some(0.001)));
        assert_eq!(spacing(&[0.1, 0.3, 0.5]), Ok(Some(0.2)));
        assert_eq!(spacing(&[0.1]), Ok(None));
        assert!(spacing(&[0.0, 1.0, 3.0]).is_err());
    }
}
