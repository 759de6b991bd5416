//! Phase plane: vector field, nullclines, threshold, fixed points by stability, trajectories.

use super::axis::{Axis, Range};
use super::colour::{GREY, Paint, series};
use super::marks::{Mark, Shape};
use super::panel::{Edges, Extent, Panel, Swatch};
use super::{Figure, check};
use rheobase_base::Result;

/// What happens close to a fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// All directions lead to it: a filled circle.
    Stable,
    /// All directions lead away: a ring.
    Unstable,
    /// Some lead to it, some away: a hollow diamond.
    Saddle,
    /// Directions close to it neither lead to it nor away, to first order: a grey circle.
    Neutral,
}

impl Stability {
    /// All kinds, how they are drawn, and what the legend says.
    const ALL: [(Stability, Shape, Paint, &'static str); 4] = [
        (Stability::Stable, Shape::Disc, Paint::Ink, "stable"),
        (Stability::Unstable, Shape::Ring, Paint::Ink, "unstable"),
        (Stability::Saddle, Shape::Diamond, Paint::Ink, "saddle"),
        (Stability::Neutral, Shape::Disc, GREY, "neutral"),
    ];

    /// Draws fixed points by their stability, with a legend.
    pub(super) fn draw(fixed: &[([f64; 2], Stability)], panel: &mut Panel) {
        for (stability, shape, paint, name) in Stability::ALL {
            let points: Vec<_> = fixed.iter().filter(|f| f.1 == stability).map(|f| f.0).collect();
            if !points.is_empty() {
                panel.marks.push(Mark::Points { points, shape, paint, radius: 3.0 });
                panel.legend.push((Swatch::Symbol { shape, paint }, name.into()));
            }
        }
    }
}

/// A line in one or more pieces.
type Pieces<'a> = Vec<&'a [[f64; 2]]>;

/// A plane of two state variables. What leaves the window is cut at its edges.
#[derive(Debug, Clone)]
pub struct PhasePlane<'a> {
    x: (String, String, f64, f64),
    y: (String, String, f64, f64),
    at: &'a [[f64; 2]],
    by: &'a [[f64; 2]],
    nullclines: Vec<Nullcline<'a>>,
    threshold: Pieces<'a>,
    fixed: Vec<([f64; 2], Stability)>,
    trajectories: Vec<(String, Pieces<'a>)>,
    title: String,
}

/// Pieces of a trajectory whose direction is shown.
const HEADS: usize = 3;

#[derive(Debug, Clone)]
struct Nullcline<'a> {
    name: String,
    pieces: Pieces<'a>,
    colour: usize,
    dashed: bool,
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
            threshold: Vec::new(),
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
        let colour = self.colours();
        self.push(name.into(), pieces.into_iter().collect(), colour, false);
        self
    }

    /// The last nullcline as it is under another input: dashed, in the same colour.
    pub fn same_nullcline(
        mut self,
        name: impl Into<String>,
        pieces: impl IntoIterator<Item = &'a [[f64; 2]]>,
    ) -> Self {
        let colour = self.colours().saturating_sub(1);
        self.push(name.into(), pieces.into_iter().collect(), colour, true);
        self
    }

    fn push(&mut self, name: String, pieces: Pieces<'a>, colour: usize, dashed: bool) {
        self.nullclines.push(Nullcline { name, pieces, colour, dashed });
    }

    /// Colours that nullclines have taken.
    fn colours(&self) -> usize {
        self.nullclines.iter().map(|n| n.colour + 1).max().unwrap_or(0)
    }

    /// The line beyond which the neuron fires, in one or more pieces.
    pub fn threshold(mut self, pieces: impl IntoIterator<Item = &'a [[f64; 2]]>) -> Self {
        self.threshold = pieces.into_iter().collect();
        self
    }

    /// A fixed point.
    pub fn fixed_point(mut self, at: [f64; 2], stability: Stability) -> Self {
        self.fixed.push((at, stability));
        self
    }

    /// A trajectory from its first to its last point; a small disc marks the start.
    pub fn trajectory(self, name: impl Into<String>, points: &'a [[f64; 2]]) -> Self {
        self.trajectory_in_pieces(name, [points])
    }

    /// A trajectory that jumps, as at a reset: one piece from jump to jump, the jumps thin and dashed.
    pub fn trajectory_in_pieces(
        mut self,
        name: impl Into<String>,
        pieces: impl IntoIterator<Item = &'a [[f64; 2]]>,
    ) -> Self {
        self.trajectories.push((name.into(), pieces.into_iter().collect()));
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
        Stability::draw(&self.fixed, &mut panel);
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
        let lines = self.nullclines.iter().map(|n| (&n.name, &n.pieces));
        for (name, pieces) in lines.chain(self.trajectories.iter().map(|(name, pieces)| (name, pieces))) {
            check::some(PLACE, name, pieces)?;
            for piece in pieces {
                check::some(PLACE, name, piece)?;
                check::finite(PLACE, name, piece.as_flattened())?;
            }
        }
        for piece in &self.threshold {
            check::finite(PLACE, "threshold", piece.as_flattened())?;
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
        let line = |panel: &mut Panel, points: &[[f64; 2]], paint, width, dashed| {
            panel.marks.push(Mark::Line { points: points.to_vec(), paint, width, dashed });
        };
        for n in &self.nullclines {
            for piece in &n.pieces {
                line(panel, piece, series(n.colour), 1.5, n.dashed);
            }
            panel.legend_line(series(n.colour), n.dashed, &n.name);
        }
        for piece in &self.threshold {
            line(panel, piece, Paint::Ink, 0.8, true);
        }
        if !self.threshold.is_empty() {
            panel.legend_line(Paint::Ink, true, "threshold");
        }
        for (i, (name, pieces)) in self.trajectories.iter().enumerate() {
            // Two colours are left to nullclines even where there are none.
            let paint = series(self.colours().max(2) + i);
            for piece in pieces {
                line(panel, piece, paint, 1.1, false);
            }
            for pair in pieces.windows(2) {
                if let (Some(end), Some(start)) = (pair[0].last(), pair[1].first()) {
                    line(panel, &[*end, *start], paint, 0.5, true);
                }
            }
            let heads = pieces.iter().take(HEADS).filter_map(|p| self.halfway(p));
            let (at, by) = heads.unzip();
            panel.marks.push(Mark::Arrows { at, by, paint, pitch: 11.0 });
            let start = pieces.iter().flat_map(|p| p.first()).take(1).copied().collect();
            // Wider than a fixed point: a neuron that starts at rest starts on one, which is drawn over it.
            panel.marks.push(Mark::Points { points: start, shape: Shape::Disc, paint, radius: 4.4 });
            if !name.is_empty() {
                panel.legend_line(paint, false, name);
                panel.legend.push((Swatch::Symbol { shape: Shape::Disc, paint }, "its start".into()));
            }
        }
    }

    /// The point halfway along a piece of a trajectory, as lengths are seen in this window, and where it goes from there.
    fn halfway(&self, piece: &[[f64; 2]]) -> Option<([f64; 2], [f64; 2])> {
        let (x, y) = (self.x.3 - self.x.2, self.y.3 - self.y.2);
        let step = |w: &[[f64; 2]]| ((w[1][0] - w[0][0]) / x).hypot((w[1][1] - w[0][1]) / y);
        let length: f64 = piece.windows(2).map(step).sum();
        let mut gone = 0.0;
        piece.windows(2).filter(|w| step(w) > 0.0).find_map(|w| {
            gone += step(w);
            (gone >= 0.5 * length).then(|| (w[0], [w[1][0] - w[0][0], w[1][1] - w[0][1]]))
        })
    }
}
