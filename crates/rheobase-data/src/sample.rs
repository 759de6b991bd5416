//! One sample of a data set, as encoders see it.

/// The input of one sample, borrowed from where it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SampleView<'a> {
    /// One value per feature, the same at all times: `[feature]`.
    Static(&'a [f32]),
    /// Values over time: `[time, feature]`.
    Series {
        /// Features per step, at least 1.
        features: usize,
        /// The values, features fastest; whole steps.
        values: &'a [f32],
    },
    /// Spikes, sorted by (step, feature), at most one per feature and step.
    Events {
        /// Number of features.
        features: usize,
        /// Length of the sample in steps.
        steps: usize,
        /// Step of every event, below `steps`.
        step: &'a [u32],
        /// Feature of every event, below `features`.
        feature: &'a [u32],
        /// Value of every event: 1 for a plain spike.
        value: &'a [f32],
    },
}

impl<'a> SampleView<'a> {
    /// Number of features.
    pub fn features(&self) -> usize {
        match self {
            SampleView::Static(values) => values.len(),
            SampleView::Series { features, .. } | SampleView::Events { features, .. } => *features,
        }
    }

    /// The sample's own length in steps; `None` if it lasts as long as one likes.
    pub fn steps(&self) -> Option<usize> {
        match self {
            SampleView::Static(_) => None,
            SampleView::Series { features, values } => Some(values.len() / (*features).max(1)),
            SampleView::Events { steps, .. } => Some(*steps),
        }
    }

    /// The values of all features at `step`; `None` for spikes and past the end.
    pub fn row(&self, step: usize) -> Option<&'a [f32]> {
        match *self {
            SampleView::Static(values) => Some(values),
            SampleView::Series { features, values } => values.chunks_exact(features.max(1)).nth(step),
            SampleView::Events { .. } => None,
        }
    }
}
