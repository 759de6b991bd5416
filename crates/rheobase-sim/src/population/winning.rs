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
        let output = recording.dense();
        if neurons != self.layer.neurons || output.len() != steps * batch * neurons {
            return Err(Error::shape(
                self.name(),
                "recording",
                format!("{} numbers for {:?}", output.len(), recording.shape),
                format!("a run of these {} neurons with Spikes::Dense is needed", self.layer.neurons),
            ));
        }
        let [_, rows, columns] = self.layer.places();
        let mut winning = vec![E::default(); output.len()];
        for w in &recording.winners {
            let [feature, row, column] = w.place;
            let neuron = (feature * rows + row) * columns + column;
            let i = (w.step * batch + w.batch) * neurons + neuron;
            if let (Some(to), Some(from)) = (winning.get_mut(i), output.get(i)) {
                *to = *from;
            }
        }
        Ok(winning)
    }
}
