//! Traces: potentials and other states over time, with threshold and spikes.

use super::axis::{Axis, Range, row_height};
use super::clock::time_axis;
use super::colour::{GREY, Paint, series};
use super::marks::Mark;
use super::panel::{Extent, PAGE, Panel};
use super::short::short;
use super::spikes::Spikes;
use super::{Figure, check};
use rheobase_base::Result;
use rheobase_models::neuron::Time;

/// More traces than this share one colour and no legend.
const NAMED: usize = 6;
/// Lines of a raster that a trace stands on: one for its spikes, the others for its values.
const LINES: usize = 5;

/// State variables over time. Long traces are thinned to what can be seen: lows and highs stay.
#[derive(Debug, Clone)]
pub struct Traces<'a> {
    times: &'a [f64],
    label: String,
    unit: String,
    series: Vec<Series<'a>>,
    offset: bool,
    /// Whether one trace stands for several neurons.
    alike: bool,
    threshold: Option<f64>,
    threshold_name: String,
    spikes: &'a [f64],
    clock: Time,
    title: String,
}

/// One trace, and when its neuron fired.
#[derive(Debug, Clone)]
struct Series<'a> {
    name: String,
    values: &'a [f64],
    spikes: Vec<f64>,
}

const PLACE: &str = "traces";

impl<'a> Traces<'a> {
    /// Traces sampled at `times` (ascending) of a quantity called `label` in `unit` (may be empty).
    pub fn new(times: &'a [f64], label: impl Into<String>, unit: impl Into<String>) -> Self {
        Traces {
            times,
            label: label.into(),
            unit: unit.into(),
            series: Vec::new(),
            offset: false,
            alike: false,
            threshold: None,
            threshold_name: "threshold".into(),
            spikes: &[],
            clock: Time::Seconds,
            title: String::new(),
        }
    }

    /// Adds a trace with one value per time. More than six traces are drawn alike, without a legend.
    pub fn trace(self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.trace_with_spikes(name, values, Vec::new())
    }

    /// Adds a trace with the times at which its neuron fired, which are marked above it where traces stand one above another.
    pub fn trace_with_spikes(
        mut self,
        name: impl Into<String>,
        values: &'a [f64],
        spikes: impl Into<Vec<f64>>,
    ) -> Self {
        self.series.push(Series { name: name.into(), values, spikes: spikes.into() });
        self
    }

    /// Adds the traces of neurons 0, 1, …, called so. Where all have the same values, one stands for them, called so.
    pub fn neurons(mut self, values: &[&'a [f64]]) -> Self {
        if values.len() > 1 && values.windows(2).all(|w| w[0] == w[1]) {
            self.alike = true;
            return self.trace(format!("neurons 0 to {}: all the same", values.len() - 1), values[0]);
        }
        let name = |n: usize| if values.len() > 1 { format!("neuron {n}") } else { String::new() };
        values.iter().enumerate().fold(self, |traces, (n, values)| traces.trace(name(n), values))
    }

    /// Draws traces one above another, the first on top, all on one scale, each with its name beside it. A single one, and
    /// traces that do not change with time, stay as they are.
    pub fn offset(mut self) -> Self {
        self.offset = true;
        self
    }

    /// Says when the neurons of traces 0, 1, … fired: `times[i]` is a spike of number `neurons[i]`.
    pub(crate) fn fired(mut self, times: &[f64], neurons: &[u32]) -> Self {
        for (i, series) in self.series.iter_mut().enumerate() {
            let own = times.iter().zip(neurons).filter(|(_, n)| **n as usize == i);
            series.spikes = own.map(|(t, _)| *t).collect();
        }
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
        self.check()?;
        let t = Range::new(self.times[0], self.times[self.times.len() - 1]);
        let values = self.series.iter().flat_map(|s| s.values).copied();
        let y = Range::of(values.chain(self.threshold)).unwrap_or(Range::new(0.0, 1.0));
        let changes = |s: &Series| s.values.windows(2).any(|w| w[0] != w[1]);
        let apart = self.offset && self.series.len() > 1 && self.series.iter().any(changes);
        let axis = if apart { self.rows() } else { Axis::new(&self.label, &self.unit, y.padded(0.07)) };
        let mut panel = Panel::new(time_axis(self.clock, "time", t), axis);
        // A single sample has no length; what it stands beside may have one.
        panel.x.range = t;
        panel.title = self.title.clone();
        panel.width = PAGE;
        panel.extent = Extent::Points(110.0);
        if apart {
            let row = row_height(self.series.iter().map(|s| &s.name[..])).max(18.0);
            panel.extent = Extent::Points((row * self.series.len() as f64).clamp(110.0, 500.0));
            self.draw_apart(&mut panel, y);
        } else {
            self.draw(&mut panel);
        }
        if !self.spikes.is_empty() {
            panel.marks.push(Mark::Flags { x: self.spikes.to_vec(), paint: Paint::Ink });
        }
        Ok(panel)
    }

    fn check(&self) -> Result<()> {
        check::some(PLACE, "times", self.times)?;
        check::finite(PLACE, "times", self.times)?;
        check::ascending(PLACE, "times", self.times)?;
        check::some(PLACE, "series", &self.series)?;
        check::finite(PLACE, "spikes", self.spikes)?;
        for Series { name, values, spikes } in &self.series {
            check::same_length(PLACE, name, values.len(), "times", self.times.len())?;
            check::finite(PLACE, name, values)?;
            check::finite(PLACE, &format!("spikes of {name}"), spikes)?;
        }
        self.threshold.map_or(Ok(()), |v| check::number(PLACE, "threshold", v))
    }

    fn points(&self, values: &[f64], place: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
        self.times.iter().zip(values).map(|(t, v)| [*t, place(*v)]).collect()
    }

    /// Traces over one another.
    fn draw(&self, panel: &mut Panel) {
        let many = self.series.len() > NAMED;
        let width = if many { 0.6 } else { 1.0 };
        for (i, Series { name, values, .. }) in self.series.iter().enumerate() {
            let paint = if many { GREY } else { series(i) };
            panel.line(self.points(values, |v| v), paint, width);
            let told = self.series.len() > 1 || self.threshold.is_some() || self.alike;
            if told && !many && !name.is_empty() {
                panel.legend_line(paint, false, name);
            }
        }
        if let Some(v) = self.threshold {
            panel.horizontal_rule(v, Paint::Ink);
            panel.legend_line(Paint::Ink, true, &self.threshold_name);
        }
    }

    /// Lines of a raster per trace, of which the first holds spikes if there are any.
    fn lines(&self) -> usize {
        if self.series.iter().any(|s| !s.spikes.is_empty()) { LINES } else { LINES - 1 }
    }

    /// The axis of traces one above another: a name each.
    fn rows(&self) -> Axis {
        let lines = self.lines() as f64;
        let middle = |i: usize| (i + 1) as f64 * lines - 0.5 * LINES as f64;
        let names = self.series.iter().enumerate().map(|(i, s)| (middle(i), s.name.clone()));
        let range = Range::new(lines * self.series.len() as f64 - 0.5, -0.5);
        Axis::named(&self.label, range, names.collect())
    }

    /// What a line of the raster stands for: a round number, so that the range of all values has room in a row.
    fn height(y: Range) -> f64 {
        let needed = y.padded(0.02).size() / (LINES - 1) as f64;
        let power = needed.log10().floor() as i32;
        let round = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
            .map(|m| format!("{m}e{power}").parse().unwrap_or(needed));
        round.into_iter().find(|r| *r >= needed).unwrap_or(needed)
    }

    /// Traces one above another, with the spikes of each above it.
    fn draw_apart(&self, panel: &mut Panel, y: Range) {
        let lines = self.lines();
        let many = self.series.len() > NAMED;
        let (height, middle) = (Self::height(y), 0.5 * (y.from + y.to));
        let apart = format!("{} {}", short(height * lines as f64), self.unit);
        panel.note = format!("rows are {} apart", apart.trim());
        let mut spikes = Spikes {
            times: Vec::new(),
            neurons: Vec::new(),
            counts: Vec::new(),
            count: lines * self.series.len(),
            groups: Vec::new(),
        };
        for (i, Series { values, spikes: fired, .. }) in self.series.iter().enumerate() {
            let paint = if many { Paint::Ink } else { series(i) };
            let place = |v: f64| (i + 1) as f64 * lines as f64 - 0.5 * LINES as f64 - (v - middle) / height;
            if let Some(v) = self.threshold {
                let ends = [panel.x.range.from, panel.x.range.to].map(|t| [t, place(v)]);
                panel.marks.push(Mark::Line { points: ends.to_vec(), paint: GREY, width: 0.5, dashed: true });
            }
            panel.line(self.points(values, place), paint, if many { 0.6 } else { 0.9 });
            let row = (i * lines) as u32;
            spikes.groups.push((paint, row));
            spikes.times.extend(fired);
            spikes.neurons.extend(fired.iter().map(|_| row));
            spikes.counts.extend(fired.iter().map(|_| 1));
        }
        if self.threshold.is_some() {
            panel.legend_line(GREY, true, &self.threshold_name);
        }
        if !spikes.times.is_empty() {
            panel.marks.push(Mark::Spikes(spikes));
        }
    }

    /// The traces alone as a figure; errors as for [`panel`](Self::panel).
    pub fn figure(&self) -> Result<Figure> {
        self.panel().map(Figure::from)
    }
}
