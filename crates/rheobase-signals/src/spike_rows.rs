//! `SpikeRows`: spikes by step, as sparse rows.

use rheobase_base::{Error, Result};

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
        let fault = |field: &str, at: usize, value: String, rule: String| {
            Error::value("spikes", field, value, rule).at(at)
        };
        if offsets.first() != Some(&0) || index.len() != value.len() {
            return Err(Error::shape(
                "spikes",
                "offsets, index, value",
                format!("[{}], [{}], [{}]", offsets.len(), index.len(), value.len()),
                "offsets begin with 0, and every index has a value",
            ));
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

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        4 * (self.offsets.capacity() + self.index.capacity() + self.value.capacity())
    }

    /// Features and values of the spikes in step `t`.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn step(&self, t: usize) -> (&[u32], &[f32]) {
        let range = self.offsets[t] as usize..self.offsets[t + 1] as usize;
        (&self.index[range.clone()], &self.value[range])
    }

    /// No steps and no spikes; its buffers are reused.
    pub fn clear(&mut self) {
        self.offsets.truncate(1);
        self.index.clear();
        self.value.clear();
    }

    /// Adds a spike to the step that is being written. Indices must ascend.
    #[inline]
    pub fn push(&mut self, index: u32, value: f32) {
        self.index.push(index);
        self.value.push(value);
    }

    /// Ends the step that is being written. There are fewer than 2³² spikes: encoders check so beforehand.
    pub fn end_step(&mut self) {
        self.offsets.push(self.index.len() as u32);
    }

    /// The memory of the values.
    pub fn value_mut(&mut self) -> &mut Vec<f32> {
        &mut self.value
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
}
