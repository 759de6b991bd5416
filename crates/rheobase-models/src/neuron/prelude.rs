//! What a model's file is written with: `use rheobase_models::neuron::prelude::*`.

pub(super) use super::own_records;
pub use super::{BackwardReads, Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
pub use crate::rate::{
    IntegratorCurve, IntegratorParams, LifCurve, LifCurveParams, MembraneCurve, MembraneParams, NoRate,
    RateCurve, RectifiedCurve, RectifiedParams, SoftLifCurve, SoftLifCurveParams, SoftLifExactCurve,
};
pub use crate::real::{Real, whole_steps};
pub use crate::record::{Empty, Range};
pub use crate::surrogate::Surrogate;
