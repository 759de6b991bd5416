//! Spike-train analysis: pure functions on plain arrays, usable without the simulator.
