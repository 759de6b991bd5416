//! `Network`: a network as plain data, from Rust, from TOML, and back.
//!
//! Every struct refuses unknown keys when it is read. What is written leaves out what is empty; numbers are always there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::vision::Kernels;
pub use crate::vision::{Padding, PoolOf};

/// The version of the format that this library writes.
pub const FORMAT: u32 = 1;

/// A network as plain data: named nodes in any order, and what flows between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Version of the format: [`FORMAT`].
    #[serde(default = "format")]
    pub format: u32,
    /// Length of a step in seconds, the same in networks within networks. Models that count steps take every step as 1.
    #[serde(default = "millisecond")]
    pub dt: f64,
    /// Shape of a sample in one step: `[N]`, `[C, L]` or `[C, H, W]`. Networks within networks have none; the input of
    /// one that is trained is that of the data if it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub input: Vec<usize>,
    /// The node whose signal the network gives; the last one if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// The nodes.
    #[serde(rename = "node", default)]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub nodes: Vec<Node>,
}

/// A node: what it computes and where its inputs come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// Name: stable, part of the names of its parameters (`hidden.weight`).
    pub name: String,
    /// Where the inputs come from; the node before (or `input`) if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Link>,
    /// How several inputs become one.
    #[serde(skip_serializing_if = "is_default")]
    pub combine: Combine,
    /// What it computes.
    #[serde(flatten)]
    pub kind: Kind,
}

/// The source of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a node's name, or { node = \"name\", delay = 1 }",
    deny_unknown_fields
)]
pub enum Link {
    /// A node in the same step.
    Now(String),
    /// A node some steps ago: what makes a network recurrent. Before that, the edge carries what the source's initial
    /// state sends (0 for nodes without state), which is learned where that state is, or what is given.
    Delayed {
        /// The node.
        node: String,
        /// Steps, at least 1.
        delay: usize,
        /// What the edge carries before the source has sent anything: one number, or one for each of its values. All
        /// edges from a node that give it must agree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        initial: Option<Numbers>,
    },
}

impl Link {
    /// Name of the source.
    pub fn node(&self) -> &str {
        match self {
            Link::Now(node) | Link::Delayed { node, .. } => node,
        }
    }
    /// What it carries before the source has sent anything, if that is given.
    pub fn initial(&self) -> Option<&Numbers> {
        match self {
            Link::Now(_) => None,
            Link::Delayed { initial, .. } => initial.as_ref(),
        }
    }
    /// Steps of delay.
    pub fn delay(&self) -> usize {
        match self {
            Link::Now(_) => 0,
            Link::Delayed { delay, .. } => *delay,
        }
    }
}

/// How several inputs become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Added, in the order of `from`; all of one shape.
    #[default]
    Sum,
    /// One after the other, in the order of `from`, along the first axis.
    Stack,
    /// Left apart: for operators that take several inputs.
    List,
}

/// What a node computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `out[o] = Σ_i in[i]·weight[i, o] + bias[o]`. Parameters `weight [in, out]`, `bias [out]`.
    Linear(Linear),
    /// Convolution over one or two axes.
    Conv(Conv),
    /// A convolution whose neurons fire once, when their potential exceeds a threshold.
    FirstSpikeConv(FirstSpikeConv),
    /// Pooling over one or two axes.
    Pool(Pool),
    /// Places of 0 around every map.
    Pad(Padding),
    /// Spikes where potentials exceed a threshold.
    Fire(Fire),
    /// Once a value is not 0, the neuron goes on with it.
    Cumulate(Nothing),
    /// At each place the feature that fires first silences the others.
    PointwiseInhibition(Nothing),
    /// What fires first silences everything else at its place, and all features within a radius of it.
    LateralInhibition(LateralInhibition),
    /// Features that may not fire.
    FeatureInhibition(FeatureInhibition),
    /// The first neurons to fire, one per feature, none within a radius of another.
    KWinners(KWinners),
    /// All values in one row.
    Flatten(Nothing),
    /// Times a number.
    Scale(Scale),
    /// A low-pass filter over time.
    Synapse(Synapse),
    /// Zeroes values by chance during training, the same ones in every step of a sample, and scales the others up.
    Dropout(Dropout),
    /// `max(x, 0)`.
    Relu(Nothing),
    /// `1/(1 + exp(−x))`.
    Sigmoid(Nothing),
    /// `tanh(x)`.
    Tanh(Nothing),
    /// Nothing: for combining inputs.
    Identity(Nothing),
    /// A layer of neurons of a catalogue model.
    Neurons(Neurons),
    /// A network within the network; its nodes are called `name.node`.
    Network(Box<Network>),
    /// An operator of the user's, by the name it is registered under.
    Custom(Custom),
}

/// No settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Settings of a linear map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// Outputs.
    pub outputs: usize,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub bias: bool,
    /// How the weights start.
    #[serde(default)]
    pub start: WeightStart,
}

/// How weights start: drawn, keyed by seed and name.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WeightStart {
    /// Uniform in ±gain/√fan_in; biases too.
    Uniform(f64),
    /// Normal with standard deviation gain/√fan_in; biases 0.
    Normal(f64),
    /// All the same; biases 0.
    Constant(f64),
    /// Normal around a mean, whatever the number of inputs; biases 0. Outside `within` the nearest end is taken. What
    /// rules of plasticity with bounds start from.
    Around {
        /// The mean; finite.
        mean: f64,
        /// The standard deviation; finite, at least 0.
        deviation: f64,
        /// The smallest and the largest weight; all finite ones by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<[f64; 2]>,
    },
}

impl Default for WeightStart {
    fn default() -> Self {
        WeightStart::Uniform(1.0)
    }
}

/// Settings of a convolution. Lists have one number per axis, or one for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv {
    /// Output channels.
    pub outputs: usize,
    /// Size of the kernel.
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub kernel: Vec<usize>,
    /// Step between outputs.
    #[serde(default = "one")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub stride: Vec<usize>,
    /// Zeros around the input.
    #[serde(default = "zero")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub padding: Vec<usize>,
    /// Distance between the kernel's elements.
    #[serde(default = "one")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub dilation: Vec<usize>,
    /// Groups of channels that do not see each other.
    #[serde(default = "single")]
    pub groups: usize,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub bias: bool,
    /// How the weights start.
    #[serde(default)]
    pub start: WeightStart,
}

/// Settings of a convolution whose neurons fire once. An input acts once, in the first step in which it is not 0. Lists have
/// one number per axis, or one for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstSpikeConv {
    /// Output channels.
    pub outputs: usize,
    /// Size of the kernel.
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub kernel: Vec<usize>,
    /// What a potential has to exceed: where `NAME.threshold`, one number for each channel, starts; at least 0.
    pub threshold: f64,
    /// Whether a spike has the value of its potential, which inhibition and winners go by; else it is 1.
    #[serde(default)]
    pub values: bool,
    /// Step between outputs.
    #[serde(default = "one")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub stride: Vec<usize>,
    /// Zeros around the input.
    #[serde(default = "zero")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub padding: Vec<usize>,
    /// Distance between the kernel's elements.
    #[serde(default = "one")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub dilation: Vec<usize>,
    /// Groups of channels that do not see each other.
    #[serde(default = "single")]
    pub groups: usize,
    /// How the weights start.
    #[serde(default)]
    pub start: WeightStart,
}

impl FirstSpikeConv {
    /// The kernels as plasticity sees them.
    pub fn kernels(&self) -> Kernels<'_> {
        Kernels {
            outputs: self.outputs,
            kernel: &self.kernel,
            stride: &self.stride,
            padding: &self.padding,
            dilation: &self.dilation,
            groups: self.groups,
        }
    }
}

impl Conv {
    /// The kernels as plasticity sees them.
    pub fn kernels(&self) -> Kernels<'_> {
        Kernels {
            outputs: self.outputs,
            kernel: &self.kernel,
            stride: &self.stride,
            padding: &self.padding,
            dilation: &self.dilation,
            groups: self.groups,
        }
    }
}

/// Settings of pooling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// What it makes of a window.
    pub of: PoolOf,
    /// Size of the window.
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub kernel: Vec<usize>,
    /// Step between windows; the kernel's size if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub stride: Vec<usize>,
    /// Zeros around the input (for `max`: places that are never the largest).
    #[serde(default = "zero")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub padding: Vec<usize>,
}

/// Settings of threshold and fire.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fire {
    /// What a value has to exceed; finite.
    pub threshold: f64,
    /// Whether a neuron fires in every step in which it is above threshold; else in the first alone.
    #[serde(default)]
    pub again: bool,
}

/// Settings of lateral inhibition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LateralInhibition {
    /// Rows and columns to each side that are silenced; 0 for the place alone.
    pub radius: usize,
}

/// Settings of feature inhibition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureInhibition {
    /// Features that may not fire.
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub features: Vec<usize>,
}

/// Settings of k winners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KWinners {
    /// Winners of a sample at most; at least 1.
    pub k: usize,
    /// Rows and columns around a winner in which no other may win; 0 for none.
    #[serde(default)]
    pub radius: usize,
}

/// Settings of a scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The factor.
    pub factor: f64,
}

/// Settings of a low-pass filter over time; of a constant input it becomes that input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synapse {
    /// Its impulse response.
    #[serde(default)]
    pub shape: SynapseShape,
    /// Time constant in seconds; finite and above 0.
    pub tau: f64,
}

/// The impulse response of a low-pass filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SynapseShape {
    /// `exp(−t/tau)/tau`.
    #[default]
    Exponential,
    /// `t·exp(−t/tau)/tau²`.
    Alpha,
}

/// Settings of dropout.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Chance of a value to be zeroed, in [0, 1).
    pub probability: f64,
}

/// Settings of a layer of neurons. Its shape is that of its input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neurons {
    /// Name of the model.
    pub model: String,
    /// Parameters that differ from the model's defaults: one number, or one for each neuron.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Numbers>,
    /// Parameters that are drawn, once, one number for each feature map (of a layer along one axis: for each neuron):
    /// `draw = { tau_m = { uniform = [0.004, 0.08] } }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub draw: BTreeMap<String, Draw>,
    /// Where state fields start: one number, or one for each neuron.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub initial: BTreeMap<String, Numbers>,
    /// What is learned: parameters by name, starts of state fields as `initial.NAME`; shared, or with `[]` behind the
    /// name one for each neuron (`tau_m[]`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub learn: Vec<String>,
    /// The surrogate by name, with its parameters; the model's own if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "crate::one_or_many::list")]
    pub surrogate: Vec<Word>,
    /// Whether gradients stop at the reset.
    #[serde(default, skip_serializing_if = "is_default")]
    pub detach_reset: bool,
    /// Winners per step and sample, if the neurons compete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub competition: Option<rheobase_sim::compete::Competition>,
    /// What the neurons are run as: `as = "rate"`.
    #[serde(default, rename = "as", skip_serializing_if = "is_default")]
    pub run_as: RunAs,
    /// As a rate, the width over which the curve is smoothed at threshold, in units of the input; finite and above 0. The curve
    /// as it is if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
}

impl Neurons {
    /// Neurons of this model with nothing else said.
    pub fn new(model: impl Into<String>) -> Self {
        Neurons {
            model: model.into(),
            set: BTreeMap::new(),
            draw: BTreeMap::new(),
            initial: BTreeMap::new(),
            learn: Vec::new(),
            surrogate: Vec::new(),
            detach_reset: false,
            competition: None,
            run_as: RunAs::default(),
            sigma: None,
        }
    }
}

/// How a parameter is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Uniformly from the first number up to the second, which is not reached: finite, the smaller first, in the parameter's
    /// unit and range.
    pub uniform: [f64; 2],
    /// The seed, which with the names of node and parameter says what is drawn; by default that of the training job, 0
    /// outside of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What the neurons of a layer are run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunAs {
    /// Spiking neurons.
    #[default]
    Spikes,
    /// Their rate curve: in every step they send what they would send as spikes in the mean, had the input always been that of
    /// the step: `rate · dt`, times the value of a spike. Their state plays no part, and none of it is learned.
    Rate,
    /// The same as whole numbers of spikes in so many steps, the expected number rounded up or down by chance: what a run as
    /// spikes of that length will show of the rates. Gradients are those of the rate.
    Counts(u32),
}

/// A word or a number: `["triangle", 0.5]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a name or a number")]
pub enum Word {
    /// A name.
    Name(String),
    /// A number.
    Number(f64),
}

/// One number for all neurons, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, or a list of one for each neuron")]
pub enum Numbers {
    /// For all.
    One(f64),
    /// For each.
    Each(Vec<f64>),
}

impl From<f64> for Numbers {
    fn from(x: f64) -> Self {
        Numbers::One(x)
    }
}

impl From<&[f64]> for Numbers {
    fn from(xs: &[f64]) -> Self {
        Numbers::Each(xs.to_vec())
    }
}

impl<const N: usize> From<&[f64; N]> for Numbers {
    fn from(xs: &[f64; N]) -> Self {
        Numbers::Each(xs.to_vec())
    }
}

impl From<&Vec<f64>> for Numbers {
    fn from(xs: &Vec<f64>) -> Self {
        Numbers::Each(xs.clone())
    }
}

/// An operator of the user's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The name it is registered under.
    pub operator: String,
    /// Settings it understands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, f64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
fn format() -> u32 {
    FORMAT
}
pub(super) fn millisecond() -> f64 {
    0.001
}
fn yes() -> bool {
    true
}
fn one() -> Vec<usize> {
    vec![1]
}
fn zero() -> Vec<usize> {
    vec![0]
}
fn single() -> usize {
    1
}
