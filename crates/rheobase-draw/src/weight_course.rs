//! Weights over time: how far they are from their bounds, and how they are distributed.

use super::axis::{Axis, Range};
use super::cells::{AS_PATHS, Cells};
use super::colour::{BLUE, GREY, Paint, Scale};
use super::marks::{Mark, Shape};
use super::panel::{Bar, COLUMN, Edges, Extent, Panel};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;

/// The weights of a layer at some points of its samples, which stand side by side at equal distances: a moment that
/// follows another after twice as many samples is as near to it as at the start.
#[derive(Debug, Clone)]
pub struct WeightCourse<'a> {
    samples: &'a [u64],
    convergence: &'a [f64],
    shares: Vec<f64>,
    bounds: [f64; 2],
    limit: Option<f64>,
    title: String,
}

impl<'a> WeightCourse<'a> {
    /// The mean of w(1 − w) after so many samples each, and how many weights lie in each of some equal parts between the
    /// bounds, `[moment, part]`.
    pub fn new(
        samples: &'a [u64],
        convergence: &'a [f64],
        histograms: &[Vec<u64>],
        bounds: [f64; 2],
    ) -> Self {
        let share = |h: &Vec<u64>| {
            let all = h.iter().sum::<u64>().max(1) as f64;
            h.iter().map(|n| 100.0 * *n as f64 / all).collect::<Vec<f64>>()
        };
        let shares = histograms.iter().flat_map(share).collect();
        WeightCourse { samples, convergence, shares, bounds, limit: None, title: String::new() }
    }

    /// Draws the line below which weights count as converged.
    pub fn limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets the words above the figure.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The curve above the distributions.
    ///
    /// # Errors
    /// No moments; arrays that are not of one length; values that are not finite; bounds that are not in order.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "weights over time";
        let n = self.samples.len();
        check::some(PLACE, "samples", self.samples)?;
        check::same_length(PLACE, "convergence", self.convergence.len(), "samples", n)?;
        check::finite(PLACE, "convergence", self.convergence)?;
        check::finite(PLACE, "bounds", &self.bounds)?;
        if self.bounds[0] >= self.bounds[1] {
            let rule = "must be the smallest and the largest weight, in this order";
            return Err(check::value(PLACE, "bounds", None, format!("{:?}", self.bounds), rule));
        }
        let parts = self.shares.len() / n;
        check::matrix(PLACE, "histograms", self.shares.len(), &[n, parts])?;
        let names: Vec<(f64, String)> =
            self.samples.iter().enumerate().map(|(i, s)| (i as f64, s.to_string())).collect();
        let x = Axis::named("samples (not to scale)", Range::new(-0.5, n as f64 - 0.5), names);
        Ok(Figure::stack([self.curve(x.clone()), self.map(x, parts)])?.title(self.title.clone()))
    }

    fn curve(&self, x: Axis) -> Panel {
        let highest = self.convergence.iter().copied().fold(self.limit.unwrap_or(0.0), f64::max);
        let mut panel = Panel::new(x, Axis::new("mean w(1 − w)", "", above_zero(Range::new(0.0, highest))));
        (panel.extent, panel.width) = (Extent::Points(80.0), COLUMN);
        if let Some(limit) = self.limit {
            panel.horizontal_rule(limit, GREY);
        }
        let points: Vec<[f64; 2]> =
            self.convergence.iter().enumerate().map(|(i, c)| [i as f64, *c]).collect();
        let paint = Paint::Rgb(BLUE);
        panel.marks.push(Mark::Points { points: points.clone(), shape: Shape::Disc, paint, radius: 1.8 });
        panel.line(points, paint, 1.2);
        panel
    }

    fn map(&self, x: Axis, parts: usize) -> Panel {
        let n = self.samples.len();
        let [lower, upper] = self.bounds;
        let across = Range::new(-0.5, n as f64 - 0.5);
        let mut panel = Panel::new(x, Axis::new("weight", "", Range::new(lower, upper)));
        (panel.extent, panel.frame, panel.width) = (Extent::Points(110.0), Edges::All, COLUMN);
        let (scale, range) = (Scale::Pale, Range::new(0.0, 100.0));
        // The largest weights stand on top.
        let at = |part: usize, moment: usize| self.shares[moment * parts + parts - 1 - part];
        let values = (0..parts).flat_map(|part| (0..n).map(move |moment| at(part, moment))).collect();
        panel.bar = Some(Bar { axis: Axis::new("share of weights", "%", range), scale });
        panel.marks.push(Mark::Cells(Cells {
            values,
            rows: parts,
            columns: n,
            x: across,
            y: Range::new(upper, lower),
            scale,
            range,
            many: self.shares.len() > AS_PATHS,
        }));
        panel
    }
}
