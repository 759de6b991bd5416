//! Inhibition and winners.

use super::numbers::{behind, lists, optional};
use super::{ArrayRole, array, maps};
use crate::verify::{Meta, TraceFile};
use rheobase_base::Result;
use rheobase_network::vision::{feature_inhibition, fire, k_winners, pointwise_inhibition, threshold};

const POTENTIALS: &str = "potentials";
const THRESHOLDED: &str = "thresholded";

pub(super) const GIVEN: &str = POTENTIALS;
pub(super) const RESULTS: &str = "thresholded spikes pointwise_inhibited feature_inhibited feature_inhibited_empty \
     winners_zero one_thresholded";

/// The winners for each number of them and radius.
pub(super) fn results(meta: &Meta) -> Vec<String> {
    let pairs = lists(meta, "k_r").unwrap_or_default();
    let names = |pair: Vec<f64>| match pair[..] {
        [k, r] => vec![format!("winners_k{k}_r{r}"), format!("winners_inh_k{k}_r{r}")],
        _ => Vec::new(),
    };
    pairs.into_iter().flat_map(names).collect()
}

/// The value that the original's scaled spikes have: one over a step of 1 ms.
const SCALED: f32 = 0.001;

pub(super) fn make(trace: &TraceFile, name: &str) -> Result<ArrayRole> {
    let meta = &trace.meta;
    let shape = maps(trace, POTENTIALS)?;
    let neurons: usize = shape.iter().product();
    let given = optional(meta, "threshold");
    let mut x = array(trace, if [THRESHOLDED, "spikes"].contains(&name) { POTENTIALS } else { THRESHOLDED })?;
    let last = |x: &[f32]| x[x.len() - neurons.min(x.len())..].to_vec();
    match name {
        POTENTIALS => return Ok(ArrayRole::Given),
        THRESHOLDED => threshold(&mut x, shape, given)?,
        "spikes" => fire(&mut x, shape, given)?,
        "pointwise_inhibited" => pointwise_inhibition(&mut x, shape)?,
        "feature_inhibited" => feature_inhibition(&mut x, shape, &meta.steps("inhibited_features"))?,
        "feature_inhibited_empty" => feature_inhibition(&mut x, shape, &[])?,
        "one_thresholded" => x = last(&x),
        _ => return winners(trace, name, x, shape),
    }
    Ok(ArrayRole::Computed(x, 0.0))
}

/// The arrays of winners: what they were sought among is in their name.
fn winners(trace: &TraceFile, name: &str, mut x: Vec<f32>, shape: [usize; 3]) -> Result<ArrayRole> {
    let neurons: usize = shape.iter().product();
    let rows = trace.shape(name)?.first().copied().unwrap_or(0);
    let radius = name.rsplit_once("_r").and_then(|(_, r)| r.parse().ok()).unwrap_or(0);
    let mut spikes = None;
    let k = if let Some(k) = behind(name, "winners_k") {
        spikes = Some(array(trace, "spikes")?);
        k
    } else if let Some(k) = behind(name, "winners_inh_k") {
        pointwise_inhibition(&mut x, shape)?;
        k
    } else if let Some(k) = behind(name, "winners_scaled_k") {
        spikes = Some(array(trace, "spikes")?.iter().map(|s| s / SCALED).collect());
        k
    } else if let Some(k) = behind(name, "one_winners_k") {
        x = array(trace, "one_thresholded")?;
        k
    } else if let Some(k) = behind(name, "one_winners_negative_k") {
        x = array(trace, "one_thresholded")?.iter().map(|u| -u).collect();
        k
    } else if name == "winners_zero" {
        x = vec![0.0; neurons.max(x.len())];
        rows
    } else {
        return Ok(ArrayRole::Unknown);
    };
    let found = k_winners(&x, spikes.as_deref(), shape, k, radius)?;
    let places = found.iter().flatten().map(|n| *n as f32);
    let mut table: Vec<f32> = places.collect();
    table.resize(3 * rows.max(found.len()), -1.0);
    Ok(ArrayRole::Computed(table, 0.0))
}
