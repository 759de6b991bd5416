//! Models of ours in files of others: the network's description stands in the metadata, so that reading gives the same bits.

use std::collections::BTreeMap;
use std::path::Path;

use rheobase::network::{Network, outline};
use rheobase::{Error, Result};

use crate::model::Model;
use crate::nir::node::Graph;
use crate::report::{Fate, Report};
use crate::weights::{metadata, read_safetensors};

/// The key of the description among the metadata.
pub(crate) const NETWORK: &str = "rheobase.network";

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
    let Some(text) = metadata(path)?.remove(NETWORK) else { return Ok(None) };
    let network = Network::from_toml(&text, &path.display().to_string())?;
    let weights = read_safetensors(path)?.into_iter().map(|(name, t)| (name, t.to_f32())).collect();
    let model = Model { network, weights, layers: Vec::new() };
    model.fits()?;
    Ok(Some(model))
}

/// The model that a graph holds the description of, with the graph's weights.
pub(crate) fn of_graph(graph: &Graph) -> Option<Result<Model>> {
    let input = graph.nodes.iter().find(|n| n.kind() == "Input")?;
    let text = input.word(&format!("metadata.{NETWORK}"))?.to_string();
    Some(described(graph, &text))
}

fn described(graph: &Graph, text: &str) -> Result<Model> {
    let network = Network::from_toml(text, "metadata of Input")?;
    let mut weights = BTreeMap::new();
    for row in outline(&network)?.nodes {
        for tensor in &row.tensors {
            let node = graph.nodes.iter().find(|n| n.name == row.name);
            let (_, field) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
            let values = match (node, field, &row.what[..]) {
                (Some(node), "weight", "linear") => node.tensor("weight")?.turned(&row.name, "weight")?,
                (Some(node), "weight" | "bias", _) => node.tensor(field)?.to_f32(),
                // What neurons learn stands beside the description.
                _ => match input_word(graph, &tensor.name) {
                    Some(numbers) => numbers,
                    None => return Err(Error::unknown("nir", "tensor", &tensor.name, [])),
                },
            };
            weights.insert(tensor.name.clone(), values);
        }
    }
    let model = Model { network, weights, layers: Vec::new() };
    model.fits()?;
    Ok(model)
}

fn input_word(graph: &Graph, name: &str) -> Option<Vec<f32>> {
    let input = graph.nodes.iter().find(|n| n.kind() == "Input")?;
    serde_json::from_str(input.word(&format!("metadata.{name}"))?).ok()
}
