//! `plot learning`, `plot confusion` and `plot weights` of a training's folder.

use std::path::Path;

use rheobase::draw::{Confusion, Figure};
use rheobase::learn::runs::run_folders;
use rheobase::learn::{Comparison, RunRecord};
use rheobase::show;
use rheobase::show::training::{comparison, learning_curves};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::plot::numbers::of_map;
use crate::train::pictures::settings_in;
use crate::train::run_folder::{REPORT, checkpoint_of, read_trained};

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
    let counts = rows.concat();
    let figure = Confusion::new(&counts, rows.len()).title("Test samples");
    let trained = checkpoint_of(folder).and_then(|file| read_trained(&file, 1)).ok();
    let names = trained.map(|t| t.samples().class_names.clone()).filter(|names| names.len() == rows.len());
    let Some(names) = names else { return Ok(figure.figure()?) };
    Ok(figure.names(&names).figure()?)
}

/// The figure with what a run has been made with, if the folder is that of one.
pub(crate) fn with_source(figure: Figure, folder: &Path) -> Outcome<Figure> {
    match &run_folders(folder)?[..] {
        [run] => settings_in(figure, &RunRecord::read(run)?.settings),
        _ => Ok(figure),
    }
}

/// Weights of a layer.
pub(crate) fn weights(folder: &Path, name: Option<&str>, map: Option<(usize, usize)>) -> Outcome<Figure> {
    let trained = read_trained(&checkpoint_of(folder)?, 1)?;
    show::weights::weights(&trained, name, map).map_err(|e| of_map(e, map))
}
