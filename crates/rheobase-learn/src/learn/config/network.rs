//! The network of a job: `[network]`, with the nodes or the file they are in.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::learn::check::broken;
use rheobase_base::{Error, Result};
use rheobase_network::network::{FORMAT, Kind, Network, Node, Sequential, flatten, linear, neurons};

/// The network of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table", into = "Table")]
pub enum NetworkConfig {
    /// In a file of its own: `file = "net.toml"`.
    File(PathBuf),
    /// Here. Without `input` it takes what data and encoder give.
    Inline(Network),
}

impl From<Network> for NetworkConfig {
    fn from(network: Network) -> Self {
        NetworkConfig::Inline(network)
    }
}

/// What the table may hold: the keys of a network, or `file` alone.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dt: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    input: Vec<usize>,
    #[serde(skip_serializing_if = "String::is_empty")]
    output: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    node: Vec<Node>,
}

impl TryFrom<Table> for NetworkConfig {
    type Error = &'static str;

    fn try_from(table: Table) -> std::result::Result<Self, &'static str> {
        let Table { file, format, dt, input, output, node } = table;
        let Some(file) = file else {
            let network = Network {
                format: format.unwrap_or(FORMAT),
                dt: dt.unwrap_or(0.001),
                input,
                output,
                nodes: node,
            };
            return Ok(NetworkConfig::Inline(network));
        };
        let alone = format.is_none() && dt.is_none() && input.is_empty() && output.is_empty();
        match alone && node.is_empty() {
            true => Ok(NetworkConfig::File(file)),
            false => Err("a network is in its `file` or here, not both; leave one out"),
        }
    }
}

impl From<NetworkConfig> for Table {
    fn from(network: NetworkConfig) -> Self {
        match network {
            NetworkConfig::File(file) => Table { file: Some(file), ..Table::default() },
            NetworkConfig::Inline(Network { format, dt, input, output, nodes: node }) => {
                Table { file: None, format: Some(format), dt: Some(dt), input, output, node }
            }
        }
    }
}

impl Default for NetworkConfig {
    /// That of the digits: 128 hidden neurons, 10 classes.
    fn default() -> Self {
        let parts = [
            flatten(),
            linear(128).named("hidden_linear"),
            neurons("lif_subtract").named("hidden"),
            linear(10).named("readout_linear"),
            neurons("leaky_integrator").named("readout"),
        ];
        let built = Sequential::new(parts).input(&[]);
        // Every setting above is one that its kind has.
        NetworkConfig::Inline(built.unwrap_or_else(|_| Network {
            format: FORMAT,
            dt: 0.001,
            input: Vec::new(),
            output: String::new(),
            nodes: Vec::new(),
        }))
    }
}

impl NetworkConfig {
    /// The network for input of this shape.
    pub(super) fn load(&self, shape: &[usize]) -> Result<Network> {
        let (mut network, place) = match self {
            NetworkConfig::File(path) => (Network::read(path)?, path.display().to_string()),
            NetworkConfig::Inline(network) => (network.clone(), "network".to_string()),
        };
        if network.input.is_empty() {
            network.input = shape.to_vec();
        }
        if network.input != shape {
            return Err(Error::shape(
                place,
                "input",
                format!("{:?}", network.input),
                format!("data and encoder give {shape:?}; leave `input` out to take that"),
            ));
        }
        Ok(network)
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            NetworkConfig::File(path) if path.as_os_str().is_empty() => {
                Err(broken("network", "file", "``", "must name a file"))
            }
            NetworkConfig::Inline(network) if network.nodes.is_empty() => {
                let rule = "must be at least one; or name the network's `file`";
                Err(broken("network", "node", "none", rule))
            }
            _ => Ok(()),
        }
    }

    /// Names of all nodes, those of inner networks as `outer.inner`; none if they are in a file.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        let NetworkConfig::Inline(network) = self else { return None };
        let mut names = Vec::new();
        collect(network, "", &mut names);
        Some(names)
    }

    pub(super) fn inherit_dt(&mut self, table: &toml::Table) {
        let table = table.get("network").and_then(toml::Value::as_table);
        if let (NetworkConfig::Inline(network), Some(table)) = (self, table) {
            rheobase_network::network::inherit_dt(network, table);
        }
    }

    pub(super) fn start_from(&mut self, folder: &Path) {
        match self {
            NetworkConfig::File(path) if !path.as_os_str().is_empty() => *path = folder.join(&path),
            _ => {}
        }
    }
}

fn collect(network: &Network, prefix: &str, names: &mut Vec<String>) {
    for node in &network.nodes {
        let name = format!("{prefix}{}", node.name);
        if let Kind::Network(inner) = &node.kind {
            collect(inner, &format!("{name}."), names);
        }
        names.push(name);
    }
}
