//! Traces: potentials and other states over time, with threshold and spikes.

use super::axis::{Axis, Range};
use super::clock::time_axis;
use super::colour::{GREY, Paint, series};
use super::marks::Mark;
use super::panel::{Extent, PAGE, Panel};
use super::{Figure, check};
use rheobase_base::Result;
use rheobase_models::neuron::Time;

/// More traces than this share one colour and no legend.
const NAMED: usize = 6;

/// State variables over time. Long traces are thinned to what can be seen: lows and highs stay.
#[derive(Debug, Clone)]
pub struct Traces<'a> {
    times: &'a [f64],
    label: String,
    unit: String,
    series: Vec<(String, &'a [f64])>,
    threshold: Option<f64>,
    threshold_name: String,
    spikes: &'a [f64],
    clock: Time,
    title: String,
}

impl<'a> Traces<'a> {
    /// Traces sampled at `times` (ascending) of a quantity called `label` in `unit` (may be empty).
    pub fn new(times: &'a [f64], label: impl Into<String>, unit: impl Into<String>) -> Self {
        Traces {
            times,
            label: label.into(),
            unit: unit.into(),
            series: Vec::new(),
            threshold: None,
            threshold_name: "threshold".into(),
            spikes: &[],
            clock: Time::Seconds,
            title: String::new(),
        }
    }

    /// Adds a trace with one value per time. More than six traces are drawn alike, without a legend.
    pub fn trace(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.series.push((name.into(), values));
        self
    }

    /// Draws a dashed line at the threshold.
    pub fn threshold(mut self, value: f64) -> Self {
        self.threshold = Some(value);
        self
    }

    /// What the legend calls the threshold: `threshold` if nothing is said.
    pub fn threshold_name(mut self, name: impl Into<String>) -> Self {
        self.threshold_name = name.into();
        self
    }

    /// Marks spikes (times) at the upper edge.
    pub fn spikes(mut self, times: &'a [f64]) -> Self {
        self.spikes = times;
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

    /// The traces as a panel over time.
    ///
    /// # Errors
    /// No trace or no sample; a trace of another length than the times; times that go back; values that are not finite.
    pub fn panel(&self) -> Result<Panel> {
        const PLACE: &str = "traces";
        check::some(PLACE, "times", self.times)?;
        check::finite(PLACE, "times", self.times)?;
        check::ascending(PLACE, "times", self.times)?;
        check::some(PLACE, "series", &self.series)?;
        check::finite(PLACE, "spikes", self.spikes)?;
        for (name, values) in &self.series {
            check::same_length(PLACE, name, values.len(), "times", self.times.len())?;
            check::finite(PLACE, name, values)?;
        }
        let t = Range::new(self.times[0], self.times[self.times.len() - 1]);
        let mut y = Range::of(self.series.iter().flat_map(|s| s.1).copied()).unwrap_or(Range::new(0.0, 1.0));
        if let Some(v) = self.threshold {
            check::number(PLACE, "threshold", v)?;
            y = y.with(v);
        }
        let mut panel =
            Panel::new(time_axis(self.clock, "time", t), Axis::new(&self.label, &self.unit, y.padded(0.07)));
        // A single sample has no length; what it stands beside may have one.
        panel.x.range = t;
        panel.title = self.title.clone();
        panel.width = PAGE;
        panel.extent = Extent::Points(110.0);
        self.draw(&mut panel);
        Ok(panel)
    }

    fn draw(&self, panel: &mut Panel) {
        let many = self.series.len() > NAMED;
        let width = if many { 0.6 } else { 1.0 };
        for (i, (name, values)) in self.series.iter().enumerate() {
            let paint = if many { GREY } else { series(i) };
            let points = self.times.iter().zip(*values).map(|(t, v)| [*t, *v]).collect();
            panel.line(points, paint, width);
            if !many && !name.is_empty() && (self.series.len() > 1 || self.threshold.is_some()) {
                panel.legend_line(paint, false, name);
            }
        }
        if let Some(v) = self.threshold {
            panel.horizontal_rule(v, Paint::Ink);
            panel.legend_line(Paint::Ink, true, &self.threshold_name);
        }
        if !self.spikes.is_empty() {
            panel.marks.push(Mark::Flags { x: self.spikes.to_vec(), paint: Paint::Ink });
        }
    }

    /// The traces alone as a figure; errors as for [`panel`](Self::panel).
    pub fn figure(&self) -> Result<Figure> {
        self.panel().map(Figure::from)
    }
}
