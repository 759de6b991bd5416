//! Padding, pooling, threshold and fire.

use serde_json::Value;

use super::numbers::{counts, optional, pair};
use super::{ArrayRole, array, maps};
use crate::verify::{Meta, TraceFile};
use rheobase_base::{Error, Result};
use rheobase_network::vision::{Padding, Pooling, fire, pad, threshold};

const POTENTIALS: &str = "potentials";

pub(super) const GIVEN: &str = POTENTIALS;
pub(super) const RESULTS: &str = "pad_out fire_spikes fire_thresholded fire_none_spikes fire_none_thresholded \
     threshold_out threshold_none_out fire_inplace threshold_inplace";

/// What was pooled.
pub(super) fn results(meta: &Meta) -> Vec<String> {
    let pools = meta.params.get("pool").and_then(Value::as_object);
    pools.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

pub(super) fn make(trace: &TraceFile, name: &str) -> Result<ArrayRole> {
    let meta = &trace.meta;
    let (mut x, shape) = (array(trace, POTENTIALS)?, maps(trace, POTENTIALS)?);
    let given = optional(meta, "threshold");
    match name {
        POTENTIALS => return Ok(ArrayRole::Given),
        "pad_out" => {
            let [left, right, top, bottom] = counts(meta, "pad")?;
            let value = optional(meta, "pad_value").unwrap_or(0.0);
            let mut out = Vec::new();
            pad(&x, shape, Padding { left, right, top, bottom }, value, &mut out)?;
            x = out;
        }
        "fire_spikes" | "fire_inplace" => fire(&mut x, shape, given)?,
        "fire_none_spikes" => fire(&mut x, shape, None)?,
        "fire_thresholded" | "threshold_out" | "threshold_inplace" => threshold(&mut x, shape, given)?,
        "fire_none_thresholded" | "threshold_none_out" => threshold(&mut x, shape, None)?,
        _ => match meta.params.get("pool").and_then(|pool| pool.get(name)) {
            Some(arguments) => {
                let mut out = Vec::new();
                pooling(&meta.name, arguments, shape)?.wave(&x, &mut out)?;
                x = out;
            }
            None => return Ok(ArrayRole::Unknown),
        },
    }
    Ok(ArrayRole::Computed(x, 0.0))
}

/// Pooling by kernel, stride (None: the kernel) and padding.
fn pooling(place: &str, arguments: &Value, shape: [usize; 3]) -> Result<Pooling> {
    let list = arguments.as_array().map_or(&[][..], Vec::as_slice);
    let read = |i: usize| list.get(i).filter(|v| !v.is_null()).map(|v| pair(v).ok_or(v));
    let fault = |v: &Value| Error::value(place, "params.pool", v, "must be a whole number or a pair of them");
    let kernel = read(0).transpose().map_err(fault)?.unwrap_or([0, 0]);
    let stride = read(1).transpose().map_err(fault)?;
    let padding = read(2).transpose().map_err(fault)?.unwrap_or([0, 0]);
    Pooling::max(shape, kernel, stride, padding)
}
