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
        let raster = Raster::new(&times, &who, self.times.len());
        let raster = raster.window(self.whole()).clock(self.clock).names(&self.names);
        let (neurons, named) = (self.neurons(), (2..=SAMPLES).contains(&self.samples));
        let bands = (0..if named { self.samples } else { 0 }).map(|s| (format!("sample {s}"), s * neurons));
        bands.fold(raster, |raster, (name, first)| raster.group(name, first as u32)).figure()
    }
}
