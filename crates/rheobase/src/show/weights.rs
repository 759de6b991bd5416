//! Weights as maps: receptive fields, kernels, or one matrix.

use rheobase_base::{Error, Result};
use rheobase_draw::{Figure, Weights};
use rheobase_learn::learn::Trained;

/// Maps in a picture, at most.
const MAPS: usize = 400;

/// Numbers of this shape as maps on one scale: `[row, column]` as one, `[map, row, column]` and `[out, in, row, column]` side by
/// side; with `map` = rows and columns, `[neuron, rows·columns]` too. Of more than 400 maps the first ones. `place` is what
/// errors call them.
///
/// # Errors
/// Another shape; values that are not finite.
pub fn maps(place: &str, values: &[f64], shape: &[usize], map: Option<(usize, usize)>) -> Result<Figure> {
    let refused = |needed: String| Error::shape(place, "weights", format!("{shape:?}"), needed);
    let (maps, height, width) = match (shape, map) {
        (&[n, size], Some((h, w))) if size == h.saturating_mul(w) => (n, h, w),
        (_, Some((h, w))) => {
            return Err(refused(format!("with map {h},{w}, [neuron, {h}·{w}] is needed")));
        }
        (&[n], None) => (1, 1, n),
        (&[h, w], None) => (1, h, w),
        (&[n, h, w], None) => (n, h, w),
        (&[o, i, h, w], None) => (o.saturating_mul(i), h, w),
        _ => {
            let needed = "[row, column], [map, row, column] or [out, in, row, column] is needed";
            return Err(refused(needed.into()));
        }
    };
    let shown = maps.min(MAPS);
    let size = height.saturating_mul(width);
    let seen = &values[..(shown.saturating_mul(size)).min(values.len())];
    let title = if shown < maps { format!("{shown} of {maps} maps") } else { String::new() };
    Weights::new(seen, shown, height, width).title(title).figure()
}

/// Weights of a trained network, those of `name` (a tensor or its node) or the first: of a dense layer what each neuron has from
/// its inputs, as an image where the inputs are one or `map` says its rows and columns.
///
/// # Errors
/// A network without weights, or without those; a `map` of another number of inputs.
pub fn weights(trained: &Trained, name: Option<&str>, map: Option<(usize, usize)>) -> Result<Figure> {
    const PLACE: &str = "weights";
    let all = &trained.program().parameters().tensors;
    let named = |name: &str| all.iter().find(|t| t.name == name || t.name == format!("{name}.weight"));
    let found = match name {
        Some(name) => named(name)
            .ok_or_else(|| Error::unknown(PLACE, "parameter", name, all.iter().map(|t| &t.name[..])))?,
        None => all.iter().find(|t| t.shape.len() >= 2).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|t| &t.name[..]).collect();
            Error::unsupported(PLACE, format!("the network has none; it has {}", names.join(", ")))
        })?,
    };
    let values: Vec<f64> = found.values.iter().map(|x| f64::from(*x)).collect();
    let &[inputs, outputs] = &found.shape[..] else {
        return Ok(maps(&found.name, &values, &found.shape, map)?.title(found.name.clone()));
    };
    let image = match trained.samples().shape[..] {
        [1, h, w] | [h, w] if h * w == inputs => Some((h, w)),
        _ => None,
    };
    let image = map.or(image);
    if let Some((rows, columns)) = image.filter(|(h, w)| h.saturating_mul(*w) != inputs) {
        let needed = format!("map {rows},{columns} is not the shape of its inputs");
        return Err(Error::shape(PLACE, &found.name, format!("{inputs} inputs"), needed));
    }
    let shown = image.map_or(outputs, |_| outputs.min(MAPS));
    let turned: Vec<f64> = (0..shown)
        .flat_map(|o| (0..inputs).map(move |i| (i, o)))
        .map(|(i, o)| values[i * outputs + o])
        .collect();
    let figure = match image {
        // A row per neuron.
        None => Weights::new(&turned, 1, outputs, inputs),
        Some((rows, columns)) => Weights::new(&turned, shown, rows, columns),
    };
    let some = if shown < outputs { format!(": {shown} of {outputs} neurons") } else { String::new() };
    figure.title(format!("{}{some}", found.name)).figure()
}
