//! f–I curve: firing rate over input current, the closed form as a line and simulation as points.

use super::axis::{Axis, Range};
use super::clock::rate_axis;
use super::colour::{Paint, series};
use super::marks::{Mark, Shape};
use super::panel::{Extent, Panel, Swatch};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;
use rheobase_models::neuron::Time;

/// Firing rates over input current.
#[derive(Debug, Clone)]
pub struct FiCurve<'a> {
    label: String,
    unit: String,
    lines: Vec<Points<'a>>,
    points: Vec<Points<'a>>,
    rheobase: Option<f64>,
    clock: Time,
    output: Option<(String, String)>,
    title: String,
}

#[derive(Debug, Clone)]
struct Points<'a> {
    name: String,
    current: &'a [f64],
    rate: &'a [f64],
}

impl<'a> FiCurve<'a> {
    /// A curve over an input called `label` in `unit` (may be empty).
    pub fn new(label: impl Into<String>, unit: impl Into<String>) -> Self {
        let (label, unit) = (label.into(), unit.into());
        FiCurve {
            label,
            unit,
            lines: Vec::new(),
            points: Vec::new(),
            rheobase: None,
            clock: Time::Seconds,
            output: None,
            title: String::new(),
        }
    }

    /// Adds a line: rates in closed form at ascending currents.
    pub fn closed_form(mut self, name: impl Into<String>, current: &'a [f64], rate: &'a [f64]) -> Self {
        self.lines.push(Points { name: name.into(), current, rate });
        self
    }

    /// Adds points: rates counted in simulations.
    pub fn simulated(mut self, name: impl Into<String>, current: &'a [f64], rate: &'a [f64]) -> Self {
        self.points.push(Points { name: name.into(), current, rate });
        self
    }

    /// Marks the smallest current that makes the neuron fire.
    pub fn rheobase(mut self, current: f64) -> Self {
        self.rheobase = Some(current);
        self
    }

    /// Sets what rates are counted per; without it, seconds.
    pub fn clock(mut self, clock: Time) -> Self {
        self.clock = clock;
        self
    }

    /// Sets what is drawn over the input where it is not a firing rate: the output of a model that sends numbers.
    pub fn output(mut self, label: impl Into<String>, unit: impl Into<String>) -> Self {
        self.output = Some((label.into(), unit.into()));
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The curve as a figure.
    ///
    /// # Errors
    /// Neither line nor points; currents and rates of unequal number or none; currents of a line that go back; values
    /// that are not finite.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "f-I curve";
        let all: Vec<&Points> = self.lines.iter().chain(&self.points).collect();
        check::some(PLACE, "series", &all)?;
        for s in &all {
            let (current, rate) = (format!("{}.current", s.name), format!("{}.rate", s.name));
            check::some(PLACE, &current, s.current)?;
            check::same_length(PLACE, &rate, s.rate.len(), &current, s.current.len())?;
            check::finite(PLACE, &current, s.current)?;
            check::finite(PLACE, &rate, s.rate)?;
        }
        for s in &self.lines {
            check::ascending(PLACE, &format!("{}.current", s.name), s.current)?;
        }
        let range = |f: fn(&Points<'a>) -> &'a [f64]| {
            Range::of(all.iter().flat_map(|s| f(s)).copied()).unwrap_or(Range::new(0.0, 1.0))
        };
        let (mut x, y) = (range(|s| s.current), range(|s| s.rate));
        if let Some(v) = self.rheobase {
            check::number(PLACE, "rheobase", v)?;
            x = x.with(v);
        }
        let x = Axis::new(&self.label, &self.unit, x.padded(0.03));
        // Points at 0 Hz stand above the axis, not on it.
        let y = above_zero(y);
        let y = Range::new(y.from - 0.03 * y.size(), y.to);
        let y_axis = match &self.output {
            None => rate_axis(self.clock, y),
            Some((label, unit)) => Axis::new(label, unit, y),
        };
        let mut panel = Panel::new(x, y_axis).title(self.title.clone());
        panel.extent = Extent::Points(140.0);
        self.draw(&mut panel);
        Ok(panel.into())
    }

    /// Points take the colour of the line of the same number: they show the same model.
    fn draw(&self, panel: &mut Panel) {
        let pairs = |s: &Points| s.current.iter().zip(s.rate).map(|(x, y)| [*x, *y]).collect::<Vec<_>>();
        if let Some(at) = self.rheobase {
            panel.marks.push(Mark::Rule { vertical: true, at, paint: Paint::Ink });
        }
        for (i, s) in self.lines.iter().enumerate() {
            panel.line(pairs(s), series(i), 1.4);
            panel.legend_line(series(i), false, &s.name);
        }
        for (i, s) in self.points.iter().enumerate() {
            let (shape, paint) = (Shape::Ring, series(i));
            panel.marks.push(Mark::Points { points: pairs(s), shape, paint, radius: 2.2 });
            panel.legend.push((Swatch::Symbol { shape, paint }, s.name.clone()));
        }
        if self.rheobase.is_some() {
            panel.legend_line(Paint::Ink, true, "rheobase");
        }
    }
}
