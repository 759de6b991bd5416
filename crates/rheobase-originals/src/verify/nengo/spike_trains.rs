//! nengo-extras' functions on recorded spikes: events, rates over time, and its low-pass filters.

use super::super::compare::{Comparison, DOUBLE, Pair};
use super::super::{Outcome, TraceFile};
use rheobase_analyse::{Kernel, lowpass_filter, rates_isi, rates_kernel, spikes2events};
use rheobase_base::{Error, Result};

/// An array `[rows, columns]` with its shape.
struct Matrix {
    data: Vec<f64>,
    shape: [usize; 2],
}

impl Matrix {
    fn of(trace: &TraceFile, name: &str) -> Result<Matrix> {
        let shape = trace.shape(name)?;
        match shape[..] {
            [rows, columns] => Ok(Matrix { data: trace.array(name)?, shape: [rows, columns] }),
            _ => {
                Err(Error::shape("trace", name, format!("{shape:?}"), "an array of two dimensions is needed"))
            }
        }
    }

    /// Columns as rows.
    fn transposed(&self) -> Vec<f64> {
        transposed(&self.data, self.shape[1])
    }
}

fn transposed(data: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|c| data.iter().skip(c).step_by(columns)).copied().collect()
}

/// `spikes2events`, `rates_isi` (`isi_mid{0,1}_{kind}`) and `rates_kernel` (`kernel_{kind}_{tau}`) of `spikes`
/// `[time, neuron]`.
pub(super) fn rates(trace: &TraceFile) -> Result<Outcome> {
    let t = trace.array("t")?;
    let spikes = Matrix::of(trace, "spikes")?;
    let neurons = spikes.shape[1];
    let events = spikes2events(&t, &spikes.transposed(), neurons)?;
    let mut arrays = Vec::new();
    for name in trace.names().iter().filter(|n| *n != "t" && *n != "spikes") {
        let want = trace.array(name)?;
        let shape = trace.shape(name)?;
        let exact = |got: &[f64]| {
            Pair { name, got, want: &want, shape: &shape, neurons: 1, bounds: &[] }.exact(|_| false)
        };
        let close = |got: &[f64]| {
            Pair { name, got, want: &want, shape: &shape, neurons, bounds: &[] }
                .close(DOUBLE, None, |_| false)
        };
        arrays.push(match name.split('_').collect::<Vec<_>>()[..] {
            ["n", "events"] => exact(&events.iter().map(|e| e.len() as f64).collect::<Vec<_>>()),
            ["events", "concat"] => exact(&events.concat()),
            ["isi", middle @ ("mid0" | "mid1"), kind] => {
                close(&rates_isi(&t, &spikes.data, neurons, middle == "mid1", kind.parse()?)?)
            }
            ["kernel", kind, tau] => {
                close(&rates_kernel(&t, &spikes.data, neurons, published(kind)?, time(name, tau)?)?)
            }
            _ => return Ok(Outcome::NotCovered(format!("array `{name}` names no known measure"))),
        });
    }
    Ok(Outcome::Compared { arrays, flips: 0 })
}

/// `lowpass_filter` (`{kind}_{tau}`) of `x` `[neuron, time]`.
pub(super) fn filters(trace: &TraceFile) -> Result<Outcome> {
    let x = Matrix::of(trace, "x")?;
    let [neurons, samples] = x.shape;
    let mut arrays = Vec::new();
    for name in trace.names().iter().filter(|n| *n != "x") {
        let Some((kind, tau)) = name.split_once('_') else {
            return Ok(Outcome::NotCovered(format!("array `{name}` names no known filter")));
        };
        let got = lowpass_filter(&x.data, neurons, samples, time(name, tau)?, published(kind)?)?;
        let want = trace.array(name)?;
        arrays.push(by_rows(name, &got, &want, x.shape));
    }
    Ok(Outcome::Compared { arrays, flips: 0 })
}

/// Compares `[neuron, time]`, each row on its own scale.
fn by_rows(name: &str, got: &[f64], want: &[f64], [neurons, samples]: [usize; 2]) -> Comparison {
    let (got, want) = (transposed(got, samples), transposed(want, samples));
    let pair = Pair { name, got: &got, want: &want, shape: &[samples, neurons], neurons, bounds: &[] };
    let mut comparison = pair.close(DOUBLE, None, |_| false);
    comparison.at.reverse();
    comparison
}

/// The kernel that nengo-extras calls `kind`, as it samples it.
fn published(kind: &str) -> Result<Kernel> {
    format!("published-{kind}").parse()
}

/// The number in an array's name.
fn time(name: &str, text: &str) -> Result<f64> {
    text.parse().map_err(|_| {
        Error::value("trace", name, text, "must be a number: the name ends in the time constant")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_their_own_scale_and_their_own_place() {
        let want = [1e6, 0.0, 0.0, 1.0, 0.0, 0.0];
        assert!(by_rows("x", &want, &want, [2, 3]).agrees);
        let mut got = want;
        got[5] = 1e-6;
        let c = by_rows("x", &got, &want, [2, 3]);
        assert!(!c.agrees);
        assert_eq!(c.at, [1, 2]);
    }
}
