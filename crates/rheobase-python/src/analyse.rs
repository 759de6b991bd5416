//! Analysis of spike trains and of arrays: the library's functions, arrays in and out.

use std::str::FromStr;

use numpy::{PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::Error;
use rheobase::analyse::{
    self, BurstRule, Correlogram, Interpolation, Interval, Kernel, Pairwise, RateHistogram, Window,
};

use crate::arrays::array;
use crate::enter::enter;
use crate::error::{Raise, raise};
use crate::trains::SpikeTrains;

type Object<'py> = PyResult<Bound<'py, PyAny>>;

/// What is not defined is NaN in arrays.
fn or_nan(x: Option<f64>) -> f64 {
    x.unwrap_or(f64::NAN)
}

fn ends(intervals: &[Interval]) -> (Vec<f64>, Vec<f64>) {
    intervals.iter().map(|i| (i.low, i.high)).unzip()
}

/// `names` with the vectors as arrays.
fn table<'py>(py: Python<'py>, columns: Vec<(&str, Vec<f64>)>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, column) in columns {
        let n = [column.len()];
        dict.set_item(name, array(py, column, &n)?)?;
    }
    Ok(dict)
}

/// Rate of each train with its confidence interval.
#[pyfunction]
pub(crate) fn mean_rates<'py>(
    py: Python<'py>,
    trains: &SpikeTrains,
    level: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let whole = trains.0.whole();
    let found = trains.0.times.iter().map(|t| analyse::mean_rate(t, whole, level));
    let (rates, intervals): (Vec<f64>, Vec<Interval>) =
        found.collect::<rheobase::Result<Vec<_>>>().raised()?.into_iter().unzip();
    let (low, high) = ends(&intervals);
    table(py, vec![("rate", rates), ("low", low), ("high", high)])
}

/// Count, mean, CV, CV2, LV and LvR of the intervals of each train.
#[pyfunction]
pub(crate) fn isi_statistics<'py>(py: Python<'py>, trains: &SpikeTrains) -> PyResult<Bound<'py, PyDict>> {
    let found = trains.0.times.iter().map(|t| analyse::isi_statistics(t));
    let all = found.collect::<rheobase::Result<Vec<_>>>().raised()?;
    let dict = table(
        py,
        vec![
            ("mean", all.iter().map(|s| or_nan(s.mean)).collect()),
            ("cv", all.iter().map(|s| or_nan(s.cv)).collect()),
            ("cv2", all.iter().map(|s| or_nan(s.cv2)).collect()),
            ("lv", all.iter().map(|s| or_nan(s.lv)).collect()),
            ("lvr", all.iter().map(|s| or_nan(s.lvr)).collect()),
        ],
    )?;
    let counts: Vec<u64> = all.iter().map(|s| s.count as u64).collect();
    let n = [counts.len()];
    dict.set_item("intervals", array(py, counts, &n)?)?;
    Ok(dict)
}

/// Spikes of each train in bins, `[train, bin]`.
#[pyfunction]
pub(crate) fn bin_counts<'py>(py: Python<'py>, trains: &SpikeTrains, bin: f64) -> Object<'py> {
    let whole = trains.0.whole();
    let rows = trains.0.times.iter().map(|t| analyse::bin_counts(t, whole, bin));
    let rows = rows.collect::<rheobase::Result<Vec<_>>>().raised()?;
    say_remainder(py, rows.first().map_or(0.0, |row| row.remainder))?;
    let shape = [rows.len(), rows.first().map_or(0, |row| row.counts.len())];
    let counts: Vec<u64> = rows.into_iter().flat_map(|row| row.counts).collect();
    Ok(array(py, counts, &shape)?.into_any())
}

/// Says what of a window no bin holds.
fn say_remainder(py: Python<'_>, remainder: f64) -> PyResult<()> {
    if remainder == 0.0 {
        return Ok(());
    }
    let text = format!("the last {remainder:.6} s fill no bin: their spikes are left out");
    let text = std::ffi::CString::new(text)?;
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)
}

/// Fano factor of each train's counts in bins.
#[pyfunction]
pub(crate) fn fano<'py>(py: Python<'py>, trains: &SpikeTrains, bin: f64) -> Object<'py> {
    let whole = trains.0.whole();
    let mut remainder = 0.0;
    let factors = trains.0.times.iter().map(|t| {
        let bins = analyse::bin_counts(t, whole, bin)?;
        remainder = bins.remainder;
        // The level is that of an interval, which is not asked for.
        Ok(or_nan(analyse::fano_factor(&bins.counts, 0.95)?.factor))
    });
    let factors = factors.collect::<rheobase::Result<Vec<f64>>>().raised()?;
    say_remainder(py, remainder)?;
    let n = [factors.len()];
    Ok(array(py, factors, &n)?.into_any())
}

/// A measure of two trains by its name, with what it needs.
fn measure(name: &str, parameter: f64, window: (f64, f64)) -> PyResult<Pairwise> {
    const NAMES: [&str; 6] =
        ["victor_purpura", "van_rossum", "isi_distance", "spike_distance", "spike_sync", "event_sync"];
    Ok(match name {
        "victor_purpura" => Pairwise::VictorPurpura { cost: parameter },
        "van_rossum" => Pairwise::VanRossum { tau: parameter },
        "isi_distance" => Pairwise::Isi { window },
        "spike_distance" => Pairwise::Spike { window },
        "spike_sync" => Pairwise::SpikeSync { window, max_lag: parameter },
        "event_sync" => Pairwise::EventSync { max_lag: parameter },
        _ => return Err(raise(Error::unknown("analyse", "measure", name, NAMES))),
    })
}

/// A measure of all pairs of trains, `[train, train]`.
#[pyfunction]
pub(crate) fn pairwise<'py>(
    py: Python<'py>,
    trains: Vec<PyReadonlyArray1<'py, f64>>,
    name: &str,
    parameter: f64,
    window: (f64, f64),
) -> Object<'py> {
    let measure = measure(name, parameter, window)?;
    let times: Vec<&[f64]> = trains.iter().map(|t| Ok(t.as_slice()?)).collect::<PyResult<_>>()?;
    let spikes: usize = times.iter().map(|t| t.len() + 1).sum();
    let matrix = enter(py, spikes.saturating_mul(spikes), |_| analyse::pairwise(&times, measure)).whole()?;
    let n = times.len();
    Ok(array(py, matrix, &[n, n])?.into_any())
}

/// Correlations of counts in bins, `[train, train]`, and the trains whose counts do not vary.
#[pyfunction]
pub(crate) fn count_correlation<'py>(
    py: Python<'py>,
    trains: &SpikeTrains,
    bin: f64,
) -> PyResult<(Bound<'py, PyAny>, Vec<usize>)> {
    let whole = trains.0.whole();
    let found = enter(py, usize::MAX, |_| analyse::count_correlation(&trains.0.times, whole, bin)).whole()?;
    let n = trains.0.times.len();
    Ok((array(py, found.matrix, &[n, n])?.into_any(), found.constant))
}

/// Lags, counts, what is expected of independent trains, and its interval.
#[pyfunction]
pub(crate) fn correlogram<'py>(
    py: Python<'py>,
    trains: &SpikeTrains,
    pair: (usize, usize),
    bin: f64,
    max_lag: f64,
    level: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let (a, b, window) = (trains.train(pair.0)?, trains.train(pair.1)?, trains.0.window);
    let most = a.len().saturating_mul(b.len());
    let found = enter(py, most, |_| match pair.0 == pair.1 {
        true => analyse::auto_correlogram(a, window, bin, max_lag, level),
        false => analyse::cross_correlogram(a, b, window, bin, max_lag, level),
    });
    let Correlogram { lags, counts, expected, range } = found.whole()?;
    let (low, high) = ends(&range);
    let dict = table(py, vec![("lag", lags), ("expected", expected), ("low", low), ("high", high)])?;
    let n = [counts.len()];
    dict.set_item("pairs", array(py, counts, &n)?)?;
    Ok(dict)
}

fn histogram(py: Python<'_>, found: RateHistogram) -> PyResult<Bound<'_, PyDict>> {
    let RateHistogram { start, bin, counts, rate, interval, .. } = found;
    let (low, high) = ends(&interval);
    let times = (0..rate.len()).map(|i| start + bin * (i as f64 + 0.5)).collect();
    let dict = table(py, vec![("time", times), ("rate", rate), ("low", low), ("high", high)])?;
    let n = [counts.len()];
    dict.set_item("spikes", array(py, counts, &n)?)?;
    Ok(dict)
}

/// The rate of a neuron of the population over time, with its interval.
#[pyfunction]
pub(crate) fn population_rate<'py>(
    py: Python<'py>,
    trains: &SpikeTrains,
    bin: f64,
    level: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let whole = trains.0.whole();
    let found = py.detach(|| analyse::population_rate(&trains.0.times, whole, bin, level)).raised()?;
    histogram(py, found)
}

/// The rate of one train around onsets, with its interval.
#[pyfunction]
pub(crate) fn psth<'py>(
    py: Python<'py>,
    trains: &SpikeTrains,
    train: usize,
    onsets: PyReadonlyArray1<'py, f64>,
    window: (f64, f64),
    bin: f64,
    level: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let (times, onsets) = (trains.train(train)?, onsets.as_slice()?);
    let window: Window = window.into();
    let found = py.detach(|| {
        let trials = analyse::align(times, onsets, window)?;
        analyse::psth(&trials, window, bin, level)
    });
    histogram(py, found.raised()?)
}

/// Golomb's measure of counts in bins, from 0 to 1.
#[pyfunction]
pub(crate) fn synchrony(py: Python<'_>, trains: &SpikeTrains, bin: f64) -> PyResult<f64> {
    let whole = trains.0.whole();
    let found = py.detach(|| analyse::spike_synchrony(&trains.0.times, whole, bin)).raised()?;
    say_remainder(py, found.remainder)?;
    Ok(or_nan(found.chi))
}

/// The share of spikes that coincide with one of another train.
#[pyfunction]
pub(crate) fn spike_sync_of_all(py: Python<'_>, trains: &SpikeTrains, max_lag: f64) -> PyResult<f64> {
    let window = trains.0.window;
    enter(py, usize::MAX, |_| analyse::spike_sync_of_all(&trains.0.times, window, max_lag)).whole()
}

/// Start, end and first spike of the bursts of one train, and how many spikes each has.
#[pyfunction]
pub(crate) fn bursts(
    trains: &SpikeTrains,
    train: usize,
    rule: (f64, f64, f64, f64, usize),
) -> PyResult<Vec<(f64, f64, usize, usize)>> {
    let (max_begin, max_within, min_between, min_duration, min_spikes) = rule;
    let rule = BurstRule { max_begin, max_within, min_between, min_duration, min_spikes };
    let found = analyse::bursts(trains.train(train)?, &rule).raised()?;
    Ok(found.iter().map(|b| (b.start, b.end, b.first, b.spikes())).collect())
}

/// Of every train: intervals below the refractory period, spikes at the time of the one before, all intervals.
#[pyfunction]
pub(crate) fn violations(trains: &SpikeTrains, refractory: f64) -> PyResult<Vec<(usize, usize, usize)>> {
    let of = |times: &Vec<f64>| analyse::violations(times, refractory);
    let found = trains.0.times.iter().map(of).collect::<rheobase::Result<Vec<_>>>().raised()?;
    Ok(found.iter().map(|v| (v.violations, v.duplicates, v.intervals)).collect())
}

/// Rates over time out of dense spikes `[time, neuron]`, through a kernel of time constant `tau`.
#[pyfunction]
pub(crate) fn rates_kernel<'py>(
    py: Python<'py>,
    t: PyReadonlyArray1<'py, f64>,
    spikes: PyReadonlyArrayDyn<'py, f64>,
    kernel: &str,
    tau: f64,
) -> Object<'py> {
    let kernel = Kernel::from_str(kernel).raised()?;
    let (t, numbers, neurons) = (t.as_slice()?, spikes.as_slice()?, columns(&spikes));
    let rates =
        enter(py, numbers.len(), |_| analyse::rates_kernel(t, numbers, neurons, kernel, tau)).whole()?;
    Ok(array(py, rates, spikes.shape())?.into_any())
}

/// Rates over time out of dense spikes `[time, neuron]`, from the intervals between them.
#[pyfunction]
pub(crate) fn rates_isi<'py>(
    py: Python<'py>,
    t: PyReadonlyArray1<'py, f64>,
    spikes: PyReadonlyArrayDyn<'py, f64>,
    midpoint: bool,
    interpolation: &str,
) -> Object<'py> {
    let interpolation = Interpolation::from_str(interpolation).raised()?;
    let (t, numbers, neurons) = (t.as_slice()?, spikes.as_slice()?, columns(&spikes));
    let work = || analyse::rates_isi(t, numbers, neurons, midpoint, interpolation);
    Ok(array(py, enter(py, numbers.len(), |_| work()).whole()?, spikes.shape())?.into_any())
}

/// Rows of samples through a kernel of time constant `tau`, in samples.
#[pyfunction]
pub(crate) fn lowpass_filter<'py>(
    py: Python<'py>,
    x: PyReadonlyArrayDyn<'py, f64>,
    tau: f64,
    kernel: &str,
) -> Object<'py> {
    let kernel = Kernel::from_str(kernel).raised()?;
    let (numbers, samples) = (x.as_slice()?, columns(&x));
    let rows = numbers.len() / samples.max(1);
    let work = || analyse::lowpass_filter(numbers, rows, samples, tau, kernel);
    Ok(array(py, enter(py, numbers.len(), |_| work()).whole()?, x.shape())?.into_any())
}

fn columns(x: &PyReadonlyArrayDyn<'_, f64>) -> usize {
    x.shape().last().copied().unwrap_or(0)
}
