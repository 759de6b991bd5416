//! What a network is trained and tested on: inputs, labels, and the names of both.

use std::collections::HashSet;

use super::sample::SampleView;
use rheobase_base::shape::checked_len;
use rheobase_base::{Error, Result};

/// Most classes a label can name; a label beyond is taken for a mistake instead of making room for it.
pub const CLASSES_MAX: usize = 65_536;

/// Samples of one shape with their labels. It always is valid: every way to make one checks it.
///
/// All values are finite, there is at least one sample, every label names a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    name: String,
    shape: Vec<usize>,
    features: usize,
    inputs: Inputs,
    labels: Vec<u32>,
    classes: usize,
    class_names: Vec<String>,
    feature_names: Vec<String>,
}

/// The inputs of all samples, one sample after the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Inputs {
    /// Values that do not change over time: `[sample, feature]`.
    Static(Vec<f32>),
    /// Values over time: `[sample][time, feature]`; samples may differ in length.
    Series {
        /// Where each sample starts, in steps, and where the last one ends: 0 first, one more than there are samples.
        starts: Vec<usize>,
        /// `starts.last() × features` values, features fastest.
        values: Vec<f32>,
    },
    /// Spikes.
    Events(EventInputs),
}

/// Spikes of all samples, one sample after the other, in each sorted by (step, feature).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventInputs {
    /// Length of every sample in steps.
    pub lengths: Vec<u32>,
    /// Where the events of each sample start, and where the last one's end: 0 first, one more than there are samples.
    pub starts: Vec<usize>,
    /// Step of every event, from 0, below its sample's length.
    pub step: Vec<u32>,
    /// Feature of every event; at most one event per feature and step.
    pub feature: Vec<u32>,
    /// Value of every event: 1 for a plain spike; finite, not 0.
    pub value: Vec<f32>,
}

impl Inputs {
    fn samples(&self, features: usize) -> usize {
        match self {
            Inputs::Static(values) => values.len() / features,
            Inputs::Series { starts, .. } => starts.len().saturating_sub(1),
            Inputs::Events(events) => events.lengths.len(),
        }
    }
}

impl Dataset {
    /// A data set called `name` (used in errors; a file's name, say) whose samples have `shape`: `[feature]`,
    /// `[channel, length]` or `[channel, height, width]`. `labels` has one entry per sample, or none if nothing is
    /// known about them. There are as many classes as the largest label says.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is no sample, an axis is empty, or counts do not fit together; [`Error::Value`]
    /// naming sample and place if a value is not finite, events are not sorted or lie outside the sample, or a label
    /// is beyond [`CLASSES_MAX`].
    pub fn new(
        name: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        inputs: Inputs,
        labels: Vec<u32>,
    ) -> Result<Self> {
        let (name, shape) = (name.into(), shape.into());
        let features = features_of(&name, &shape)?;
        let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        let (class_names, feature_names) = Default::default();
        let data = Dataset { name, shape, features, inputs, labels, classes, class_names, feature_names };
        data.validate()?;
        Ok(data)
    }

    /// The same data with named classes: label `i` means `names[i]`. There may be classes without a sample.
    ///
    /// # Errors
    /// [`Error::Shape`] if a label has no name; [`Error::Value`] if two names are equal or one is empty.
    pub fn with_class_names(mut self, names: Vec<String>) -> Result<Self> {
        self = self.with_classes(names.len())?;
        check_names(&self.name, "class_names", &names)?;
        self.class_names = names;
        Ok(self)
    }

    /// The same data with `count` classes, which may be more than the labels show.
    ///
    /// # Errors
    /// [`Error::Value`] if a label is not below `count`, or `count` exceeds [`CLASSES_MAX`].
    pub fn with_classes(mut self, count: usize) -> Result<Self> {
        if count > CLASSES_MAX {
            return Err(self.fault(
                "classes",
                None,
                count,
                format!("at most {CLASSES_MAX} can be told apart"),
            ));
        }
        if let Some(i) = self.labels.iter().position(|&l| l as usize >= count) {
            let rule = format!(
                "there are {count} classes, so labels go from 0 to {}{}",
                count as i64 - 1,
                super::labels::hint(&self.labels)
            );
            return Err(self.fault("labels", Some(i), self.labels[i], rule));
        }
        self.classes = count;
        self.class_names.clear();
        Ok(self)
    }

    /// The same data with a name for each feature.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are not as many names as features; [`Error::Value`] if two are equal or one is empty.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Result<Self> {
        if names.len() != self.features {
            let want = format!("a sample has {} features, each of which needs a name", self.features);
            return Err(self.misfit("feature_names", format!("[{}]", names.len()), want));
        }
        check_names(&self.name, "feature_names", &names)?;
        self.feature_names = names;
        Ok(self)
    }

    /// What it is called in errors and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Shape of a sample at one moment: `[feature]`, `[channel, length]` or `[channel, height, width]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Product of the shape.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of samples, at least 1.
    pub fn samples(&self) -> usize {
        self.inputs.samples(self.features)
    }

    /// All inputs.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The class of every sample; empty if none is known.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The class of every sample, for those who cannot do without.
    ///
    /// # Errors
    /// [`Error::Shape`] if the data has no labels.
    pub fn require_labels(&self) -> Result<&[u32]> {
        if self.labels.is_empty() {
            let want = format!("one label for each of the {} samples is needed here", self.samples());
            return Err(self.misfit("labels", "[0]".into(), want));
        }
        Ok(&self.labels)
    }

    /// Number of classes; 0 if there are no labels and no names.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Names of the classes; empty if they have none.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The name of a class, or its number.
    pub fn class_name(&self, class: u32) -> String {
        self.class_names.get(class as usize).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Names of the features; empty if they have none.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Samples of each class: `[class]`.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes];
        for &label in &self.labels {
            // Labels are below the number of classes.
            counts[label as usize] += 1;
        }
        counts
    }

    /// The longest sample in steps; `None` if samples are static.
    pub fn longest(&self) -> Option<usize> {
        (0..self.samples()).filter_map(|i| self.sample(i)?.steps()).max()
    }

    /// The input of sample `i`; `None` past the last.
    pub fn sample(&self, i: usize) -> Option<SampleView<'_>> {
        let features = self.features;
        Some(match &self.inputs {
            Inputs::Static(values) => SampleView::Static(values.chunks_exact(features).nth(i)?),
            Inputs::Series { starts, values } => {
                let range = starts.get(i)? * features..starts.get(i + 1)? * features;
                SampleView::Series { features, values: values.get(range)? }
            }
            Inputs::Events(e) => {
                let range = *e.starts.get(i)?..*e.starts.get(i + 1)?;
                SampleView::Events {
                    features,
                    steps: *e.lengths.get(i)? as usize,
                    step: e.step.get(range.clone())?,
                    feature: e.feature.get(range.clone())?,
                    value: e.value.get(range)?,
                }
            }
        })
    }

    /// The samples at `indices`, in that order; one may be taken several times. Classes and names stay.
    ///
    /// # Errors
    /// [`Error::Value`] if an index is not below the number of samples; [`Error::Shape`] if there is no index.
    pub fn subset(&self, indices: &[usize]) -> Result<Dataset> {
        let count = self.samples();
        if let Some(at) = indices.iter().position(|&i| i >= count) {
            let rule = format!("there are {count} samples, counted from 0");
            return Err(self.fault("subset", Some(at), indices[at], rule));
        }
        if indices.is_empty() {
            return Err(self.misfit("subset", "[0]".into(), "a subset needs at least one sample".into()));
        }
        let inputs = self.gather(indices);
        let labels = indices.iter().filter_map(|&i| self.labels.get(i).copied()).collect();
        Ok(Dataset {
            name: self.name.clone(),
            shape: self.shape.clone(),
            features: self.features,
            inputs,
            labels,
            classes: self.classes,
            class_names: self.class_names.clone(),
            feature_names: self.feature_names.clone(),
        })
    }

    /// The inputs of the samples at `indices`, each of which must exist.
    fn gather(&self, indices: &[usize]) -> Inputs {
        let views = indices.iter().filter_map(|&i| self.sample(i));
        match &self.inputs {
            Inputs::Static(_) => Inputs::Static(views.filter_map(|v| v.row(0)).flatten().copied().collect()),
            Inputs::Series { .. } => {
                let (mut starts, mut all) = (vec![0], Vec::new());
                for view in views {
                    if let SampleView::Series { values, .. } = view {
                        all.extend_from_slice(values);
                        starts.push(all.len() / self.features);
                    }
                }
                Inputs::Series { starts, values: all }
            }
            Inputs::Events(_) => {
                let mut all = EventInputs { starts: vec![0], ..Default::default() };
                for view in views {
                    if let SampleView::Events { steps, step, feature, value, .. } = view {
                        all.lengths.push(steps as u32);
                        all.step.extend_from_slice(step);
                        all.feature.extend_from_slice(feature);
                        all.value.extend_from_slice(value);
                        all.starts.push(all.step.len());
                    }
                }
                Inputs::Events(all)
            }
        }
    }

    fn validate(&self) -> Result<()> {
        match &self.inputs {
            Inputs::Static(values) => self.validate_static(values)?,
            Inputs::Series { starts, values } => self.validate_series(starts, values)?,
            Inputs::Events(events) => self.validate_events(events)?,
        }
        let (samples, labels) = (self.samples(), self.labels.len());
        if labels != 0 && labels != samples {
            let want = format!("there are {samples} samples, and each needs one label (or none has one)");
            return Err(self.misfit("labels", format!("[{labels}]"), want));
        }
        if let Some(i) = self.labels.iter().position(|&l| l as usize >= CLASSES_MAX) {
            let rule = format!("labels are classes counted from 0, at most {CLASSES_MAX} of them");
            return Err(self.fault("labels", Some(i), self.labels[i], rule));
        }
        Ok(())
    }

    fn validate_static(&self, values: &[f32]) -> Result<()> {
        if values.is_empty() || !values.len().is_multiple_of(self.features) {
            let want = format!(
                "at least one sample of {} values is needed, and no part of a sample may be left over",
                self.features
            );
            return Err(self.misfit("inputs", format!("[{}]", values.len()), want));
        }
        match values.iter().position(|x| !x.is_finite()) {
            Some(i) => {
                let (sample, feature) = (i / self.features, i % self.features);
                Err(self.fault(
                    &format!("inputs[{sample}]"),
                    Some(feature),
                    values[i],
                    "must be finite".into(),
                ))
            }
            None => Ok(()),
        }
    }

    fn validate_series(&self, starts: &[usize], values: &[f32]) -> Result<()> {
        self.validate_starts("inputs.starts", starts, 1)?;
        let steps = starts.last().copied().unwrap_or_default();
        if steps.checked_mul(self.features) != Some(values.len()) {
            let want = format!("{steps} steps of {} features are declared", self.features);
            return Err(self.misfit("inputs.values", format!("[{}]", values.len()), want));
        }
        if let Some(i) = starts.windows(2).position(|w| u32::try_from(w[1] - w[0]).is_err()) {
            let rule = "a sample has fewer than 2³² steps".into();
            return Err(self.fault("inputs.starts", Some(i + 1), starts[i + 1], rule));
        }
        match values.iter().position(|x| !x.is_finite()) {
            Some(i) => {
                let (row, feature) = (i / self.features, i % self.features);
                // The last start at or before the row; samples have at least one step.
                let sample = starts.partition_point(|&s| s <= row).saturating_sub(1);
                let field = format!("inputs[{sample}][{}]", row - starts[sample]);
                Err(self.fault(&field, Some(feature), values[i], "must be finite".into()))
            }
            None => Ok(()),
        }
    }

    /// `starts` begins at 0 and each sample takes at least `least`.
    fn validate_starts(&self, field: &str, starts: &[usize], least: usize) -> Result<()> {
        if starts.len() < 2 {
            return Err(self.misfit(
                field,
                format!("[{}]", starts.len()),
                "one start per sample and the end of the last are needed, and at least one sample".into(),
            ));
        }
        if starts[0] != 0 {
            return Err(self.fault(field, Some(0), starts[0], "the first sample starts at 0".into()));
        }
        match starts.windows(2).position(|w| w[1] < w[0] || w[1] - w[0] < least) {
            Some(i) => {
                let rule = format!("must be at least {least} above the one before, {}", starts[i]);
                Err(self.fault(field, Some(i + 1), starts[i + 1], rule))
            }
            None => Ok(()),
        }
    }

    fn validate_events(&self, e: &EventInputs) -> Result<()> {
        self.validate_starts("inputs.starts", &e.starts, 0)?;
        let events = e.starts.last().copied().unwrap_or_default();
        for (field, got, want) in [
            ("inputs.lengths", e.lengths.len(), e.starts.len() - 1),
            ("inputs.step", e.step.len(), events),
            ("inputs.feature", e.feature.len(), events),
            ("inputs.value", e.value.len(), events),
        ] {
            if got != want {
                return Err(self.misfit(
                    field,
                    format!("[{got}]"),
                    format!("[{want}] follows from `starts`"),
                ));
            }
        }
        for (sample, (&length, range)) in e.lengths.iter().zip(e.starts.windows(2)).enumerate() {
            if length == 0 {
                let rule = "a sample has at least one step".into();
                return Err(self.fault("inputs.lengths", Some(sample), 0, rule));
            }
            let events = range[0]..range[1];
            if sound(
                (self.features, length),
                &e.step[events.clone()],
                &e.feature[events.clone()],
                &e.value[events.clone()],
            ) {
                continue;
            }
            let mut last = None;
            for i in events {
                let fault = |part: &str, value: String, rule: String| {
                    self.fault(&format!("inputs[{sample}].{part}"), Some(i - range[0]), value, rule)
                };
                let key = (e.step[i], e.feature[i]);
                if key.0 >= length {
                    return Err(fault("step", key.0.to_string(), format!("the sample has {length} steps")));
                }
                if key.1 as usize >= self.features {
                    let rule = format!("a sample has {} features", self.features);
                    return Err(fault("feature", key.1.to_string(), rule));
                }
                if last.is_some_and(|last| last >= key) {
                    let rule = "events are sorted by (step, feature), at most one for each".into();
                    return Err(fault("event", format!("{key:?}"), rule));
                }
                if !e.value[i].is_finite() || e.value[i] == 0.0 {
                    return Err(fault("value", e.value[i].to_string(), "must be finite and not 0".into()));
                }
                last = Some(key);
            }
        }
        Ok(())
    }

    pub(super) fn fault(
        &self,
        field: &str,
        index: Option<usize>,
        value: impl ToString,
        rule: String,
    ) -> Error {
        Error::value(self.name.clone(), field, value, rule).at(index)
    }

    pub(super) fn misfit(&self, field: &str, got: String, want: String) -> Error {
        Error::shape(self.name.clone(), field, got, want)
    }
}

/// Whether the events of a sample of so many features and steps are within it, sorted, and have values: all at once, which is faster
/// than to look for the first that does not.
fn sound((features, length): (usize, u32), steps: &[u32], places: &[u32], values: &[f32]) -> bool {
    let (mut all, mut least) = (true, 0);
    for ((step, feature), value) in steps.iter().zip(places).zip(values) {
        let key = u64::from(*step) << 32 | u64::from(*feature);
        all &= (key >= least) & ((*feature as usize) < features) & value.is_finite() & (*value != 0.0);
        least = key.wrapping_add(1);
    }
    all && steps.last().is_none_or(|last| *last < length)
}

fn features_of(name: &str, shape: &[usize]) -> Result<usize> {
    match checked_len(shape) {
        Some(n) if n > 0 && u32::try_from(n).is_ok() && (1..=3).contains(&shape.len()) => Ok(n),
        _ => Err(Error::shape(
            name,
            "shape",
            format!("{shape:?}"),
            "a sample is [feature], [channel, length] or [channel, height, width], without an empty axis, \
                   with fewer than 2³² values",
        )),
    }
}

fn check_names(place: &str, field: &str, names: &[String]) -> Result<()> {
    let mut seen = HashSet::new();
    match names.iter().position(|n| n.is_empty() || !seen.insert(n)) {
        Some(i) => Err(Error::value(
            place,
            field,
            format!("{:?}", names[i]),
            "names are not empty, and no two are equal",
        )
        .at(i)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
