//! Pictures of a training in a run's folder.

use rheobase::draw::Figure;
use rheobase::learn::{Job, TrainConfig};
use rheobase::show::training::{answers, confusion, first_sample, learning_curves};

use crate::failure::Outcome;
use crate::train::report::Scores;
use crate::train::run_folder::{CONFUSION, CURVES, INPUT, LAYERS, RunFolder};
use crate::train::stage_pictures;

/// Classes whose matrix is drawn, at most.
const CLASSES: usize = 200;

/// The figure with the seed and all settings that differ from the defaults.
pub(crate) fn settings_in(figure: Figure, config: &TrainConfig) -> Outcome<Figure> {
    let figure = figure.provenance("seed", config.train.seed.to_string());
    let set = TrainConfig::digits().differences(config)?;
    let set = set.into_iter().filter(|d| d.key != "train.seed");
    Ok(set.fold(figure, |f, d| f.provenance(d.key, d.wanted.unwrap_or_else(|| "none".into()))))
}

/// Draws all pictures into the folder and gives their names.
pub(crate) fn draw(
    job: &Job,
    matrix: &[u64],
    classes: usize,
    scores: &Scores,
    folder: &RunFolder,
) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    let mut save = |name: &str, figure: Figure| -> Outcome<()> {
        let figure = figure.provenance("run", folder.path().display().to_string());
        settings_in(figure, job.config())?.save(folder.file(name))?;
        names.push(name.to_string());
        Ok(())
    };
    if !job.history().is_empty() {
        let accuracy = scores.correct as f64 / scores.samples as f64;
        save(CURVES, learning_curves(job.history(), Some([scores.loss, accuracy]), false)?)?;
    }
    if let Some(figure) = first_sample(job)? {
        save(INPUT, figure)?;
    }
    save(LAYERS, answers(job)?)?;
    if classes <= CLASSES {
        save(CONFUSION, confusion(job, matrix, classes)?)?;
    }
    names.extend(stage_pictures::draw(job, folder)?);
    Ok(names)
}
