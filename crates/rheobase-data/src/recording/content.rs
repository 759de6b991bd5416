//! What readers read.

use rheobase_signals::SpikeTrains;

use super::camera::CameraEvents;
use super::spike_list::SpikeList;

/// What a reader found.
pub(super) enum Content {
    /// An entry per spike.
    Spikes(SpikeList),
    /// Trains as they are.
    Trains(SpikeTrains),
    /// Events of a camera.
    Camera(CameraEvents),
}
