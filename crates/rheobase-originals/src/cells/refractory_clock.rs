//! The refractory clock of ngc-learn's cell: the time since each cell's last spike, as whole steps, which do not drift.

/// Times since the last spikes: a time at which counting began, and the steps since.
pub(super) struct RefractoryClock {
    from: Vec<f64>,
    steps: Vec<f64>,
}

impl RefractoryClock {
    /// Clocks of `cells` that stand at `time`.
    pub(super) fn new(cells: usize, time: f64) -> Self {
        RefractoryClock { from: vec![time; cells], steps: vec![0.0; cells] }
    }

    /// Clocks that stand at `times`.
    pub(super) fn at(times: Vec<f64>) -> Self {
        RefractoryClock { steps: vec![0.0; times.len()], from: times }
    }

    /// What the clocks show where a step takes `dt`.
    pub(super) fn times(&self, dt: f64) -> Vec<f64> {
        self.from.iter().zip(&self.steps).map(|(from, n)| from + n * dt).collect()
    }

    /// One step: a cell that spiked starts at 0 with this step.
    pub(super) fn advance(&mut self, spiked: impl Iterator<Item = bool>) {
        for ((from, n), spiked) in self.from.iter_mut().zip(&mut self.steps).zip(spiked) {
            (*from, *n) = if spiked { (0.0, 1.0) } else { (*from, *n + 1.0) };
        }
    }
}
