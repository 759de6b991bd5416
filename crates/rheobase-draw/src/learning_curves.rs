//! Learning curves: loss and accuracy over epochs.

use super::axis::{Axis, Range, short};
use super::colour::series;
use super::marks::{Mark, Shape};
use super::panel::{COLUMN, Extent, Panel};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;

/// Loss and accuracy of a training run, one value per epoch, each for one or more sets of data.
#[derive(Debug, Clone, Default)]
pub struct LearningCurves<'a> {
    loss: Vec<(String, &'a [f64])>,
    accuracy: Vec<(String, &'a [f64])>,
    title: String,
}

impl<'a> LearningCurves<'a> {
    /// Curves yet without data.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the loss on the set called `name` after epochs 1, 2, ….
    pub fn loss(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.loss.push((name.into(), values));
        self
    }

    /// Adds the accuracy (0 to 1) on the set called `name` after epochs 1, 2, ….
    pub fn accuracy(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.accuracy.push((name.into(), values));
        self
    }

    /// Sets the words above the figure.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Loss above accuracy, on one axis of epochs. A set has the same colour in both.
    ///
    /// # Errors
    /// No curve; an empty one; values that are not finite; an accuracy outside 0 to 1.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "learning curves";
        let all: Vec<_> = self.loss.iter().chain(&self.accuracy).collect();
        check::some(PLACE, "loss and accuracy", &all)?;
        for (name, values) in &all {
            check::some(PLACE, name, values)?;
            check::finite(PLACE, name, values)?;
        }
        for (name, values) in &self.accuracy {
            if let Some(i) = values.iter().position(|v| !(0.0..=1.0).contains(v)) {
                let rule = "must lie in 0..=1; divide percentages by 100";
                return Err(check::value(PLACE, name, Some(i), values[i], rule));
            }
        }
        let epochs = all.iter().map(|c| c.1.len()).max().unwrap_or(1);
        let x = Range::new(1.0, epochs as f64).padded(0.02);
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &all {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let mut panels = Vec::new();
        if !self.loss.is_empty() {
            let y = Range::of(self.loss.iter().flat_map(|c| c.1).copied()).unwrap_or(x);
            panels.push(panel(&self.loss, &names, x, Axis::new("loss", "", above_zero(y)), 1.0));
        }
        if !self.accuracy.is_empty() {
            let percent = self.accuracy.iter().flat_map(|c| c.1).map(|v| v * 100.0);
            let y = Range::of(percent).unwrap_or(x).padded(0.08);
            let y = Range::new(y.from.max(-1.0), y.to.min(101.0));
            panels.push(panel(&self.accuracy, &names, x, Axis::new("accuracy", "%", y), 100.0));
            if let Some((_, values)) = self.accuracy.last() {
                let best = values.iter().copied().fold(0.0, f64::max);
                let epoch = values.iter().position(|v| *v == best).unwrap_or(0) + 1;
                let last = self.accuracy.len() - 1;
                if let Some(p) = panels.last_mut() {
                    p.note =
                        format!("best {}: {} % at epoch {epoch}", self.accuracy[last].0, short(best * 100.0));
                }
            }
        }
        // The legend of the loss serves both, unless accuracy was measured on other sets.
        if panels.len() == 2 && self.accuracy.iter().all(|a| self.loss.iter().any(|l| l.0 == a.0)) {
            panels[1].legend.clear();
        }
        Ok(Figure::stack(panels)?.title(self.title.clone()))
    }
}

fn panel(curves: &[(String, &[f64])], names: &[&str], x: Range, y: Axis, factor: f64) -> Panel {
    let mut panel = Panel::new(Axis::whole("epoch", x), y);
    panel.extent = Extent::Points(95.0);
    panel.width = COLUMN;
    for (name, values) in curves {
        let paint = series(names.iter().position(|n| n == name).unwrap_or(0));
        let points: Vec<_> = values.iter().enumerate().map(|(i, v)| [(i + 1) as f64, v * factor]).collect();
        if points.len() <= 40 {
            let (points, shape) = (points.clone(), Shape::Disc);
            panel.marks.push(Mark::Points { points, shape, paint, radius: 1.8 });
        }
        panel.line(points, paint, 1.2);
        panel.legend_line(paint, false, name);
    }
    panel
}
