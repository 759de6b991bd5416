//! Inputs: what `--input` says, and its numbers made when a step needs them.

use std::str::FromStr;

use rheobase::data::{self, read_input};
use rheobase::models::Real;
use rheobase::models::lanes::Elem;
use rheobase::models::neuron::{Takes, Time};
use rheobase::models::real::whole_steps;
use rheobase::nearest;
use rheobase::population::Model;
use rheobase::random::Stream;

use crate::arguments::{Amount, FilePart, number};
use crate::failure::{Failure, Outcome};
use crate::setup::drawn;
use crate::text::exact;

/// The help on inputs.
pub(crate) const HELP: &str = "Inputs (--input, in the model's unit; several are added up):
  1.5  constant:1.5          the same in every step
  constant:0..2              the same in every step, drawn uniformly per neuron
  step:ON,AMPLITUDE[,OFF]    AMPLITUDE from time ON (until OFF), else 0
  ramp:A,B                   from A at the start to B at the end
  sine:MEAN,AMPLITUDE,HZ     MEAN + AMPLITUDE·sin(2π·HZ·t)
  noise:MEAN,STD             normal, independent in every step and neuron
  poisson:RATE_HZ,WEIGHT     events, independent in every neuron: pulses of area
                             WEIGHT (a current of WEIGHT/dt for one step), or
                             impulses of WEIGHT where the model takes impulses
  FILE.npy  FILE.npz[:ARRAY] [time], [time, neuron] or [time, batch, neuron];
                             one neuron serves all
  FILE.csv                   a line per step, a column per neuron; a column
                             `time` sets dt
For models that count steps, times are steps and rates are per step.";

/// Numbers beyond this are refused: sums of them must stay finite in 32 bits.
const LARGEST: f64 = 1e30;
/// Events of a Poisson input per step at most.
const MOST_EVENTS: f64 = 100.0;

/// One `--input`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stimulus {
    /// As the user wrote it.
    pub(crate) text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Constant(Amount),
    Step { on: f64, amplitude: f64, off: f64 },
    Ramp { from: f64, to: f64 },
    Sine { mean: f64, amplitude: f64, hertz: f64 },
    Noise { mean: f64, std: f64 },
    Poisson { rate: f64, weight: f64 },
    File(FilePart),
}

const KINDS: [&str; 6] = ["constant", "step", "ramp", "sine", "noise", "poisson"];

impl Stimulus {
    /// A constant input.
    pub(crate) fn constant(x: f64) -> Self {
        Stimulus { text: x.to_string(), kind: Kind::Constant(Amount::Same(x)) }
    }
}

impl FromStr for Stimulus {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let of = |kind| Ok(Stimulus { text: text.into(), kind });
        if let Some(file) = FilePart::parse(text) {
            return of(Kind::File(file));
        }
        let Some((name, rest)) = text.split_once(':') else {
            let amount = text.parse().map_err(|_| unknown(text))?;
            return of(Kind::Constant(amount));
        };
        let values = || -> Result<Vec<f64>, String> {
            let all: Vec<f64> = rest.split(',').map(number).collect::<Result<_, _>>()?;
            match all.iter().find(|x| !(x.abs() <= LARGEST)) {
                Some(x) => {
                    Err(format!("{name}: {} must be finite and at most {LARGEST:e} in size", exact(*x)))
                }
                None => Ok(all),
            }
        };
        let needs = |form: &str| Err(format!("`{text}` must be {form}"));
        let not_negative = |field: &str, x: f64| match x >= 0.0 {
            true => Ok(()),
            false => Err(format!("{name}: {field} = {x} must be ≥ 0")),
        };
        match name {
            "constant" => of(Kind::Constant(rest.parse()?)),
            "step" => match values()?[..] {
                [on, amplitude] => of(Kind::Step { on, amplitude, off: f64::INFINITY }),
                [on, amplitude, off] if off >= on => of(Kind::Step { on, amplitude, off }),
                [on, _, off] => Err(format!("step: OFF = {off} must not come before ON = {on}")),
                _ => needs("step:ON,AMPLITUDE or step:ON,AMPLITUDE,OFF"),
            },
            "ramp" => match values()?[..] {
                [from, to] => of(Kind::Ramp { from, to }),
                _ => needs("ramp:A,B"),
            },
            "sine" => match values()?[..] {
                [mean, amplitude, hertz] => of(Kind::Sine { mean, amplitude, hertz }),
                _ => needs("sine:MEAN,AMPLITUDE,HZ"),
            },
            "noise" => match values()?[..] {
                [mean, std] => not_negative("STD", std).and(of(Kind::Noise { mean, std })),
                _ => needs("noise:MEAN,STD"),
            },
            "poisson" => match values()?[..] {
                [rate, weight] => not_negative("RATE_HZ", rate).and(of(Kind::Poisson { rate, weight })),
                _ => needs("poisson:RATE_HZ,WEIGHT"),
            },
            _ => Err(unknown(name)),
        }
    }
}

fn unknown(name: &str) -> String {
    let hint = nearest(name, KINDS).map_or(String::new(), |n| format!("; did you mean `{n}:`?"));
    format!("`{name}` is no number, no kind of input ({}), and no file of numbers{hint}", KINDS.join(", "))
}

/// Inputs whose files have been read.
pub(crate) struct Loaded {
    parts: Vec<(Stimulus, Option<data::Input>)>,
}

/// What files of input say of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Extent {
    /// Steps that all files have.
    pub(crate) steps: Option<usize>,
    /// Samples, where some file has more than one.
    pub(crate) batch: Option<usize>,
    /// Neurons, where some file has more than one.
    pub(crate) neurons: Option<usize>,
    /// Length of a step, where some file has times.
    pub(crate) dt: Option<f64>,
}

impl Loaded {
    /// Reads the files among `stimuli`.
    pub(crate) fn read(stimuli: Vec<Stimulus>) -> Outcome<Self> {
        let read = |s: Stimulus| match &s.kind {
            Kind::File(file) => {
                let input = read_input(&file.path, file.part.as_deref())?;
                if let Some(i) = input.data.iter().position(|x| x.abs() > LARGEST) {
                    let (what, x) = (&s.text, exact(input.data[i]));
                    let step = i / (input.shape[1] * input.shape[2]);
                    let rule = format!("must be at most {LARGEST:e} in size");
                    return Err(Failure::bad(format!("--input {what}: step {step}: {x} {rule}")));
                }
                Ok((s, Some(input)))
            }
            _ => Ok((s, None)),
        };
        Ok(Loaded { parts: stimuli.into_iter().map(read).collect::<Outcome<_>>()? })
    }

    /// What the user wrote.
    pub(crate) fn text(&self) -> String {
        self.parts.iter().map(|(s, _)| s.text.as_str()).collect::<Vec<_>>().join(" + ")
    }

    /// What the files say of the run.
    pub(crate) fn extent(&self) -> Outcome<Extent> {
        let mut extent = Extent::default();
        for (stimulus, input) in &self.parts {
            let Some(data::Input { shape: [steps, batch, neurons], times, .. }) = input else { continue };
            extent.steps = Some(extent.steps.map_or(*steps, |n| n.min(*steps)));
            extent.batch = extent.batch.max(Some(*batch).filter(|n| *n > 1));
            extent.neurons = extent.neurons.max(Some(*neurons).filter(|n| *n > 1));
            if let Some(times) = times
                && let Some(dt) = spacing(times).map_err(|e| place(stimulus, &e))?
            {
                extent.dt = Some(dt);
            }
        }
        Ok(extent)
    }

    /// The inputs ready for a run.
    pub(crate) fn prepare(self, run: &RunShape<'_>) -> Outcome<Input> {
        let parts = self.parts.into_iter().enumerate();
        let parts = parts.map(|(i, (s, input))| part(i, &s, input, run).map_err(|e| place(&s, &e)));
        Ok(Input { parts: parts.collect::<Outcome<_>>()? })
    }
}

fn place(stimulus: &Stimulus, what: &str) -> Failure {
    Failure::bad(format!("--input {}: {what}", stimulus.text))
}

/// The even spacing of ascending times; `None` for a single one.
fn spacing(times: &[f64]) -> Result<Option<f64>, String> {
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

/// What a generator must know of the run.
pub(crate) struct RunShape<'a> {
    pub(crate) model: &'a dyn Model,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) neurons: usize,
    pub(crate) dt: f64,
    pub(crate) seed: u64,
}

/// An input whose numbers for any step, sample and neuron can be asked for.
pub(crate) struct Input {
    parts: Vec<Part>,
}

enum Part {
    Same(f64),
    Each(Vec<f64>),
    Step { on: u64, off: u64, amplitude: f64 },
    Ramp { from: f64, per_step: f64 },
    Sine { mean: f64, amplitude: f64, turns_per_step: f64 },
    Noise { mean: f64, std: f64, stream: Stream },
    Poisson { below: Vec<f64>, value: f64, stream: Stream },
    File(data::Input),
}

fn part(index: usize, s: &Stimulus, input: Option<data::Input>, run: &RunShape<'_>) -> Result<Part, String> {
    let stream =
        |kind: &str| Stream::new(run.seed, "input", &format!("{}.{index}.{kind}", run.model.info().name));
    let seconds = run.model.info().time == Time::Seconds;
    let whole =
        |time: f64| if time.is_finite() { whole_steps(time, run.dt).max(0.0) as u64 } else { u64::MAX };
    Ok(match &s.kind {
        Kind::Constant(Amount::Same(x)) if x.abs() <= LARGEST => Part::Same(*x),
        Kind::Constant(Amount::Same(x)) => {
            return Err(format!("{} must be finite and at most {LARGEST:e} in size", exact(*x)));
        }
        Kind::Constant(Amount::Between(low, high)) => {
            if low.abs().max(high.abs()) > LARGEST {
                return Err(format!("must be at most {LARGEST:e} in size"));
            }
            Part::Each(drawn(stream("constant"), *low, *high, run.neurons))
        }
        Kind::Step { on, amplitude, off } => {
            Part::Step { on: whole(*on), off: whole(*off), amplitude: *amplitude }
        }
        Kind::Ramp { from, to } => Part::Ramp { from: *from, per_step: (to - from) / run.steps as f64 },
        Kind::Sine { mean, amplitude, hertz } => {
            Part::Sine { mean: *mean, amplitude: *amplitude, turns_per_step: hertz * run.dt }
        }
        Kind::Noise { mean, std } => Part::Noise { mean: *mean, std: *std, stream: stream("noise") },
        Kind::Poisson { rate, weight } => {
            let events = rate * run.dt;
            let pulse = run.model.info().takes == Takes::Current && seconds;
            let value = if pulse { weight / run.dt } else { *weight };
            if !(events <= MOST_EVENTS) {
                return Err(format!(
                    "{} events per step; at most {MOST_EVENTS} are drawn, use noise",
                    exact(events)
                ));
            }
            if !(value.abs() <= LARGEST / 1e3) {
                return Err(format!("WEIGHT/dt = {} is too large", exact(value)));
            }
            Part::Poisson { below: poisson_table(events), value, stream: stream("poisson") }
        }
        Kind::File(_) => {
            let Some(input) = input else { return Err("was not read".into()) };
            check_file(&input, run)?;
            Part::File(input)
        }
    })
}

fn check_file(input: &data::Input, run: &RunShape<'_>) -> Result<(), String> {
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

impl Input {
    /// The numbers of a constant input: one, or one per neuron.
    pub(crate) fn constant(&self) -> Option<Vec<f64>> {
        let mut sum = vec![0.0];
        for part in &self.parts {
            match part {
                Part::Same(x) => sum.iter_mut().for_each(|s| *s += x),
                Part::Each(xs) => {
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

    /// Writes the input of the neurons from `first` on in `step` of `sample`.
    pub(crate) fn fill<E: Elem>(&self, step: u64, sample: usize, first: usize, out: &mut [E]) {
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

impl Part {
    fn add(&self, step: u64, sample: usize, first: usize, sum: &mut [f64]) {
        let mut all = |x: f64| sum.iter_mut().for_each(|s| *s += x);
        match self {
            Part::Same(x) => all(*x),
            Part::Step { on, off, amplitude } => {
                all(if (*on..*off).contains(&step) { *amplitude } else { 0.0 })
            }
            Part::Ramp { from, per_step } => all(from + per_step * step as f64),
            Part::Sine { mean, amplitude, turns_per_step } => {
                let turns = turns_per_step * step as f64;
                all(mean + amplitude * libm::sin(std::f64::consts::TAU * (turns - turns.floor())));
            }
            Part::Each(xs) => sum.iter_mut().zip(&xs[first..]).for_each(|(s, x)| *s += x),
            Part::Noise { mean, std, stream } => {
                for (i, s) in sum.iter_mut().enumerate() {
                    *s += mean + std * stream.normal(step, sample as u32, (first + i) as u32);
                }
            }
            Part::Poisson { below, value, stream } => {
                for (i, s) in sum.iter_mut().enumerate() {
                    let word = stream.word(step, sample as u32, (first + i) as u32);
                    let u = (f64::from(word) + 0.5) * 2f64.powi(-32);
                    let events = below.iter().take_while(|p| **p <= u).count();
                    *s += value * events as f64;
                }
            }
            Part::File(input) => {
                let [_, batch, neurons] = input.shape;
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

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase::Catalog;

    fn prepared(texts: &[&str], neurons: usize) -> Outcome<Input> {
        let stimuli = texts.iter().map(|t| t.parse().map_err(Failure::Bad)).collect::<Outcome<_>>()?;
        let model = Catalog::standard().get("lif")?;
        let run = RunShape { model: &*model, steps: 100, batch: 1, neurons, dt: 0.001, seed: 1 };
        Loaded::read(stimuli)?.prepare(&run)
    }

    fn at(text: &str, step: u64) -> f64 {
        let mut out = [0.0f64];
        prepared(&[text], 1).unwrap().fill(step, 0, 0, &mut out);
        out[0]
    }

    #[test]
    fn shapes_over_time() {
        assert_eq!(
            [at("step:0.01,2,0.02", 9), at("step:0.01,2,0.02", 10), at("step:0.01,2,0.02", 20)],
            [0.0, 2.0, 0.0]
        );
        assert_eq!([at("ramp:1,2", 0), at("ramp:1,2", 50)], [1.0, 1.5]);
        assert_eq!(at("sine:1,2,10", 25), 3.0);
        assert_eq!(at("constant:-1.5", 3), -1.5);
        assert_eq!(at("1.5", 3), 1.5);
    }

    #[test]
    fn sums_blocks_and_constants() {
        let input = prepared(&["1", "0..1", "ramp:0,0"], 600).unwrap();
        let (mut whole, mut part) = ([0.0f32; 600], [0.0f32; 10]);
        input.fill(3, 0, 0, &mut whole);
        input.fill(3, 0, 300, &mut part);
        assert_eq!(whole[300..310], part);
        assert!(input.constant().is_none());
        assert_eq!(prepared(&["1", "0.5"], 600).unwrap().constant(), Some(vec![1.5]));
        assert_eq!(prepared(&["1", "0..1"], 600).unwrap().constant().map(|c| c.len()), Some(600));
    }

    #[test]
    fn poisson_events_have_the_rate_and_area_asked_for() {
        let input = prepared(&["poisson:300,0.5"], 1000).unwrap();
        let (mut row, mut sum) = (vec![0.0f64; 1000], 0.0);
        for step in 0..100 {
            input.fill(step, 0, 0, &mut row);
            sum += row.iter().sum::<f64>() * 0.001;
        }
        // 100 steps of 1 ms, 1000 neurons, 300 Hz: 30000 events of area 0.5.
        assert!((sum / 15_000.0 - 1.0).abs() < 0.03, "{sum}");
    }

    #[test]
    fn bad_inputs_say_why() {
        for (text, part) in [
            ("nose:1,2", "did you mean `noise:`"),
            ("noise:1", "noise:MEAN,STD"),
            ("noise:1,-2", "STD = -2 must be ≥ 0"),
            ("noise:nan,1", "NaN must be finite"),
            ("constant:inf", "inf must be finite"),
            ("1e40", "at most 1e30"),
            ("step:2,1,1", "OFF = 1 must not come before ON = 2"),
            ("poisson:1e9,1", "events per step"),
            ("poisson:-1,1", "RATE_HZ = -1 must be ≥ 0"),
            ("constant:", "is not a number"),
            ("", "is no number"),
            ("none.npy", "none.npy"),
        ] {
            let message = prepared(&[text], 1).err().and_then(|e| e.message().map(String::from)).unwrap();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn times_of_a_file_must_be_even() {
        assert_eq!(spacing(&[0.0, 0.001, 0.002, 0.003]), Ok(Some(0.001)));
        assert_eq!(spacing(&[0.1, 0.3, 0.5]), Ok(Some(0.2)));
        assert_eq!(spacing(&[0.1]), Ok(None));
        assert!(spacing(&[0.0, 1.0, 3.0]).is_err());
    }
}
