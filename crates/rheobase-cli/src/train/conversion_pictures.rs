//! Pictures of a network of rates run as spikes.

use std::path::Path;

use rheobase::draw::AccuracyCourse;
use rheobase::learn::Conversion;

use crate::failure::Outcome;

/// Accuracy over presentation time, and over spikes and operations.
const COURSE: [&str; 3] = ["accuracy-time.png", "accuracy-spikes.png", "accuracy-operations.png"];

/// Draws the pictures into the folder and gives their paths.
pub(crate) fn draw(found: &Conversion, folder: &Path) -> Outcome<Vec<String>> {
    let of = |value: &dyn Fn(&rheobase::learn::Moment) -> f64| {
        found.moments.iter().map(value).collect::<Vec<f64>>()
    };
    let accuracy = of(&|m| m.correct as f64 / found.samples as f64);
    let milliseconds = of(&|m| m.steps as f64 * found.dt * 1e3);
    let (spikes, operations) = (of(&|m| m.spikes), of(&|m| m.operations));
    let course =
        || AccuracyCourse::new(&accuracy).aim("as rates", found.as_trained as f64 / found.samples as f64);
    let courses = [
        course().over("presentation", "ms", &milliseconds).title("Accuracy as spikes over presentation time"),
        course().over("spikes per sample", "", &spikes).title("Accuracy as spikes over spikes"),
        course()
            .over("synaptic operations per sample", "", &operations)
            .title("Accuracy as spikes over operations"),
    ];
    let mut written = Vec::new();
    for (name, course) in COURSE.into_iter().zip(courses) {
        let file = folder.join(name);
        course.figure()?.save(&file)?;
        written.push(file.display().to_string());
    }
    Ok(written)
}
