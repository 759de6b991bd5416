//! Spike-train analysis: pure functions on plain arrays, usable without the simulator.

mod check;
mod convolve;
mod cubic;
mod events;
mod interpolate;
mod kernel;
mod layout;
mod lowpass;
mod rates_isi;
mod rates_kernel;
mod recursive;

pub use events::spikes2events;
pub use interpolate::Interpolation;
pub use kernel::Kernel;
pub use lowpass::lowpass_filter;
pub use rates_isi::rates_isi;
pub use rates_kernel::{rates_kernel, rates_kernel_into};
