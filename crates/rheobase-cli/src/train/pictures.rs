//! Pictures of a training in a run's folder.

use rheobase::Show;
use rheobase::draw::Figure;
use rheobase::learn::Job;
use rheobase::show::training::{answers, confusion, first_sample};

use crate::failure::Outcome;
use crate::train::run_folder::{CONFUSION, CURVES, INPUT, LAYERS, RunFolder};
use crate::train::stage_pictures;

/// Classes whose matrix is drawn, at most.
const CLASSES: usize = 200;

/// Draws all pictures into the folder and gives their names.
pub(crate) fn draw(job: &Job, matrix: &[u64], classes: usize, folder: &RunFolder) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    let mut save = |name: &str, figure: Figure| -> Outcome<()> {
        figure.save(folder.file(name))?;
        names.push(name.to_string());
        Ok(())
    };
    if !job.history().is_empty() {
        save(CURVES, job.figure()?)?;
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
