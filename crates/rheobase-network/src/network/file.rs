//! Networks in TOML files, one to one with [`Network`].

use std::io::Write as _;
use std::path::Path;

use super::describe::{Kind, Network};
use crate::toml_text;
use rheobase_base::Result;
use rheobase_files::atomic_write;

impl Network {
    /// Reads a network from TOML; `place` is what errors call it, the file's name say.
    ///
    /// ```
    /// # mod rheobase { pub use {rheobase_base::Error, rheobase_network::*}; }
    /// # use rheobase::network::Network;
    /// let network = Network::from_toml(
    ///     r#"
    ///     input = [64]
    ///     node = [
    ///         { name = "weights", from = ["input", { node = "hidden", delay = 1 }], combine = "stack", linear = { outputs = 128 } },
    ///         { name = "hidden", neurons = { model = "lif_subtract", set = { tau = 10.0 }, learn = ["tau"] } },
    ///         { name = "readout", linear = { outputs = 10 } },
    ///     ]
    ///     "#,
    ///     "net.toml",
    /// )?;
    /// assert_eq!(network.nodes[0].from[1].delay(), 1);
    /// # Ok::<(), rheobase::Error>(())
    /// ```
    ///
    /// A network within a network that names no `dt` has that of the network around it.
    ///
    /// # Errors
    /// With the line: what is not TOML; unknown keys and names, with the nearest known one; values of a wrong type; a
    /// node without a kind or with two. NaN, with its key. What the network means is checked by [`super::lower`].
    pub fn from_toml(text: &str, place: &str) -> Result<Network> {
        let mut network: Network = toml_text::read(text, place)?;
        let table: toml::Table = toml_text::read(text, place)?;
        inherit_dt(&mut network, &table);
        Ok(network)
    }

    /// The network as TOML: what [`Network::from_toml`] makes the same network of, bit for bit.
    ///
    /// # Errors
    /// NaN; whole numbers of 2^63 and more, which TOML does not have.
    pub fn to_toml(&self) -> Result<String> {
        toml_text::write(self, "network")
    }

    /// Reads the TOML file `path`.
    ///
    /// # Errors
    /// As [`Network::from_toml`]; [`rheobase_base::Error::File`] if the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Network> {
        let path = path.as_ref();
        Network::from_toml(&toml_text::text_of(path)?, &path.display().to_string())
    }

    /// Writes the TOML file `path`, whole or not at all.
    ///
    /// # Errors
    /// As [`Network::to_toml`]; [`rheobase_base::Error::File`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let text = self.to_toml()?;
        atomic_write(path.as_ref(), |file| file.write_all(text.as_bytes()))
    }
}

/// Gives networks within `network` its time step where `table`, which they were read from, names none.
pub fn inherit_dt(network: &mut Network, table: &toml::Table) {
    let dt = network.dt;
    let tables = table.get("node").and_then(toml::Value::as_array);
    for (node, table) in network.nodes.iter_mut().zip(tables.into_iter().flatten()) {
        let inner = table.get("network").and_then(toml::Value::as_table);
        if let (Kind::Network(network), Some(table)) = (&mut node.kind, inner) {
            if !table.contains_key("dt") {
                network.dt = dt;
            }
            inherit_dt(network, table);
        }
    }
}

#[cfg(test)]
mod tests;
