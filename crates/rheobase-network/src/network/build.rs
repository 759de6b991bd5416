//! Builders: networks in Rust that read like a drawing of them.

use std::collections::HashSet;

use super::describe::{Combine, FORMAT, Kind, Link, Network, Node, millisecond};
use super::part::Part;
use rheobase_base::{Error, Result};

/// A chain: each part takes what the one before sends.
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_network::*}; }
/// use rheobase::network::{Sequential, linear, neurons};
///
/// let network = Sequential::new([
///     linear(256),
///     neurons("lif_subtract").set("tau", 10.0).learn("tau"),
///     linear(10),
///     neurons("leaky_integrator"),
/// ])
/// .input(&[64])?;
/// assert_eq!(network.nodes[2].name, "linear2");
/// # Ok::<(), rheobase::Error>(())
/// ```
///
/// It can be a part itself (`Part::from`), and is then a network within the network.
#[derive(Debug, Clone)]
pub struct Sequential {
    parts: Vec<Part>,
    dt: f64,
}

impl Sequential {
    /// A chain of `parts`; steps of 1 ms.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        Sequential { parts: parts.into_iter().collect(), dt: millisecond() }
    }

    /// Length of a step in seconds. Within another network, that network's is used.
    pub fn dt(mut self, seconds: f64) -> Self {
        self.dt = seconds;
        self
    }

    /// The network for samples of this shape in one step: `[N]`, `[C, L]` or `[C, H, W]`.
    ///
    /// # Errors
    /// A setting that its kind of node does not have. Everything else is found by [`lower`](super::lower).
    pub fn input(self, shape: &[usize]) -> Result<Network> {
        let mut names = taken(self.parts.iter().filter_map(|p| p.name.as_deref()));
        let mut nodes = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            part.check()?;
            let name = match &part.name {
                Some(name) => name.clone(),
                None => free(part.stem(), &mut names),
            };
            nodes.push(Node { name, from: Vec::new(), combine: Combine::Sum, kind: part.kind });
        }
        Ok(finish(self.dt, shape, String::new(), nodes))
    }
}

impl Network {
    /// A network of `layers`, to be given the shape of its input: `Network::of([…]).input(&[64])`.
    pub fn of(layers: impl IntoIterator<Item = Layer>) -> Layers {
        Layers::new(layers)
    }
}

/// Layers by name, each with its inputs: other layers, and themselves a step ago (rnnbuilder's `Placeholder`).
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_network::*}; }
/// use rheobase::network::{Layer, Network, Stack, Sum, from, linear, lower, neurons};
///
/// let network = Network::of([
///     Layer::new("hidden", Stack([from("input"), from("hidden").delay(1)]), [linear(128), neurons("lif_subtract")]),
///     Layer::new("skip", "input", [linear(128)]),
///     Layer::new("readout", Sum(["hidden", "skip"]), [linear(10), neurons("leaky_integrator")]),
/// ])
/// .input(&[64])?;
/// let program = lower(&network, 0)?;
/// assert_eq!(program.output_shape(), [10]);
/// assert_eq!(program.parameters().get("hidden_linear.weight")?.shape, [64 + 128, 128]);
/// # Ok::<(), rheobase::Error>(())
/// ```
///
/// A layer of several parts is a chain of nodes: the last one has the layer's name, the others `layer_kind`
/// (`hidden_linear`), which parameters, files and errors show. It can be a part itself (`Part::from`), and is then a
/// network within the network, known by its output.
#[derive(Debug, Clone)]
pub struct Layers {
    layers: Vec<Layer>,
    dt: f64,
    output: String,
}

impl Layers {
    /// A network of `layers`, whose output is the last one's; steps of 1 ms.
    pub fn new(layers: impl IntoIterator<Item = Layer>) -> Self {
        Layers { layers: layers.into_iter().collect(), dt: millisecond(), output: String::new() }
    }

    /// One more layer.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Length of a step in seconds. Within another network, that network's is used.
    pub fn dt(mut self, seconds: f64) -> Self {
        self.dt = seconds;
        self
    }

    /// The layer whose signal the network gives.
    pub fn output(mut self, layer: &str) -> Self {
        self.output = layer.into();
        self
    }

    /// The network for samples of this shape in one step: `[N]`, `[C, L]` or `[C, H, W]`.
    ///
    /// # Errors
    /// A layer without parts; a setting that its kind of node does not have. Everything else is found by
    /// [`lower`](super::lower).
    pub fn input(self, shape: &[usize]) -> Result<Network> {
        let given = self.layers.iter().flat_map(|l| l.parts.iter().filter_map(|p| p.name.as_deref()));
        let mut names = taken(self.layers.iter().map(|l| &l.name[..]).chain(given));
        let mut nodes = Vec::new();
        for layer in self.layers {
            layer.nodes(&mut names, &mut nodes)?;
        }
        Ok(finish(self.dt, shape, self.output, nodes))
    }
}

/// A layer: a name, where its inputs come from, and what is done with them.
#[derive(Debug, Clone)]
pub struct Layer {
    name: String,
    inputs: Inputs,
    parts: Vec<Part>,
}

impl Layer {
    /// The layer `name`: `parts` one after the other on `inputs`, which is a name (`"input"` is the network's), one
    /// with a [`delay`](Source::delay), or several as [`Sum`], [`Stack`] or [`List`].
    pub fn new(name: &str, inputs: impl Into<Inputs>, parts: impl IntoIterator<Item = Part>) -> Self {
        Layer { name: name.into(), inputs: inputs.into(), parts: parts.into_iter().collect() }
    }

    /// Appends the layer's nodes: all but the last one named after what they are.
    fn nodes(self, names: &mut HashSet<String>, nodes: &mut Vec<Node>) -> Result<()> {
        let Some(last) = self.parts.len().checked_sub(1) else {
            let what = "has no parts; give it at least one, `identity()` if it only combines inputs";
            return Err(Error::unsupported(self.name, what));
        };
        let mut before: Option<String> = None;
        for (i, part) in self.parts.into_iter().enumerate() {
            part.check()?;
            let name = match &part.name {
                _ if i == last => self.name.clone(),
                Some(name) => name.clone(),
                None => free(&format!("{}_{}", self.name, part.stem()), names),
            };
            let (from, combine) = match before.replace(name.clone()) {
                None => (self.inputs.links.clone(), self.inputs.combine),
                Some(before) => (vec![Link::Now(before)], Combine::Sum),
            };
            nodes.push(Node { name, from, combine, kind: part.kind });
        }
        Ok(())
    }
}

/// Where an input comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Source(Link);

/// The layer `name`, in the same step.
pub fn from(name: &str) -> Source {
    Source(Link::Now(name.into()))
}

/// The layer `name`, one step ago: `from(name).delay(1)` as rnnbuilder calls it.
#[allow(non_snake_case, reason = "named as in rnnbuilder")]
pub fn Placeholder(name: &str) -> Source {
    from(name).delay(1)
}

impl Source {
    /// What was sent so many steps ago; before that, what the source's initial state sends.
    pub fn delay(self, steps: usize) -> Self {
        let node = self.0.node().to_string();
        Source(Link::Delayed { node, delay: steps, initial: None })
    }
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        from(name)
    }
}

/// The inputs of a layer and how they become one.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    links: Vec<Link>,
    combine: Combine,
}

impl Inputs {
    fn new<S: Into<Source>>(sources: impl IntoIterator<Item = S>, combine: Combine) -> Self {
        Inputs { links: sources.into_iter().map(|s| s.into().0).collect(), combine }
    }
}

/// Inputs that are added.
#[allow(non_snake_case, reason = "named as in rnnbuilder")]
pub fn Sum<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> Inputs {
    Inputs::new(sources, Combine::Sum)
}

/// Inputs one after the other along the first axis.
#[allow(non_snake_case, reason = "named as in rnnbuilder")]
pub fn Stack<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> Inputs {
    Inputs::new(sources, Combine::Stack)
}

/// Inputs left apart, for custom operators that take several.
#[allow(non_snake_case, reason = "named as in rnnbuilder")]
pub fn List<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> Inputs {
    Inputs::new(sources, Combine::List)
}

impl<S: Into<Source>> From<S> for Inputs {
    fn from(source: S) -> Self {
        Inputs::new([source], Combine::Sum)
    }
}

impl From<Sequential> for Part {
    fn from(inner: Sequential) -> Self {
        within(inner.input(&[]))
    }
}

impl From<Layers> for Part {
    fn from(inner: Layers) -> Self {
        within(inner.input(&[]))
    }
}

/// A network as a part; its faults come to light with those of the network around it.
fn within(inner: Result<Network>) -> Part {
    inner.map_or_else(Part::faulty, |network| Kind::Network(Box::new(network)).into())
}

fn finish(dt: f64, shape: &[usize], output: String, mut nodes: Vec<Node>) -> Network {
    for node in &mut nodes {
        same_dt(node, dt);
    }
    Network { format: FORMAT, dt, input: shape.to_vec(), output, nodes }
}

/// A step is as long for a network as for the one around it.
fn same_dt(node: &mut Node, dt: f64) {
    if let Kind::Network(inner) = &mut node.kind {
        inner.dt = dt;
        for node in &mut inner.nodes {
            same_dt(node, dt);
        }
    }
}

/// The names that are taken.
fn taken<'a>(names: impl Iterator<Item = &'a str>) -> HashSet<String> {
    names.chain(["input"]).map(str::to_string).collect()
}

/// `stem`, or `stem2`, `stem3`… if it is taken.
fn free(stem: &str, taken: &mut HashSet<String>) -> String {
    let mut name = stem.to_string();
    let mut number = 2_usize;
    while !taken.insert(name.clone()) {
        name = format!("{stem}{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::super::part::*;
    use super::super::{Numbers, Word, lower};
    use super::*;

    fn names(network: &Network) -> Vec<&str> {
        network.nodes.iter().map(|n| &n.name[..]).collect()
    }

    #[test]
    fn a_chain_is_named_after_its_parts_and_numbered() {
        let lif = || neurons("lif_subtract");
        let parts = [linear(20), lif(), linear(10).named("linear3"), lif(), linear(4), linear(2)];
        let network = Sequential::new(parts).dt(0.002).input(&[6]).unwrap();
        let expected = ["linear", "lif_subtract", "linear3", "lif_subtract2", "linear2", "linear4"];
        assert_eq!(names(&network), expected);
        assert_eq!((network.dt, &network.input[..]), (0.002, &[6][..]));
        assert_eq!(lower(&network, 0).unwrap().output_shape(), [2]);
    }

    #[test]
    fn settings_arrive_where_they_belong() {
        let part = neurons("lif_subtract")
            .set("tau_m", 10.0)
            .set("v_th", &[1.0, 2.0])
            .initial("v", 0.5)
            .learn("tau_m[]")
            .learn("initial.v")
            .surrogate("triangle", &[0.5])
            .detach_reset()
            .compete(rheobase_sim::compete::Competition::default());
        let Kind::Neurons(n) = part.kind else { panic!() };
        assert_eq!(n.set["tau_m"], Numbers::One(10.0));
        assert_eq!(n.set["v_th"], Numbers::Each(vec![1.0, 2.0]));
        assert_eq!(n.initial["v"], Numbers::One(0.5));
        assert_eq!(n.learn, ["tau_m[]", "initial.v"]);
        assert_eq!(n.surrogate, [Word::Name("triangle".into()), Word::Number(0.5)]);
        assert!(n.detach_reset && n.competition.is_some());
        let Kind::Conv(c) =
            conv(8, [3, 5]).stride(2).padding([1, 2]).dilation(1).groups(4).without_bias().kind
        else {
            panic!()
        };
        assert_eq!((c.kernel, c.stride, c.padding), (vec![3, 5], vec![2], vec![1, 2]));
        assert_eq!((c.dilation, c.groups, c.bias), (vec![1], 4, false));
    }

    #[test]
    fn settings_of_another_kind_are_named_when_the_network_is_built() {
        let wrong = [linear(3), linear(4).stride(2).set("tau_m", 1.0)];
        let error = Sequential::new(wrong).input(&[2]).unwrap_err().to_string();
        assert_eq!(error, "linear: a node of kind `linear` has no setting `stride`; leave it out");
        let inner = Sequential::new([relu().learn("tau_m")]);
        let error = Network::of([Layer::new("a", "input", [inner.into()])]).input(&[2]).unwrap_err();
        assert!(error.to_string().contains("`relu` has no setting `learn`"), "{error}");
        let error = Network::of([Layer::new("a", "input", [])]).input(&[2]).unwrap_err();
        assert!(error.to_string().starts_with("a: has no parts"), "{error}");
    }

    #[test]
    fn layers_refer_to_each_other_and_to_themselves_a_step_ago() {
        let network = Network::of([
            Layer::new("hidden", Stack([from("input"), Placeholder("hidden")]), [linear(5), neurons("lif")]),
            Layer::new("both", Sum([from("hidden"), from("hidden").delay(3)]), [identity()]),
            Layer::new("out", "both", [linear(2), linear(3)]),
        ])
        .output("both")
        .input(&[4])
        .unwrap();
        assert_eq!(names(&network), ["hidden_linear", "hidden", "both", "out_linear", "out"]);
        let delayed = |node: &str, delay| Link::Delayed { node: node.into(), delay, initial: None };
        assert_eq!(network.nodes[0].from, [Link::Now("input".into()), delayed("hidden", 1)]);
        assert_eq!(network.nodes[0].combine, Combine::Stack);
        assert_eq!(network.nodes[2].from[1], delayed("hidden", 3));
        assert_eq!(network.nodes[3].from, [Link::Now("both".into())]);
        let program = lower(&network, 0).unwrap();
        assert_eq!(program.output_shape(), [5]);
        assert_eq!(program.parameters().get("hidden_linear.weight").unwrap().shape, [9, 5]);
    }

    #[test]
    fn cycles_without_delay_are_left_to_lowering_which_names_them() {
        let network = Network::of([Layer::new("a", Sum(["input", "a"]), [linear(5)])]).input(&[5]).unwrap();
        let error = lower(&network, 0).err().unwrap().to_string();
        assert!(error.contains("a → a"), "{error}");
    }

    #[test]
    fn networks_within_networks_have_the_outer_step() {
        let block = || Sequential::new([linear(6), neurons("lif_subtract")]);
        let deeper = Sequential::new([Part::from(block()).named("block"), linear(3)]);
        let network = Sequential::new([deeper.into(), block().into()]).dt(0.5e-3).input(&[4]).unwrap();
        assert_eq!(names(&network), ["network", "network2"]);
        let Kind::Network(inner) = &network.nodes[0].kind else { panic!() };
        let Kind::Network(innermost) = &inner.nodes[0].kind else { panic!() };
        assert_eq!((inner.dt, innermost.dt), (0.5e-3, 0.5e-3));
        let program = lower(&network, 0).unwrap();
        assert!(program.parameters().get("network.block.linear.weight").is_ok());
        assert_eq!(program.output_shape(), [6]);
    }
}
