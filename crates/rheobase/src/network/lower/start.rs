//! How weights start, and what delayed edges carry before their sources have sent anything.

use rheobase_models::record::Range;

use super::flatten::Flat;
use super::{Lowering, value_error};
use crate::network::describe::{Numbers, WeightStart};
use crate::network::parameters::Parameter;
use crate::random::Stream;
use crate::{Error, Result};

impl Lowering<'_> {
    /// Weights and biases at their start.
    pub(super) fn weights(
        &self,
        place: &str,
        shape: Vec<usize>,
        fan_in: usize,
        bias: Option<usize>,
        start: WeightStart,
    ) -> Result<Vec<Parameter>> {
        let (WeightStart::Uniform(gain) | WeightStart::Normal(gain) | WeightStart::Constant(gain)) = start;
        if !gain.is_finite() {
            return Err(value_error(place, "start", gain, "must be a finite number"));
        }
        let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n > 0 && *n < 1 << 31);
        let Some(size) = size else {
            let rule = "must have at least one and less than 2^31 weights";
            return Err(value_error(place, "weight", format!("{shape:?}"), rule));
        };
        let spread = gain / (fan_in.max(1) as f64).sqrt();
        let draw = |kind: &str, len: usize, noise: bool| -> Vec<f32> {
            let stream = Stream::new(self.seed, "weight", &format!("{place}.{kind}"));
            let one = |i: usize| match start {
                WeightStart::Constant(x) if noise => x,
                WeightStart::Uniform(_) => spread * (2.0 * stream.uniform(0, 0, i as u32) - 1.0),
                WeightStart::Normal(_) if noise => spread * stream.normal(0, 0, i as u32),
                WeightStart::Normal(_) | WeightStart::Constant(_) => 0.0,
            };
            (0..len).map(|i| one(i) as f32).collect()
        };
        let mut tensors = vec![Parameter {
            name: format!("{place}.weight"),
            shape,
            values: draw("weight", size, true),
            range: Range::FINITE,
            weight: true,
        }];
        if let Some(outputs) = bias {
            tensors.push(Parameter {
                name: format!("{place}.bias"),
                shape: vec![outputs],
                values: draw("bias", outputs, false),
                range: Range::FINITE,
                weight: false,
            });
        }
        Ok(tensors)
    }
}

/// What delayed edges carry before their sources have sent anything, by source, where that is given.
pub(super) fn given(lowering: &Lowering<'_>, flat: &[Flat]) -> Result<Vec<Option<Vec<f32>>>> {
    let mut given: Vec<Option<Vec<f32>>> = vec![None; lowering.shapes.len()];
    for (place, link) in flat.iter().flat_map(|f| f.node.from.iter().map(move |l| (&f.node.name, l))) {
        let Some(numbers) = link.initial() else { continue };
        let source = lowering.numbers[link.node()];
        let width: usize = lowering.shapes[source].iter().product();
        let values = match numbers {
            Numbers::One(x) => vec![*x as f32; width],
            Numbers::Each(xs) => xs.iter().map(|x| *x as f32).collect(),
        };
        let field = format!("initial of the edge from {}", link.node());
        if values.len() != width {
            let want = format!("one number, or one for each of its {width} values, is needed");
            return Err(Error::Shape {
                place: place.clone(),
                field,
                got: format!("[{}]", values.len()),
                want,
            });
        }
        if let Some(bad) = values.iter().find(|x| !x.is_finite()) {
            return Err(value_error(place, &field, bad, "must be a finite number"));
        }
        if given[source].as_ref().is_some_and(|before| *before != values) {
            let rule = "must be the same on all edges from this node";
            return Err(value_error(place, &field, format!("{values:?}"), rule));
        }
        given[source] = Some(values);
    }
    Ok(given)
}
