//! Pictures of the stages of a training: kernels as they form, weights over time, wins per feature.

use rheobase::draw::{Figure, KernelCourse, WeightCourse, Wins};
use rheobase::learn::StageRun;
use rheobase::learn::stage::{Kernels, kept};

use crate::failure::Outcome;
use crate::train::run_folder::{RunFolder, stage_picture};

/// Rows of kernels, at most: the first moment and the last ones.
const ROWS: usize = 8;

/// Draws the pictures of every stage that has learned into the folder, and gives their names.
pub(crate) fn draw(stages: &[StageRun], folder: &RunFolder) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for (n, stage) in stages.iter().enumerate().filter(|(_, stage)| !stage.history().is_empty()) {
        let pictures = [("kernels", kernels(stage)?), ("weights", weights(stage)?), ("wins", wins(stage)?)];
        for (what, figure) in pictures {
            let name = stage_picture(n, what);
            figure.save(folder.file(&name))?;
            names.push(name);
        }
    }
    Ok(names)
}

fn kernels(stage: &StageRun) -> rheobase::Result<Figure> {
    let [channels, rows, columns] = stage.kernel();
    let all = &stage.course().kernels;
    let shown = all.iter().take(1).chain(&all[1.max(all.len().saturating_sub(ROWS - 1)).min(all.len())..]);
    let flat: Vec<(u64, Vec<f64>)> =
        shown.map(|k| (k.samples, over_channels(k, channels, rows * columns))).collect();
    let [lower, upper] = stage.config().plasticity.bounds.map(f64::from);
    let (range, label) = match channels {
        1 => ([lower, upper], "weight".to_string()),
        2 => ([lower - upper, upper - lower], "weight, channel 0 − 1".to_string()),
        n => ([lower, upper], format!("weight, mean of {n} channels")),
    };
    let names = kept(stage.features()).into_iter().map(|f| f.to_string());
    let mut picture = KernelCourse::new(names, rows, columns, range)
        .label(label)
        .title(format!("Kernels of {} as they form", stage.config().layer));
    for (samples, values) in &flat {
        picture = picture.moment(samples.to_string(), values);
    }
    picture.figure()
}

/// Kernels as one map each: that of their only channel, the difference of two (on- and off-centre cells as a rule), the mean
/// of more.
fn over_channels(kernels: &Kernels, channels: usize, size: usize) -> Vec<f64> {
    let one = |kernel: &[f32], i: usize| {
        let of = |c: usize| f64::from(kernel[c * size + i]);
        match channels {
            2 => of(0) - of(1),
            n => (0..n).map(of).sum::<f64>() / n as f64,
        }
    };
    let each = kernels.weights.chunks_exact(channels * size);
    each.flat_map(|kernel| (0..size).map(|i| one(kernel, i)).collect::<Vec<_>>()).collect()
}

fn weights(stage: &StageRun) -> rheobase::Result<Figure> {
    let points = &stage.course().points;
    let samples: Vec<u64> = points.iter().map(|p| p.samples).collect();
    let convergence: Vec<f64> = points.iter().map(|p| p.convergence).collect();
    let histograms: Vec<Vec<u64>> = points.iter().map(|p| p.histogram.clone()).collect();
    let bounds = stage.config().plasticity.bounds.map(f64::from);
    let mut picture = WeightCourse::new(&samples, &convergence, &histograms, bounds)
        .title(format!("Weights of {}", stage.config().layer));
    if stage.config().converged > 0.0 {
        picture = picture.limit(stage.config().converged);
    }
    picture.figure()
}

fn wins(stage: &StageRun) -> rheobase::Result<Figure> {
    let label = if stage.config().plasticity.winners.is_some() { "wins" } else { "spikes" };
    let title = format!("Features of {}: {label}", stage.config().layer);
    Wins::new(&stage.wins()).label(label).title(title).figure()
}
