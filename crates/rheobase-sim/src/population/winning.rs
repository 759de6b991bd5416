//! What the winners of a competition fired.

use super::{Number, Population, Recording};
use rheobase_base::{Error, Result};

impl<E: Number> Population<E> {
    /// The output of a recorded run where a winner fired it, and 0 everywhere else: `[time, batch, neuron]`.
    ///
    /// # Errors
    /// A recording of another layer, or one without dense spikes.
    pub fn winning_spikes(&self, recording: &Recording<E>) -> Result<Vec<E>> {
        let [steps, batch, neurons] = recording.shape;
        if neurons != self.layer.neurons || recording.dense.len() != steps * batch * neurons {
            return Err(Error::shape(
                self.name(),
                "recording",
                format!("{} numbers for {:?}", recording.dense.len(), recording.shape),
                format!("a run of these {} neurons with Spikes::Dense is needed", self.layer.neurons),
            ));
        }
        let [_, rows, columns] = self.layer.places();
        let mut winning = vec![E::default(); recording.dense.len()];
        for w in &recording.winners {
            let [feature, row, column] = w.place;
            let neuron = (feature * rows + row) * columns + column;
            let i = (w.step * batch + w.batch) * neurons + neuron;
            if let (Some(to), Some(from)) = (winning.get_mut(i), recording.dense.get(i)) {
                *to = *from;
            }
        }
        Ok(winning)
    }
}
