//! Networks of layers, how their connections learn by themselves, and operations on waves of spikes.
//!
//! * [`network`]: describe, lower, run, and back
//! * [`plasticity`]: how the weights of a connection change with the spikes on both of its sides
//! * [`vision`]: operations on waves of spikes over feature maps
//! * [`kind_or_table`]: kinds that stand for tables with their defaults
//! * [`one_or_many`]: single values that stand for lists of one
//! * [`toml_text`]: what files of networks and jobs are read with

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "what tests compare with"))]

pub mod kind_or_table;
pub mod network;
pub mod one_or_many;
pub mod plasticity;
pub mod toml_text;
pub mod vision;
