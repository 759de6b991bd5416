//! Options that no measure reads which was asked for: left without a word they would seem to work.

use super::{Measure, Options};
use crate::terminal;

use Measure::{
    Bursts, Correlation, Correlogram, EventSync, Fano, Isi, Population, Psth, Smooth, SpikeSync, Synchrony,
    VanRossum, VictorPurpura, Violations,
};

/// What is measured where nothing is said.
const USUAL: [Measure; 4] = [Measure::Rate, Isi, Fano, Synchrony];

impl Options {
    /// Notes options that none of these measures (none: the usual ones) reads, naming those that do. Several measures are often
    /// taken with the same options, so this is no error.
    pub(super) fn note_unread(&self, measures: &[Measure]) {
        let options: [(&str, bool, &[Measure]); 12] = [
            ("--bin", self.bin.is_some(), &[Fano, Population, Psth, Synchrony, Correlogram, Correlation]),
            ("--max-lag", self.max_lag.is_some(), &[Correlogram, Synchrony, SpikeSync, EventSync]),
            ("--pair", self.pair.is_some(), &[Correlogram]),
            ("--tau", self.tau.is_some(), &[Smooth, VanRossum, VictorPurpura]),
            ("--cost", self.cost.is_some(), &[VictorPurpura]),
            ("--lvr-constant", self.lvr_constant.is_some(), &[Isi]),
            ("--refractory", self.refractory.is_some(), &[Violations]),
            ("--bursts", !self.bursts.is_empty(), &[Bursts]),
            ("--kernel", self.kernel.is_some(), &[Smooth]),
            ("--step", self.step.is_some(), &[Smooth]),
            ("--at", !self.at.is_empty(), &[Psth]),
            ("--around", self.around.is_some(), &[Psth]),
        ];
        let asked = if measures.is_empty() { &USUAL[..] } else { measures };
        let unread = options.iter().filter(|(_, given, by)| *given && !by.iter().any(|m| asked.contains(m)));
        let names = |list: &[Measure]| list.iter().map(|m| m.name()).collect::<Vec<_>>().join(", ");
        for (option, _, by) in unread {
            terminal::warn(&format!(
                "note: {option} changes nothing here: it is for --measure {}, and what is measured is {}",
                names(by),
                names(asked)
            ));
        }
    }
}
