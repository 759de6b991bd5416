//! Where potentials of spiking layers begin: at rest, or on the way to threshold.

use rheobase_base::{Error, Result};
use rheobase_network::network::{Network, Neurons, Numbers};
use rheobase_sim::dynamics::Dynamics;
use rheobase_sim::model::Catalog;

/// Lets the layers that are named begin at `share` of the way from rest to threshold, by the parameters of their description. From
/// rest a neuron sends its first spike a whole interval late, so counts are too low by half a spike in the mean; from half of the
/// way they are right in the mean (Bu et al. 2022, arXiv:2202.01440).
///
/// # Errors
/// A model without a potential that leads to a threshold.
pub(super) fn begin_at(
    network: &mut Network,
    layers: &[String],
    share: f64,
    catalog: &Catalog,
) -> Result<()> {
    let mut done = Ok(());
    network.each_neurons(&mut |name, neurons| {
        if share > 0.0 && layers.iter().any(|layer| layer == name) && done.is_ok() {
            done = begin(name, neurons, share, catalog);
        }
    });
    done
}

fn begin(layer: &str, neurons: &mut Neurons, share: f64, catalog: &Catalog) -> Result<()> {
    let model = catalog.get(&neurons.model)?;
    let count = neurons.set.values().map(|x| if let Numbers::Each(xs) = x { xs.len() } else { 1 }).max();
    let one = |i: usize| {
        let value = |x: &Numbers| match x {
            Numbers::One(x) => *x,
            Numbers::Each(xs) => xs[i.min(xs.len().saturating_sub(1))],
        };
        let set: Vec<(&str, f64)> = neurons.set.iter().map(|(name, x)| (&name[..], value(x))).collect();
        Dynamics::new(model.clone(), &set)?.potential_at(share).ok_or_else(|| {
            let what = format!(
                "`{}` has no potential that leads to a threshold: leave `initial_potential` out",
                neurons.model
            );
            Error::unsupported(layer, what)
        })
    };
    let found = (0..count.unwrap_or(1)).map(one).collect::<Result<Vec<(&str, f64)>>>()?;
    let Some((field, first)) = found.first().copied() else { return Ok(()) };
    let start = match found.len() {
        1 => Numbers::One(first),
        _ => Numbers::Each(found.iter().map(|(_, v)| *v).collect()),
    };
    neurons.initial.insert(field.into(), start);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_network::network::{Sequential, linear, neurons};

    #[test]
    fn layers_begin_on_the_way_to_their_own_threshold() {
        let layers = ["lif", "own", "other"].map(String::from);
        let parts = [
            linear(2),
            neurons("lif").named("lif"),
            neurons("lif_exp").set("v_th", &[2.0, 4.0][..]).set("v_rest", 1.0).named("own"),
            neurons("lif").named("kept"),
        ];
        let mut network = Sequential::new(parts).input(&[3]).unwrap();
        begin_at(&mut network, &layers, 0.5, Catalog::standard()).unwrap();
        let starts: Vec<_> = network.neurons_by_name().into_iter().map(|(_, n)| n.initial.clone()).collect();
        assert_eq!(starts[0]["v"], Numbers::One(0.5));
        assert_eq!(starts[1]["v"], Numbers::Each(vec![1.5, 2.5]));
        assert!(starts[2].is_empty());
        let mut none =
            Sequential::new([linear(2), neurons("leaky_integrator").named("lif")]).input(&[3]).unwrap();
        let error = begin_at(&mut none, &layers, 0.5, Catalog::standard()).unwrap_err().to_string();
        assert!(error.contains("lif") && error.contains("leaky_integrator"), "{error}");
    }
}
