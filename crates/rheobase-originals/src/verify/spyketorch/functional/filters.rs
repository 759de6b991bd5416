//! Filters, and operations on intensities.

use super::numbers::{behind, count, list, lists, optional};
use super::{ArrayRole, array, maps};
use crate::verify::{Meta, TraceFile};
use rheobase_base::{Error, Result};
use rheobase_network::vision::{
    Dog, FilterBank, FilterKernel, Gabor, SpikeRows, inhibition_kernel, intensity_lateral_inhibition,
    intensity_to_latency, local_normalization, rectify, to_wave,
};

pub(super) const GIVEN: &str = "intensity image sparse_image";
pub(super) const RESULTS: &str = "inhibition_kernel lateral_out_fn lateral_out_cls filter_dog_out \
     filter_gabor_abs_out i2l_dog i2l_dog_spikes i2l_sparse";

/// The kernels.
pub(super) fn results(meta: &Meta) -> Vec<String> {
    let count = |name: &str| lists(meta, name).unwrap_or_default().len();
    let dogs = (0..count("dogs")).map(|n| format!("dog{n}"));
    dogs.chain((0..count("gabors")).map(|n| format!("gabor{n}"))).collect()
}

/// Tolerance of sums of products in another order, and of exponentials of another library.
const CLOSE: f64 = 1e-6;
/// What the original adds to a mean.
const EPS: f32 = 1e-12;

pub(super) fn make(trace: &TraceFile, name: &str) -> Result<ArrayRole> {
    let meta = &trace.meta;
    let single = |numbers: Vec<f64>| numbers.into_iter().map(|x| x as f32).collect::<Vec<f32>>();
    Ok(match name {
        "intensity" | "image" | "sparse_image" => ArrayRole::Given,
        "inhibition_kernel" => {
            ArrayRole::Computed(inhibition_kernel(&single(list(meta, "inhibition_percents")?)), 0.0)
        }
        "lateral_out_fn" | "lateral_out_cls" => {
            let (mut x, shape) = (array(trace, "intensity")?, maps(trace, "intensity")?);
            let percents = single(list(meta, "inhibition_percents")?);
            intensity_lateral_inhibition(&mut x, shape, &percents)?;
            ArrayRole::Computed(x, CLOSE)
        }
        "filter_dog_out" => {
            let kernels = lists(meta, "filter_dog_kernels")?;
            let filters = kernels.iter().map(|k| dog(trace, k)).collect::<Result<Vec<_>>>()?;
            let padding = count(meta, "filter_dog_padding")?;
            filtered(trace, &filters, padding, optional(meta, "filter_threshold"), false)?
        }
        "filter_gabor_abs_out" => {
            let window = count(meta, "gabor_window")? as f64;
            let orients = list(meta, "gabor_orients")?;
            let filters = orients.iter().map(|o| gabor(trace, &[window, *o])).collect::<Result<Vec<_>>>()?;
            // As much as makes the size of what came out.
            let (from, to) = (maps(trace, "image")?, maps(trace, name)?);
            let size = filters.first().map_or(1, FilterKernel::size);
            filtered(trace, &filters, (to[1] + size).saturating_sub(from[1] + 1) / 2, None, true)?
        }
        "i2l_dog" => latency(trace, "filter_dog_out", false)?,
        "i2l_dog_spikes" => latency(trace, "filter_dog_out", true)?,
        "i2l_sparse" => latency(trace, "sparse_image", false)?,
        _ => {
            if let Some(radius) = behind(name, "localnorm_r") {
                let (mut x, shape) = (array(trace, "intensity")?, maps(trace, "intensity")?);
                local_normalization(&mut x, shape, radius, EPS)?;
                ArrayRole::Computed(x, CLOSE)
            } else if let Some(k) = nth(behind(name, "dog"), lists(meta, "dogs")?) {
                ArrayRole::Computed(dog(trace, &k)?.values(name)?, CLOSE)
            } else if let Some(k) = nth(behind(name, "gabor"), lists(meta, "gabors")?) {
                ArrayRole::Computed(gabor(trace, &k)?.values(name)?, CLOSE)
            } else {
                ArrayRole::Unknown
            }
        }
    })
}

fn nth(n: Option<usize>, lists: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    lists.into_iter().nth(n?)
}

/// The original lays a window of even size over one place more.
fn side(window: f64) -> usize {
    2 * (window / 2.0) as usize + 1
}

/// A kernel by window and both widths.
fn dog(trace: &TraceFile, numbers: &[f64]) -> Result<FilterKernel> {
    match *numbers {
        [window, center, surround] => Ok(FilterKernel::Dog(Dog { size: side(window), center, surround })),
        _ => Err(arguments(trace, numbers, "window, sigma1, sigma2")),
    }
}

/// A kernel by window, orientation and, unless it is 4, how many half waves the window has.
fn gabor(trace: &TraceFile, numbers: &[f64]) -> Result<FilterKernel> {
    let (window, orientation, div) = match *numbers {
        [window, orientation] => (window, orientation, 4.0),
        [window, orientation, div] => (window, orientation, div),
        _ => return Err(arguments(trace, numbers, "window, orientation, div")),
    };
    let wavelength = Some(2.0 * window / div);
    Ok(FilterKernel::Gabor(Gabor { wavelength, ..Gabor::new(side(window), orientation) }))
}

fn arguments(trace: &TraceFile, numbers: &[f64], wanted: &str) -> Error {
    let what = format!("a kernel of {numbers:?}, where {wanted} are needed");
    Error::unsupported(trace.meta.name.clone(), what)
}

fn filtered(
    trace: &TraceFile,
    filters: &[FilterKernel],
    padding: usize,
    threshold: Option<f32>,
    absolute: bool,
) -> Result<ArrayRole> {
    let mut out = Vec::new();
    let bank = FilterBank::new(filters, padding, maps(trace, "image")?)?;
    bank.responses(&array(trace, "image")?, &mut out)?;
    rectify(&mut out, threshold, absolute)?;
    Ok(ArrayRole::Computed(out, CLOSE))
}

/// The cumulative wave of an array of intensities; of its signs if `spikes`.
fn latency(trace: &TraceFile, from: &str, spikes: bool) -> Result<ArrayRole> {
    let (mut first, mut wave) = (SpikeRows::default(), Vec::new());
    intensity_to_latency(&array(trace, from)?, count(&trace.meta, "bins")?, &mut first)?;
    to_wave(&first, maps(trace, from)?, &mut wave)?;
    if spikes {
        wave.iter_mut().filter(|x| **x != 0.0).for_each(|x| *x = x.signum());
    }
    Ok(ArrayRole::Computed(wave, 0.0))
}
