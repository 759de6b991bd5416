//! Spike trains.

use rheobase_base::Result;
use rheobase_draw::{Figure, Raster};
use rheobase_signals::SpikeTrains;

use super::Show;

/// More samples than this have no bands of their own.
const SAMPLES: usize = 8;

impl Show for SpikeTrains {
    fn figure(&self) -> Result<Figure> {
        let (times, who) = self.flat();
        let raster = Raster::new(&times, &who, self.times.len()).window(self.whole()).clock(self.clock);
        let neurons = self.neurons();
        let samples = if self.samples > 1 && self.samples <= SAMPLES { self.samples } else { 0 };
        let group = |raster: Raster<'_>, s: usize| raster.group(format!("sample {s}"), (s * neurons) as u32);
        (0..samples).fold(raster, group).figure()
    }
}
