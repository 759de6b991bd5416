//! A layer of neurons from its description, and what it learns.

use rheobase_models::Surrogate;
use rheobase_models::neuron::Emits;
use rheobase_models::record::{Kind as FieldKind, Range};
use rheobase_models::surrogate::SURROGATES;

use super::plan::Lowering;
use super::value_error;
use crate::network::describe::{self, Numbers, Word};
use crate::network::op;
use crate::network::parameters::Parameter;
use rheobase_base::{Error, Result};
use rheobase_sim::population::{self, Initial, Population};

/// A layer that has been checked.
pub(super) struct Layer {
    layer: population::Layer<f32>,
    learned: Vec<op::Learned>,
    /// What it learns, the values left out.
    pub(super) tensors: Vec<Parameter>,
}

impl Layer {
    pub(super) fn emits(&self) -> Emits {
        self.layer.model().info().emits
    }

    /// The values that its tensors start with.
    pub(super) fn values(&self) -> Vec<Vec<f32>> {
        let one = |l: &op::Learned, n: usize| match l.initial {
            true => self.layer.initial_value(l.field, 0, n) as f32,
            false => self.layer.params_of(n)[l.field] as f32,
        };
        self.learned
            .iter()
            .zip(&self.tensors)
            .map(|(l, tensor)| (0..tensor.count()).map(|n| one(l, n)).collect())
            .collect()
    }

    pub(super) fn operator(self) -> op::Neurons {
        op::Neurons::new(self.layer, self.learned)
    }
}

impl Lowering<'_> {
    /// A layer of neurons and what it learns.
    pub(super) fn neurons(
        &self,
        place: &str,
        spec: &describe::Neurons,
        shape: &[usize],
        dt: f64,
    ) -> Result<Layer> {
        let model = self.library.catalog.get(&spec.model).map_err(|e| match e {
            Error::Unknown { kind, name, nearest, known, .. } => {
                Error::Unknown { place: place.into(), kind, name, nearest, known }
            }
            e => e,
        })?;
        let info = model.info();
        // A layer of [C, L] is one of [C, L, 1].
        let extent: Vec<usize> = if shape.len() == 2 { vec![shape[0], shape[1], 1] } else { shape.to_vec() };
        let dt = if info.time == rheobase_models::neuron::Time::Steps { 1.0 } else { dt };
        let mut builder = Population::<f32>::builder(model.clone(), &extent)
            .name(place)
            .dt(dt)
            .detach_reset(spec.detach_reset)
            .surrogate(surrogate(place, &spec.surrogate)?.unwrap_or(info.surrogate));
        for (name, numbers) in &spec.set {
            builder = match numbers {
                Numbers::One(x) => builder.set(name, *x),
                Numbers::Each(xs) => builder.set(name, xs),
            };
        }
        for (name, draw) in &spec.draw {
            if spec.set.contains_key(name) {
                let what = format!("`{name}` is set and drawn; leave it out of `set` or of `draw`");
                return Err(Error::unsupported(place, what));
            }
            builder = builder.set(name, draw.values(place, name)?);
        }
        for (name, numbers) in &spec.initial {
            let initial = match numbers {
                Numbers::One(x) => Initial::Value(*x),
                Numbers::Each(xs) => Initial::Each(xs.clone()),
            };
            builder = builder.initial(name, initial);
        }
        if let Some(competition) = spec.competition {
            builder = builder.competition(competition);
        }
        let layer = builder.build_layer()?;
        let (mut learned, mut tensors) = (Vec::new(), Vec::new());
        for word in &spec.learn {
            let (name, each) = word.strip_suffix("[]").map_or((&word[..], false), |name| (name, true));
            let (name, initial) = name.strip_prefix("initial.").map_or((name, false), |name| (name, true));
            let fields = if initial { model.state() } else { model.params() };
            let kind = if initial { "state field" } else { "parameter" };
            let field = population::position(fields, name, place, kind)?;
            if fields[field].kind != FieldKind::Real {
                let what = format!("`{name}` is a switch or whole number, which cannot be learned");
                return Err(Error::unsupported(place, what));
            }
            tensors.push(Parameter {
                name: format!("{place}.{}{name}", if initial { "initial." } else { "" }),
                shape: if each { shape.to_vec() } else { vec![1] },
                values: Vec::new(),
                range: if initial { Range::FINITE } else { fields[field].range },
                weight: false,
            });
            learned.push(op::Learned { field, initial, each });
        }
        Ok(Layer { layer, learned, tensors })
    }
}

/// Inputs at which a smoothed curve differs from one that is not.
const AROUND: [f64; 3] = [0.9, 1.0, 1.1];

impl Lowering<'_> {
    /// A layer of neurons as their rate curve, seed 0.
    pub(super) fn rates(
        &self,
        place: &str,
        spec: &describe::Neurons,
        shape: &[usize],
        dt: f64,
    ) -> Result<op::Rates> {
        let refused = |what: String| Err(Error::unsupported(place, what));
        let layer = self.neurons(place, spec, shape, dt)?.layer;
        let (model, params) = (layer.model().clone(), layer.params_of(0));
        let name = &spec.model;
        if model.info().emits == Emits::Analogue {
            return refused(format!(
                "`{name}` sends no spikes, so there is no rate to run it as; leave `as` out"
            ));
        }
        if model.training(&params, None, 1.0).is_none() {
            let defaults =
                |m: &dyn population::Model| m.params().iter().map(|f| f.default).collect::<Vec<_>>();
            let has_curve = |m: &dyn population::Model| {
                m.info().emits != Emits::Analogue && m.rate(&defaults(m), 1.0).is_some()
            };
            let names: Vec<&str> = self
                .library
                .catalog
                .models()
                .iter()
                .filter(|m| has_curve(&***m))
                .map(|m| m.info().name)
                .collect();
            return refused(format!(
                "`{name}` has no rate curve to be run as; these models have one: {}; or train it as spikes",
                names.join(", ")
            ));
        }
        if !spec.learn.is_empty() || spec.competition.is_some() {
            let field = if spec.competition.is_some() { "competition" } else { "learn" };
            return refused(format!(
                "`{field}` needs the neurons' state, which a rate has none of; leave it out, or run the layer as spikes"
            ));
        }
        if let Some(sigma) = spec.sigma {
            if !(sigma > 0.0 && sigma.is_finite()) {
                let rule = "must be finite and above 0; leave it out for the curve as it is";
                return Err(value_error(place, "sigma", sigma, rule));
            }
            let same = |x: f64| model.training(&params, Some(sigma), x) == model.training(&params, None, x);
            if AROUND.into_iter().all(same) {
                return refused(format!("the curve of `{name}` cannot be smoothed; leave `sigma` out"));
            }
        }
        let counts = match spec.run_as {
            describe::RunAs::Counts(0) => {
                return Err(value_error(place, "as.counts", 0, "must be at least 1 step"));
            }
            describe::RunAs::Counts(steps) => Some(steps),
            _ => None,
        };
        let (sigma, smoothing) = (spec.sigma, spec.sigma.map(|sigma| sigma as f32));
        let params = layer.params().map(|(_, column)| column.map(|x| x as f32)).collect();
        let (neurons, dt) = (layer.neurons(), layer.dt() as f32);
        Ok(op::Rates { name: place.into(), model, params, neurons, dt, sigma, smoothing, counts, seed: 0 })
    }
}

/// The surrogate that words name: `["triangle", 0.5]`.
fn surrogate(place: &str, words: &[Word]) -> Result<Option<Surrogate>> {
    let Some((name, numbers)) = words.split_first() else { return Ok(None) };
    let Word::Name(name) = name else {
        return Err(value_error(place, "surrogate", format!("{words:?}"), "must begin with a name"));
    };
    let mut values = Vec::new();
    for word in numbers {
        let Word::Number(x) = word else {
            return Err(value_error(
                place,
                "surrogate",
                format!("{words:?}"),
                "must be a name and then numbers",
            ));
        };
        values.push(*x);
    }
    let known = SURROGATES.iter().find(|s| s.name == name);
    let info =
        known.ok_or_else(|| Error::unknown(place, "surrogate", name, SURROGATES.iter().map(|s| s.name)))?;
    let defaults = info.parameters.iter().skip(values.len()).map(|f| f.default);
    let given = values.len();
    let values: Vec<f64> = values.iter().copied().chain(defaults).collect();
    let surrogate = Surrogate::named(name, &values).filter(|_| given <= info.parameters.len());
    surrogate.map(Some).ok_or_else(|| {
        let names: Vec<&str> = info.parameters.iter().map(|f| f.name).collect();
        value_error(place, "surrogate", format!("{name} {values:?}"), format!("takes {names:?}"))
    })
}
