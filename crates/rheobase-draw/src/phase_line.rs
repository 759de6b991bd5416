//! Phase line: how fast one variable changes, over its value, with fixed points and the way it flows.

use super::axis::{Axis, Range};
use super::colour::{GREY, Paint, series};
use super::marks::Mark;
use super::panel::{Extent, Panel};
use super::{Figure, Stability, check};
use rheobase_base::Result;

/// Arrows along the line.
const ARROWS: usize = 16;

/// Time derivatives of one variable over its value.
#[derive(Debug, Clone)]
pub struct PhaseLine<'a> {
    x: (String, String),
    y: (String, String),
    curves: Vec<(String, &'a [[f64; 2]])>,
    fixed: Vec<([f64; 2], Stability)>,
    threshold: Option<f64>,
    title: String,
}

impl<'a> PhaseLine<'a> {
    /// A variable and its derivative, each with name and unit (may be empty).
    pub fn new(x: (&str, &str), y: (&str, &str)) -> Self {
        let owned = |a: (&str, &str)| (a.0.to_string(), a.1.to_string());
        let (x, y) = (owned(x), owned(y));
        PhaseLine { x, y, curves: Vec::new(), fixed: Vec::new(), threshold: None, title: String::new() }
    }

    /// Adds a curve: pairs of value and derivative, values ascending. Arrows along zero show where it leads, if it is
    /// the only one.
    pub fn curve(mut self, name: impl Into<String>, points: &'a [[f64; 2]]) -> Self {
        self.curves.push((name.into(), points));
        self
    }

    /// A fixed point at `x`.
    pub fn fixed_point(mut self, x: f64, stability: Stability) -> Self {
        self.fixed.push(([x, 0.0], stability));
        self
    }

    /// Draws a dashed line at the value at which the neuron fires.
    pub fn threshold(mut self, x: f64) -> Self {
        self.threshold = Some(x);
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The line as a figure. Where a derivative runs away (as in an exponential), the axis ends at four times its
    /// median size.
    ///
    /// # Errors
    /// No curve or an empty one; values that go back or are not finite.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "phase line";
        check::some(PLACE, "curves", &self.curves)?;
        for (name, points) in &self.curves {
            check::some(PLACE, name, points)?;
            check::finite(PLACE, name, points.as_flattened())?;
            let x: Vec<f64> = points.iter().map(|p| p[0]).collect();
            check::ascending(PLACE, name, &x)?;
        }
        self.fixed.iter().try_for_each(|f| check::number(PLACE, "fixed point", f.0[0]))?;
        self.threshold.iter().try_for_each(|x| check::number(PLACE, "threshold", *x))?;
        let all = || self.curves.iter().flat_map(|c| c.1);
        let x = Range::of(all().map(|p| p[0])).unwrap_or(Range::new(0.0, 1.0));
        let mut sizes: Vec<f64> = all().map(|p| p[1].abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let most = 4.0 * sizes[sizes.len() / 2];
        let most = if most > 0.0 { most } else { f64::INFINITY };
        let y = Range::of(all().map(|p| p[1].clamp(-most, most))).unwrap_or(Range::new(0.0, 1.0));
        let y = y.with(0.0).padded(0.07);
        let axis = |a: &(String, String), range| Axis::new(&a.0, &a.1, range);
        let mut panel = Panel::new(axis(&self.x, x), axis(&self.y, y)).title(self.title.clone());
        panel.extent = Extent::Points(150.0);
        self.draw(x, &mut panel);
        Ok(panel.into())
    }

    fn draw(&self, x: Range, panel: &mut Panel) {
        panel.line(vec![[x.from, 0.0], [x.to, 0.0]], GREY, 0.6);
        if let [(_, points)] = &self.curves[..] {
            let at = |i: usize| x.from + (x.to - x.from) * (i as f64 + 0.5) / ARROWS as f64;
            let speed = |v: f64| points.iter().find(|p| p[0] >= v).map_or(0.0, |p| p[1]);
            let arrows = (0..ARROWS).map(|i| ([at(i), 0.0], [speed(at(i)), 0.0]));
            let (at, by) = arrows.unzip();
            panel.marks.push(Mark::Arrows { at, by, paint: GREY, pitch: 11.0 });
        }
        for (i, (name, points)) in self.curves.iter().enumerate() {
            panel.line(points.to_vec(), series(i), 1.4);
            panel.legend_line(series(i), false, name);
        }
        if let Some(at) = self.threshold {
            panel.marks.push(Mark::Rule { vertical: true, at, paint: Paint::Ink });
            panel.legend_line(Paint::Ink, true, "threshold");
        }
        Stability::draw(&self.fixed, panel);
    }
}
