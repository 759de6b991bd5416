//! Models of ours in files of others: the network's description stands in the metadata, so that reading gives the same bits.

use std::collections::BTreeMap;
use std::path::Path;

use rheobase_base::{Error, Result};
use rheobase_network::network::{Conv, Kind, Network, outline};

use crate::layer::{Foreign, Weights};
use crate::model::Model;
use crate::native::DESCRIPTION;
use crate::nir::node::Graph;
use crate::report::{Fate, Report};
use crate::tensor::Tensor;
use crate::weights::{metadata, read_safetensors};

/// The group of a NIR file that holds what we read back, beside the graph.
pub(crate) const GROUP: &str = "rheobase";

/// The key of the description among the metadata.
pub(crate) const NETWORK: &str = "rheobase.network";

/// The key of the layers that it was read from.
pub(crate) const LAYERS: &str = "rheobase.layers";

/// The layers of a model as text, for its metadata.
pub(crate) fn layers(model: &Model) -> Result<String> {
    serde_json::to_string(&model.layers).map_err(|e| Error::file("metadata", e.to_string()))
}

/// A model with the layers that its metadata names.
fn shown(network: Network, weights: BTreeMap<String, Vec<f32>>, layers: Option<&str>) -> Result<Model> {
    let mut model = Model::new(network, weights);
    if let Some(found) = layers.and_then(|text| serde_json::from_str(text).ok()) {
        model.layers = found;
    }
    model.fits()?;
    Ok(model)
}

/// The report of what was written here.
pub(crate) fn report() -> Report {
    let mut report = Report {
        dialect: format!("rheobase {}", env!("CARGO_PKG_VERSION")),
        because: "the file holds a network of ours".into(),
        entries: Vec::new(),
    };
    report.say("", "all", Fate::Exact, "the network's description stands in the file");
    report
}

/// The model of a safetensors file, if it is one of ours.
pub(crate) fn read(path: &Path) -> Result<Option<Model>> {
    let mut words = metadata(path)?;
    let Some(text) = words.remove(NETWORK) else { return Ok(None) };
    let network = Network::from_toml(&text, &path.display().to_string())?;
    let weights = read_safetensors(path)?.into_iter().map(|(name, t)| (name, t.to_f32())).collect();
    Ok(Some(shown(network, weights, words.get(LAYERS).map(String::as_str))?))
}

/// The layers of another framework that a safetensors file written here describes.
pub(crate) fn layers_of(path: &Path) -> Result<Option<Foreign>> {
    let Some((text, weights)) = described_layers(path)? else { return Ok(None) };
    Foreign::from_json(&text, &path.display().to_string(), &weights).map(Some)
}

/// The description, as [`Foreign::from_json`] takes it, and the tensors of a safetensors file that [`write`](crate::write) has
/// written for a framework; nothing if it is another file of the kind.
///
/// # Errors
/// A file that is no safetensors, or damaged.
pub fn described_layers(path: &Path) -> Result<Option<(String, Weights)>> {
    let Some(text) = metadata(path)?.remove(DESCRIPTION) else { return Ok(None) };
    Ok(Some((text, read_safetensors(path)?)))
}

/// Whether a graph's file holds the description of a model of ours.
pub(crate) fn is_of(graph: &Graph) -> bool {
    graph.own.contains_key(NETWORK)
}

/// The model that a graph's file holds the description of, with the graph's weights.
///
/// # Errors
/// A description that is damaged, or does not fit the graph.
pub(crate) fn of_graph(mut graph: Graph) -> Result<Model> {
    let text = graph.own.remove(NETWORK).unwrap_or_default();
    let network = Network::from_toml(&text, GROUP)?;
    let mut weights = BTreeMap::new();
    for row in outline(&network)?.nodes {
        for tensor in &row.tensors {
            let node = graph.nodes.iter_mut().find(|n| n.name == row.name);
            let (_, field) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
            let values = match (node, field, &row.what[..]) {
                (Some(node), "weight", "linear") => node.take("weight")?.turned(&row.name, "weight")?,
                (Some(node), "weight", "conv") => grouped(&network, &row.name, node.tensor("weight")?)?,
                (Some(node), "weight" | "bias", _) => node.tensor(field)?.to_f32(),
                // What neurons learn stands beside the description.
                _ => {
                    let stored = graph.own.get(&tensor.name).and_then(|text| serde_json::from_str(text).ok());
                    stored.ok_or_else(|| Error::unknown("nir", "tensor", &tensor.name, []))?
                }
            };
            weights.insert(tensor.name.clone(), values);
        }
    }
    shown(network, weights, graph.own.get(LAYERS).map(String::as_str))
}

/// The kernels of all inputs for each output, zeros for those of other groups.
pub(crate) fn ungrouped(weight: &[f32], conv: &Conv, inputs: usize) -> Vec<f32> {
    let (groups, taps) = (conv.groups.max(1), conv.kernel.iter().product::<usize>());
    let (own, outputs) = (inputs / groups * taps, conv.outputs / groups);
    let mut whole = vec![0.0; conv.outputs * inputs * taps];
    for (output, kernel) in weight.chunks_exact(own.max(1)).enumerate() {
        let at = output * inputs * taps + output / outputs.max(1) * own;
        whole[at..at + own].copy_from_slice(kernel);
    }
    whole
}

/// The inverse of [`ungrouped`], for a convolution of `network`.
fn grouped(network: &Network, node: &str, weight: &Tensor) -> Result<Vec<f32>> {
    let whole = weight.to_f32();
    let Some(Kind::Conv(conv)) = network.nodes.iter().find(|n| n.name == node).map(|n| &n.kind) else {
        return Ok(whole);
    };
    let groups = conv.groups.max(1);
    let wide = whole.len() / conv.outputs.max(1);
    if wide * conv.outputs != whole.len()
        || !wide.is_multiple_of(groups)
        || !conv.outputs.is_multiple_of(groups)
    {
        let (got, want) = (
            format!("{:?}", weight.shape()),
            format!("{} outputs in {groups} groups are needed", conv.outputs),
        );
        return Err(Error::shape(node, "weight", got, want));
    }
    let (own, outputs) = (wide / groups, conv.outputs / groups);
    let kernels = whole.chunks_exact(wide.max(1)).enumerate();
    Ok(kernels
        .flat_map(|(output, kernel)| &kernel[output / outputs.max(1) * own..][..own])
        .copied()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_written_as_one_and_found_again() {
        let text = "input = [4, 3, 3]\nnode = [{ name = \"c\", conv = { outputs = 6, kernel = [1, 2], groups = 2 } }]";
        let network = Network::from_toml(text, "test").unwrap();
        let Kind::Conv(conv) = &network.nodes[0].kind else { panic!() };
        let weight: Vec<f32> = (1u8..=24).map(f32::from).collect();
        let whole = ungrouped(&weight, conv, 4);
        // Outputs 3 to 5 see inputs 2 and 3.
        assert_eq!(whole[..8], [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(whole[24..32], [0.0, 0.0, 0.0, 0.0, 13.0, 14.0, 15.0, 16.0]);
        let tensor = Tensor::row(whole).reshaped(vec![6, 4, 1, 2]);
        assert_eq!(grouped(&network, "c", &tensor).unwrap(), weight);
        assert!(grouped(&network, "c", &Tensor::row(vec![1.0; 7])).is_err());
    }
}
