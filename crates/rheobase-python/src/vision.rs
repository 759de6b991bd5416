//! Spiking vision: waves `[time, feature, row, column]`, first spikes, images `[feature, row, column]`.

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rheobase::data::SpikeRows as Rows;
use rheobase::vision::{
    self, Dog, FilterBank, FilterKernel, FirstSpikeConv, Gabor, Inhibition, Kernels, Motion, Padding,
    Pooling, Potentials,
};

use crate::arrays::array;
use crate::error::Raise;
use crate::rows::SpikeRows;

type Object<'py> = PyResult<Bound<'py, PyAny>>;
type Wave<'py> = PyReadonlyArrayDyn<'py, f32>;

/// Feature, row, column: the last three axes.
fn maps(wave: &Wave<'_>) -> [usize; 3] {
    let shape = wave.shape();
    // The Python side has seen to it that there are so many.
    let last = |i: usize| shape.len().checked_sub(i).map_or(1, |i| shape[i]);
    [last(3), last(2), last(1)]
}

/// The wave changed in place in a copy.
fn changed<'py>(
    py: Python<'py>,
    wave: &Wave<'py>,
    change: impl FnOnce(&mut [f32], [usize; 3]) -> rheobase::Result<()>,
) -> Object<'py> {
    let mut numbers = wave.as_slice()?.to_vec();
    change(&mut numbers, maps(wave)).raised()?;
    Ok(array(py, numbers, wave.shape())?.into_any())
}

/// Spikes of a layer of `shape` that `write` fills in.
fn spikes(shape: [usize; 3], write: impl FnOnce(&mut Rows) -> rheobase::Result<()>) -> PyResult<SpikeRows> {
    let mut rows = Rows::default();
    write(&mut rows).raised()?;
    Ok(SpikeRows { rows, shape: shape.to_vec() })
}

/// Sets to 0 what is not above `threshold`; `spikes`: to the sign of what is left.
#[pyfunction]
pub(crate) fn wave_threshold<'py>(
    py: Python<'py>,
    wave: Wave<'py>,
    threshold: Option<f32>,
    spikes: bool,
) -> Object<'py> {
    changed(py, &wave, |w, shape| match spikes {
        true => vision::fire(w, shape, threshold),
        false => vision::threshold(w, shape, threshold),
    })
}

#[pyfunction]
pub(crate) fn wave_fire_first(wave: Wave<'_>, threshold: Option<f32>) -> PyResult<SpikeRows> {
    let numbers = wave.as_slice()?;
    spikes(maps(&wave), |out| vision::fire_first(numbers, maps(&wave), threshold, out))
}

#[pyfunction]
pub(crate) fn wave_first(wave: Wave<'_>) -> PyResult<SpikeRows> {
    let numbers = wave.as_slice()?;
    spikes(maps(&wave), |out| vision::first_spikes(numbers, maps(&wave), out))
}

#[pyfunction]
pub(crate) fn wave_cumulate<'py>(py: Python<'py>, wave: Wave<'py>) -> Object<'py> {
    changed(py, &wave, vision::cumulate)
}

#[pyfunction]
pub(crate) fn wave_of_first<'py>(py: Python<'py>, first: &SpikeRows) -> Object<'py> {
    let (shape, mut out) = (first.maps()?, Vec::new());
    vision::to_wave(&first.rows, shape, &mut out).raised()?;
    Ok(array(py, out, &[first.rows.steps(), shape[0], shape[1], shape[2]])?.into_any())
}

#[pyfunction]
pub(crate) fn wave_pad<'py>(py: Python<'py>, wave: Wave<'py>, sides: [usize; 4], value: f32) -> Object<'py> {
    let [left, right, top, bottom] = sides;
    let padding = Padding { left, right, top, bottom };
    let (shape, mut out) = (maps(&wave), Vec::new());
    let padded = padding.shape(shape).raised()?;
    vision::pad(wave.as_slice()?, shape, padding, value, &mut out).raised()?;
    let steps = wave.shape().first().copied().unwrap_or(0);
    Ok(array(py, out, &[steps, padded[0], padded[1], padded[2]])?.into_any())
}

#[pyfunction]
pub(crate) fn wave_pool<'py>(
    py: Python<'py>,
    wave: Wave<'py>,
    kernel: [usize; 2],
    stride: Option<[usize; 2]>,
    padding: [usize; 2],
) -> Object<'py> {
    let pooling = Pooling::max(maps(&wave), kernel, stride, padding).raised()?;
    let mut out = Vec::new();
    pooling.wave(wave.as_slice()?, &mut out).raised()?;
    let [features, rows, columns] = pooling.pooled();
    let steps = wave.shape().first().copied().unwrap_or(0);
    Ok(array(py, out, &[steps, features, rows, columns])?.into_any())
}

#[pyfunction]
pub(crate) fn wave_pointwise_inhibition<'py>(py: Python<'py>, wave: Wave<'py>) -> Object<'py> {
    changed(py, &wave, vision::pointwise_inhibition)
}

#[pyfunction]
pub(crate) fn wave_feature_inhibition<'py>(
    py: Python<'py>,
    wave: Wave<'py>,
    features: Vec<usize>,
) -> Object<'py> {
    changed(py, &wave, |w, shape| vision::feature_inhibition(w, shape, &features))
}

#[pyfunction]
pub(crate) fn first_inhibition(first: &SpikeRows, radius: usize) -> PyResult<SpikeRows> {
    let shape = first.maps()?;
    let inhibition = Inhibition::new(shape, radius).raised()?;
    spikes(shape, |out| inhibition.first(&first.rows, out))
}

#[pyfunction]
pub(crate) fn wave_winners(
    wave: Wave<'_>,
    spikes: Option<Wave<'_>>,
    k: usize,
    radius: usize,
) -> PyResult<Vec<[usize; 3]>> {
    let spikes = spikes.as_ref().map(|s| s.as_slice()).transpose()?;
    vision::k_winners(wave.as_slice()?, spikes, maps(&wave), k, radius).raised()
}

#[pyfunction]
pub(crate) fn first_winners(first: &SpikeRows, k: usize, radius: usize) -> PyResult<Vec<[usize; 3]>> {
    vision::k_winners_first(&first.rows, first.maps()?, k, radius).raised()
}

/// Kernels of a convolution and what else it needs.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Geometry {
    outputs: usize,
    kernel: Vec<usize>,
    stride: Vec<usize>,
    padding: Vec<usize>,
    dilation: Vec<usize>,
    groups: usize,
}

impl Geometry {
    pub(crate) fn kernels(&self) -> Kernels<'_> {
        Kernels {
            outputs: self.outputs,
            kernel: &self.kernel,
            stride: &self.stride,
            padding: &self.padding,
            dilation: &self.dilation,
            groups: self.groups,
        }
    }
}

/// First spikes behind a convolution that fires once; `alone`: one feature at each place.
#[pyfunction]
pub(crate) fn first_conv(
    input: &SpikeRows,
    geometry: Geometry,
    weights: Wave<'_>,
    thresholds: Wave<'_>,
    alone: bool,
) -> PyResult<SpikeRows> {
    let mut conv = FirstSpikeConv::new(geometry.kernels(), &input.shape).raised()?;
    conv.set_weights(weights.as_slice()?).raised()?;
    conv.set_thresholds(thresholds.as_slice()?).raised()?;
    let mut potentials = Potentials::default();
    spikes(conv.output_shape(), |out| match alone {
        true => conv.first_inhibited(&input.rows, &mut potentials, out),
        false => conv.first(&input.rows, &mut potentials, out),
    })
}

/// A kernel as the Python side names it.
#[derive(FromPyObject)]
pub(crate) enum Filter {
    Dog((usize, f64, f64)),
    Gabor((usize, f64, Option<f64>, Option<f64>, f64)),
}

impl Filter {
    fn kernel(&self) -> FilterKernel {
        match *self {
            Filter::Dog((size, center, surround)) => FilterKernel::Dog(Dog { size, center, surround }),
            Filter::Gabor((size, orientation, wavelength, sigma, aspect)) => {
                FilterKernel::Gabor(Gabor { size, orientation, wavelength, sigma, aspect })
            }
        }
    }
}

/// The values of a kernel, `[row, column]`.
#[pyfunction]
pub(crate) fn filter_kernel<'py>(py: Python<'py>, filter: Filter) -> Object<'py> {
    let kernel = filter.kernel();
    let values = kernel.values("filter").raised()?;
    Ok(array(py, values, &[kernel.size(), kernel.size()])?.into_any())
}

/// What filters see in an image.
#[pyfunction]
pub(crate) fn image_filters<'py>(
    py: Python<'py>,
    image: Wave<'py>,
    filters: Vec<Filter>,
    padding: usize,
    threshold: Option<f32>,
    absolute: bool,
) -> Object<'py> {
    let kernels: Vec<FilterKernel> = filters.iter().map(Filter::kernel).collect();
    let bank = FilterBank::new(&kernels, padding, maps(&image)).raised()?;
    let mut out = Vec::new();
    bank.responses(image.as_slice()?, &mut out).raised()?;
    if threshold.is_some() || absolute {
        vision::rectify(&mut out, threshold, absolute).raised()?;
    }
    Ok(array(py, out, &bank.output())?.into_any())
}

#[pyfunction]
pub(crate) fn image_local_normalization<'py>(
    py: Python<'py>,
    image: Wave<'py>,
    radius: usize,
    eps: f32,
) -> Object<'py> {
    changed(py, &image, |i, shape| vision::local_normalization(i, shape, radius, eps))
}

#[pyfunction]
pub(crate) fn image_lateral_inhibition<'py>(
    py: Python<'py>,
    image: Wave<'py>,
    percents: Vec<f32>,
) -> Object<'py> {
    changed(py, &image, |i, shape| vision::intensity_lateral_inhibition(i, shape, &percents))
}

/// An image that is mirrored, turned by degrees, enlarged, and shifted.
#[pyfunction]
pub(crate) fn image_moved<'py>(
    py: Python<'py>,
    image: Wave<'py>,
    shift: (isize, isize),
    mirrored: bool,
    degrees: f64,
    zoom: f64,
) -> Object<'py> {
    let (down, right) = shift;
    let (motion, mut out) = (Motion { down, right, mirrored, degrees, zoom }, Vec::new());
    motion.image(image.as_slice()?, maps(&image), &mut out).raised()?;
    Ok(array(py, out, image.shape())?.into_any())
}

/// First spikes of intensities, the larger the earlier, equally many in each step.
#[pyfunction]
pub(crate) fn image_latency(image: Wave<'_>, bins: usize) -> PyResult<SpikeRows> {
    let numbers = image.as_slice()?;
    spikes(maps(&image), |out| vision::intensity_to_latency(numbers, bins, out))
}

/// First spikes of intensities in the order of their size.
#[pyfunction]
pub(crate) fn image_rank_order(image: Wave<'_>, per_step: usize, steps: usize) -> PyResult<SpikeRows> {
    let numbers = image.as_slice()?;
    spikes(maps(&image), |out| vision::rank_order(numbers, per_step, steps, out))
}
