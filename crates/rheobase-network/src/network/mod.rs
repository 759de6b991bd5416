//! Networks: describe, lower, run.
//!
//! * [`Network`] is plain data: nodes and what flows between them, from Rust or TOML.
//! * [`Program`] is a network that has been checked: shapes inferred, nodes in order, parameters named.
//! * A program runs tiles of samples through time: [`State`] is the caller's; a tape allows to go back.
//!
//! How networks are put together is in [`Sequential`], [`Layers`] and [`Part`]; [`Network::read`] takes them from files,
//! [`table()`] shows what a program consists of, [`outline`] what a description will come to.
//!
//! A cycle needs an edge with a delay; the order of events in a step is that of the nodes.

mod adjoint;
mod build;
mod carried;
mod describe;
mod draw;
mod feed;
mod file;
mod frozen;
pub(crate) mod kernels;
mod library;
mod lower;
mod node;
mod op;
mod operation;
mod operator;
mod parameters;
mod part;
mod program;
mod raw;
mod run_as;
mod sample_input;
mod signal;
mod still;
mod table;
mod tape;
mod turn;

pub use adjoint::Adjoint;
pub use build::{Inputs, Layer, Layers, List, Placeholder, Sequential, Source, Stack, Sum, from};
pub use carried::Carried;
pub use describe::{
    Combine, Conv, Custom, Draw, Dropout, FORMAT, FeatureInhibition, Fire, FirstSpikeConv, KWinners, Kind,
    LateralInhibition, Linear, Link, Network, Neurons, Node, Nothing, Numbers, Padding, Pool, PoolOf, RunAs,
    Scale, Synapse, SynapseShape, WeightStart, Word,
};
pub use feed::{Feed, FromSource, Rows, Steps, TileInput};
pub use file::inherit_dt;
pub use library::Library;
pub use lower::{Operators, lower, lower_with};
pub use lower::{ancestors, lower_part};
pub use operation::Operation;
pub use operator::{Back, Context, Operator, StepError};
pub use parameters::{Parameter, Parameters};
pub use part::{
    Part, PerAxis, average_pool, conv, cumulate, custom, dropout, feature_inhibition, fire_again, fire_once,
    first_spike_conv, flatten, identity, k_winners, lateral_inhibition, linear, max_pool, network, neurons,
    pad, pointwise_inhibition, relu, scale, sigmoid, sum_pool, synapse, tanh,
};
pub use program::{Counts, Program, ProgramNode, State};
pub use raw::Raw;
pub use rheobase_sim::population::Memory;
pub use run_as::Converted;
pub use sample_input::SampleInput;
pub use signal::{Events, Reach, Signal};
pub use still::Still;
pub use table::{Edge, Row, Table, TensorRow, outline, outline_with, table};
pub use tape::Tape;
