//! `Part`: what a layer is put together from: `linear(256)`, `neurons("lif_subtract").set("tau", 10.0)`.

use std::collections::BTreeMap;

use super::describe::{
    Conv, Custom, Draw, Dropout, FeatureInhibition, Fire, FirstSpikeConv, KWinners, Kind, LateralInhibition,
    Linear, Network, Neurons, Nothing, Numbers, Padding, Pool, PoolOf, RunAs, Scale, Synapse, SynapseShape,
    WeightStart, Word,
};
use rheobase_base::{Error, Result};
use rheobase_sim::compete::Competition;

/// A step of a [`Sequential`](super::Sequential) or a [`Layer`](super::Layer): a kind of node with its settings.
///
/// A setting that a kind does not have is an error when the network is built.
#[derive(Debug, Clone)]
pub struct Part {
    pub(super) name: Option<String>,
    pub(super) kind: Kind,
    fault: Option<Error>,
}

impl From<Kind> for Part {
    fn from(kind: Kind) -> Self {
        Part { name: None, kind, fault: None }
    }
}

/// A list of numbers, one per axis, or one for all: `3`, `[3, 5]`.
pub trait PerAxis {
    /// The list.
    fn per_axis(self) -> Vec<usize>;
}

impl PerAxis for usize {
    fn per_axis(self) -> Vec<usize> {
        vec![self]
    }
}

impl<const N: usize> PerAxis for [usize; N] {
    fn per_axis(self) -> Vec<usize> {
        self.to_vec()
    }
}

/// `outputs` sums of weighted inputs and a bias.
pub fn linear(outputs: usize) -> Part {
    Kind::Linear(Linear { outputs, bias: true, start: WeightStart::default() }).into()
}

/// A convolution to `outputs` channels; stride 1, no padding, dilation 1, one group, a bias.
pub fn conv(outputs: usize, kernel: impl PerAxis) -> Part {
    let one = vec![1];
    Kind::Conv(Conv {
        outputs,
        kernel: kernel.per_axis(),
        stride: one.clone(),
        padding: vec![0],
        dilation: one,
        groups: 1,
        bias: true,
        start: WeightStart::default(),
    })
    .into()
}

/// A convolution to `outputs` channels whose neurons fire once, when their potential exceeds `threshold`; stride 1, no padding,
/// dilation 1, one group.
pub fn first_spike_conv(outputs: usize, kernel: impl PerAxis, threshold: f64) -> Part {
    let one = vec![1];
    Kind::FirstSpikeConv(FirstSpikeConv {
        outputs,
        kernel: kernel.per_axis(),
        threshold,
        values: false,
        stride: one.clone(),
        padding: vec![0],
        dilation: one,
        groups: 1,
        start: WeightStart::default(),
    })
    .into()
}

/// The sum of every window; the windows side by side.
pub fn sum_pool(kernel: impl PerAxis) -> Part {
    pool(PoolOf::Sum, kernel)
}

/// The largest value of every window; the windows side by side.
pub fn max_pool(kernel: impl PerAxis) -> Part {
    pool(PoolOf::Max, kernel)
}

/// The mean of every window; the windows side by side.
pub fn average_pool(kernel: impl PerAxis) -> Part {
    pool(PoolOf::Average, kernel)
}

fn pool(of: PoolOf, kernel: impl PerAxis) -> Part {
    Kind::Pool(Pool { of, kernel: kernel.per_axis(), stride: Vec::new(), padding: vec![0] }).into()
}

/// `padding` places of 0 around every map.
pub fn pad(padding: Padding) -> Part {
    Kind::Pad(padding).into()
}

/// A spike where a value exceeds `threshold`, in the first such step of each neuron alone; nothing is summed over time.
pub fn fire_once(threshold: f64) -> Part {
    Kind::Fire(Fire { threshold, again: false }).into()
}

/// A spike in every step in which a value exceeds `threshold`.
pub fn fire_again(threshold: f64) -> Part {
    Kind::Fire(Fire { threshold, again: true }).into()
}

/// Once a value is not 0, the neuron goes on with it.
pub fn cumulate() -> Part {
    Kind::Cumulate(Nothing {}).into()
}

/// At each place the feature that fires first silences the others.
pub fn pointwise_inhibition() -> Part {
    Kind::PointwiseInhibition(Nothing {}).into()
}

/// What fires first silences everything else at its place, and all features within `radius` rows and columns.
pub fn lateral_inhibition(radius: usize) -> Part {
    Kind::LateralInhibition(LateralInhibition { radius }).into()
}

/// Maps of `features` may not fire.
pub fn feature_inhibition(features: &[usize]) -> Part {
    Kind::FeatureInhibition(FeatureInhibition { features: features.to_vec() }).into()
}

/// The first `k` neurons to fire, one per feature, none within `radius` rows and columns of another (0: no radius).
pub fn k_winners(k: usize, radius: usize) -> Part {
    Kind::KWinners(KWinners { k, radius }).into()
}

/// All values in one row.
pub fn flatten() -> Part {
    Kind::Flatten(Nothing {}).into()
}

/// Every value times `factor`.
pub fn scale(factor: f64) -> Part {
    Kind::Scale(Scale { factor }).into()
}

/// A low-pass filter over time of this time constant in seconds.
pub fn synapse(shape: SynapseShape, tau: f64) -> Part {
    Kind::Synapse(Synapse { shape, tau }).into()
}

/// Values zeroed with this probability during training.
pub fn dropout(probability: f64) -> Part {
    Kind::Dropout(Dropout { probability }).into()
}

/// `max(x, 0)`.
pub fn relu() -> Part {
    Kind::Relu(Nothing {}).into()
}

/// `1/(1 + exp(−x))`.
pub fn sigmoid() -> Part {
    Kind::Sigmoid(Nothing {}).into()
}

/// `tanh(x)`.
pub fn tanh() -> Part {
    Kind::Tanh(Nothing {}).into()
}

/// What comes in: for layers that only combine inputs.
pub fn identity() -> Part {
    Kind::Identity(Nothing {}).into()
}

/// A layer of neurons of a model of the catalogue, as many as there are inputs.
pub fn neurons(model: &str) -> Part {
    Kind::Neurons(Neurons::new(model)).into()
}

/// The operator that is registered under this name (see [`Operators`](super::Operators)).
pub fn custom(operator: &str) -> Part {
    Kind::Custom(Custom { operator: operator.into(), settings: BTreeMap::new() }).into()
}

/// A network that has been described before.
pub fn network(inner: Network) -> Part {
    Kind::Network(Box::new(inner)).into()
}

impl Part {
    /// Names the node; without, it is named after its kind or model.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets a neuron parameter to a number, or to one for each neuron, or a setting of a custom operator to a number.
    pub fn set(mut self, name: &str, values: impl Into<Numbers>) -> Self {
        match (&mut self.kind, values.into()) {
            (Kind::Neurons(n), values) => drop(n.set.insert(name.into(), values)),
            (Kind::Custom(c), Numbers::One(value)) => drop(c.settings.insert(name.into(), value)),
            _ => return self.lacks("set"),
        }
        self
    }

    /// Draws a neuron parameter uniformly from [low, high), once, one number for each feature map (of a layer along one axis:
    /// for each neuron), by the training job's seed.
    pub fn draw(self, name: &str, low: f64, high: f64) -> Self {
        let draw = Draw { uniform: [low, high], seed: None };
        self.neurons("draw", |n| {
            n.draw.insert(name.into(), draw);
        })
    }

    /// Where a state field starts: a number, or one for each neuron.
    pub fn initial(self, field: &str, values: impl Into<Numbers>) -> Self {
        self.neurons("initial", |n| drop(n.initial.insert(field.into(), values.into())))
    }

    /// Lets a parameter be learned, or the start of a state field (`initial.v`): one value for the layer, or with `[]`
    /// behind the name one for each neuron (`tau_m[]`).
    pub fn learn(self, name: &str) -> Self {
        self.neurons("learn", |n| n.learn.push(name.into()))
    }

    /// The surrogate of the spike's derivative, with its first parameters: `("triangle", &[0.5])`.
    pub fn surrogate(self, name: &str, parameters: &[f64]) -> Self {
        let words = parameters.iter().map(|x| Word::Number(*x));
        let words = std::iter::once(Word::Name(name.into())).chain(words).collect();
        self.neurons("surrogate", |n| n.surrogate = words)
    }

    /// Stops gradients at the reset.
    pub fn detach_reset(self) -> Self {
        self.neurons("detach_reset", |n| n.detach_reset = true)
    }

    /// Lets the neurons compete.
    pub fn compete(self, competition: Competition) -> Self {
        self.neurons("compete", |n| n.competition = Some(competition))
    }

    /// Runs the neurons as their rate curve, smoothed at threshold by `sigma` (in units of the input) if that is given.
    pub fn as_rate(self, sigma: Option<f64>) -> Self {
        self.neurons("as_rate", |n| (n.run_as, n.sigma) = (RunAs::Rate, sigma))
    }

    /// Leaves out the bias of a linear map or a convolution.
    pub fn without_bias(mut self) -> Self {
        match &mut self.kind {
            Kind::Linear(l) => l.bias = false,
            Kind::Conv(c) => c.bias = false,
            _ => return self.lacks("without_bias"),
        }
        self
    }

    /// Gives the spikes of a convolution that fires once the value of their potential, which inhibition and winners go by.
    pub fn values(mut self) -> Self {
        match &mut self.kind {
            Kind::FirstSpikeConv(c) => c.values = true,
            _ => return self.lacks("values"),
        }
        self
    }

    /// How the weights of a linear map or a convolution start.
    pub fn start(mut self, start: WeightStart) -> Self {
        match &mut self.kind {
            Kind::Linear(l) => l.start = start,
            Kind::Conv(c) => c.start = start,
            Kind::FirstSpikeConv(c) => c.start = start,
            _ => return self.lacks("start"),
        }
        self
    }

    /// Steps between the windows of a convolution or pooling.
    pub fn stride(mut self, stride: impl PerAxis) -> Self {
        match &mut self.kind {
            Kind::Conv(c) => c.stride = stride.per_axis(),
            Kind::FirstSpikeConv(c) => c.stride = stride.per_axis(),
            Kind::Pool(p) => p.stride = stride.per_axis(),
            _ => return self.lacks("stride"),
        }
        self
    }

    /// Places around the input of a convolution or pooling.
    pub fn padding(mut self, padding: impl PerAxis) -> Self {
        match &mut self.kind {
            Kind::Conv(c) => c.padding = padding.per_axis(),
            Kind::FirstSpikeConv(c) => c.padding = padding.per_axis(),
            Kind::Pool(p) => p.padding = padding.per_axis(),
            _ => return self.lacks("padding"),
        }
        self
    }

    /// Distance between the elements of a convolution's kernel.
    pub fn dilation(mut self, dilation: impl PerAxis) -> Self {
        match &mut self.kind {
            Kind::Conv(c) => c.dilation = dilation.per_axis(),
            Kind::FirstSpikeConv(c) => c.dilation = dilation.per_axis(),
            _ => return self.lacks("dilation"),
        }
        self
    }

    /// Groups of channels of a convolution that do not see each other.
    pub fn groups(mut self, groups: usize) -> Self {
        match &mut self.kind {
            Kind::Conv(c) => c.groups = groups,
            Kind::FirstSpikeConv(c) => c.groups = groups,
            _ => return self.lacks("groups"),
        }
        self
    }

    fn neurons(mut self, setting: &str, change: impl FnOnce(&mut Neurons)) -> Self {
        match &mut self.kind {
            Kind::Neurons(n) => change(n),
            _ => return self.lacks(setting),
        }
        self
    }

    /// Remembers the first setting that the kind does not have.
    fn lacks(mut self, setting: &str) -> Self {
        if self.fault.is_none() {
            let what =
                format!("a node of kind `{}` has no setting `{setting}`; leave it out", self.kind.word());
            self.fault = Some(Error::unsupported(self.stem(), what));
        }
        self
    }

    /// A part whose making failed, and why.
    pub(super) fn faulty(fault: Error) -> Self {
        Part { fault: Some(fault), ..identity() }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// What a node is called that nobody named.
    pub(super) fn stem(&self) -> &str {
        match (&self.name, &self.kind) {
            (Some(name), _) => name,
            (None, Kind::Neurons(n)) => &n.model,
            (None, Kind::Custom(c)) => &c.operator,
            (None, kind) => kind.word(),
        }
    }
}
