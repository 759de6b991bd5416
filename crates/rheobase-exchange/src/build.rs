//! `Build`: a network of ours, put together from the layers of another framework.

use std::collections::{BTreeMap, HashMap, HashSet};

use rheobase_base::vector::all_within;
use rheobase_base::{Error, Result};
use rheobase_network::network::{
    Combine, Conv, FORMAT, Kind, Linear, Link, Network, Neurons, Node, Nothing, Numbers, Pool, PoolOf, Scale,
    WeightStart,
};

use crate::layer::{Foreign, Layer};
use crate::model::{Model, Shown};
use crate::report::{Fate, Report};
use crate::tensor::{Tensor, all, map};

/// Nodes, weights and the report so far.
pub(crate) struct Build {
    /// What is read.
    pub(crate) foreign: Foreign,
    /// What became of it.
    pub(crate) report: Report,
    nodes: Vec<Node>,
    weights: BTreeMap<String, Vec<f32>>,
    taken: HashSet<String>,
    /// Node that sends what a layer sends, by the layer's name.
    sends: HashMap<String, String>,
    /// Names promised to layers that come later, for edges that lead back.
    promised: HashMap<String, String>,
    shown: Vec<Shown>,
    /// The layer at work.
    layer: String,
}

/// The settings of a layer of neurons, by our names.
pub(crate) type Set = Vec<(&'static str, Numbers)>;

impl Build {
    pub(crate) fn new(foreign: Foreign, report: Report) -> Self {
        Build {
            foreign,
            report,
            nodes: Vec::new(),
            weights: BTreeMap::new(),
            taken: HashSet::from(["input".to_string()]),
            sends: HashMap::from([("input".to_string(), "input".to_string())]),
            promised: HashMap::new(),
            shown: Vec::new(),
            layer: String::new(),
        }
    }

    /// Begins a layer: its sources as links of ours.
    pub(crate) fn begin(&mut self, layer: &Layer) -> Result<Vec<Link>> {
        self.layer = layer.name.clone();
        layer.inputs.iter().map(|source| self.link(&source.layer, source.delay)).collect()
    }

    /// What `layer` sends, some steps ago.
    fn link(&mut self, layer: &str, delay: usize) -> Result<Link> {
        let known = self.sends.get(layer).cloned();
        let node = match known {
            Some(node) => node,
            None if delay > 0 && self.foreign.layers.iter().any(|l| l.name == layer) => self.promise(layer),
            None => {
                let known = self.foreign.layers.iter().map(|l| &l.name[..]);
                return Err(Error::unknown(&self.layer, "layer", layer, known));
            }
        };
        Ok(link(&node, delay))
    }

    /// The name that a later layer's output will have.
    fn promise(&mut self, layer: &str) -> String {
        if let Some(name) = self.promised.get(layer) {
            return name.clone();
        }
        let name = self.fresh(layer);
        self.promised.insert(layer.into(), name.clone());
        name
    }

    /// The name that the output of the layer at work will have.
    pub(crate) fn promised(&mut self) -> String {
        let layer = self.layer.clone();
        self.promise(&layer)
    }

    /// A name that nodes of ours may have, not taken yet.
    fn fresh(&mut self, wish: &str) -> String {
        let clean: String =
            wish.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let clean = if clean.is_empty() { "node".to_string() } else { clean };
        let mut name = clean.clone();
        let mut number = 2usize;
        while !self.taken.insert(name.clone()) {
            name = format!("{clean}_{number}");
            number += 1;
        }
        name
    }

    /// Says what became of a parameter of the layer at work.
    pub(crate) fn say(&mut self, parameter: &str, fate: Fate, how: impl Into<String>) {
        let layer = self.layer.clone();
        self.report.say(&layer, parameter, fate, how);
    }

    /// A node named after the layer at work and `role`; without a role it is what the layer sends.
    pub(crate) fn node(&mut self, role: &str, from: Vec<Link>, kind: Kind) -> String {
        let layer = self.layer.clone();
        let name = match role {
            "" => {
                let promised = self.promised.get(&layer).cloned();
                promised.unwrap_or_else(|| self.fresh(&layer))
            }
            _ => self.fresh(&format!("{layer}_{role}")),
        };
        if role.is_empty() {
            self.sends.insert(layer, name.clone());
        }
        self.nodes.push(Node { name: name.clone(), from, combine: Combine::Sum, kind });
        name
    }

    /// A linear map by `weight` `[out, in]` (`turned`: `[in, out]`).
    pub(crate) fn linear(
        &mut self,
        role: &str,
        from: Vec<Link>,
        weight: Tensor,
        bias: Option<&Tensor>,
        turned: bool,
    ) -> Result<String> {
        let place = self.layer.clone();
        let [rows, columns] = weight.shape()[..] else {
            return Err(Error::shape(
                place,
                "weight",
                format!("{:?}", weight.shape()),
                "a matrix of two axes is needed",
            ));
        };
        let outputs = if turned { columns } else { rows };
        let values = if turned { weight.to_f32() } else { weight.turned(&place, "weight")? };
        let bias = bias.filter(|b| (0..b.len()).any(|i| b.at(i) != 0.0));
        let kind = Kind::Linear(Linear { outputs, bias: bias.is_some(), start: WeightStart::Constant(0.0) });
        let name = self.node(role, from, kind);
        self.weigh(&name, values, bias)?;
        Ok(name)
    }

    /// A convolution by `weight` `[out, in/groups, …]`.
    pub(crate) fn conv(
        &mut self,
        from: Vec<Link>,
        conv: Conv,
        weight: &Tensor,
        bias: Option<&Tensor>,
    ) -> Result<String> {
        let name = self.node("", from, Kind::Conv(conv));
        self.weigh(&name, weight.to_f32(), bias)?;
        Ok(name)
    }

    fn weigh(&mut self, node: &str, weight: Vec<f32>, bias: Option<&Tensor>) -> Result<()> {
        let tensors = [("weight", Some(weight)), ("bias", bias.map(Tensor::to_f32))];
        for (kind, values) in tensors {
            let Some(values) = values else { continue };
            if !all_within(&values, f32::MAX)
                && let Some(i) = values.iter().position(|x| !x.is_finite())
            {
                return Err(
                    Error::value(self.layer.clone(), kind, values[i], "must be a finite number").at(i)
                );
            }
            self.weights.insert(format!("{node}.{kind}"), values);
        }
        Ok(())
    }

    /// A layer of neurons; `initial` is where its state starts, where that is not rest.
    pub(crate) fn neurons(
        &mut self,
        role: &str,
        from: Vec<Link>,
        model: &str,
        set: Set,
        initial: &[(&str, Numbers)],
    ) -> String {
        let kind = Kind::Neurons(Neurons {
            set: set.into_iter().map(|(name, numbers)| (name.to_string(), numbers)).collect(),
            initial: initial.iter().map(|(name, numbers)| (name.to_string(), numbers.clone())).collect(),
            ..Neurons::new(model)
        });
        let name = self.node(role, from, kind);
        let layer = self.layer.clone();
        // The first layer of neurons is the one whose spikes the framework shows.
        if !self.shown.iter().any(|s| s.layer == layer) {
            self.shown.push(Shown { layer, node: name.clone(), cell: Some(name.clone()) });
        }
        name
    }

    /// What comes in, as the layer's output.
    pub(crate) fn pass(&mut self, from: Vec<Link>) -> String {
        self.node("", from, Kind::Identity(Nothing {}))
    }

    /// All values times `factor`.
    pub(crate) fn scale(&mut self, role: &str, from: Vec<Link>, factor: f64) -> String {
        self.node(role, from, Kind::Scale(Scale { factor }))
    }

    /// Pooling.
    pub(crate) fn pool(&mut self, from: Vec<Link>, of: PoolOf, layer: &Layer) -> Result<String> {
        let kernel = layer.lengths("kernel")?.ok_or_else(|| layer.fault("kernel", "nothing", "is needed"))?;
        let stride = layer.lengths("stride")?.unwrap_or_default();
        let padding = layer.lengths("padding")?.unwrap_or_else(|| vec![0]);
        self.say("kernel, stride, padding", Fate::Exact, "");
        Ok(self.node("", from, Kind::Pool(Pool { of, kernel, stride, padding })))
    }

    /// A leaky integrator that keeps the share `keep` of its distance from `rest` per step and adds `gain·x`.
    pub(crate) fn integrator(
        &mut self,
        role: &str,
        from: Vec<Link>,
        keep: &Numbers,
        gain: Numbers,
        rest: Numbers,
    ) -> Result<String> {
        if !all(keep, |k| (0.0..=1.0).contains(&k)) {
            let rule = "the share of a potential that is kept per step must be from 0 to 1";
            return Err(Error::value(&self.layer, "decay", format!("{keep:?}"), rule));
        }
        let dt = self.dt();
        // exp(−dt/tau) is 0 and 1 at these ends.
        let tau = map(keep, |k| {
            let tau = -dt / rheobase_models::Real::ln(k);
            tau.clamp(1e-3 * dt, 1e30)
        });
        Ok(self.neurons(
            role,
            from,
            "leaky_integrator",
            vec![("tau_m", tau), ("gain", gain), ("v_rest", rest)],
            &[],
        ))
    }

    /// Length of a step in seconds.
    pub(crate) fn dt(&self) -> f64 {
        self.foreign.dt.unwrap_or(1e-3)
    }

    /// Scales what the node that sends `layer`'s output computes, channel by channel, and shifts it: what batch norm does.
    pub(crate) fn fold(&mut self, layer: &str, factor: &[f32], shift: &[f32]) -> Result<()> {
        let fault = |what: String| Error::unsupported(layer, what);
        let node = self.sends.get(layer).cloned().unwrap_or_default();
        let user = self.nodes.iter().any(|n| n.from.iter().any(|l| l.node() == node));
        let Some(found) = self.nodes.iter_mut().find(|n| n.name == node).filter(|_| !user) else {
            return Err(fault("batch norm can only be folded into a layer that feeds nothing else".into()));
        };
        let (outputs, biased) = match &mut found.kind {
            Kind::Linear(l) => (l.outputs, &mut l.bias),
            Kind::Conv(c) => (c.outputs, &mut c.bias),
            _ => {
                return Err(fault(
                    "batch norm can only be folded into a linear layer or a convolution".into(),
                ));
            }
        };
        if factor.len() != outputs || shift.len() != outputs {
            return Err(fault(format!("batch norm of {} channels behind {outputs} outputs", factor.len())));
        }
        *biased = true;
        let conv = matches!(found.kind, Kind::Conv(_));
        let weight = self.weights.entry(format!("{node}.weight")).or_default();
        let per = (weight.len() / outputs.max(1)).max(1);
        for (i, w) in weight.iter_mut().enumerate() {
            *w *= factor[if conv { i / per } else { i % outputs }];
        }
        let bias = self.weights.entry(format!("{node}.bias")).or_insert_with(|| vec![0.0; outputs]);
        for ((b, f), s) in bias.iter_mut().zip(factor).zip(shift) {
            *b = *b * f + s;
        }
        Ok(())
    }

    /// The model.
    pub(crate) fn finish(mut self) -> Result<(Model, Report)> {
        for layer in &self.foreign.layers {
            if let Some(node) = self.sends.get(&layer.name) {
                if let Some(shown) = self.shown.iter_mut().find(|s| s.layer == layer.name) {
                    shown.node = node.clone();
                } else {
                    self.shown.push(Shown { layer: layer.name.clone(), node: node.clone(), cell: None });
                }
            }
        }
        let last = self.foreign.layers.last().map(|l| l.name.clone()).unwrap_or_default();
        let output = if self.foreign.output.is_empty() { last } else { self.foreign.output.clone() };
        let output = self.sends.get(&output).cloned().ok_or_else(|| {
            Error::unknown("model", "layer", &output, self.foreign.layers.iter().map(|l| &l.name[..]))
        })?;
        let order: HashMap<&str, usize> =
            self.foreign.layers.iter().enumerate().map(|(i, l)| (&l.name[..], i)).collect();
        self.shown.sort_by_key(|s| order.get(&s.layer[..]).copied());
        let dt = self.dt();
        let network = Network { format: FORMAT, dt, input: self.foreign.input, output, nodes: self.nodes };
        Ok((Model { network, weights: self.weights, layers: self.shown }, self.report))
    }
}

/// An edge.
pub(crate) fn link(node: &str, delay: usize) -> Link {
    match delay {
        0 => Link::Now(node.into()),
        delay => Link::Delayed { node: node.into(), delay, initial: None },
    }
}

/// An edge that carries 0 before its source has sent anything.
pub(crate) fn link_from_zero(node: &str, delay: usize) -> Link {
    Link::Delayed { node: node.into(), delay, initial: Some(Numbers::One(0.0)) }
}
