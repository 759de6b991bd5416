//! `Warning`: what a training or a test will do nothing with, and what to change.

use std::fmt;

use rheobase_models::lanes::Level;
use rheobase_models::neuron::{Emits, Info};
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Outcome};
use crate::encode::Encoding;
use rheobase_base::{Error, Result};
use rheobase_data::{Dataset, Inputs, labels};
use rheobase_network::network::{Context, Counts, Feed, Operator, Program, Tape, TileInput};
use rheobase_sim::population::Catalog;

/// A layer that fires in this share of its steps fires always.
const ALWAYS: f64 = 0.99;
/// Input that is this many times smaller than the model's example input is in another unit.
const FAR_BELOW: f64 = 10.0;

/// Something that runs, but to no use.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// No neuron of a layer fired.
    Silent {
        /// The layer.
        layer: String,
        /// Its model.
        model: String,
        /// When: `epoch 1`, `the test`.
        during: String,
        /// Its neurons.
        neurons: usize,
    },
    /// Every neuron of a layer fired in practically every step.
    Saturated {
        /// The layer.
        layer: String,
        /// Its model.
        model: String,
        /// When.
        during: String,
        /// Spikes per neuron and step.
        rate: f64,
    },
    /// A layer is fed far less than makes its model fire, as numbers around 1 are to a model that takes pA.
    WeakInput {
        /// The layer.
        layer: String,
        /// Its model.
        model: String,
        /// The largest input, in size, that some samples gave.
        largest: f64,
        /// The input that makes the model fire.
        example: f64,
        /// Unit of both.
        unit: String,
    },
    /// What a node learns stays as it starts, because no gradient reaches it.
    NoGradient {
        /// The node.
        layer: String,
        /// What it is.
        model: String,
        /// How many numbers it would learn.
        parameters: usize,
        /// The nodes between it and the loss that pass no gradient; none where nothing leads there.
        behind: Vec<String>,
    },
    /// Values outside the range of the encoder, which it takes as the nearest one within.
    Clipped {
        /// The data.
        data: String,
        /// The encoder.
        encoder: String,
        /// How many values lie outside.
        outside: usize,
        /// Of how many.
        values: usize,
        /// The lowest and the highest value.
        found: [f32; 2],
        /// The range of the encoder.
        range: [f32; 2],
    },
    /// A stage in which no neuron won: it learned nothing.
    NoWinner {
        /// The layer.
        layer: String,
        /// Samples that were shown.
        samples: usize,
    },
    /// Features that never won in a stage, and did not learn.
    DeadFeatures {
        /// The layer.
        layer: String,
        /// Which they are, from 0.
        dead: Vec<usize>,
        /// Features of the layer.
        features: usize,
        /// Samples that were shown.
        samples: usize,
    },
    /// A stage whose weights have not come to their bounds.
    NotConverged {
        /// The layer.
        layer: String,
        /// Epochs that it learned.
        epochs: u64,
        /// The mean of w(1 − w) at its end.
        convergence: f64,
        /// What it was to come below.
        limit: f64,
    },
    /// No sample has label 0.
    LabelsFrom {
        /// The data.
        data: String,
        /// The lowest label.
        first: u32,
        /// The highest.
        last: u32,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Silent { layer, model, during, neurons } => {
                write!(
                    f,
                    "layer `{layer}` ({model}): none of its {neurons} neurons fired in {during}, so nothing passes it; "
                )?;
                write!(
                    f,
                    "raise its input (a `scale` node before it, a larger `start` of its weights, `gain` of the encoder)"
                )?;
                let info = info(model);
                info.map_or(Ok(()), |i| {
                    write!(f, ": {} makes the model fire", amount(i.example_input, i.input_unit))
                })
            }
            Warning::Saturated { layer, model, during, rate } => write!(
                f,
                "layer `{layer}` ({model}): its neurons fired in {:.1} % of all steps in {during}, whatever the input; \
                 lower its input (a `scale` node before it, values scaled to 0…1) or raise its threshold",
                100.0 * rate
            ),
            Warning::WeakInput { layer, model, largest, example, unit } => write!(
                f,
                "layer `{layer}` ({model}): its input is at most {}, but it takes {} to make the model fire; put a \
                 `scale` node before it (factor {}) or take a model whose input is about 1",
                amount(*largest, unit),
                amount(*example, unit),
                rounded(example.abs() / largest.max(1e-30))
            ),
            Warning::NoGradient { layer, model, parameters, behind } => {
                write!(
                    f,
                    "`{layer}` ({model}): no gradient reaches its {parameters} parameters, which stay as they start: "
                )?;
                match &behind[..] {
                    [] => write!(f, "nothing leads from it to the loss; connect it, or take it out"),
                    [own] if own == layer => write!(
                        f,
                        "it passes none itself; teach it without labels in a [[stage]], or put a convolution and a layer of \
                         neurons in its place"
                    ),
                    _ => write!(
                        f,
                        "`{}` passes none; put a layer of neurons in its place (the model `discontinuous` fires alike and \
                         has a surrogate)",
                        behind.join("`, `")
                    ),
                }
            }
            Warning::Clipped { data, encoder, outside, values, found: [low, high], range: [from, to] } => {
                write!(
                    f,
                    "{data}: {outside} of {values} values ({:.1} %) lie outside [{from}, {to}], the range of `encode.{encoder}`, \
                 and are clipped: they go from {low} to {high}; scale the data",
                    100.0 * *outside as f64 / *values as f64
                )
            }
            Warning::NoWinner { layer, samples } => write!(
                f,
                "stage of `{layer}`: no neuron won in {samples} samples, so nothing was learned; lower the threshold of the \
                 neurons behind it, or let its weights start higher"
            ),
            Warning::DeadFeatures { layer, dead, features, samples } => write!(
                f,
                "stage of `{layer}`: {} of {features} features never won in {samples} samples and did not learn ({}); lower the \
                 threshold of the neurons behind it or the `radius` of winners, raise their `k`, or give homeostasis",
                dead.len(),
                listed(dead)
            ),
            Warning::NotConverged { layer, epochs, convergence, limit } => write!(
                f,
                "stage of `{layer}`: after {epochs} {} the mean of w(1 − w) is {}, not below {limit}; raise its `epochs` or the \
                 rates of its rule, or set `converged` (0 if it need not converge)",
                if *epochs == 1 { "epoch" } else { "epochs" },
                rounded(*convergence)
            ),
            Warning::LabelsFrom { data, first, last } => {
                write!(f, "{data}: {}", labels::meaning(*first, *last))
            }
        }
    }
}

/// The first numbers of a list.
fn listed(numbers: &[usize]) -> String {
    let shown: Vec<String> = numbers.iter().take(8).map(usize::to_string).collect();
    let more = if numbers.len() > 8 { ", …" } else { "" };
    shown.join(", ") + more
}

fn info(model: &str) -> Option<&'static Info> {
    Catalog::standard().get(model).ok().map(|m| m.info())
}

/// A number with its unit.
fn amount(x: f64, unit: &str) -> String {
    let unit = if unit == "1" { String::new() } else { format!(" {unit}") };
    format!("{}{unit}", rounded(x))
}

/// Three digits.
fn rounded(x: f64) -> String {
    // Written with three digits and read again, so that what is shown has no zeros at its end.
    format!("{x:.2e}").parse::<f64>().unwrap_or(x).to_string()
}

/// Spikes of each node over samples, and their steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    spikes: Vec<u64>,
    sample_steps: u64,
}

impl Activity {
    /// Adds a batch.
    pub fn add(&mut self, outcome: &Outcome) {
        let mut counts = Counts { spikes: std::mem::take(&mut self.spikes), operations: Vec::new() };
        counts.add(&outcome.counts);
        self.spikes = counts.spikes;
        self.sample_steps += outcome.sample_steps;
    }

    /// The layers of `program` that never fired, and those that always did.
    pub fn warnings(&self, program: &Program, during: &str) -> Vec<Warning> {
        if self.sample_steps == 0 {
            return Vec::new();
        }
        let layers = program.nodes().zip(program.spiking()).zip(&self.spikes).filter(|((_, s), _)| *s);
        let judged = layers.filter_map(|(((name, model, shape), _), spikes)| {
            let (layer, model, during) = (name.to_string(), model.to_string(), during.to_string());
            let neurons: usize = shape.iter().product();
            let rate = *spikes as f64 / (neurons as f64 * self.sample_steps as f64);
            // Several spikes in a step say more than whether there is one.
            let binary = info(&model).is_none_or(|i| i.emits == Emits::Binary);
            match *spikes {
                0 => Some(Warning::Silent { layer, model, during, neurons }),
                _ if rate >= ALWAYS && binary => Some(Warning::Saturated { layer, model, during, rate }),
                _ => None,
            }
        });
        judged.collect()
    }
}

impl Outcome {
    /// The layers that never fired, and those that always did; `during` says when, as in "in the test".
    pub fn warnings(&self, program: &Program, during: &str) -> Vec<Warning> {
        let mut activity = Activity::default();
        activity.add(self);
        activity.warnings(program, during)
    }
}

/// Adds the warnings that are new: of the same kind about the same layer one is enough.
pub(super) fn note(all: &mut Vec<Warning>, new: impl IntoIterator<Item = Warning>) {
    for warning in new {
        let known = all.iter().any(|w| {
            std::mem::discriminant(w) == std::mem::discriminant(&warning) && w.about() == warning.about()
        });
        if !known {
            all.push(warning);
        }
    }
}

impl Warning {
    /// The layer or the data that it is about.
    pub fn about(&self) -> &str {
        match self {
            Warning::Silent { layer, .. }
            | Warning::Saturated { layer, .. }
            | Warning::WeakInput { layer, .. }
            | Warning::NoWinner { layer, .. }
            | Warning::DeadFeatures { layer, .. }
            | Warning::NotConverged { layer, .. }
            | Warning::NoGradient { layer, .. } => layer,
            Warning::Clipped { data, .. } | Warning::LabelsFrom { data, .. } => data,
        }
    }
}

/// What of a data set an encoder will not take as it is.
///
/// # Errors
/// [`Error::Value`] for values outside the encoder's range that it does not clip, with their number.
pub(super) fn of_data(dataset: &Dataset, encoding: &Encoding) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    if let Some((first, last)) = labels::offset(dataset.labels()) {
        warnings.push(Warning::LabelsFrom { data: dataset.name().into(), first, last });
    }
    let Some((range, clip)) = encoding.range() else { return Ok(warnings) };
    let (Inputs::Static(values) | Inputs::Series { values, .. }) = dataset.inputs() else {
        return Ok(warnings);
    };
    let outside = values.iter().filter(|x| !(range[0]..=range[1]).contains(*x)).count();
    if outside == 0 {
        return Ok(warnings);
    }
    let found = values.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[l, h], x| [l.min(*x), h.max(*x)]);
    if clip {
        let (data, encoder) = (dataset.name().into(), encoding.name().into());
        warnings.push(Warning::Clipped { data, encoder, outside, values: values.len(), found, range });
        return Ok(warnings);
    }
    let [[low, high], [from, to]] = [found, range];
    Err(Error::value(
        dataset.name(),
        "values",
        format!("{low} to {high}"),
        format!(
            "{outside} of {} lie outside [{from}, {to}], which `encode.{}` expects; scale the data (`scale` of a csv, \
             `--scale` of eval and predict), or train with encode.clip = true",
            values.len(),
            encoding.name()
        ),
    ))
}

/// The layers that are fed far less than makes their models fire, as samples show that are taken through the network.
///
/// # Errors
/// NaN that arises; input of the wrong width.
pub(super) fn of_inputs(program: &Program, batch: &Batch<'_>, level: Level) -> Result<Vec<Warning>> {
    let (lengths, mut largest) = (Some(batch.lengths), vec![0.0_f32; program.list().len()]);
    let input = TileInput {
        samples: batch.inputs,
        lengths,
        width: program.input_shape().iter().product(),
        wanted: false,
    };
    let context =
        Context { step: 0, sample_ids: batch.ids, epoch: batch.epoch, training: false, taping: false, level };
    let (mut state, mut tape, mut counts) =
        (program.start(batch.inputs.len()), Tape::default(), Counts::default());
    let steps = batch.lengths.iter().copied().max().unwrap_or(0);
    program.run(&context, &mut state, input.steps(0..steps), &mut tape, &mut counts, |_, signals| {
        for (node, largest) in program.list().iter().zip(&mut largest).filter(|(n, _)| n.layer) {
            for (source, _) in node.inputs.iter().filter(|(_, delay)| *delay == 0) {
                let mut buffer = Vec::new();
                let values = signals[*source].dense(&mut buffer).iter();
                *largest = values.fold(*largest, |most, x| most.max(x.abs()));
            }
        }
    })?;
    // A layer that fires has enough, whatever its model usually takes.
    let fires = |n: usize| counts.spikes.get(n).is_some_and(|n| *n > 0);
    let layers = program.list().iter().zip(program.spiking()).zip(largest).enumerate();
    let silent = layers.filter(|(n, ((_, spikes), _))| *spikes && !fires(*n));
    Ok(silent.filter_map(|(_, ((node, _), largest))| weak(&node.name, &node.what, largest)).collect())
}

/// The nodes whose parameters no gradient reaches, neither from the output nor from the layers that `also` names.
pub(super) fn of_gradients<'a>(program: &Program, also: impl Iterator<Item = &'a str>) -> Vec<Warning> {
    let named = also.filter_map(|name| program.list().iter().position(|n| n.name == name));
    let reached = led_to(program, named.map(|n| n + 1).chain([program.output()]), |n| !n.blocks_gradient());
    let untouched = program.list().iter().enumerate().filter(|(n, node)| {
        let learns = !node.tensors.is_empty() && !program.is_frozen(*n);
        learns && (!reached[n + 1] || node.operator.blocks_gradient())
    });
    let warnings = untouched.map(|(n, node)| {
        let tensors = &program.parameters().tensors[node.tensors.clone()];
        let behind = program.list().iter().enumerate().filter(|(b, blocking)| {
            let inputs = blocking.inputs.iter().map(|(source, _)| *source);
            let leads = *b == n || led_to(program, inputs, |_| true)[n + 1];
            reached[b + 1] && blocking.operator.blocks_gradient() && leads
        });
        Warning::NoGradient {
            layer: node.name.clone(),
            model: node.what.clone(),
            parameters: tensors.iter().map(|t| t.count()).sum(),
            behind: behind.map(|(_, blocking)| blocking.name.clone()).collect(),
        }
    });
    warnings.collect()
}

/// Which sources lead to one of `from`, over nodes that `through` lets pass.
fn led_to(
    program: &Program,
    from: impl Iterator<Item = usize>,
    through: impl Fn(&dyn Operator) -> bool,
) -> Vec<bool> {
    let mut reached = vec![false; program.list().len() + 1];
    let mut open: Vec<usize> = from.collect();
    while let Some(source) = open.pop() {
        if std::mem::replace(&mut reached[source], true) {
            continue;
        }
        let node = source.checked_sub(1).map(|n| &program.list()[n]);
        let passing = node.filter(|node| through(&*node.operator));
        open.extend(passing.iter().flat_map(|node| node.inputs.iter().map(|(source, _)| *source)));
    }
    reached
}

fn weak(layer: &str, model: &str, largest: f32) -> Option<Warning> {
    let info = info(model)?;
    let (largest, example) = (f64::from(largest), info.example_input);
    // Without any input there is nothing to scale: what comes before it is silent.
    let is_weak = largest > 0.0 && largest * FAR_BELOW < example.abs();
    is_weak.then(|| Warning::WeakInput {
        layer: layer.into(),
        model: model.into(),
        largest,
        example,
        unit: info.input_unit.into(),
    })
}
