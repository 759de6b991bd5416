//! What a network is fed for one sample: a constant, values over time, or spikes by step.

use rheobase_signals::SpikeRows;

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

    /// Becomes a constant, empty; its buffer is reused.
    pub fn constant(&mut self) -> &mut Vec<f32> {
        *self = SampleInput::Constant(self.take_numbers());
        self.numbers()
    }

    /// Becomes dense, empty; its buffer is reused.
    pub fn dense(&mut self, features: usize) -> &mut Vec<f32> {
        *self = SampleInput::Dense { features, values: self.take_numbers() };
        self.numbers()
    }

    /// Spikes, none yet, in the buffers it had, which it gives up.
    pub fn take_spikes(&mut self) -> SpikeRows {
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
            SampleInput::Spikes(spikes) => spikes.value_mut(),
        }
    }

    fn take_numbers(&mut self) -> Vec<f32> {
        let mut numbers = std::mem::take(self.numbers());
        numbers.clear();
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_dense_too() {
        assert_eq!(SampleInput::Constant(vec![1.0, 2.0]).to_dense(2, 2), [1.0, 2.0, 1.0, 2.0]);
        let dense = SampleInput::Dense { features: 1, values: vec![1.0, 2.0] };
        assert_eq!((dense.steps(), dense.to_dense(3, 1)), (Some(2), vec![1.0, 2.0, 0.0]));
        assert!(SampleInput::default().to_dense(0, 4).is_empty());
        let rows = SpikeRows::new(vec![0, 2, 2, 3], vec![0, 2, 1], vec![1.0, -1.0, 2.0], 3).unwrap();
        let dense = SampleInput::Spikes(rows).to_dense(4, 3);
        assert_eq!(dense, [1., 0., -1., 0., 0., 0., 0., 2., 0., 0., 0., 0.]);
    }
}
