//! How weights start, and what delayed edges carry before their sources have sent anything.

use rheobase_models::record::Range;

use super::flatten::Flat;
use super::plan::Lowering;
use super::value_error;
use crate::network::describe::{Numbers, WeightStart};
use crate::network::parameters::Parameter;
use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};

/// The weights and biases of a node.
pub(super) struct Weights {
    /// What they are, the values left out.
    pub(super) tensors: Vec<Parameter>,
    start: WeightStart,
    /// Gain over the square root of the inputs.
    spread: f64,
}

impl Weights {
    /// Their values at the start, as a seed says.
    pub(super) fn values(&self, seed: u64) -> Vec<Vec<f32>> {
        self.tensors.iter().map(|t| self.drawn(t, seed)).collect()
    }

    fn drawn(&self, tensor: &Parameter, seed: u64) -> Vec<f32> {
        let stream = Stream::new(seed, "weight", &tensor.name);
        let one = |i: usize| match self.start {
            WeightStart::Constant(x) if tensor.weight => x,
            WeightStart::Uniform(_) => self.spread * (2.0 * stream.uniform(0, 0, i as u32) - 1.0),
            WeightStart::Normal(_) if tensor.weight => self.spread * stream.normal(0, 0, i as u32),
            WeightStart::Around { mean, deviation, within } if tensor.weight => {
                let x = mean + deviation * stream.normal(0, 0, i as u32);
                within.map_or(x, |[low, high]| x.clamp(low, high))
            }
            WeightStart::Normal(_) | WeightStart::Constant(_) | WeightStart::Around { .. } => 0.0,
        };
        (0..tensor.count()).map(|i| one(i) as f32).collect()
    }
}

impl Lowering<'_> {
    /// Weights and, for so many outputs, biases.
    pub(super) fn weights(
        &self,
        place: &str,
        shape: Vec<usize>,
        fan_in: usize,
        bias: Option<usize>,
        start: WeightStart,
    ) -> Result<Weights> {
        check(place, start)?;
        let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n > 0 && *n < 1 << 31);
        if size.is_none() {
            let rule = "must have at least one and less than 2^31 weights";
            return Err(value_error(place, "weight", format!("{shape:?}"), rule));
        }
        let tensor = |kind: &str, shape, weight| Parameter {
            name: format!("{place}.{kind}"),
            shape,
            values: Vec::new(),
            range: Range::FINITE,
            weight,
        };
        let mut tensors = vec![tensor("weight", shape, true)];
        tensors.extend(bias.map(|outputs| tensor("bias", vec![outputs], false)));
        let gain = match start {
            WeightStart::Uniform(gain) | WeightStart::Normal(gain) => gain,
            WeightStart::Constant(_) | WeightStart::Around { .. } => 0.0,
        };
        Ok(Weights { tensors, start, spread: gain / (fan_in.max(1) as f64).sqrt() })
    }
}

/// Refuses a start that gives no weights.
fn check(place: &str, start: WeightStart) -> Result<()> {
    let (mean, deviation, within) = match start {
        WeightStart::Uniform(x) | WeightStart::Normal(x) | WeightStart::Constant(x) => (x, 0.0, None),
        WeightStart::Around { mean, deviation, within } => (mean, deviation, within),
    };
    // Weights are of single precision.
    let finite = |x: f64| (x as f32).is_finite();
    if !finite(mean) {
        return Err(value_error(place, "start", mean, "must be a finite number"));
    }
    if !(finite(deviation) && deviation >= 0.0) {
        return Err(value_error(place, "start.deviation", deviation, "must be finite and at least 0"));
    }
    match within.filter(|[low, high]| !(finite(*low) && finite(*high) && low <= high)) {
        None => Ok(()),
        Some(ends) => {
            let rule = "must be two finite numbers, the smaller first";
            Err(value_error(place, "start.within", format!("{ends:?}"), rule))
        }
    }
}

/// What a delayed edge carries first.
pub(crate) struct DelayedStart {
    /// One number for all values, or one for each.
    numbers: Vec<f32>,
    width: usize,
}

impl DelayedStart {
    fn at(&self, i: usize) -> f32 {
        self.numbers[i % self.numbers.len()]
    }

    /// A number for each value.
    pub(crate) fn values(&self) -> Vec<f32> {
        (0..self.width).map(|i| self.at(i)).collect()
    }
}

/// What delayed edges carry before their sources have sent anything, by source, where that is given.
pub(super) fn given(lowering: &Lowering<'_>, flat: &[Flat]) -> Result<Vec<Option<DelayedStart>>> {
    let mut given: Vec<Option<DelayedStart>> = lowering.shapes.iter().map(|_| None).collect();
    for (place, link) in flat.iter().flat_map(|f| f.node.from.iter().map(move |l| (&f.node.name, l))) {
        let Some(numbers) = link.initial() else { continue };
        let source = lowering.numbers[link.node()];
        let width: usize = lowering.shapes[source].iter().product();
        let single = matches!(numbers, Numbers::One(_));
        let values: Vec<f32> = match numbers {
            Numbers::One(x) => vec![*x as f32],
            Numbers::Each(xs) => xs.iter().map(|x| *x as f32).collect(),
        };
        let field = format!("initial of the edge from {}", link.node());
        if !single && values.len() != width {
            let want = format!("one number, or one for each of its {width} values, is needed");
            return Err(Error::shape(place.clone(), field, format!("[{}]", values.len()), want));
        }
        if let Some(bad) = values.iter().find(|x| !x.is_finite()) {
            return Err(value_error(place, &field, bad, "must be a finite number"));
        }
        let new = DelayedStart { numbers: values, width };
        if given[source].as_ref().is_some_and(|before| (0..width).any(|i| before.at(i) != new.at(i))) {
            let rule = "must be the same on all edges from this node";
            return Err(value_error(place, &field, format!("{:?}", new.numbers), rule));
        }
        given[source] = Some(new);
    }
    Ok(given)
}
