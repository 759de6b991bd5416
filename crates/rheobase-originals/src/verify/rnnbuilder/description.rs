//! Which network a trace of rnnbuilder's is of: layers from its description in words, sizes from its parameters, the
//! neurons' constants from `neuron` among the meta's parameters.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::TraceFile;
use super::super::trace::{Constant, constant};
use super::{CLASSES, PARAMETERS, second_half};
use rheobase_base::{Error, Result};
use rheobase_network::network::{
    Combine, Conv, Kind, Linear, Link, Network, Neurons, Node, Nothing, Numbers, Word,
};

/// A network as the trace describes it, and the layer whose output the traces' last state is.
pub(super) struct Described {
    pub(super) network: Network,
    /// The name of the recurrent layer, if there is one.
    pub(super) recurrent: Option<String>,
}

impl Described {
    /// How many entries the original's state has.
    pub(super) fn recorded_states(&self) -> usize {
        let of_layer = |node: &Node| match &node.kind {
            Kind::Neurons(neurons) => match neurons.model.as_str() {
                "adaptive" => 2,
                "discontinuous" => 0,
                _ => 1,
            },
            _ => 0,
        };
        self.network.nodes.iter().map(of_layer).sum::<usize>() + usize::from(self.recurrent.is_some())
    }
}

/// Name of the layer that a recurrent edge leaves.
const RECURRENT: &str = "layer";

/// The network that a trace's description names; `None` where it is none of those that can be read: a recurrent layer and
/// what reads it, or a chain `Sequential(A, B, …)` or `A -> B -> …`.
pub(super) fn read(trace: &TraceFile) -> Result<Option<Described>> {
    let desc = trace.meta.desc.as_str();
    let mut layers = Layers::new(trace)?;
    if let Some(words) = desc.strip_prefix("recurrent ") {
        let mut words = words.split(|c: char| !c.is_alphanumeric() && c != '_');
        let class = words.find_map(|w| CLASSES.iter().map(|c| c.0).find(|c| c.eq_ignore_ascii_case(w)));
        let Some(class) = class else { return Ok(None) };
        layers.recurrent(class)?;
        if trace.has(&layers.parameter()) {
            layers.linear("readout")?;
        }
    } else {
        for (i, layer) in chain(desc).into_iter().enumerate() {
            if !layers.add(&format!("{}{}", layer.class.to_lowercase(), i + 1), &layer)? {
                return Ok(None);
            }
        }
    }
    if layers.nodes.is_empty() {
        return Ok(None);
    }
    let recurrent = layers.nodes.iter().find(|n| n.name == RECURRENT).map(|n| n.name.clone());
    let input = trace.input_shape(2)?[2..].to_vec();
    let network = Network { format: 1, dt: 0.001, input, output: String::new(), nodes: layers.nodes };
    Ok(Some(Described { network, recurrent }))
}

/// A layer in words: `Conv2d(3,k3,s2)`.
#[derive(Debug, PartialEq)]
struct Words<'a> {
    class: &'a str,
    arguments: Vec<&'a str>,
}

impl Words<'_> {
    /// The whole number after the letter among the arguments, such as 2 in `s2`.
    fn lettered(&self, letter: char) -> Option<usize> {
        self.arguments.iter().find_map(|a| a.strip_prefix(letter)?.parse().ok())
    }
}

/// The layers of `Sequential(A, B, …)` or `A -> B -> …`.
fn chain(desc: &str) -> Vec<Words<'_>> {
    let inside =
        desc.strip_prefix("Sequential(").and_then(|rest| rest.rsplit_once(')')).map(|(inside, _)| inside);
    let parts: Vec<&str> = match inside {
        Some(inside) => split_outside_parentheses(inside),
        None => desc.split("->").collect(),
    };
    parts.into_iter().map(layer_in_words).collect()
}

fn layer_in_words(part: &str) -> Words<'_> {
    let part = part.trim();
    let class = part.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let arguments = part[class.len()..].strip_prefix('(').and_then(|rest| rest.split(')').next());
    let arguments = arguments.into_iter().flat_map(|a| a.split(',')).map(str::trim).collect();
    Words { class, arguments }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The layers so far.
struct Layers<'a> {
    trace: &'a TraceFile,
    /// The neurons' constants.
    constants: &'a Map<String, Value>,
    nodes: Vec<Node>,
    /// Shape of what the last layer sends.
    shape: Vec<usize>,
    /// How many of the trace's parameters the layers so far have.
    used: usize,
    /// How many layers so far have a constant, by its name.
    seen: BTreeMap<&'static str, usize>,
}

impl<'a> Layers<'a> {
    fn new(trace: &'a TraceFile) -> Result<Self> {
        let constants = trace.meta.params.get("neuron").and_then(Value::as_object).ok_or_else(|| {
            Error::value(
                trace.meta.name.clone(),
                "params.neuron",
                trace.meta.params.get("neuron").unwrap_or(&Value::Null),
                "must hold the neurons' constants by name, such as {\"tau\": 5}",
            )
        })?;
        let shape = trace.input_shape(2)?[2..].to_vec();
        Ok(Layers { trace, constants, nodes: Vec::new(), shape, used: 0, seen: BTreeMap::new() })
    }

    /// The name of the next parameter.
    fn parameter(&self) -> String {
        format!("param{}", self.used)
    }

    /// Shape of the next parameter, which is taken.
    fn take(&mut self) -> Result<Vec<usize>> {
        let shape = self.trace.shape(&self.parameter())?;
        self.used += 1;
        Ok(shape)
    }

    /// Shape of a weight, and whether a bias comes with it: every layer of the original has one, unless the parameters'
    /// names say otherwise.
    fn weight(&mut self) -> Result<(Vec<usize>, bool)> {
        let shape = self.take()?;
        let name = |i: usize| self.trace.meta.params.get("param_names")?.get(i)?.as_str();
        let bias = name(self.used).is_none_or(|name| name.ends_with("bias"));
        if bias {
            self.take()?;
        }
        Ok((shape, bias))
    }

    fn then(&mut self, name: &str, kind: Kind) {
        self.nodes.push(Node { name: name.into(), from: Vec::new(), combine: Combine::Sum, kind });
    }

    fn flat(&mut self, name: &str) {
        if self.shape.len() > 1 {
            self.then(&format!("flat_{name}"), Kind::Flatten(Nothing {}));
            self.shape = vec![self.shape.iter().product()];
        }
    }

    /// A layer of a chain; false if its class is not known.
    fn add(&mut self, name: &str, layer: &Words<'_>) -> Result<bool> {
        match layer.class {
            "Linear" => self.linear(name)?,
            "Conv2d" => self.conv(name, layer)?,
            "ReLU" => self.then(name, Kind::Relu(Nothing {})),
            "Sigmoid" => self.then(name, Kind::Sigmoid(Nothing {})),
            "Tanh" => self.then(name, Kind::Tanh(Nothing {})),
            class => match CLASSES.iter().find(|c| c.0 == class) {
                Some((class, _)) => self.neurons(name, class)?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    fn linear(&mut self, name: &str) -> Result<()> {
        self.flat(name);
        let (shape, bias) = self.weight()?;
        let outputs = shape.first().copied().unwrap_or(0);
        self.then(name, Kind::Linear(Linear { outputs, bias, start: Default::default() }));
        self.shape = vec![outputs];
        Ok(())
    }

    fn conv(&mut self, name: &str, layer: &Words<'_>) -> Result<()> {
        let (shape, bias) = self.weight()?;
        let [outputs, _, kernel @ ..] = &shape[..] else {
            return Err(self.wrong_shape(&shape, "[out, in, rows, columns]"));
        };
        let (stride, padding) = (layer.lettered('s').unwrap_or(1), layer.lettered('p').unwrap_or(0));
        let places = self.shape.iter().skip(1).zip(kernel);
        let places: Vec<usize> =
            places.map(|(n, k)| (n + 2 * padding).saturating_sub(*k) / stride.max(1) + 1).collect();
        self.then(
            name,
            Kind::Conv(Conv {
                outputs: *outputs,
                kernel: kernel.to_vec(),
                stride: vec![stride],
                padding: vec![padding],
                dilation: vec![1],
                groups: 1,
                bias,
                start: Default::default(),
            }),
        );
        self.shape = std::iter::once(*outputs).chain(places).collect();
        Ok(())
    }

    fn wrong_shape(&self, shape: &[usize], want: &str) -> Error {
        Error::shape(
            self.trace.meta.name.clone(),
            format!("param{}", self.used.saturating_sub(1)),
            format!("{shape:?}"),
            format!("{want} is needed"),
        )
    }

    /// A layer whose output joins its input in the next step.
    fn recurrent(&mut self, class: &'static str) -> Result<()> {
        let (shape, bias) = self.weight()?;
        let n = shape.first().copied().unwrap_or(0);
        // The original's Cooldown sends 1 from the second half of its units before the first step, whatever they start from.
        let initial = (class == "Cooldown").then(|| Numbers::Each(second_half(n)));
        self.nodes.push(Node {
            name: "current".into(),
            from: vec![
                Link::Now("input".into()),
                Link::Delayed { node: RECURRENT.into(), delay: 1, initial },
            ],
            combine: Combine::Stack,
            kind: Kind::Linear(Linear { outputs: n, bias, start: Default::default() }),
        });
        self.shape = vec![n];
        self.neurons(RECURRENT, class)
    }

    /// A layer of neurons: its membrane starts where it has learned to.
    fn neurons(&mut self, name: &str, class: &'static str) -> Result<()> {
        let stateless = class == "Discontinuous";
        if !stateless {
            self.flat(name);
            self.take()?;
        }
        let model = CLASSES.iter().find(|c| c.0 == class).map_or("", |c| c.1);
        let mut set = BTreeMap::new();
        for (theirs, ours) in PARAMETERS.into_iter().filter(|(theirs, _)| super::has(class, theirs)) {
            if let Some(numbers) = self.constant(theirs)? {
                set.insert(ours.to_string(), numbers);
            }
        }
        if class == "Cooldown" {
            let n = self.shape.iter().product();
            set.insert("sign".into(), Numbers::Each(super::signs(n)));
        }
        let gradient_factor = self.trace.meta.number_or("gradient_factor", 0.3);
        let kind = Kind::Neurons(Neurons {
            set,
            learn: if stateless { Vec::new() } else { vec!["initial.v[]".into()] },
            surrogate: vec![Word::Name("spike_linear".into()), Word::Number(gradient_factor)],
            ..Neurons::new(model)
        });
        self.then(name, kind);
        Ok(())
    }

    /// A constant of the next layer that has it: under its name, for all layers, or in a list under the name's plural, one
    /// for each layer. Without it, the layer has its class's default.
    fn constant(&mut self, theirs: &'static str) -> Result<Option<Numbers>> {
        let layer = self.seen.entry(theirs).or_default();
        *layer += 1;
        let plural = format!("{theirs}s");
        let of_layers = self.constants.get(&plural).map(|list| list.get(*layer - 1).unwrap_or(&Value::Null));
        let (name, value) = match self.constants.get(theirs) {
            Some(value) => (format!("params.neuron.{theirs}"), Some(value)),
            None => (format!("params.neuron.{plural}[{}]", *layer - 1), of_layers),
        };
        Ok(value.map(|value| constant(&self.trace.meta.name, &name, value)).transpose()?.flatten().map(
            |constant| match constant {
                Constant::One(x) => Numbers::One(x),
                Constant::Each(all) => Numbers::Each(all),
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_read_in_both_notations() {
        let classes = |desc| chain(desc).into_iter().map(|w| w.class).collect::<Vec<_>>();
        assert_eq!(classes("Sequential(Linear(H), LIF, Linear(3))"), ["Linear", "LIF", "Linear"]);
        let conv = chain("Conv2d(3,k3,s2) -> Discontinuous(0.7) -> Linear(4) (flattens) -> NoReset(3)");
        assert_eq!(
            conv.iter().map(|w| w.class).collect::<Vec<_>>(),
            ["Conv2d", "Discontinuous", "Linear", "NoReset"]
        );
        assert_eq!(
            (conv[0].lettered('k'), conv[0].lettered('s'), conv[0].lettered('p')),
            (Some(3), Some(2), None)
        );
        assert_eq!(conv[2].arguments, ["4"]);
        assert_eq!(classes("Sequential(LIF"), ["Sequential"]);
    }
}
