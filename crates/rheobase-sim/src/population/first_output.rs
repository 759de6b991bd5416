//! What a recurrent edge carries in the first step: the output that the layer had before it.

use super::{Number, Population};
use rheobase_base::{Error, Result};

impl<E: Number> Population<E> {
    /// What the layer has sent before the first step after a reset, `[batch, neuron]`: each neuron's output at its
    /// initial state, under no input and without integrating. Neurons without state have sent nothing.
    pub fn first_output(&self) -> Vec<E> {
        self.first_outputs().map(|(value, _)| E::from_f64(value)).collect()
    }

    /// The derivatives of a loss with respect to the initial state, field by field `[batch, neuron]`, from those with
    /// respect to [`Population::first_output`]; spikes have the slope of the surrogate.
    ///
    /// # Errors
    /// `upstream` of the wrong length.
    pub fn pull_back_first_output(&self, upstream: &[E]) -> Result<Vec<Vec<E>>> {
        let n = self.batch * self.layer.neurons;
        if upstream.len() != n {
            return Err(Error::shape(
                self.layer.name.clone(),
                "derivative of first output",
                format!("{} numbers", upstream.len()),
                format!("[batch, neuron] = [{}, {}] is needed", self.batch, self.layer.neurons),
            ));
        }
        let mut fields = vec![Vec::with_capacity(n); self.layer.model.state().len()];
        for ((_, slopes), g) in self.first_outputs().zip(upstream) {
            for (field, slope) in fields.iter_mut().zip(slopes) {
                field.push(E::from_f64(slope * g.to_f64()));
            }
        }
        Ok(fields)
    }

    /// Value and slopes, sample by sample.
    fn first_outputs(&self) -> impl Iterator<Item = (f64, Vec<f64>)> {
        (0..self.batch).flat_map(|sample| self.layer.first_outputs(sample))
    }
}

#[cfg(test)]
mod tests {
    use rheobase_models::Surrogate;

    use crate::{Catalog, Initial, Population};
    use rheobase_base::Result;

    fn population(model: &str, v: &[f64]) -> Result<Population<f32>> {
        Population::builder(Catalog::standard().get(model)?, &[v.len()])
            .batch(2)
            .surrogate(Surrogate::SpikeLinear(0.3))
            .initial("v", Initial::Each(v.to_vec()))
            .build()
    }

    #[test]
    fn it_is_the_spike_of_the_initial_potential_with_its_slope() -> Result<()> {
        let p = population("lif_subtract", &[0.5, 1.5, 3.0])?;
        assert_eq!(p.first_output(), [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        let g = p.pull_back_first_output(&[1.0, 2.0, 1.0, 0.0, 0.0, 0.0])?;
        assert_eq!(g.len(), 1);
        for (got, want) in g[0].iter().zip([0.15, 0.3, 0.0, 0.0, 0.0, 0.0]) {
            assert!((got - want).abs() < 1e-6, "{got} {want}");
        }
        assert!(p.pull_back_first_output(&[1.0]).is_err());
        Ok(())
    }

    #[test]
    fn analogue_neurons_send_their_potential_and_those_without_state_nothing() -> Result<()> {
        let readout = population("leaky_integrator", &[0.5, -2.0])?;
        assert_eq!(readout.first_output(), [0.5, -2.0, 0.5, -2.0]);
        assert_eq!(readout.pull_back_first_output(&[1.0, 3.0, 0.0, 0.0])?[0], [1.0, 3.0, 0.0, 0.0]);
        let threshold = Catalog::standard().get("discontinuous")?;
        let p = Population::<f32>::builder(threshold, &[2]).set("v_th", -1.0).build()?;
        assert_eq!(p.first_output(), [0.0, 0.0]);
        assert!(p.pull_back_first_output(&[1.0, 1.0])?.is_empty());
        Ok(())
    }
}
