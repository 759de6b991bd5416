//! One panel of a figure: axes, what is drawn between them, legend and notes.

use super::axis::{Axis, Range};
use super::colour::{Paint, Scale};
use super::marks::{Mark, Shape};

/// One pair of axes with its contents. Panels come from the kinds of pictures ([`Raster`](super::Raster),
/// [`Traces`](super::Traces), …) and are stacked by [`Figure::stack`](super::Figure::stack).
#[derive(Debug, Clone)]
pub struct Panel {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) marks: Vec<Mark>,
    pub(crate) title: String,
    /// A figure or two beside the title: count, mean.
    pub(crate) note: String,
    pub(crate) legend: Vec<(Swatch, String)>,
    pub(crate) bar: Option<Bar>,
    pub(crate) extent: Extent,
    pub(crate) frame: Edges,
    /// Width in points of a figure that has only this panel.
    pub(crate) width: f64,
}

/// Width of one column of a printed page (89 mm) and of two (183 mm), in points.
pub(crate) const COLUMN: f64 = 252.0;
pub(crate) const PAGE: f64 = 519.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// Height of the plot in points.
    Points(f64),
    /// Height as a multiple of the width.
    Aspect(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edges {
    LeftAndBottom,
    All,
    None,
}

/// A sample of a mark in the legend.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Swatch {
    Line { paint: Paint, dashed: bool },
    Symbol { shape: Shape, paint: Paint },
    Area(Paint),
}

/// The scale of colours on the right of a panel.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) axis: Axis,
    pub(crate) scale: Scale,
}

impl Panel {
    pub(crate) fn new(x: Axis, y: Axis) -> Self {
        Panel {
            x,
            y,
            marks: Vec::new(),
            title: String::new(),
            note: String::new(),
            legend: Vec::new(),
            bar: None,
            extent: Extent::Points(150.0),
            frame: Edges::LeftAndBottom,
            width: COLUMN,
        }
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    pub(crate) fn line(&mut self, points: Vec<[f64; 2]>, paint: Paint, width: f64) {
        self.marks.push(Mark::Line { points, paint, width, dashed: false });
    }

    pub(crate) fn legend_line(&mut self, paint: Paint, dashed: bool, text: &str) {
        self.legend.push((Swatch::Line { paint, dashed }, text.to_string()));
    }

    pub(crate) fn horizontal_rule(&mut self, at: f64, paint: Paint) {
        self.marks.push(Mark::Rule { vertical: false, at, paint });
    }

    pub(crate) fn cover_x(&mut self, r: Range) {
        self.x.range = self.x.range.union(r);
    }
}
