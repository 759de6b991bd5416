//! Measures of spike trains.

use rheobase_analyse::{Correlogram, Distances, Rates};
use rheobase_base::Result;
use rheobase_draw::{self as draw, DistanceMatrix, Figure};

use super::Show;

/// Trains whose rates can be told apart.
const CURVES: usize = 6;
/// Trains whose names have room beside a matrix.
const NAMES: usize = 30;

impl Show for Rates {
    fn figure(&self) -> Result<Figure> {
        let [rows, trains] = self.values.shape();
        let figure = draw::Rates::new(&self.times).clock(self.clock);
        if trains <= CURVES {
            let columns: Vec<Vec<f64>> = (0..trains).map(|i| self.values.column(i)).collect();
            let named = self.names.iter().zip(&columns);
            return named.fold(figure, |f, (name, values)| f.rate(format!("train {name}"), values)).figure();
        }
        let n = trains as f64;
        let row = |i: usize| self.values.row(i).unwrap_or_default();
        let mean: Vec<f64> = (0..rows).map(|i| row(i).iter().sum::<f64>() / n).collect();
        let spread =
            |i: usize| (row(i).iter().map(|x| (x - mean[i]) * (x - mean[i])).sum::<f64>() / n).sqrt();
        let low: Vec<f64> = (0..rows).map(|i| mean[i] - spread(i)).collect();
        let high: Vec<f64> = (0..rows).map(|i| mean[i] + spread(i)).collect();
        figure.rate_with_band(format!("mean and deviation of {trains} trains"), &mean, &low, &high).figure()
    }
}

impl Show for Distances {
    fn figure(&self) -> Result<Figure> {
        let trains = self.values.shape()[0];
        let figure = DistanceMatrix::new(self.values.values(), trains, self.measure.label(), "");
        if trains <= NAMES { figure.names(self.names.iter().cloned()).figure() } else { figure.figure() }
    }
}

impl Show for Correlogram {
    fn figure(&self) -> Result<Figure> {
        let half = self.lags.windows(2).next().map_or(0.5, |w| 0.5 * (w[1] - w[0]));
        let mut edges: Vec<f64> = self.lags.iter().map(|lag| lag - half).collect();
        edges.extend(self.lags.last().map(|lag| lag + half));
        let counts: Vec<f64> = self.counts.iter().map(|n| *n as f64).collect();
        let figure = draw::Correlogram::new(&edges, &counts, "pairs of spikes");
        let middle = self.lags.len() / 2;
        match (self.expected.get(middle), self.range.get(middle)) {
            (Some(expected), Some(range)) => figure.expected(*expected, range.low, range.high).figure(),
            _ => figure.figure(),
        }
    }
}
