//! Spike-train analysis: pure functions on plain arrays, usable without the simulator.

mod check;
mod coincidence;
mod convolve;
mod cubic;
mod event_sync;
mod events;
mod interleaving;
mod interpolate;
mod isi_distance;
mod kernel;
mod layout;
mod lowpass;
mod pairwise;
mod pieces;
mod rates_isi;
mod rates_kernel;
mod recursive;
mod spike_distance;
mod spike_sync;
mod van_rossum;
mod victor_purpura;

pub use event_sync::{EventSync, event_sync};
pub use events::spikes2events;
pub use interpolate::Interpolation;
pub use isi_distance::isi_distance;
pub use kernel::Kernel;
pub use lowpass::lowpass_filter;
pub use pairwise::{Pairwise, pairwise};
pub use rates_isi::rates_isi;
pub use rates_kernel::{rates_kernel, rates_kernel_into};
pub use spike_distance::spike_distance;
pub use spike_sync::{spike_sync, spike_sync_of_all};
pub use van_rossum::van_rossum;
pub use victor_purpura::victor_purpura;
