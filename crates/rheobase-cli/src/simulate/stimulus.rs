//! Inputs: what `--input` says, and the files among them.

use std::str::FromStr;
use std::sync::Arc;

use rheobase::data::{self, read_input};
use rheobase::models::neuron::{Info, Time};
use rheobase::stimulus::{self, LARGEST, RunShape, Signal, spacing};
use rheobase::{Error, nearest};

use crate::arguments::{FilePart, NumberOrSpan};
use crate::failure::{Failure, Outcome};
use crate::text::exact;
use crate::units::Amount;

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
  FILE.wav                   sound from -1 to 1: a neuron per channel, its rate sets dt
Numbers may have units, such as 0.8nA or 300ms, where the model's input or time has one.
For models that count steps, times are steps and rates are per step.";

/// One `--input`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stimulus {
    /// As the user wrote it.
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// What kind of input, with its numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Constant(NumberOrSpan),
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
        Stimulus { text: x.to_string(), kind: Kind::Constant(NumberOrSpan::Same(x)) }
    }
}

/// What a number of an input is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Amplitude,
    Time,
    Frequency,
    /// Amplitude by time: has no unit of its own here.
    Area,
}

/// What the numbers of each kind of input are, in their order.
fn roles(kind: &str) -> &'static [Role] {
    use Role::{Amplitude, Area, Frequency, Time};
    match kind {
        "step" => &[Time, Amplitude, Time],
        "sine" => &[Amplitude, Amplitude, Frequency],
        "poisson" => &[Frequency, Area],
        _ => &[Amplitude, Amplitude],
    }
}

impl FromStr for Stimulus {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Stimulus::parse(text, &|text, _| text.parse::<Amount>().map(|a| a.in_base()))
    }
}

impl Stimulus {
    /// The input in the units of a model: amplitudes in that of its input, times in seconds or steps.
    pub(crate) fn in_units_of(&self, info: &Info) -> Outcome<Stimulus> {
        let place = format!("--input {}", self.text);
        let number = |text: &str, role: Role| {
            let amount: Amount = text.parse()?;
            let converted = match role {
                Role::Amplitude => amount.in_unit(&place, info.input_unit),
                Role::Time => amount.time(&place, info.time),
                Role::Frequency => amount.in_unit(&place, if info.time == Time::Seconds { "Hz" } else { "" }),
                Role::Area => amount.in_unit(&place, ""),
            };
            converted.map_err(|failure| failure.message().unwrap_or_default().to_string())
        };
        Stimulus::parse(&self.text, &number).map_err(Failure::bad)
    }

    /// Reads an input, each of its numbers by `number`.
    fn parse(text: &str, number: &dyn Fn(&str, Role) -> Result<f64, String>) -> Result<Self, String> {
        let of = |kind| Ok(Stimulus { text: text.into(), kind });
        let amplitude = |text: &str| number(text, Role::Amplitude);
        if let Some(file) = FilePart::parse(text).or_else(|| FilePart::ending_in(&["wav"], text)) {
            return of(Kind::File(file));
        }
        let Some((name, rest)) = text.split_once(':') else {
            if NumberOrSpan::parse(text, &|t| t.parse::<Amount>().map(|a| a.in_base())).is_err() {
                return Err(unknown(text));
            }
            return of(Kind::Constant(NumberOrSpan::parse(text, &amplitude)?));
        };
        let values = || -> Result<Vec<f64>, String> {
            let roles = roles(name).iter().copied().chain(std::iter::repeat(Role::Area));
            let all: Vec<f64> =
                rest.split(',').zip(roles).map(|(t, role)| number(t, role)).collect::<Result<_, _>>()?;
            match all.iter().find(|x| !(0.0..=LARGEST).contains(&x.abs())) {
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
            "constant" => of(Kind::Constant(NumberOrSpan::parse(rest, &amplitude)?)),
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
    format!("`{name}` is not a number, no kind of input ({}), and no file of numbers{hint}", KINDS.join(", "))
}

/// Inputs whose files have been read.
pub(crate) struct LoadedInputs {
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

impl LoadedInputs {
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
        Ok(LoadedInputs { parts: stimuli.into_iter().map(read).collect::<Outcome<_>>()? })
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
    pub(crate) fn prepare(self, run: &RunShape<'_>) -> Outcome<Signal> {
        let (said, stimuli): (Vec<Stimulus>, Vec<stimulus::Stimulus>) = self
            .parts
            .into_iter()
            .map(|(s, input)| {
                let wanted = s.kind.stimulus(input);
                (s, wanted)
            })
            .unzip();
        Signal::new(&stimuli, run).map_err(|e| match e {
            Error::Value { index, rule, .. } => place(&said[index.unwrap_or(0)], &rule),
            other => other.into(),
        })
    }
}

impl Kind {
    /// What the library calls it; `input` is what a file holds.
    fn stimulus(&self, input: Option<data::Input>) -> stimulus::Stimulus {
        use stimulus::Stimulus;
        match (self, input) {
            (_, Some(input)) => Stimulus::Data(Arc::new(input)),
            (Kind::Constant(NumberOrSpan::Same(x)), _) => Stimulus::Constant(*x),
            (Kind::Constant(NumberOrSpan::Between(low, high)), _) => {
                Stimulus::Uniform { low: *low, high: *high }
            }
            (Kind::Step { on, amplitude, off }, _) => {
                Stimulus::Step { on: *on, amplitude: *amplitude, off: *off }
            }
            (Kind::Ramp { from, to }, _) => Stimulus::Ramp { from: *from, to: *to },
            (Kind::Sine { mean, amplitude, hertz }, _) => {
                Stimulus::Sine { mean: *mean, amplitude: *amplitude, hertz: *hertz }
            }
            (Kind::Noise { mean, std }, _) => Stimulus::Noise { mean: *mean, std: *std },
            (Kind::Poisson { rate, weight }, _) => Stimulus::Poisson { rate: *rate, weight: *weight },
            // Files are read before this is asked.
            (Kind::File(_), None) => Stimulus::Constant(0.0),
        }
    }
}

fn place(stimulus: &Stimulus, what: &str) -> Failure {
    Failure::bad(format!("--input {}: {what}", stimulus.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase::Catalog;

    fn prepared(texts: &[&str]) -> Outcome<Signal> {
        let stimuli = texts.iter().map(|t| t.parse().map_err(Failure::Bad)).collect::<Outcome<_>>()?;
        let model = Catalog::standard().get("lif")?;
        let run = RunShape { model: &*model, steps: 100, batch: 1, neurons: 1, dt: 0.001, seed: 1 };
        LoadedInputs::read(stimuli)?.prepare(&run)
    }

    fn at(text: &str, step: u64) -> f64 {
        let mut out = [0.0f64];
        prepared(&[text]).unwrap().fill(step, 0, 0, &mut out);
        out[0]
    }

    #[test]
    fn kinds_are_the_librarys() {
        assert_eq!(
            [at("step:0.01,2,0.02", 9), at("step:0.01,2,0.02", 10), at("step:0.01,2,0.02", 20)],
            [0.0, 2.0, 0.0]
        );
        assert_eq!([at("ramp:1,2", 0), at("ramp:1,2", 50)], [1.0, 1.5]);
        assert_eq!(at("sine:1,2,10", 25), 3.0);
        assert_eq!(at("constant:-1.5", 3), -1.5);
        assert_eq!(at("1.5", 3), 1.5);
        assert_eq!(prepared(&["1", "0.5"]).unwrap().constant(), Some(vec![1.5]));
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
            ("", "is not a number"),
            ("none.npy", "none.npy"),
        ] {
            let message = prepared(&[text]).err().and_then(|e| e.message().map(String::from)).unwrap();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
