//! Pictures of the stages of a training: kernels as they form, weights over time, wins per feature.

use rheobase::draw::{Figure, KernelCourse, WeightCourse, Wins};
use rheobase::learn::stage::{Kernels, ReceptiveFields, kept};
use rheobase::learn::{Job, StageRun};
use rheobase::show::training::maps;

use crate::failure::Outcome;
use crate::train::run_folder::{RunFolder, stage_picture};

/// Rows of kernels, at most: the first moment and the last ones.
const ROWS: usize = 8;

/// Draws the pictures of every stage that has learned into the folder, and gives their names.
pub(crate) fn draw(job: &Job, folder: &RunFolder) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for (n, stage) in job.stages().iter().enumerate().filter(|(_, stage)| !stage.history().is_empty()) {
        let pictures =
            [("kernels", kernels(job, stage)?), ("weights", weights(stage)?), ("wins", wins(stage)?)];
        let seen = maps(job, &stage.config().layer)?.map(|figure| ("maps", figure));
        for (what, figure) in pictures.into_iter().chain(seen) {
            let name = stage_picture(n, what);
            figure.save(folder.file(&name))?;
            names.push(name);
        }
    }
    Ok(names)
}

fn kernels(job: &Job, stage: &StageRun) -> rheobase::Result<Figure> {
    let all = &stage.course().kernels;
    let shown = all.iter().take(1).chain(&all[1.max(all.len().saturating_sub(ROWS - 1)).min(all.len())..]);
    let (layer, own) = (&stage.config().layer, stage.kernel());
    let deep = |k: &Kernels| ReceptiveFields::new(job.network(), job.program(), layer, &k.weights);
    let fields = |k: &Kernels| match deep(k) {
        Some(fields) => fields,
        None => ReceptiveFields { shape: own, values: k.weights.clone() },
    };
    let maps: Vec<(u64, ReceptiveFields)> = shown.map(|k| (k.samples, fields(k))).collect();
    let [channels, rows, columns] = maps.first().map_or(own, |(_, fields)| fields.shape);
    let taken_back = [channels, rows, columns] != own;
    let scaled = |values: Vec<f64>| if taken_back { of_largest(values) } else { values };
    let flat: Vec<(u64, Vec<f64>)> =
        maps.iter().map(|(samples, fields)| (*samples, scaled(over_channels(fields)))).collect();
    let [lower, upper] = stage.config().plasticity.bounds.map(f64::from);
    let (range, label) = match channels {
        2 if taken_back => ([-1.0, 1.0], "in the input, channel 0 − 1; of the row's largest".to_string()),
        _ if taken_back => ([-1.0, 1.0], "in the input, of the row's largest".to_string()),
        1 => ([lower, upper], "weight".to_string()),
        2 => ([lower - upper, upper - lower], "weight, channel 0 − 1".to_string()),
        n => ([lower, upper], format!("weight, mean of {n} channels")),
    };
    let names = kept(stage.features()).into_iter().map(|f| f.to_string());
    let mut picture = KernelCourse::new(names, rows, columns, range)
        .label(label)
        .title(format!("Kernels of {layer} as they form"));
    for (samples, values) in &flat {
        picture = picture.moment(samples.to_string(), values);
    }
    picture.figure()
}

/// Values as shares of the largest magnitude among them.
fn of_largest(mut values: Vec<f64>) -> Vec<f64> {
    let largest = values.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    values.iter_mut().for_each(|x| *x /= if largest > 0.0 { largest } else { 1.0 });
    values
}

/// Kernels as one map each: that of their only channel, the difference of two (on- and off-centre cells as a rule), the mean
/// of more.
fn over_channels(fields: &ReceptiveFields) -> Vec<f64> {
    let [channels, rows, columns] = fields.shape;
    let size = rows * columns;
    let one = |kernel: &[f32], i: usize| {
        let of = |c: usize| f64::from(kernel[c * size + i]);
        match channels {
            2 => of(0) - of(1),
            n => (0..n).map(of).sum::<f64>() / n as f64,
        }
    };
    let each = fields.values.chunks_exact(channels * size);
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
