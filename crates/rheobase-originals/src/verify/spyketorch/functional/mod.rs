//! The original's functions and filters: each array of a trace from the arrays and numbers that went into it.

mod filters;
mod numbers;
mod stdp;
mod waves;
mod winners;

use super::super::compare::Pair;
use super::super::{Outcome, TraceFile};
use rheobase_base::{Error, Result};

/// The original's functions and filters, and ours.
pub(in super::super) const FUNCTIONS: &[(&str, &str)] = &[
    ("functional.pad", "vision::pad, node pad"),
    ("functional.pooling", "vision::Pooling, node pool"),
    ("functional.threshold", "vision::threshold"),
    ("functional.fire", "vision::fire, fire_first, node fire"),
    (
        "functional.pointwise_inhibition",
        "vision::pointwise_inhibition, Inhibition, node pointwise_inhibition",
    ),
    ("functional.feature_inhibition", "vision::feature_inhibition, node feature_inhibition"),
    ("functional.get_k_winners", "vision::k_winners, k_winners_first, node k_winners"),
    ("functional.intensity_lateral_inhibition", "vision::intensity_lateral_inhibition"),
    ("functional.local_normalization", "vision::local_normalization, encoder local_normalization"),
    ("utils.generate_inhibition_kernel", "vision::inhibition_kernel"),
    ("utils.LateralIntencityInhibition", "encoder intensity_lateral_inhibition"),
    ("utils.DoGKernel(window, sigma1, sigma2)", "vision::Dog { size, center, surround }"),
    (
        "utils.GaborKernel(window, orientation, div)",
        "vision::Gabor { size, orientation, wavelength = 2 window/div }",
    ),
    ("utils.Filter", "vision::FilterBank and rectify, encoder filters"),
    (
        "utils.Intensity2Latency(bins)",
        "vision::intensity_to_latency, encoders intensity_to_latency and cumulative",
    ),
    ("snn.Convolution(in, out, kernel, weight_mean, weight_std)", "node conv without bias, first_spike_conv"),
    ("snn.Pooling", "vision::Pooling, node pool"),
    (
        "snn.STDP(conv, (ltp, ltd), use_stabilizer, lower_bound, upper_bound)",
        "plasticity::Order { ltp, ltd, stabilizer } within bounds",
    ),
    (
        "snn.STDP.forward(…, winners, kwta, inhibition_radius)",
        "plasticity::Learner::sample, Winners { k, radius }",
    ),
    ("snn.STDP.update_learning_rate, update_all_learning_rate", "plasticity::Learner::set_rates, Anneal"),
];

/// What an array of a trace is.
enum ArrayRole {
    /// It went in.
    Given,
    /// What is made here from what went in, and the tolerance relative to the array's largest number; 0: exactly.
    Computed(Vec<f32>, f64),
    /// Nothing is known of it.
    Unknown,
}

/// A kind of trace: the functions that were run.
enum Kind {
    Waves,
    Winners,
    Filters,
    Stdp,
}

fn kind(trace: &TraceFile) -> Option<Kind> {
    let (before, rest) = trace.meta.target.split_once('{')?;
    let names = rest.split('}').next().unwrap_or_default();
    match before {
        "SpykeTorch.functional." if names.contains("get_k_winners") => Some(Kind::Winners),
        "SpykeTorch.functional." if names.contains("fire") => Some(Kind::Waves),
        "SpykeTorch.utils." => Some(Kind::Filters),
        "SpykeTorch.snn." if names.contains("STDP") => Some(Kind::Stdp),
        _ => None,
    }
}

/// Replays a trace of functions; `None` if its target names none of those that are here.
pub(super) fn replay(trace: &TraceFile) -> Option<Result<Outcome>> {
    Some(compare(
        trace,
        match kind(trace)? {
            Kind::Waves => waves::make,
            Kind::Winners => winners::make,
            Kind::Filters => filters::make,
            Kind::Stdp => stdp::make,
        },
    ))
}

/// The arrays that go into a trace of functions, and those that come of it; `None` for other traces.
pub(in super::super) fn arrays(trace: &TraceFile) -> Option<(&'static str, Vec<String>)> {
    let (given, fixed, numbered) = match kind(trace)? {
        Kind::Waves => (waves::GIVEN, waves::RESULTS, waves::results(&trace.meta)),
        Kind::Winners => (winners::GIVEN, winners::RESULTS, winners::results(&trace.meta)),
        Kind::Filters => (filters::GIVEN, filters::RESULTS, filters::results(&trace.meta)),
        Kind::Stdp => (stdp::given(&trace.meta), stdp::RESULTS, stdp::results(&trace.meta)),
    };
    Some((given, fixed.split_whitespace().map(String::from).chain(numbered).collect()))
}

fn compare(trace: &TraceFile, make: fn(&TraceFile, &str) -> Result<ArrayRole>) -> Result<Outcome> {
    let mut arrays = Vec::new();
    for name in trace.names() {
        match make(trace, &name)? {
            ArrayRole::Given => {}
            ArrayRole::Computed(got, rtol) => {
                let got: Vec<f64> = got.into_iter().map(f64::from).collect();
                let (want, shape) = (trace.array(&name)?, trace.shape(&name)?);
                let pair =
                    Pair { name: &name, got: &got, want: &want, shape: &shape, neurons: 1, bounds: &[] };
                arrays.push(if rtol > 0.0 {
                    pair.close(rtol, None, |_| false)
                } else {
                    pair.exact(|_| false)
                });
            }
            // Who checks the whole trace finds that nothing compares it.
            ArrayRole::Unknown => {}
        }
    }
    Ok(Outcome::Compared { arrays, flips: 0 })
}

/// An array of single precision.
fn array(trace: &TraceFile, name: &str) -> Result<Vec<f32>> {
    Ok(trace.array(name)?.into_iter().map(|x| x as f32).collect())
}

/// The last three axes of an array: feature, row, column.
fn maps(trace: &TraceFile, name: &str) -> Result<[usize; 3]> {
    let shape = trace.shape(name)?;
    match shape[..] {
        [_, features, rows, columns] => Ok([features, rows, columns]),
        _ => Err(Error::shape(
            trace.meta.name.clone(),
            name,
            format!("{shape:?}"),
            "[time, feature, row, column] is needed",
        )),
    }
}
