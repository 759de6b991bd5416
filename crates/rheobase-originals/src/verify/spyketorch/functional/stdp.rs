//! A convolution that learns by the original's STDP, iteration by iteration: what it sees, who wins, what it becomes.

use serde_json::Value;

use super::ArrayRole;
use super::numbers::{optional, pair};
use crate::verify::trace::number;
use crate::verify::{Meta, TraceFile};
use rheobase_base::{Error, Result};
use rheobase_network::plasticity::{Activity, Connection, Kernels, Learner, Order, Plasticity, Rate, Rule};
use rheobase_network::vision::{Pooling, SpikeRows, fire, k_winners, pointwise_inhibition, threshold};
use rheobase_sim::compete::Place;

pub(super) const RESULTS: &str = "potentials thresholded output_spikes weights_after pooled prepost_order";

/// Winners are given where the meta does not say how many were sought.
pub(super) fn given(meta: &Meta) -> &'static str {
    if sought(meta).is_none() { "input_spikes weights_before winners" } else { "input_spikes weights_before" }
}

/// Winners, where they were sought.
pub(super) fn results(meta: &Meta) -> Vec<String> {
    sought(meta).map(|_| "winners".to_string()).into_iter().collect()
}

/// The arguments of the step that learns.
fn forward(meta: &Meta) -> Option<&serde_json::Map<String, Value>> {
    meta.params.get("forward").and_then(Value::as_object)
}

/// How many winners were sought, and in which radius; `None` if they were given.
fn sought(meta: &Meta) -> Option<[usize; 2]> {
    let whole = |name: &str| forward(meta)?.get(name).and_then(Value::as_u64).map(|n| n as usize);
    whole("kwta").map(|k| [k, whole("inhibition_radius").unwrap_or(0)])
}

/// Tolerance of sums in another order, relative to the array's largest number; and of weights.
const CLOSE: f64 = 1e-6;

pub(super) fn make(trace: &TraceFile, name: &str) -> Result<ArrayRole> {
    let run = Run::new(trace)?;
    let meta = &trace.meta;
    Ok(match name {
        "input_spikes" | "weights_before" => ArrayRole::Given,
        "winners" if sought(meta).is_none() => ArrayRole::Given,
        "winners" => ArrayRole::Computed(run.each(|it| run.found(it))?, 0.0),
        "potentials" => ArrayRole::Computed(run.learned()?.0, CLOSE),
        "weights_after" => ArrayRole::Computed(run.learned()?.1, CLOSE),
        "thresholded" => ArrayRole::Computed(run.each(|it| run.inhibited(it))?, 0.0),
        "output_spikes" => ArrayRole::Computed(
            run.each(|it| {
                let mut x = run.inhibited(it)?;
                x.iter_mut().filter(|x| **x != 0.0).for_each(|x| *x = x.signum());
                Ok(x)
            })?,
            0.0,
        ),
        "pooled" => ArrayRole::Computed(run.each(|it| run.pooled(it))?, 0.0),
        "prepost_order" => ArrayRole::Computed(run.each(|it| run.order(it))?, 0.0),
        _ => ArrayRole::Unknown,
    })
}

/// An array of many iterations.
struct Waves {
    values: Vec<f32>,
    /// Iterations, steps, then feature, row, column.
    shape: [usize; 5],
}

struct Run<'a> {
    trace: &'a TraceFile,
    inputs: Waves,
    potentials: Waves,
    /// Winners of each iteration.
    winners: Vec<Vec<Place>>,
    /// Rows of the array of winners in each iteration.
    rows: usize,
    connection: Connection,
}

impl Waves {
    fn read(trace: &TraceFile, name: &str) -> Result<Waves> {
        let shape = trace.shape(name)?;
        let values = super::array(trace, name)?;
        match shape.try_into() {
            Ok(shape) if !values.is_empty() => Ok(Waves { values, shape }),
            _ => Err(fault(trace, name, "[iteration, time, feature, row, column] is needed")),
        }
    }

    fn of(&self, iteration: usize) -> &[f32] {
        let n = self.values.len() / self.shape[0];
        &self.values[iteration * n..(iteration + 1) * n]
    }

    fn maps(&self) -> [usize; 3] {
        [self.shape[2], self.shape[3], self.shape[4]]
    }
}

fn fault(trace: &TraceFile, field: &str, want: &str) -> Error {
    let got = trace.shape(field).map_or("none".into(), |shape| format!("{shape:?}"));
    Error::shape(trace.meta.name.clone(), field, got, want)
}

impl<'a> Run<'a> {
    fn new(trace: &'a TraceFile) -> Result<Run<'a>> {
        let (inputs, potentials) = (Waves::read(trace, "input_spikes")?, Waves::read(trace, "potentials")?);
        let kernel = trace.meta.params.get("kernel").and_then(pair);
        let kernel =
            kernel.ok_or_else(|| said(&trace.meta, "params.kernel", "must be a pair of whole numbers"))?;
        let kernels = Kernels::new(potentials.maps()[0], &kernel);
        let connection = Connection::convolution(&trace.meta.name, kernels, &inputs.maps())?;
        if connection.output_shape() != potentials.maps() || inputs.shape[..2] != potentials.shape[..2] {
            return Err(fault(
                trace,
                "potentials",
                "the outputs of the convolution are needed, as often as inputs",
            ));
        }
        let (table, shape) = (trace.array("winners")?, trace.shape("winners")?);
        let [iterations, rows, 3] = shape[..] else {
            return Err(fault(trace, "winners", "[iteration, winner, 3] is needed"));
        };
        if iterations != inputs.shape[0] {
            return Err(fault(trace, "winners", "as many iterations as inputs are needed"));
        }
        let of_row = |row: &[f64]| [0, 1, 2].map(|axis| row[axis] as usize);
        let winners = table
            .chunks(3 * rows.max(1))
            .map(|all| all.chunks_exact(3).filter(|row| row[0] >= 0.0).map(of_row).collect());
        Ok(Run { trace, winners: winners.collect(), rows, inputs, potentials, connection })
    }

    /// One iteration after the other.
    fn each(&self, make: impl Fn(usize) -> Result<Vec<f32>>) -> Result<Vec<f32>> {
        (0..self.inputs.shape[0]).map(make).collect::<Result<Vec<_>>>().map(|all| all.concat())
    }

    fn threshold(&self) -> Option<f32> {
        optional(&self.trace.meta, "threshold")
    }

    /// Potentials above the threshold, one feature per place.
    fn inhibited(&self, iteration: usize) -> Result<Vec<f32>> {
        let (mut x, shape) = (self.potentials.of(iteration).to_vec(), self.potentials.maps());
        threshold(&mut x, shape, self.threshold())?;
        pointwise_inhibition(&mut x, shape)?;
        Ok(x)
    }

    fn found(&self, iteration: usize) -> Result<Vec<f32>> {
        let [k, radius] = sought(&self.trace.meta).unwrap_or_default();
        let found = k_winners(&self.inhibited(iteration)?, None, self.potentials.maps(), k, radius)?;
        let mut table: Vec<f32> = found.iter().flatten().map(|n| *n as f32).collect();
        table.resize(3 * self.rows.max(found.len()), -1.0);
        Ok(table)
    }

    fn pooled(&self, iteration: usize) -> Result<Vec<f32>> {
        let (mut x, shape) = (self.potentials.of(iteration).to_vec(), self.potentials.maps());
        fire(&mut x, shape, self.threshold())?;
        let (kernel, stride, padding) = match arguments(&self.trace.meta, "Pooling(").first().map(|a| &a[..])
        {
            Some([Some(k), stride, Some(p)]) => (*k as usize, stride.map(|s| s as usize), *p as usize),
            _ => return Err(said(&self.trace.meta, "desc", "must say Pooling(kernel,stride,padding)")),
        };
        let mut out = Vec::new();
        Pooling::max(shape, [kernel; 2], stride.map(|s| [s; 2]), [padding; 2])?.wave(&x, &mut out)?;
        Ok(out)
    }

    /// Whether each input of a winner came no later than the winner fired; −1 where there is no winner.
    fn order(&self, iteration: usize) -> Result<Vec<f32>> {
        let (pre, post) = self.rows(iteration)?;
        let (first_in, first_out) =
            (first(&pre, self.connection.inputs()), first(&post, self.connection.outputs()));
        let mut table = Vec::new();
        for winner in &self.winners[iteration] {
            let output = self.output(*winner)?;
            self.connection.inputs_of(output, |_, input| {
                let early = input.map_or(pre.steps(), |i| first_in[i]) <= first_out[output];
                table.push(if early { 1.0 } else { 0.0 });
            });
        }
        table.resize(self.rows * self.connection.per_feature(), -1.0);
        Ok(table)
    }

    fn output(&self, winner: Place) -> Result<usize> {
        let wrong = || fault(self.trace, "winners", "places of the outputs are needed");
        self.connection.output(winner).ok_or_else(wrong)
    }

    /// Spikes in and out as first spikes.
    fn rows(&self, iteration: usize) -> Result<(SpikeRows, SpikeRows)> {
        let steps = self.inputs.shape[1];
        Ok((by_count(self.inputs.of(iteration), steps)?, by_count(&self.inhibited(iteration)?, steps)?))
    }

    /// Potentials in each iteration and weights after it.
    fn learned(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        let meta = &self.trace.meta;
        let mut learner = Learner::new(&meta.name, &settings(meta)?, self.connection.clone(), 0.001)?;
        let mut weights = super::array(self.trace, "weights_before")?;
        if weights.len() != self.connection.len() {
            return Err(fault(self.trace, "weights_before", "the weights of the convolution are needed"));
        }
        let listed = learning_rate(meta).is_some_and(|rates| rates.iter().all(Value::is_array));
        let changes = if listed { changes(meta) } else { Vec::new() };
        let (mut potentials, mut after) = (Vec::new(), Vec::new());
        for iteration in 0..self.inputs.shape[0] {
            let inputs = self.connection.inputs();
            for step in self.inputs.of(iteration).chunks_exact(inputs) {
                potentials.extend((0..self.connection.outputs()).map(|output| {
                    let mut sum = 0.0;
                    self.connection.inputs_of(output, |w, i| sum += weights[w] * i.map_or(0.0, |i| step[i]));
                    sum
                }));
            }
            let (pre, post) = self.rows(iteration)?;
            let activity = Activity::new(&pre, &post).winners(&self.winners[iteration]);
            learner.sample(&mut weights, &activity)?;
            after.extend_from_slice(&weights);
            for change in changes.iter().filter(|change| change.after == iteration) {
                learner.set_rates(change.feature, change.rates)?;
            }
        }
        Ok((potentials, after))
    }
}

/// The spikes of a wave of which the original sees the number alone: a neuron with n of them fires n steps before the end.
fn by_count(wave: &[f32], steps: usize) -> Result<SpikeRows> {
    let neurons = wave.len() / steps;
    let count = |i: usize| (0..steps).filter(|t| wave[t * neurons + i] != 0.0).count();
    let counts: Vec<usize> = (0..neurons).map(count).collect();
    let (mut offsets, mut index) = (vec![0], Vec::new());
    for step in 0..steps {
        index.extend((0..neurons).filter(|i| counts[*i] == steps - step).map(|i| i as u32));
        offsets.push(index.len() as u32);
    }
    let value = vec![1.0; index.len()];
    SpikeRows::new(offsets, index, value, neurons)
}

/// The step of each neuron's spike; the number of steps if there is none.
fn first(rows: &SpikeRows, neurons: usize) -> Vec<usize> {
    let mut first = vec![rows.steps(); neurons];
    for step in (0..rows.steps()).rev() {
        rows.step(step).0.iter().for_each(|i| first[*i as usize] = step);
    }
    first
}

fn said(meta: &Meta, field: &str, rule: &str) -> Error {
    let value = match field.strip_prefix("params.") {
        Some(name) => meta.params.get(name).map_or("none".into(), Value::to_string),
        None => meta.desc.clone(),
    };
    Error::value(meta.name.clone(), field, value, rule)
}

fn learning_rate(meta: &Meta) -> Option<&Vec<Value>> {
    meta.params.get("stdp")?.get("learning_rate")?.as_array()
}

/// The arguments of the original's STDP.
fn settings(meta: &Meta) -> Result<Plasticity> {
    let fault = |rule: &str| said(meta, "params.stdp", rule);
    let stdp = meta.params.get("stdp").ok_or_else(|| fault("must be there"))?;
    let rates = learning_rate(meta).ok_or_else(|| fault("must have `learning_rate`, a list"))?;
    let single = |value: &Value| number(value).map(|x| x as f32);
    let rate = |n: usize| match rates.iter().map(single).collect::<Option<Vec<f32>>>() {
        Some(both) => both.get(n).map(|rate| Rate::Same(*rate)),
        None => rates.iter().map(|pair| single(pair.get(n)?)).collect::<Option<_>>().map(Rate::Each),
    };
    let both = rate(0).zip(rate(1));
    let (ltp, ltd) = both.ok_or_else(|| fault("must have rates ltp and ltd, or a list of such pairs"))?;
    let bound = |name: &str, default: f32| stdp.get(name).and_then(single).unwrap_or(default);
    let stabilizer = stdp.get("use_stabilizer").and_then(Value::as_bool).unwrap_or(true);
    let rule = Rule::Order(Order { ltp, ltd, stabilizer, anneal: None });
    Ok(Plasticity { bounds: [bound("lower_bound", 0.0), bound("upper_bound", 1.0)], ..Plasticity::new(rule) })
}

/// Rates that change after an iteration: of a feature, or of all.
struct Change {
    after: usize,
    feature: Option<usize>,
    rates: [f32; 2],
}

/// The changes of rates that the description names.
fn changes(meta: &Meta) -> Vec<Change> {
    let read = |call: &str| {
        let all = meta.desc.match_indices(call).filter_map(|(at, _)| {
            let (inside, behind) = meta.desc[at + call.len()..].split_once(')')?;
            let numbers = inside.split(',').map(|x| x.trim().parse().ok()).collect::<Option<Vec<f64>>>()?;
            let after = behind.strip_prefix(" after iteration index ")?;
            let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
            Some((digits.parse().ok()?, numbers))
        });
        all.collect::<Vec<(usize, Vec<f64>)>>()
    };
    let of = |after, feature, ltp: f64, ltd: f64| Change { after, feature, rates: [ltp as f32, ltd as f32] };
    let single = read("update_learning_rate(").into_iter().filter_map(|(after, numbers)| match numbers[..] {
        [feature, ltp, ltd] => Some(of(after, Some(feature as usize), ltp, ltd)),
        _ => None,
    });
    let all =
        read("update_all_learning_rate(").into_iter().filter_map(|(after, numbers)| match numbers[..] {
            [ltp, ltd] => Some(of(after, None, ltp, ltd)),
            _ => None,
        });
    single.chain(all).collect()
}

/// The arguments of each call of `function` in the description; `None` for None.
fn arguments(meta: &Meta, function: &str) -> Vec<Vec<Option<f64>>> {
    let calls = meta.desc.match_indices(function);
    let inside = calls.filter_map(|(at, _)| meta.desc[at + function.len()..].split(')').next());
    inside.map(|list| list.split(',').map(|x| x.trim().parse().ok()).collect()).collect()
}
