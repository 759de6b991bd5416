//! Confusion matrix: which class was taken for which, with counts in the cells.

use super::axis::{Axis, Range, TICK_SIZE, grouped, short};
use super::cells::{AS_PATHS, Cells};
use super::colour::{Scale, on};
use super::marks::{Mark, Word};
use super::panel::{Bar, COLUMN, Edges, Extent, PAGE, Panel};
use super::{Figure, check, text};
use rheobase_base::Result;

/// Counts of predicted classes (columns) for each true class (rows). Colours show shares of a row, so that classes of
/// unequal size compare.
#[derive(Debug, Clone)]
pub struct Confusion<'a> {
    counts: &'a [u64],
    classes: usize,
    names: Vec<String>,
    title: String,
}

/// What labels and the scale of colours take from the width of the figure, in points.
const AROUND: f64 = 105.0;

impl<'a> Confusion<'a> {
    /// `counts` are `[classes, classes]`: row, the true class; column, the predicted one.
    pub fn new(counts: &'a [u64], classes: usize) -> Self {
        Confusion { counts, classes, names: Vec::new(), title: String::new() }
    }

    /// Names the classes; without it they are numbered from 0.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The matrix as a figure, true class 0 on top. Counts are written where all of them fit into their cells.
    ///
    /// # Errors
    /// A number of counts other than the square of `classes`, or none; names not one per class.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "confusion matrix";
        let n = self.classes;
        check::matrix(PLACE, "counts", self.counts.len(), &[n, n])?;
        if !self.names.is_empty() {
            check::same_length(PLACE, "names", self.names.len(), "classes", n)?;
        }
        let names: Vec<(f64, String)> =
            (0..n).map(|i| (i as f64, self.names.get(i).cloned().unwrap_or_else(|| i.to_string()))).collect();
        let (across, down) = (Range::new(-0.5, n as f64 - 0.5), Range::new(n as f64 - 0.5, -0.5));
        let mut panel = Panel::new(
            Axis::named("predicted class", across, names.clone()),
            Axis::named("true class", down, names),
        );
        panel.title = self.title.clone();
        panel.note = self.note();
        panel.extent = Extent::Aspect(1.0);
        panel.frame = Edges::All;
        let widest =
            self.counts.iter().map(|c| text::width(&grouped(*c), TICK_SIZE)).fold(TICK_SIZE, f64::max);
        let cell = widest + 3.0;
        panel.width = (AROUND + cell * n as f64).clamp(COLUMN, PAGE);
        let range = Range::new(0.0, 100.0);
        panel.bar = Some(Bar { axis: Axis::new("share of true class", "%", range), scale: Scale::Pale });
        let cells = Cells {
            values: self.shares(),
            rows: n,
            columns: n,
            x: across,
            y: across,
            scale: Scale::Pale,
            range,
            many: self.counts.len() > AS_PATHS,
        };
        panel.marks.push(Mark::Cells(cells.clone()));
        if AROUND + cell * n as f64 <= PAGE {
            self.write_counts(&cells, &mut panel);
        }
        Ok(panel.into())
    }

    fn shares(&self) -> Vec<f64> {
        let share = |row: &[u64]| {
            let total: f64 = row.iter().map(|c| *c as f64).sum();
            row.iter().map(|c| 100.0 * *c as f64 / total.max(1.0)).collect::<Vec<_>>()
        };
        self.counts.chunks(self.classes).flat_map(share).collect()
    }

    fn write_counts(&self, cells: &Cells, panel: &mut Panel) {
        let n = self.classes;
        for (i, count) in self.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let (at, text) = ([(i % n) as f64, (i / n) as f64], grouped(*count));
            let room = [0.96, 1.0];
            let paint = on(cells.colour_of(cells.values[i]));
            panel.marks.push(Mark::Word(Word { at, text, size: TICK_SIZE, paint, room, whole: true }));
        }
    }

    fn note(&self) -> String {
        let total: f64 = self.counts.iter().map(|c| *c as f64).sum();
        let right: f64 = self.counts.iter().step_by(self.classes + 1).map(|c| *c as f64).sum();
        match total > 0.0 {
            true => format!("accuracy {} %, n = {}", short(100.0 * right / total), grouped(total as u64)),
            false => "no samples".into(),
        }
    }
}
