//! What a network is fed for one sample: a constant, values over time, or spikes by step.

use crate::{Error, Result};

/// The input of one sample over its steps.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleInput {
    /// The same in every step: `[feature]`.
    Constant(Vec<f32>),
    /// Values over time.
    Dense {
        /// Values per step, at least 1.
        features: usize,
        /// `[time, feature]`, features fastest.
        values: Vec<f32>,
    },
    /// Spikes by step.
    Spikes(SpikeRows),
}

impl Default for SampleInput {
    fn default() -> Self {
        SampleInput::Constant(Vec::new())
    }
}

impl SampleInput {
    /// Number of steps; `None` for a constant, which lasts as long as one likes.
    pub fn steps(&self) -> Option<usize> {
        match self {
            SampleInput::Constant(_) => None,
            SampleInput::Dense { features, values } => Some(values.len() / (*features).max(1)),
            SampleInput::Spikes(spikes) => Some(spikes.steps()),
        }
    }

    /// The values `[time, feature]` of `steps` steps, 0 where nothing is said. Whatever lies outside is left out.
    pub fn to_dense(&self, steps: usize, features: usize) -> Vec<f32> {
        let mut dense = vec![0.0; steps.saturating_mul(features)];
        for (step, row) in dense.chunks_exact_mut(features.max(1)).enumerate() {
            match self {
                SampleInput::Constant(values) => row.iter_mut().zip(values).for_each(|(r, v)| *r = *v),
                SampleInput::Dense { features, values } => {
                    let from = values.chunks_exact((*features).max(1)).nth(step).unwrap_or_default();
                    row.iter_mut().zip(from).for_each(|(r, v)| *r = *v);
                }
                SampleInput::Spikes(spikes) if step < spikes.steps() => {
                    let (index, value) = spikes.step(step);
                    for (i, v) in index.iter().zip(value) {
                        if let Some(r) = row.get_mut(*i as usize) {
                            *r = *v;
                        }
                    }
                }
                SampleInput::Spikes(_) => {}
            }
        }
        dense
    }

    /// Becomes a constant, empty, with the memory it had.
    pub(super) fn constant(&mut self) -> &mut Vec<f32> {
        *self = SampleInput::Constant(self.take_numbers());
        self.numbers()
    }

    /// Becomes dense, empty, with the memory it had.
    pub(super) fn dense(&mut self, features: usize) -> &mut Vec<f32> {
        *self = SampleInput::Dense { features, values: self.take_numbers() };
        self.numbers()
    }

    /// Spikes, none yet, with the memory it had, which it loses.
    pub(super) fn take_spikes(&mut self) -> SpikeRows {
        let mut spikes = match std::mem::take(self) {
            SampleInput::Spikes(spikes) => spikes,
            SampleInput::Constant(_) | SampleInput::Dense { .. } => SpikeRows::default(),
        };
        spikes.clear();
        spikes
    }

    /// The numbers it holds: values, or the heights of spikes.
    fn numbers(&mut self) -> &mut Vec<f32> {
        match self {
            SampleInput::Constant(values) | SampleInput::Dense { values, .. } => values,
            SampleInput::Spikes(spikes) => &mut spikes.value,
        }
    }

    fn take_numbers(&mut self) -> Vec<f32> {
        let mut numbers = std::mem::take(self.numbers());
        numbers.clear();
        numbers
    }
}

/// Spikes sorted by step and, within a step, by index: the rows of a sparse matrix `[time, feature]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeRows {
    offsets: Vec<u32>,
    index: Vec<u32>,
    value: Vec<f32>,
}

impl Default for SpikeRows {
    fn default() -> Self {
        SpikeRows { offsets: vec![0], index: Vec::new(), value: Vec::new() }
    }
}

impl SpikeRows {
    /// Spikes from parts: those of step `t` stand at `offsets[t]..offsets[t + 1]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if counts do not fit together; [`Error::Value`] if offsets descend, indices do not ascend within
    /// a step or reach `features`, or a value is 0 or not finite.
    pub fn new(offsets: Vec<u32>, index: Vec<u32>, value: Vec<f32>, features: usize) -> Result<Self> {
        let fault = |field: &str, at: usize, value: String, rule: String| Error::Value {
            place: "spikes".into(),
            field: field.into(),
            index: Some(at),
            value,
            rule,
        };
        if offsets.first() != Some(&0) || index.len() != value.len() {
            return Err(Error::Shape {
                place: "spikes".into(),
                field: "offsets, index, value".into(),
                got: format!("[{}], [{}], [{}]", offsets.len(), index.len(), value.len()),
                want: "offsets begin with 0, and every index has a value".into(),
            });
        }
        if let Some(t) = offsets.windows(2).position(|w| w[1] < w[0] || w[1] as usize > index.len()) {
            let rule = format!("must ascend from {} and not exceed the {} spikes", offsets[t], index.len());
            return Err(fault("offsets", t + 1, offsets[t + 1].to_string(), rule));
        }
        if offsets.last().is_some_and(|&end| end as usize != index.len()) {
            let rule = format!("the last offset is the number of spikes, {}", index.len());
            let last = offsets.len() - 1;
            return Err(fault("offsets", last, offsets[last].to_string(), rule));
        }
        for step in offsets.windows(2) {
            for i in step[0] as usize..step[1] as usize {
                let descends = i > step[0] as usize && index[i - 1] >= index[i];
                if descends || index[i] as usize >= features {
                    let rule = format!("must ascend within a step and lie below {features}");
                    return Err(fault("index", i, index[i].to_string(), rule));
                }
            }
        }
        match value.iter().position(|v| !v.is_finite() || *v == 0.0) {
            Some(i) => Err(fault("value", i, value[i].to_string(), "must be finite and not 0".into())),
            None => Ok(SpikeRows { offsets, index, value }),
        }
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of spikes.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no spike.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Where each step's spikes begin, and where the last one's end: `[steps + 1]`.
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Feature of every spike, ascending within a step.
    pub fn index(&self) -> &[u32] {
        &self.index
    }

    /// Value of every spike: 1 for a plain one; finite, not 0.
    pub fn value(&self) -> &[f32] {
        &self.value
    }

    /// Features and values of the spikes in step `t`.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn step(&self, t: usize) -> (&[u32], &[f32]) {
        let range = self.offsets[t] as usize..self.offsets[t + 1] as usize;
        (&self.index[range.clone()], &self.value[range])
    }

    fn clear(&mut self) {
        self.offsets.truncate(1);
        self.index.clear();
        self.value.clear();
    }

    /// Adds a spike to the step that is being written. Indices must ascend.
    #[inline]
    pub(super) fn push(&mut self, index: u32, value: f32) {
        self.index.push(index);
        self.value.push(value);
    }

    /// Ends the step that is being written. There are fewer than 2³² spikes: encoders check so beforehand.
    pub(super) fn end_step(&mut self) {
        self.offsets.push(self.index.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_checked() {
        let new = |o: &[u32], i: &[u32], v: &[f32]| SpikeRows::new(o.into(), i.into(), v.into(), 3);
        let good = new(&[0, 2, 2, 3], &[0, 2, 1], &[1.0, -1.0, 2.0]).unwrap();
        assert_eq!((good.steps(), good.len(), good.step(0)), (3, 3, (&[0, 2][..], &[1.0, -1.0][..])));
        assert_eq!(good.step(1).0.len(), 0);
        let dense = SampleInput::Spikes(good).to_dense(4, 3);
        assert_eq!(dense, [1., 0., -1., 0., 0., 0., 0., 2., 0., 0., 0., 0.]);
        for (o, i, v, part) in [
            (&[][..], &[][..], &[][..], "begin with 0"),
            (&[1], &[], &[], "begin with 0"),
            (&[0, 1], &[0], &[], "every index"),
            (&[0, 2, 1], &[0, 1], &[1.0, 1.0], "offsets[2] = 1"),
            (&[0, 3], &[0, 1], &[1.0, 1.0], "offsets[1] = 3"),
            (&[0, 1], &[0, 1], &[1.0, 1.0], "number of spikes, 2"),
            (&[0, 2], &[1, 1], &[1.0, 1.0], "index[1] = 1"),
            (&[0, 1], &[3], &[1.0], "index[0] = 3"),
            (&[0, 1], &[0], &[0.0], "value[0] = 0"),
            (&[0, 1], &[0], &[f32::NAN], "value[0] = NaN"),
        ] {
            let text = new(o, i, v).unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn every_form_is_dense_too() {
        assert_eq!(SampleInput::Constant(vec![1.0, 2.0]).to_dense(2, 2), [1.0, 2.0, 1.0, 2.0]);
        let dense = SampleInput::Dense { features: 1, values: vec![1.0, 2.0] };
        assert_eq!((dense.steps(), dense.to_dense(3, 1)), (Some(2), vec![1.0, 2.0, 0.0]));
        assert!(SampleInput::default().to_dense(0, 4).is_empty());
    }
}
