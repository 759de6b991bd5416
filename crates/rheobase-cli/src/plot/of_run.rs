//! `plot learning`, `plot confusion` and `plot weights` of a training's folder.

use std::path::Path;

use rheobase::Error;
use rheobase::draw::{Confusion, Figure, Weights};
use rheobase::learn::runs::run_folders;
use rheobase::learn::{Comparison, RunRecord};
use rheobase::show::training::{comparison, learning_curves};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::plot::{numbers, some_of};
use crate::train::run_folder::{REPORT, checkpoint_of, read_trained};

/// Maps in a picture, at most.
const MAPS: usize = 400;

/// Loss and accuracy, with what the test gave; of a folder of runs, their means within bands over the seeds.
pub(crate) fn learning(folder: &Path, log: bool) -> Outcome<Figure> {
    let runs = run_folders(folder)?.iter().map(RunRecord::read).collect::<rheobase::Result<Vec<_>>>()?;
    let [run] = &runs[..] else { return Ok(comparison(&Comparison::new(runs)?, log)?) };
    if run.epochs.is_empty() {
        return Err(Failure::bad(format!("{}: has no epoch yet; train it first", folder.display())));
    }
    let tested = run.result.as_ref().map(|r| [r.loss, r.accuracy]);
    Ok(learning_curves(&run.epochs, tested, log)?.title(run.name()))
}

/// How often each class was taken for each in the test.
pub(crate) fn confusion(folder: &Path) -> Outcome<Figure> {
    let path = folder.join(REPORT);
    let place = path.display();
    let text = std::fs::read_to_string(&path).map_err(|e| {
        Failure::bad(format!("{place}: cannot be read: {e}; a run has it when it is finished"))
    })?;
    let report: Value =
        serde_json::from_str(&text).map_err(|e| Failure::bad(format!("{place}: is not JSON: {e}")))?;
    let rows: Option<Vec<Vec<u64>>> = serde_json::from_value(report["confusion"].clone()).ok();
    let rows = rows.ok_or_else(|| Failure::bad(format!("{place}: has no `confusion` of whole numbers")))?;
    let figure = Confusion::new(&rows.concat(), rows.len()).title("Test samples").figure()?;
    Ok(figure)
}

/// Weights of a layer: of a dense one, what each neuron has from its inputs, as an image where the inputs are one.
pub(crate) fn weights(folder: &Path, name: Option<&str>, map: Option<(usize, usize)>) -> Outcome<Figure> {
    let trained = read_trained(&checkpoint_of(folder)?, 1)?;
    let all = &trained.program().parameters().tensors;
    let place = folder.display();
    let wanted = match name {
        Some(name) => {
            all.iter().find(|t| t.name == name || t.name == format!("{name}.weight")).ok_or_else(|| {
                Failure::from(Error::unknown(
                    place.to_string(),
                    "parameter",
                    name,
                    all.iter().map(|t| &t.name[..]),
                ))
            })?
        }
        None => all.iter().find(|t| t.shape.len() >= 2).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|t| &t.name[..]).collect();
            Failure::bad(format!("{place}: has no weights; it has {}", names.join(", ")))
        })?,
    };
    let values: Vec<f64> = wanted.values.iter().map(|x| f64::from(*x)).collect();
    let &[inputs, outputs] = &wanted.shape[..] else {
        return Ok(numbers::maps(&place.to_string(), &values, &wanted.shape, map)?.title(wanted.name.clone()));
    };
    let image = match trained.samples().shape[..] {
        [1, h, w] | [h, w] if h * w == inputs => Some((h, w)),
        _ => None,
    };
    let (rows, columns) = map.or(image).unwrap_or((1, inputs));
    if rows.saturating_mul(columns) != inputs {
        return Err(Failure::bad(format!("--map {rows},{columns}: `{}` has {inputs} inputs", wanted.name)));
    }
    if map.or(image).is_none() {
        // A row per neuron.
        let turned: Vec<f64> = (0..outputs)
            .flat_map(|o| (0..inputs).map(move |i| (i, o)))
            .map(|(i, o)| values[i * outputs + o])
            .collect();
        return Ok(Weights::new(&turned, 1, outputs, inputs).title(wanted.name.clone()).figure()?);
    }
    let shown = outputs.min(MAPS);
    let turned: Vec<f64> = (0..shown)
        .flat_map(|o| (0..inputs).map(move |i| (i, o)))
        .map(|(i, o)| values[i * outputs + o])
        .collect();
    let some = some_of(shown, outputs, "neurons");
    let title = if some.is_empty() { wanted.name.clone() } else { format!("{}: {some}", wanted.name) };
    Ok(Weights::new(&turned, shown, rows, columns).title(title).figure()?)
}
