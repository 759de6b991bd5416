//! Options that a kind of picture does not read: left without a word they would seem to work.

use super::{Picture, Plot};
use crate::failure::{Failure, Outcome};

/// Pictures of spikes, all of which read which trains to draw.
const SPIKES: &[Picture] = &[
    Picture::Raster,
    Picture::Rates,
    Picture::Isi,
    Picture::Correlogram,
    Picture::Psth,
    Picture::Distances,
    Picture::Traces,
];

impl Plot {
    /// Refuses options that the picture does not read, naming those that do.
    pub(super) fn refuse_unread(&self) -> Outcome<()> {
        let (o, rows) = (&self.options, &self.rows);
        let options: [(&str, bool, &[Picture]); 20] = [
            ("--only", !self.only.is_empty(), SPIKES),
            ("--sort", rows.sorted(), &[Picture::Raster]),
            ("--group", rows.grouped(), &[Picture::Raster]),
            ("--with-rate", rows.with_rate(), &[Picture::Raster]),
            ("--overlay", self.overlay, &[Picture::Traces]),
            ("--log", self.log, &[Picture::Learning]),
            ("--map", self.map.is_some(), &[Picture::Weights]),
            ("--distance", self.distance.is_some(), &[Picture::Distances]),
            ("--normalise", self.normalise.is_some(), &[Picture::Correlogram]),
            ("--bin", o.bin.is_some(), &[Picture::Rates, Picture::Isi, Picture::Correlogram, Picture::Psth]),
            ("--max-lag", o.max_lag.is_some(), &[Picture::Correlogram, Picture::Distances]),
            ("--pair", o.pair.is_some(), &[Picture::Correlogram]),
            ("--tau", o.tau.is_some(), &[Picture::Rates, Picture::Distances]),
            ("--cost", o.cost.is_some(), &[Picture::Distances]),
            ("--lvr-constant", o.lvr_constant.is_some(), &[]),
            ("--refractory", o.refractory.is_some(), &[]),
            ("--bursts", !o.bursts.is_empty(), &[]),
            ("--kernel", o.kernel.is_some(), &[Picture::Rates]),
            ("--step", o.step.is_some(), &[Picture::Rates]),
            ("--at", !o.at.is_empty() || o.around.is_some(), &[Picture::Psth]),
        ];
        let unread = options.iter().find(|(_, given, by)| *given && !by.contains(&self.kind));
        let Some((option, _, by)) = unread else { return Ok(()) };
        let by = match by {
            [] => "`rheobase analyse`".to_string(),
            _ => by.iter().map(|kind| format!("`plot {}`", kind.name())).collect::<Vec<_>>().join(", "),
        };
        let kind = self.kind.name();
        Err(Failure::bad(format!("{option}: `plot {kind}` does not read it; it is for {by}; leave it away")))
    }
}
