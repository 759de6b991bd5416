//! Trained networks of ReLU as networks of rates: a description of their layers, and the file of their weights.
//!
//! A ReLU is the curve of `spiking_rectified_linear`, whose spikes have the value 1/dt here, so that rates stand for the
//! activities as they were. They are low (an activity of 1 is 1 Hz): percentile scaling brings them to rates that a short
//! presentation can show.

use std::collections::BTreeMap;
use std::path::Path;

use rheobase_models::Real;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::weights::Weights;
use crate::learn::config::{DataConfig, TrainConfig};
use crate::learn::trained::Samples;
use crate::learn::trainer::Trainer;
use crate::learn::{Checkpoint, CrossEntropy, LossKind, Score};
use rheobase_base::{Error, Result};
use rheobase_network::network::{
    Conv, FORMAT, Kind, Linear, Network, Neurons, Node, Nothing, Numbers, Pool, Program, RunAs, lower,
};
use rheobase_network::toml_text;

/// What a ReLU becomes.
const MODEL: &str = "spiking_rectified_linear";

/// A trained network of ReLU: its layers one after the other, and how its weights stand in their file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReluNetwork {
    /// Shape of a sample: `[N]`, or `[maps, rows, columns]`.
    pub input: Vec<usize>,
    /// How weights stand, and what they are called.
    #[serde(default)]
    pub layout: Layout,
    /// Length of a step of the spiking network in seconds.
    #[serde(default = "millisecond")]
    pub dt: f64,
    /// What it was trained on and is to be tested with, as in the settings of a training; without, samples are named when it is
    /// tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataConfig>,
    /// The layers, in order.
    #[serde(rename = "layer")]
    pub layers: Vec<ReluLayer>,
}

/// How the weights of a network stand, and what they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// PyTorch: `NAME.weight` (`[out, in]`, `[out, in, rows, columns]`), `NAME.bias`; of a batch norm also `NAME.running_mean`
    /// and `NAME.running_var`.
    #[default]
    Torch,
    /// Keras: `NAME.0`, `NAME.1`, … in the order of `get_weights` (`[in, out]`, `[rows, columns, in, out]`); images have their
    /// maps last, so what follows a `flatten` is put in our order.
    Keras,
}

/// A layer: one of the kinds, and where its weights are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReluLayer {
    /// Its name in the network that comes of it; by default its kind and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What its weights are called before the dot; by default its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tensors: Option<String>,
    /// A linear map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear: Option<Linear>,
    /// A convolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conv: Option<Conv>,
    /// A batch norm, which is folded into the linear map or convolution before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_norm: Option<BatchNorm>,
    /// `max(x, 0)`: becomes spikes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relu: Option<Nothing>,
    /// Pooling: mean, or the largest of what leaves the synapses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Pool>,
    /// All values in one row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flatten: Option<Nothing>,
    /// Dropout, which does nothing after training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<Nothing>,
    /// Softmax, which decides nothing and is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub softmax: Option<Nothing>,
    /// Refused: it has negative values, or a limit that no rate has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigmoid: Option<Nothing>,
    /// Refused, as `sigmoid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tanh: Option<Nothing>,
}

/// Settings of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchNorm {
    /// What is added to the variance: 1e-5 in PyTorch, 1e-3 in Keras.
    pub epsilon: f64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        BatchNorm { epsilon: 1e-5 }
    }
}

fn millisecond() -> f64 {
    0.001
}

impl ReluNetwork {
    /// Reads the TOML file `path`; files of data that it names start from its folder.
    ///
    /// # Errors
    /// What is not TOML, unknown keys, values of a wrong type; with the line.
    pub fn read(path: &Path) -> Result<ReluNetwork> {
        let mut network: ReluNetwork =
            toml_text::read(&toml_text::text_of(path)?, &path.display().to_string())?;
        if let (Some(data), Some(folder)) = (&mut network.data, path.parent()) {
            data.source.start_from(folder);
        }
        Ok(network)
    }

    /// The network of rates with its weights, as a checkpoint that can be tested, used and run as spikes like one that was
    /// trained.
    ///
    /// # Errors
    /// A layer that cannot become spikes, with its name, why, and what to do; weights that are missing or of another shape.
    pub fn converted(&self, weights: &Weights) -> Result<Checkpoint> {
        let parts = Parts::of(self, weights)?;
        let network = Network {
            format: FORMAT,
            dt: self.dt,
            input: self.input.clone(),
            output: String::new(),
            nodes: parts.nodes,
        };
        let mut program = lower(&network, 0)?;
        program.update(|parameters| {
            parts.tensors.iter().try_for_each(|(name, values)| parameters.set(name, values))
        })?;
        self.checkpoint(network, program)
    }

    fn checkpoint(&self, network: Network, program: Program) -> Result<Checkpoint> {
        let mut config = TrainConfig::digits();
        config.loss = LossKind::CrossEntropy(CrossEntropy::on(Score::Mean));
        config.data = match &self.data {
            Some(data) => data.clone(),
            None => DataConfig { source: crate::learn::config::Source::Given, ..DataConfig::default() },
        };
        config.data.steps = 1;
        config.network = network.clone().into();
        let architecture = serde_json::to_value(&network)
            .map_err(|e| Error::unsupported("network", format!("cannot be written to a checkpoint: {e}")))?;
        let samples = Samples { shape: self.input.clone(), ..Samples::default() };
        let history: [f64; 0] = [];
        let extra = json!({ "config": config.to_toml()?, "history": history, "samples": samples });
        Trainer::new(program, &config.optimise.rule).checkpoint(&architecture, 0, extra)
    }
}

/// A network's nodes and tensors as they come together.
struct Parts<'a> {
    layout: Layout,
    dt: f64,
    weights: &'a Weights,
    nodes: Vec<Node>,
    tensors: BTreeMap<String, Vec<f32>>,
    /// Shape of what the last node gives.
    shape: Vec<usize>,
    /// The image that was flattened last, if maps stand last in the weights that follow.
    flattened: Option<Vec<usize>>,
}

impl<'a> Parts<'a> {
    fn of(network: &ReluNetwork, weights: &'a Weights) -> Result<Parts<'a>> {
        let mut parts = Parts {
            layout: network.layout,
            dt: network.dt,
            weights,
            nodes: Vec::new(),
            tensors: BTreeMap::new(),
            shape: network.input.clone(),
            flattened: None,
        };
        for (number, layer) in network.layers.iter().enumerate() {
            parts.add(number, layer, number + 1 == network.layers.len())?;
        }
        if parts.nodes.iter().all(|n| !matches!(n.kind, Kind::Neurons(_))) {
            return Err(refused("network", "has no `relu`, so there is nothing that could spike"));
        }
        Ok(parts)
    }

    fn add(&mut self, number: usize, layer: &ReluLayer, last: bool) -> Result<()> {
        let word = layer.word(number)?;
        let name = layer.name.clone().unwrap_or_else(|| format!("{word}{}", number + 1));
        let stem = layer.tensors.clone().unwrap_or_else(|| name.clone());
        match layer {
            ReluLayer { linear: Some(linear), .. } => self.linear(&name, &stem, linear),
            ReluLayer { conv: Some(conv), .. } => self.conv(&name, &stem, conv),
            ReluLayer { batch_norm: Some(norm), .. } => self.fold(&name, &stem, *norm),
            ReluLayer { relu: Some(_), .. } => {
                let amplitude = ("amplitude".to_string(), Numbers::One(1.0 / self.dt));
                let set = BTreeMap::from([amplitude]);
                self.push(name, Kind::Neurons(Neurons { set, run_as: RunAs::Rate, ..Neurons::new(MODEL) }))
            }
            ReluLayer { pool: Some(pool), .. } => self.push(name, Kind::Pool(pool.clone())),
            ReluLayer { flatten: Some(_), .. } => {
                let image = self.shape.clone();
                self.flattened = (self.layout == Layout::Keras && image.len() == 3).then_some(image);
                self.push(name, Kind::Flatten(Nothing {}))
            }
            ReluLayer { dropout: Some(_), .. } => Ok(()),
            ReluLayer { softmax: Some(_), .. } if last => Ok(()),
            ReluLayer { softmax: Some(_), .. } => {
                Err(refused(&name, "stands before other layers; a softmax can be left out at the end alone"))
            }
            _ => Err(refused(
                &name,
                &format!(
                    "`{word}` is not the curve of a neuron that spikes; train the network with `relu` there, or as spikes"
                ),
            )),
        }
    }

    /// Adds a node and finds what it gives.
    fn push(&mut self, name: String, kind: Kind) -> Result<()> {
        self.nodes.push(Node { name, from: Vec::new(), combine: Default::default(), kind });
        let last = self.nodes[self.nodes.len() - 1].clone();
        let alone = Network {
            format: FORMAT,
            dt: self.dt,
            input: self.shape.clone(),
            output: String::new(),
            nodes: vec![last],
        };
        self.shape =
            rheobase_network::network::outline(&alone)?.nodes.pop().map(|row| row.shape).unwrap_or_default();
        Ok(())
    }

    fn linear(&mut self, name: &str, stem: &str, linear: &Linear) -> Result<()> {
        let (inputs, outputs) = (self.shape.iter().product::<usize>(), linear.outputs);
        let flattened = self.flattened.take();
        let weight = match self.layout {
            Layout::Torch => {
                transposed(&self.weights.of(&format!("{stem}.weight"), &[outputs, inputs])?, outputs, inputs)
            }
            Layout::Keras => {
                let rows = self.weights.of(&format!("{stem}.0"), &[inputs, outputs])?;
                flattened.map_or(rows.clone(), |image| maps_first(&rows, &image, outputs))
            }
        };
        let bias = self.bias(stem, linear.bias, outputs)?;
        self.tensors.insert(format!("{name}.weight"), weight);
        self.tensors.insert(format!("{name}.bias"), bias);
        self.push(name.into(), Kind::Linear(Linear { bias: true, ..linear.clone() }))
    }

    fn conv(&mut self, name: &str, stem: &str, conv: &Conv) -> Result<()> {
        let axes = self.shape.len().saturating_sub(1);
        let [channels, ..] = self.shape[..] else { return Err(refused(name, "a convolution needs maps")) };
        let per_axis = |i: usize| conv.kernel.get(i).or(conv.kernel.first()).copied().unwrap_or(1);
        let kernel: Vec<usize> = (0..axes).map(per_axis).collect();
        let within = channels / conv.groups.max(1);
        let ours: Vec<usize> = [conv.outputs, within].into_iter().chain(kernel.iter().copied()).collect();
        let weight = match self.layout {
            Layout::Torch => self.weights.of(&format!("{stem}.weight"), &ours)?,
            Layout::Keras => {
                let shape: Vec<usize> = kernel.iter().copied().chain([within, conv.outputs]).collect();
                let values = self.weights.of(&format!("{stem}.0"), &shape)?;
                // [taps, in, out] to [out, in, taps].
                let taps: usize = kernel.iter().product();
                let at = |i: usize| {
                    let (out, rest) = (i / (within * taps), i % (within * taps));
                    values[(rest % taps * within + rest / taps) * conv.outputs + out]
                };
                (0..values.len()).map(at).collect()
            }
        };
        let bias = self.bias(stem, conv.bias, conv.outputs)?;
        self.tensors.insert(format!("{name}.weight"), weight);
        self.tensors.insert(format!("{name}.bias"), bias);
        self.push(name.into(), Kind::Conv(Conv { bias: true, ..conv.clone() }))
    }

    fn bias(&self, stem: &str, has: bool, outputs: usize) -> Result<Vec<f32>> {
        let name = if self.layout == Layout::Torch { format!("{stem}.bias") } else { format!("{stem}.1") };
        if has { self.weights.of(&name, &[outputs]) } else { Ok(vec![0.0; outputs]) }
    }

    /// Folds a batch norm into the weights before it: `w·γ/√(σ² + ε)`, `(b − μ)·γ/√(σ² + ε) + β`.
    fn fold(&mut self, name: &str, stem: &str, norm: BatchNorm) -> Result<()> {
        let before = self.nodes.last().map(|n| (n.name.clone(), n.kind.word()));
        let Some((node, kind @ ("linear" | "conv"))) = before else {
            return Err(refused(
                name,
                "is not directly behind a `linear` or `conv` layer, into which it could be folded",
            ));
        };
        let outputs = self.shape[0];
        let names = match self.layout {
            Layout::Torch => ["weight", "bias", "running_mean", "running_var"],
            Layout::Keras => ["0", "1", "2", "3"],
        };
        let read = |part: &str| self.weights.of(&format!("{stem}.{part}"), &[outputs]);
        let [gamma, beta, mean, variance] =
            [read(names[0])?, read(names[1])?, read(names[2])?, read(names[3])?];
        let mut factors = Vec::with_capacity(outputs);
        for (i, (gamma, variance)) in gamma.iter().zip(&variance).enumerate() {
            let under = f64::from(*variance) + norm.epsilon;
            if !(under > 0.0 && under.is_finite()) {
                return Err(Error::value(
                    name,
                    names[3],
                    variance,
                    "and epsilon must come to more than 0: a variance is at least 0",
                )
                .at(i));
            }
            factors.push(f64::from(*gamma) / Real::sqrt(under));
        }
        if let Some(weight) = self.tensors.get_mut(&format!("{node}.weight")) {
            let per_output = weight.len() / outputs.max(1);
            for (i, w) in weight.iter_mut().enumerate() {
                let output = if kind == "linear" { i % outputs } else { i / per_output };
                *w = (f64::from(*w) * factors[output]) as f32;
            }
        }
        if let Some(bias) = self.tensors.get_mut(&format!("{node}.bias")) {
            for (o, b) in bias.iter_mut().enumerate() {
                *b = ((f64::from(*b) - f64::from(mean[o])) * factors[o] + f64::from(beta[o])) as f32;
            }
        }
        Ok(())
    }
}

impl ReluLayer {
    /// Its kind.
    fn word(&self, number: usize) -> Result<&'static str> {
        let kinds = [
            ("linear", self.linear.is_some()),
            ("conv", self.conv.is_some()),
            ("batch_norm", self.batch_norm.is_some()),
            ("relu", self.relu.is_some()),
            ("pool", self.pool.is_some()),
            ("flatten", self.flatten.is_some()),
            ("dropout", self.dropout.is_some()),
            ("softmax", self.softmax.is_some()),
            ("sigmoid", self.sigmoid.is_some()),
            ("tanh", self.tanh.is_some()),
        ];
        let given: Vec<&str> = kinds.into_iter().filter(|(_, given)| *given).map(|(word, _)| word).collect();
        match given[..] {
            [word] => Ok(word),
            _ => {
                let place = self.name.clone().unwrap_or_else(|| format!("layer {}", number + 1));
                let has =
                    if given.is_empty() { "no kind".into() } else { format!("`{}`", given.join("` and `")) };
                Err(refused(&place, &format!("has {has}; give it exactly one, such as `relu = {{}}`")))
            }
        }
    }
}

fn refused(place: &str, what: &str) -> Error {
    Error::unsupported(place, what)
}

/// `[a, b]` as `[b, a]`.
fn transposed(values: &[f32], a: usize, b: usize) -> Vec<f32> {
    (0..values.len()).map(|i| values[i % a.max(1) * b + i / a.max(1)]).collect()
}

/// The rows of a linear map over an image with its maps last, as rows over one with its maps first.
fn maps_first(rows: &[f32], image: &[usize], outputs: usize) -> Vec<f32> {
    let (maps, places) = (image[0], image[1] * image[2]);
    let row = |i: usize| &rows[(i % places * maps + i / places) * outputs..][..outputs];
    (0..maps * places).flat_map(|i| row(i).iter().copied()).collect()
}
