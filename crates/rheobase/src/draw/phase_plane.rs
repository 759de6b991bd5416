//! Phase plane: vector field, nullclines, fixed points by stability, trajectories.

use super::axis::{Axis, Range};
use super::colour::{GREEN, GREY, Paint, series};
use super::marks::{Mark, Shape};
use super::panel::{Edges, Extent, Panel, Swatch};
use super::{Figure, check};
use crate::Result;

/// What happens close to a fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// All directions lead to it: a filled circle.
    Stable,
    /// All directions lead away: a ring.
    Unstable,
    /// Some lead to it, some away: a hollow diamond.
    Saddle,
}

/// A plane of two state variables. What leaves the window is cut at its edges.
#[derive(Debug, Clone)]
pub struct PhasePlane<'a> {
    x: (String, String, f64, f64),
    y: (String, String, f64, f64),
    at: &'a [[f64; 2]],
    by: &'a [[f64; 2]],
    nullclines: Vec<(String, Vec<&'a [[f64; 2]]>)>,
    fixed: Vec<([f64; 2], Stability)>,
    trajectories: Vec<(String, &'a [[f64; 2]])>,
    title: String,
}

impl<'a> PhasePlane<'a> {
    /// A window onto two variables, each with name, unit (may be empty), lower and upper end.
    pub fn new(x: (&str, &str, f64, f64), y: (&str, &str, f64, f64)) -> Self {
        let owned = |a: (&str, &str, f64, f64)| (a.0.to_string(), a.1.to_string(), a.2, a.3);
        PhasePlane {
            x: owned(x),
            y: owned(y),
            at: &[],
            by: &[],
            nullclines: Vec::new(),
            fixed: Vec::new(),
            trajectories: Vec::new(),
            title: String::new(),
        }
    }

    /// The field: at each point `at` the derivatives `by`, in units of the axes per second. Arrows show directions as
    /// they appear in this window; their lengths grow with the fourth root of the speed.
    pub fn field(mut self, at: &'a [[f64; 2]], by: &'a [[f64; 2]]) -> Self {
        (self.at, self.by) = (at, by);
        self
    }

    /// A nullcline as one or more pieces; gaps between pieces stay open.
    pub fn nullcline(
        mut self,
        name: impl Into<String>,
        pieces: impl IntoIterator<Item = &'a [[f64; 2]]>,
    ) -> Self {
        self.nullclines.push((name.into(), pieces.into_iter().collect()));
        self
    }

    /// A fixed point.
    pub fn fixed_point(mut self, at: [f64; 2], stability: Stability) -> Self {
        self.fixed.push((at, stability));
        self
    }

    /// A trajectory from its first to its last point; a small disc marks the start.
    pub fn trajectory(mut self, name: impl Into<String>, points: &'a [[f64; 2]]) -> Self {
        self.trajectories.push((name.into(), points));
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The plane as a figure.
    ///
    /// # Errors
    /// A window whose ends are not finite or not in order; points or derivatives that are not finite or not equal in
    /// number; an empty nullcline or trajectory.
    pub fn figure(&self) -> Result<Figure> {
        self.check()?;
        let axis = |a: &(String, String, f64, f64)| Axis::new(&a.0, &a.1, Range::new(a.2, a.3));
        let mut panel = Panel::new(axis(&self.x), axis(&self.y)).title(self.title.clone());
        panel.extent = Extent::Aspect(0.85);
        panel.frame = Edges::All;
        self.draw_field(&mut panel);
        self.draw_curves(&mut panel);
        self.draw_points(&mut panel);
        Ok(panel.into())
    }

    fn check(&self) -> Result<()> {
        const PLACE: &str = "phase plane";
        for a in [&self.x, &self.y] {
            check::number(PLACE, &format!("{}.from", a.0), a.2)?;
            check::number(PLACE, &format!("{}.to", a.0), a.3)?;
            if a.2 >= a.3 {
                let rule = format!("must lie above the lower end, {}", a.2);
                return Err(check::value(PLACE, &format!("{}.to", a.0), None, a.3, &rule));
            }
        }
        check::same_length(PLACE, "field.by", self.by.len(), "field.at", self.at.len())?;
        check::finite(PLACE, "field.at", self.at.as_flattened())?;
        check::finite(PLACE, "field.by", self.by.as_flattened())?;
        for (name, pieces) in &self.nullclines {
            check::some(PLACE, name, pieces)?;
            for piece in pieces {
                check::finite(PLACE, name, piece.as_flattened())?;
            }
        }
        for (name, points) in &self.trajectories {
            check::some(PLACE, name, points)?;
            check::finite(PLACE, name, points.as_flattened())?;
        }
        self.fixed.iter().try_for_each(|f| check::finite(PLACE, "fixed point", &f.0))
    }

    fn draw_field(&self, panel: &mut Panel) {
        if self.at.is_empty() {
            return;
        }
        let (at, by) = (self.at.to_vec(), self.by.to_vec());
        // Arrows of a square grid over the window just do not touch.
        let pitch = (0.8 * 200.0 / (at.len() as f64).sqrt()).clamp(4.0, 16.0);
        panel.marks.push(Mark::Arrows { at, by, paint: GREY, pitch });
    }

    fn draw_curves(&self, panel: &mut Panel) {
        for (i, (name, pieces)) in self.nullclines.iter().enumerate() {
            for piece in pieces {
                panel.line(piece.to_vec(), series(i), 1.5);
            }
            panel.legend_line(series(i), false, name);
        }
        for (i, (name, points)) in self.trajectories.iter().enumerate() {
            let paint = if i == 0 { Paint::Rgb(GREEN) } else { series(i + 2) };
            panel.line(points.to_vec(), paint, 1.1);
            let start = vec![points[0]];
            panel.marks.push(Mark::Points { points: start, shape: Shape::Disc, paint, radius: 2.0 });
            if !name.is_empty() {
                panel.legend_line(paint, false, name);
            }
        }
    }

    fn draw_points(&self, panel: &mut Panel) {
        let kinds = [
            (Stability::Stable, Shape::Disc, "stable"),
            (Stability::Unstable, Shape::Ring, "unstable"),
            (Stability::Saddle, Shape::Diamond, "saddle"),
        ];
        for (stability, shape, name) in kinds {
            let points: Vec<_> = self.fixed.iter().filter(|f| f.1 == stability).map(|f| f.0).collect();
            if !points.is_empty() {
                panel.marks.push(Mark::Points { points, shape, paint: Paint::Ink, radius: 3.0 });
                panel.legend.push((Swatch::Symbol { shape, paint: Paint::Ink }, name.into()));
            }
        }
    }
}
