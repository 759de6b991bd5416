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
    let rates = found.as_trained as f64 / found.samples as f64;
    let course = |name: &str, unit: &str, cost, title: &str| {
        AccuracyCourse::new(&accuracy, name, unit, cost).aim("as rates", rates).title(title).figure()
    };
    let courses = [
        course("presentation", "ms", &milliseconds, "Accuracy as spikes over presentation time"),
        course("spikes per sample", "", &spikes, "Accuracy as spikes over spikes"),
        course("synaptic operations per sample", "", &operations, "Accuracy as spikes over operations"),
    ];
    let mut written = Vec::new();
    for (name, course) in COURSE.into_iter().zip(courses) {
        let file = folder.join(name);
        course?.save(&file)?;
        written.push(file.display().to_string());
    }
    Ok(written)
}
