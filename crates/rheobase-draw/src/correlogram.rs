//! Correlogram: how often, or how strongly, over the lag between two spike trains.

use super::axis::{Axis, Range};
use super::clock::time_axis;
use super::colour::{BLUE, Paint};
use super::marks::Mark;
use super::panel::{Extent, Panel};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;
use rheobase_models::neuron::Time;

/// An auto- or cross-correlogram.
#[derive(Debug, Clone)]
pub struct Correlogram<'a> {
    edges: &'a [f64],
    values: &'a [f64],
    label: String,
    expected: Option<(f64, f64, f64)>,
    level: Option<f64>,
    clock: Time,
    title: String,
}

impl<'a> Correlogram<'a> {
    /// `values[i]` for lags from `edges[i]` to `edges[i + 1]` (ascending). Values are counts or coefficients,
    /// as `label` says.
    pub fn new(edges: &'a [f64], values: &'a [f64], label: impl Into<String>) -> Self {
        Correlogram {
            edges,
            values,
            label: label.into(),
            expected: None,
            level: None,
            clock: Time::Seconds,
            title: String::new(),
        }
    }

    /// What independent trains would give, with the limits of a confidence interval around it.
    pub fn expected(mut self, value: f64, lower: f64, upper: f64) -> Self {
        self.expected = Some((value, lower, upper));
        self
    }

    /// Sets the probability with which independent trains lie between the limits, which the legend says.
    pub fn level(mut self, level: f64) -> Self {
        self.level = Some(level);
        self
    }

    /// Sets what times are counted in; without it, seconds.
    pub fn clock(mut self, clock: Time) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The correlogram as a figure.
    ///
    /// # Errors
    /// No value; not one edge more than values; edges that do not ascend; values that are not finite.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "correlogram";
        check::some(PLACE, "values", self.values)?;
        check::same_length(PLACE, "edges", self.edges.len(), "values + 1", self.values.len() + 1)?;
        check::finite(PLACE, "edges", self.edges)?;
        check::finite(PLACE, "values", self.values)?;
        if let Some(i) = self.edges.windows(2).position(|w| w[1] <= w[0]) {
            let rule = "must lie above the edge before it";
            return Err(check::value(PLACE, "edges", Some(i + 1), self.edges[i + 1], rule));
        }
        let x = Range::new(self.edges[0], self.edges[self.edges.len() - 1]);
        let mut y = Range::of(self.values.iter().copied()).unwrap_or(Range::new(0.0, 1.0));
        if let Some((value, lower, upper)) = self.expected {
            check::finite(PLACE, "expected", &[value, lower, upper])?;
            y = y.with(value).with(lower).with(upper);
        }
        let mut panel =
            Panel::new(time_axis(self.clock, "lag", x), Axis::new(&self.label, "", above_zero(y)));
        panel.title = self.title.clone();
        panel.extent = Extent::Points(130.0);
        let (edges, heights) = (self.edges.to_vec(), self.values.to_vec());
        panel.marks.push(Mark::Bars { edges, heights, paint: Paint::Rgb(BLUE) });
        if y.from < 0.0 {
            panel.line(vec![[x.from, 0.0], [x.to, 0.0]], Paint::Ink, 0.6);
        }
        if let Some((value, lower, upper)) = self.expected {
            panel.line(vec![[x.from, value], [x.to, value]], Paint::Ink, 0.9);
            panel.horizontal_rule(lower, Paint::Ink);
            panel.horizontal_rule(upper, Paint::Ink);
            panel.legend_line(Paint::Ink, false, "expected if independent");
            let interval = match self.level {
                Some(level) => format!("{} % of such trains", super::short(100.0 * level)),
                None => "confidence interval".into(),
            };
            panel.legend_line(Paint::Ink, true, &interval);
        }
        Ok(panel.into())
    }
}
