//! `FirstSpikeConv`: a convolution whose neurons fire once, in the step in which their potential exceeds a threshold.

mod step;

use rheobase_models::lanes::Level;

pub(crate) use self::step::{Scratch, Step};
use super::Kernels;
use super::SpikeRows;
use super::check::{finite, rows};
use super::windows::{Lists, Targets, Windows, value_error};
use rheobase_base::{Error, Result};

/// Convolution and threshold in one, for inputs that act once: in the first step in which they are not 0. From then on each
/// adds its value times its weights to the potentials of all windows that see it. A neuron fires once, at the end of the
/// first step in which its potential is above the threshold of its feature.
///
/// Over a cumulative wave that is a convolution followed by firing once, at the cost of the spikes instead of all steps.
/// Potentials add up in the order of arrival (step, then index), a convolution's in the order of the index: they agree up to
/// rounding, so a spike can differ only where a potential is within rounding of the threshold.
#[derive(Debug, Clone)]
pub struct FirstSpikeConv {
    windows: Windows,
    rows: Targets,
    columns: Targets,
    outputs: usize,
    groups: usize,
    /// Features of a group, filled up to whole registers.
    lanes: usize,
    /// `[input channel, tap, lane]`.
    weights: Vec<f32>,
    /// `[group, lane]`; infinite where there is no feature.
    thresholds: Vec<f32>,
    /// The feature of each lane that has one, `[group, lane]`.
    features: Vec<u32>,
}

/// Where the neurons of a [`FirstSpikeConv`] are within a sample.
#[derive(Debug, Clone, Default)]
pub struct Potentials {
    /// `[window, group, lane]`; −∞ after a spike.
    pub(crate) sums: Vec<f32>,
    /// Which inputs have acted: 1.
    pub(crate) seen: Vec<f32>,
    scratch: Scratch,
}

/// Features are filled up to so many.
const REGISTER: usize = 16;

impl FirstSpikeConv {
    /// A convolution over an input `[C, L]` or `[C, H, W]`; its weights are 0 and its thresholds infinite until they are set.
    ///
    /// # Errors
    /// Kernels larger than the padded input; settings out of range or of the wrong length; groups that do not divide the
    /// features.
    pub fn new(kernels: Kernels<'_>, input: &[usize]) -> Result<FirstSpikeConv> {
        FirstSpikeConv::named("first_spike_conv", kernels, input)
    }

    pub(crate) fn named(place: &str, kernels: Kernels<'_>, input: &[usize]) -> Result<FirstSpikeConv> {
        let Kernels { outputs, kernel, stride, padding, dilation, groups } = kernels;
        let windows = Windows::new(place, &Lists { kernel, stride, padding, dilation }, input)?;
        windows.check_outputs(place, outputs, groups)?;
        let lanes = (outputs / groups).next_multiple_of(REGISTER);
        let of_group = outputs / groups;
        let feature = |at: usize| (at / lanes * of_group + (at % lanes).min(of_group - 1)) as u32;
        Ok(FirstSpikeConv {
            rows: Targets::new(&windows.rows),
            columns: Targets::new(&windows.columns),
            outputs,
            groups,
            lanes,
            weights: vec![0.0; windows.channels * windows.taps() * lanes],
            thresholds: vec![f32::INFINITY; groups * lanes],
            features: (0..groups * lanes).map(feature).collect(),
            windows,
        })
    }

    /// Shape of the outputs, [feature, row, column].
    pub fn output_shape(&self) -> [usize; 3] {
        [self.outputs, self.windows.rows.outputs, self.windows.columns.outputs]
    }

    /// Neurons.
    pub fn outputs(&self) -> usize {
        self.outputs * self.windows.outputs()
    }

    /// Inputs.
    pub fn inputs(&self) -> usize {
        self.windows.channels * self.windows.places()
    }

    /// Number of weights.
    pub fn weights(&self) -> usize {
        self.outputs * self.per_feature()
    }

    fn per_feature(&self) -> usize {
        self.windows.channels / self.groups * self.windows.taps()
    }

    /// Takes in weights, `[out, in/groups, k]` or `[out, in/groups, kh, kw]`.
    ///
    /// # Errors
    /// As many as there are not; one that is not finite.
    pub fn set_weights(&mut self, weights: &[f32]) -> Result<()> {
        self.check("weights", weights, self.weights())?;
        (0..self.outputs).for_each(|feature| self.place_feature(feature, weights));
        Ok(())
    }

    /// Takes in the weights of these features alone, out of all: those that have changed.
    ///
    /// # Errors
    /// Those of [`FirstSpikeConv::set_weights`]; a feature that there is not.
    pub fn set_features(&mut self, weights: &[f32], features: &[u32]) -> Result<()> {
        self.check("weights", weights, self.weights())?;
        if let Some(at) = features.iter().position(|f| *f as usize >= self.outputs) {
            let rule = format!("must be below {}, the features", self.outputs);
            return Err(value_error("first_spike_conv", "features", Some(at), features[at], rule));
        }
        features.iter().for_each(|feature| self.place_feature(*feature as usize, weights));
        Ok(())
    }

    fn place_feature(&mut self, feature: usize, weights: &[f32]) {
        let (per_feature, of_group) = (self.per_feature(), self.outputs / self.groups);
        let (group, lane) = (feature / of_group, feature % of_group);
        // The channels of a group follow each other, and so do their taps.
        let first = group * per_feature * self.lanes + lane;
        let places = self.weights[first..].iter_mut().step_by(self.lanes);
        for (to, from) in places.zip(&weights[feature * per_feature..(feature + 1) * per_feature]) {
            *to = *from;
        }
    }

    /// Takes in the threshold of each feature.
    ///
    /// # Errors
    /// As many as there are not features; one that is not finite, or below 0: without input a neuron does not fire.
    pub fn set_thresholds(&mut self, thresholds: &[f32]) -> Result<()> {
        self.check("thresholds", thresholds, self.outputs)?;
        if let Some(at) = thresholds.iter().position(|t| *t < 0.0) {
            let rule = "must be at least 0: a neuron fires because of its input";
            return Err(value_error("first_spike_conv", "thresholds", Some(at), thresholds[at], rule));
        }
        let of_group = self.outputs / self.groups;
        for (feature, threshold) in thresholds.iter().enumerate() {
            self.thresholds[feature / of_group * self.lanes + feature % of_group] = *threshold;
        }
        Ok(())
    }

    fn check(&self, field: &str, numbers: &[f32], wanted: usize) -> Result<()> {
        if numbers.len() != wanted {
            return Err(Error::shape(
                "first_spike_conv",
                field,
                format!("[{}]", numbers.len()),
                format!("{wanted} numbers are needed"),
            ));
        }
        finite("first_spike_conv", field, numbers)
    }

    /// The first spikes of all neurons for one sample, each with its potential. `out` is overwritten; `potentials` are a
    /// buffer, which need not be cleared.
    ///
    /// # Errors
    /// Spikes of inputs that there are not; values that are not finite.
    pub fn first(&self, input: &SpikeRows, potentials: &mut Potentials, out: &mut SpikeRows) -> Result<()> {
        self.run::<false>(input, potentials, out)
    }

    /// What [`super::Inhibition`] at each place alone leaves of [`FirstSpikeConv::first`], in less time: once a feature has fired
    /// at a place, nothing is added there any more.
    ///
    /// # Errors
    /// Those of [`FirstSpikeConv::first`].
    pub fn first_inhibited(
        &self,
        input: &SpikeRows,
        potentials: &mut Potentials,
        out: &mut SpikeRows,
    ) -> Result<()> {
        self.run::<true>(input, potentials, out)
    }

    fn run<const ALONE: bool>(
        &self,
        input: &SpikeRows,
        potentials: &mut Potentials,
        out: &mut SpikeRows,
    ) -> Result<()> {
        let channels = [self.windows.channels, self.windows.rows.input, self.windows.columns.input];
        rows("first_spike_conv", input, channels)?;
        finite("first_spike_conv", "value", input.value())?;
        out.clear();
        potentials.sums.clear();
        potentials.sums.resize(self.sums(), 0.0);
        potentials.seen.clear();
        potentials.seen.resize(self.inputs(), 0.0);
        potentials.scratch.silent.clear();
        let Potentials { sums, seen, scratch } = potentials;
        for step in 0..input.steps() {
            let (index, value) = input.step(step);
            let step = Step::<ALONE> { conv: self, index, value, sums, seen, scratch };
            step.run(Level::best(), |i, potential| out.push(i, potential));
            out.end_step();
        }
        Ok(())
    }

    /// Neurons that see an input.
    pub(crate) fn targets(&self, input: usize) -> usize {
        let at = input % self.windows.places();
        let (row, column) = (at / self.windows.columns.input, at % self.windows.columns.input);
        self.rows.of(row).count * self.columns.of(column).count * (self.outputs / self.groups)
    }

    /// Sums of a sample.
    pub(crate) fn sums(&self) -> usize {
        self.windows.outputs() * self.groups * self.lanes
    }
}

#[cfg(test)]
mod tests;
