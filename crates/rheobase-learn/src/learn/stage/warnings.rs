//! What a stage that has ended did to no use, with numbers and what to change.

use super::run::StageRun;
use crate::learn::warning::Warning;

impl StageRun {
    /// What there is to warn of now that it has ended.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let Some(last) = self.history().last() else { return Vec::new() };
        let layer = self.config().layer.clone();
        let samples: usize = self.history().iter().map(|e| e.samples).sum();
        let silent: usize = self.history().iter().map(|e| e.silent).sum();
        if silent == samples {
            return vec![Warning::NoWinner { layer, samples }];
        }
        let mut warnings = Vec::new();
        let wins = self.wins();
        let dead: Vec<usize> = (0..wins.len()).filter(|f| wins[*f] == 0).collect();
        if !dead.is_empty() {
            let (features, layer) = (wins.len(), layer.clone());
            warnings.push(Warning::DeadFeatures { layer, dead, features, samples });
        }
        let limit = self.config().converged;
        if limit > 0.0 && !self.has_converged() {
            let (epochs, convergence) = (last.epoch, last.convergence);
            warnings.push(Warning::NotConverged { layer, epochs, convergence, limit });
        }
        warnings
    }
}
