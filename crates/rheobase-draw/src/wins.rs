//! How often each feature of a layer won.

use super::axis::{Axis, Range, grouped};
use super::colour::{BLUE, Paint, VERMILLION};
use super::marks::{Mark, Shape};
use super::panel::{COLUMN, Extent, PAGE, Panel};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;

/// A bar for each feature; those that never won are marked.
#[derive(Debug, Clone)]
pub struct Wins<'a> {
    wins: &'a [u64],
    label: String,
    title: String,
}

impl<'a> Wins<'a> {
    /// How often each feature won.
    pub fn new(wins: &'a [u64]) -> Self {
        Wins { wins, label: "wins".into(), title: String::new() }
    }

    /// Sets what is counted: `wins`, `spikes`.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the words above the figure.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The figure.
    ///
    /// # Errors
    /// No features.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "wins";
        check::some(PLACE, "wins", self.wins)?;
        let n = self.wins.len();
        let heights: Vec<f64> = self.wins.iter().map(|w| *w as f64).collect();
        let tallest = heights.iter().copied().fold(0.0, f64::max);
        let x = Axis::whole("feature", Range::new(-0.5, n as f64 - 0.5));
        let mut panel =
            Panel::new(x, Axis::whole(&self.label, above_zero(Range::new(0.0, tallest.max(1.0)))));
        (panel.extent, panel.width) = (Extent::Points(110.0), if n > 40 { PAGE } else { COLUMN });
        let edges = (0..=n).map(|i| i as f64 - 0.5).collect();
        panel.marks.push(Mark::Bars { edges, heights, paint: Paint::Rgb(BLUE) });
        let dead: Vec<[f64; 2]> =
            self.wins.iter().enumerate().filter(|(_, w)| **w == 0).map(|(i, _)| [i as f64, 0.0]).collect();
        panel.note = match dead.len() {
            0 => format!("{} in all", grouped(self.wins.iter().sum())),
            dead => format!("{dead} of {n} features never"),
        };
        if !dead.is_empty() {
            let paint = Paint::Rgb(VERMILLION);
            panel.marks.push(Mark::Points { points: dead, shape: Shape::Disc, paint, radius: 1.8 });
        }
        Ok(Figure::from(panel).title(self.title.clone()))
    }
}
