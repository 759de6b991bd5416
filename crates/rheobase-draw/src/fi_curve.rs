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
    step: Option<f64>,
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
            step: None,
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

    /// Says the length of the simulation's steps, in seconds (or steps): it is noted, with a line at one spike per step if
    /// that is within sight.
    pub fn step(mut self, dt: f64) -> Self {
        self.step = Some(dt);
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The curve as a figure. Where simulation and closed form are at the same inputs, a panel below shows by how much they
    /// differ.
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
        let y_unit = y_axis.unit.clone();
        let mut panel = Panel::new(x.clone(), y_axis).title(self.title.clone());
        self.note_step(&mut panel)?;
        panel.extent = Extent::Points(140.0);
        self.draw(&mut panel);
        let Some(mut error) = self.error(x.clone(), &y_unit)? else { return Ok(panel.into()) };
        error.width = panel.width;
        Figure::stack([panel, error])
    }

    /// Simulation less closed form, where both are at the same inputs.
    fn error(&self, x: Axis, unit: &str) -> Result<Option<Panel>> {
        let pairs: Vec<_> =
            self.lines.iter().zip(&self.points).filter(|(l, p)| l.current == p.current).collect();
        if pairs.is_empty() {
            return Ok(None);
        }
        let differences = |(line, points): &(&Points, &Points)| {
            let rates = points.rate.iter().zip(line.rate).map(|(a, b)| a - b);
            points.current.iter().zip(rates).map(|(x, d)| [*x, d]).collect::<Vec<_>>()
        };
        let all: Vec<_> = pairs.iter().map(differences).collect();
        let largest = all.iter().flatten().fold(0.0f64, |m, p| m.max(p[1].abs()));
        check::number("f-I curve", "simulation less closed form", largest)?;
        let y = Range::new(-largest, largest).padded(0.15);
        let mut panel = Panel::new(x, Axis::new("error", unit, y));
        panel.extent = Extent::Points(45.0);
        let most = format!("{} {unit}", super::short(largest));
        panel.note = format!("simulation less closed form: at most {}", most.trim_end());
        panel.horizontal_rule(0.0, Paint::Ink);
        for (i, points) in all.into_iter().enumerate() {
            let (shape, paint) = (Shape::Ring, series(i));
            panel.marks.push(Mark::Points { points, shape, paint, radius: 1.8 });
        }
        Ok(Some(panel))
    }

    fn note_step(&self, panel: &mut Panel) -> Result<()> {
        let Some(dt) = self.step else { return Ok(()) };
        check::number("f-I curve", "step", dt)?;
        if self.clock == Time::Seconds {
            panel.note = match dt < 1.0 {
                true => format!("dt = {} ms", super::short(1e3 * dt)),
                false => format!("dt = {} s", super::short(dt)),
            };
        }
        let fastest = 1.0 / dt;
        if self.output.is_none() && (panel.y.range.from..=panel.y.range.to).contains(&fastest) {
            panel.horizontal_rule(fastest, super::colour::GREY);
            panel.legend_line(super::colour::GREY, true, "a spike in every step");
        }
        Ok(())
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
