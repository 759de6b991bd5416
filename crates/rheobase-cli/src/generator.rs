//! The numbers of an input, made when a step needs them and never stored.

use rheobase::data;
use rheobase::models::Real;
use rheobase::models::lanes::Elem;
use rheobase::models::neuron::{Takes, Time};
use rheobase::models::real::whole_steps;
use rheobase::population::Model;
use rheobase::random::Stream;

use crate::arguments::Amount;
use crate::setup::drawn;
use crate::stimulus::{Kind, LARGEST, Stimulus, spacing};
use crate::text::exact;

/// Events of a Poisson input per step at most.
const MOST_EVENTS: f64 = 100.0;

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
    pub(crate) parts: Vec<Part>,
}

pub(crate) enum Part {
    Same(f64),
    Each(Vec<f64>),
    Step { on: u64, off: u64, amplitude: f64 },
    Ramp { from: f64, to: f64, per_step: f64 },
    Sine { mean: f64, amplitude: f64, turns_per_step: f64 },
    Noise { mean: f64, std: f64, stream: Stream },
    Poisson { below: Vec<f64>, value: f64, stream: Stream },
    File(data::Input),
}

/// The generator of input number `index`.
pub(crate) fn part(
    index: usize,
    s: &Stimulus,
    input: Option<data::Input>,
    run: &RunShape<'_>,
) -> Result<Part, String> {
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
        Kind::Ramp { from, to } => {
            Part::Ramp { from: *from, to: *to, per_step: (to - from) / run.steps as f64 }
        }
        Kind::Sine { mean, amplitude, hertz } => {
            Part::Sine { mean: *mean, amplitude: *amplitude, turns_per_step: hertz * run.dt }
        }
        Kind::Noise { mean, std } => Part::Noise { mean: *mean, std: *std, stream: stream("noise") },
        Kind::Poisson { rate, weight } => {
            let events = rate * run.dt;
            let pulse = run.model.info().takes == Takes::Current && seconds;
            let value = if pulse { weight / run.dt } else { *weight };
            if !(0.0..=MOST_EVENTS).contains(&events) {
                return Err(format!(
                    "{} events per step; at most {MOST_EVENTS} are drawn, use noise",
                    exact(events)
                ));
            }
            if !(0.0..=LARGEST / 1e3).contains(&value.abs()) {
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

    /// The largest input, in size, that any neuron can be given; of noise, four standard deviations.
    pub(crate) fn largest(&self) -> f64 {
        self.parts.iter().map(Part::largest).sum()
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
    fn largest(&self) -> f64 {
        let most = |numbers: &[f64]| numbers.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        match self {
            Part::Same(x) => x.abs(),
            Part::Each(xs) => most(xs),
            Part::Step { amplitude, .. } => amplitude.abs(),
            Part::Ramp { from, to, .. } => from.abs().max(to.abs()),
            Part::Sine { mean, amplitude, .. } => mean.abs() + amplitude.abs(),
            Part::Noise { mean, std, .. } => mean.abs() + 4.0 * std,
            Part::Poisson { below, value, .. } => value.abs() * below.len() as f64,
            Part::File(input) => most(&input.data),
        }
    }

    fn add(&self, step: u64, sample: usize, first: usize, sum: &mut [f64]) {
        let mut all = |x: f64| sum.iter_mut().for_each(|s| *s += x);
        match self {
            Part::Same(x) => all(*x),
            Part::Step { on, off, amplitude } => {
                all(if (*on..*off).contains(&step) { *amplitude } else { 0.0 })
            }
            Part::Ramp { from, per_step, .. } => all(from + per_step * step as f64),
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
                    let u = (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0);
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
    use crate::failure::{Failure, Outcome};
    use crate::stimulus::Loaded;
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
}
