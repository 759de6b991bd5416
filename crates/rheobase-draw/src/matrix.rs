//! Distance matrix: how far spike trains are apart, as a map of colours.

use super::axis::{Axis, Range};
use super::cells::{AS_PATHS, Cells};
use super::colour::Scale;
use super::marks::Mark;
use super::panel::{Bar, Edges, Extent, Panel};
use super::{Figure, check};
use rheobase_base::Result;

/// A square matrix of distances (or of any measure that has no sign) between spike trains.
#[derive(Debug, Clone)]
pub struct DistanceMatrix<'a> {
    values: &'a [f64],
    trains: usize,
    label: String,
    unit: String,
    names: Vec<String>,
    title: String,
}

impl<'a> DistanceMatrix<'a> {
    /// `values` are `[trains, trains]`, row by row, of a measure called `label` in `unit` (may be empty).
    pub fn new(values: &'a [f64], trains: usize, label: impl Into<String>, unit: impl Into<String>) -> Self {
        let (label, unit) = (label.into(), unit.into());
        DistanceMatrix { values, trains, label, unit, names: Vec::new(), title: String::new() }
    }

    /// Names the trains; without it they are numbered from 0.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The matrix as a figure, row 0 on top.
    ///
    /// # Errors
    /// A number of values other than the square of `trains`, or none; names not one per train; values not finite.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "distance matrix";
        check::matrix(PLACE, "values", self.values.len(), &[self.trains, self.trains])?;
        check::finite(PLACE, "values", self.values)?;
        if !self.names.is_empty() {
            check::same_length(PLACE, "names", self.names.len(), "trains", self.trains)?;
        }
        let n = self.trains as f64;
        let (across, down) = (Range::new(-0.5, n - 0.5), Range::new(n - 0.5, -0.5));
        let mut panel = Panel::new(train_axis(&self.names, across), train_axis(&self.names, down));
        panel.title = self.title.clone();
        panel.extent = Extent::Aspect(1.0);
        panel.frame = Edges::All;
        let range = Range::of(self.values.iter().copied()).unwrap_or(Range::new(0.0, 1.0));
        // Distances start at 0, also where none in the data is that small, or none is larger.
        let range = match range.from >= 0.0 {
            true => Range::new(0.0, if range.to > 0.0 { range.to } else { 1.0 }),
            false => range,
        };
        let axis = Axis::new(&self.label, &self.unit, range);
        let (scale, range) = (Scale::Sequential, axis.range);
        panel.bar = Some(Bar { axis, scale });
        let values = self.values.to_vec();
        panel.marks.push(Mark::Cells(Cells {
            values,
            rows: self.trains,
            columns: self.trains,
            x: across,
            y: across,
            scale,
            range,
            many: self.values.len() > AS_PATHS,
        }));
        Ok(panel.into())
    }
}

fn train_axis(names: &[String], range: Range) -> Axis {
    match names.is_empty() {
        true => Axis::whole("spike train", range),
        false => Axis::named(
            "spike train",
            range,
            names.iter().enumerate().map(|(i, n)| (i as f64, n.clone())).collect(),
        ),
    }
}
