//! `TrainConfig`: a training job as plain data, from TOML, changed key by key, and back.
//!
//! Every key has a default: those of [`TrainConfig::digits`], which an empty file means. Within a table that chooses
//! a kind (`[loss]`, `[encode]`…), keys that are left out have that kind's own defaults.

mod control;
mod data;
mod network;
mod readout;
mod reference;
mod resume;
mod run;
mod set;
mod stage;

pub use control::ControlConfig;
pub use data::{
    AugmentConfig, ChannelsAt, CsvFiles, DataConfig, EventFiles, IdxFiles, Label, NpzFiles, Source,
};
pub use network::NetworkConfig;
pub use readout::{ReadoutBy, ReadoutConfig};
pub use reference::SettingKey;
pub use resume::Difference;
pub(super) use run::bytes;
pub use run::{OptimiseConfig, RegulariseConfig, RunConfig};
pub use stage::{StageConfig, StageInhibition};

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::check::broken;
use super::{CrossEntropy, LossKind, Score};
use crate::encode::{Encoder as _, Encoding};
use rheobase_base::Result;
use rheobase_files::atomic_write;
use rheobase_network::network::Network;
use rheobase_network::toml_text;

/// A training job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// What is learned from.
    pub data: DataConfig,
    /// How samples become input. Its random numbers follow [`RunConfig::seed`]; see [`TrainConfig::encoding`].
    #[serde(deserialize_with = "rheobase_network::kind_or_table::name")]
    pub encode: Encoding,
    /// The network, or the file it is in.
    pub network: NetworkConfig,
    /// Layers that learn without labels before the training begins, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    pub stage: Vec<StageConfig>,
    /// A readout that is computed from the labels, after the stages; by default all that is left is trained by gradients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readout: Option<ReadoutConfig>,
    /// How wrong an output is.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::kind")]
    pub loss: LossKind,
    /// How weights follow from gradients.
    pub optimise: OptimiseConfig,
    /// What is asked of rates and weights besides.
    pub regularise: RegulariseConfig,
    /// How long, in what portions, and on what.
    pub train: RunConfig,
    /// What it is compared with, once it is tested: other jobs on the same samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "rheobase_network::one_or_many::list")]
    pub control: Vec<ControlConfig>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig::digits()
    }
}

impl TrainConfig {
    /// The reference of all keys, as Markdown: a section for each table. [`reference`](TrainConfig::reference) finds some of it.
    pub const REFERENCE: &'static str = include_str!("config/settings.md");

    /// The sections of the reference that are about `key`: the table of that path, those within it, or the one that has such a
    /// key (`train.epochs`, `learning_rate`, `[data]`).
    ///
    /// # Errors
    /// [`rheobase_base::Error::Unknown`] if there is no such key.
    pub fn reference(key: &str) -> Result<String> {
        reference::of(key)
    }

    /// Every key of [`reference`](TrainConfig::reference), or of all of it, in its order.
    ///
    /// # Errors
    /// Those of [`reference`](TrainConfig::reference).
    pub fn keys(key: Option<&str>) -> Result<Vec<SettingKey>> {
        Ok(match key {
            Some(key) => reference::keys(&reference::of(key)?),
            None => reference::keys(Self::REFERENCE),
        })
    }

    /// The default job: the digits that come with the library, their pixels as currents, a hidden layer of
    /// `lif_subtract`, and a `leaky_integrator` for each class, of whose potential the mean over time is compared.
    pub fn digits() -> Self {
        let loss = CrossEntropy { readout: Score::Mean, ..CrossEntropy::default() };
        TrainConfig {
            data: DataConfig::default(),
            encode: Encoding::default(),
            network: NetworkConfig::default(),
            stage: Vec::new(),
            readout: None,
            loss: LossKind::CrossEntropy(loss),
            optimise: OptimiseConfig::default(),
            regularise: RegulariseConfig::default(),
            train: RunConfig::default(),
            control: Vec::new(),
        }
    }

    /// Reads a job from TOML; `place` is what errors call it, the file's name say.
    ///
    /// # Errors
    /// With the line: what is not TOML; unknown keys and names, with the nearest known one; values of a wrong type. NaN,
    /// with its key. What values mean is checked by [`TrainConfig::check`].
    pub fn from_toml(text: &str, place: &str) -> Result<Self> {
        let mut config: TrainConfig = toml_text::read(text, place).map_err(reference::placed)?;
        config.network.inherit_dt(&toml_text::read(text, place)?);
        Ok(config)
    }

    /// The job as TOML, every key written out: what [`TrainConfig::from_toml`] makes the same job of.
    ///
    /// # Errors
    /// NaN; whole numbers of 2^63 and more, which TOML does not have.
    pub fn to_toml(&self) -> Result<String> {
        toml_text::write(self, "settings")
    }

    /// Reads the TOML file `path`. Paths in it that are not absolute start from its folder.
    ///
    /// # Errors
    /// As [`TrainConfig::from_toml`]; [`rheobase_base::Error::File`] if the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut config = TrainConfig::from_toml(&toml_text::text_of(path)?, &path.display().to_string())?;
        if let Some(folder) = path.parent() {
            config.start_from(folder);
        }
        Ok(config)
    }

    /// Lets paths of files that are not absolute start from `folder`.
    pub fn start_from(&mut self, folder: &Path) {
        self.data.source.start_from(folder);
        self.network.start_from(folder);
    }

    /// Writes the TOML file `path`, whole or not at all.
    ///
    /// # Errors
    /// As [`TrainConfig::to_toml`]; [`rheobase_base::Error::File`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let text = self.to_toml()?;
        atomic_write(path.as_ref(), |file| file.write_all(text.as_bytes()))
    }

    /// The encoder, with the job's seed.
    pub fn encoding(&self) -> Encoding {
        self.encode.clone().with_seed(self.train.seed)
    }

    /// The network for samples of shape `sample`, as the data have them: what comes in is what the encoder makes of
    /// them. What it draws without a seed of its own follows [`RunConfig::seed`].
    ///
    /// # Errors
    /// Those of [`Network::read`] and of the encoder; [`rheobase_base::Error::Shape`] if the network names another shape of its input.
    pub fn network(&self, sample: &[usize]) -> Result<Network> {
        Ok(self.network.load(&self.encode.shape(sample)?)?.seeded(self.train.seed))
    }

    /// Refuses settings out of range, and settings that contradict each other.
    ///
    /// Files are not looked at; the network is checked by [`rheobase_network::network::lower`].
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule; [`rheobase_base::Error::Unknown`] for bounds on the rate of a node that the
    /// network does not have.
    pub fn check(&self) -> Result<()> {
        self.data.check()?;
        self.encode.check()?;
        if self.encode != self.encode.clone().with_seed(0) {
            return Err(broken("encode", "seed", "not 0", "belongs to the job: set `train.seed` instead"));
        }
        self.loss.check()?;
        self.optimise.check()?;
        self.regularise.check(&self.network)?;
        self.train.check(!self.stage.is_empty() || self.readout.is_some())?;
        self.readout.iter().try_for_each(|readout| readout.check(&self.network, &self.train))?;
        stage::check(&self.stage, &self.network)?;
        if self.train.early_stopping.is_some() && self.data.validation == 0.0 {
            let rule = "must be above 0 for `train.early_stopping`, which judges by the validation loss";
            return Err(broken("data", "validation", 0, rule));
        }
        self.network.check()?;
        self.check_dt()?;
        control::check(self)
    }

    /// A Poisson rate counts in the seconds of the network's steps.
    fn check_dt(&self) -> Result<()> {
        match (poisson_dt(&self.encode), &self.network) {
            (Some(dt), NetworkConfig::Inline(network)) if dt != network.dt => {
                let rule = format!("must be `network.dt`, which is {} s", network.dt);
                Err(broken("encode", "dt", format!("{dt} s"), rule))
            }
            _ => Ok(()),
        }
    }
}

fn poisson_dt(encoding: &Encoding) -> Option<f64> {
    match encoding {
        Encoding::Poisson(p) => Some(p.dt),
        other => other.next().and_then(poisson_dt),
    }
}

#[cfg(test)]
mod tests;
