//! Kernels as they form: a row of small maps for each of some points in time.

use super::axis::{Axis, Range};
use super::cells::{AS_PATHS, Cells};
use super::colour::{Paint, Scale};
use super::marks::Mark;
use super::panel::{Bar, COLUMN, Edges, Extent, PAGE, Panel};
use super::{Figure, check};
use rheobase_base::Result;

/// Kernels of some features at some moments: features from left to right, time from top to bottom.
#[derive(Debug, Clone)]
pub struct KernelCourse<'a> {
    moments: Vec<(String, &'a [f64])>,
    features: Vec<String>,
    height: usize,
    width: usize,
    range: [f64; 2],
    label: String,
    title: String,
}

impl<'a> KernelCourse<'a> {
    /// Kernels of `height × width` of the features with these names, on a scale of colours from `range[0]` to `range[1]`:
    /// light to dark, or, where the range is even on both sides of 0, red to blue.
    pub fn new(
        features: impl IntoIterator<Item = impl Into<String>>,
        height: usize,
        width: usize,
        range: [f64; 2],
    ) -> Self {
        KernelCourse {
            moments: Vec::new(),
            features: features.into_iter().map(Into::into).collect(),
            height,
            width,
            range,
            label: "weight".into(),
            title: String::new(),
        }
    }

    /// Adds a row: the kernels `[feature, row, column]` at the moment called `name`.
    pub fn moment(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.moments.push((name.into(), values));
        self
    }

    /// Sets what the scale of colours measures.
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
    /// No moments; a number of values other than the product of the shape; values that are not finite; a range whose
    /// first number is not below the second.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "kernels over time";
        check::some(PLACE, "moments", &self.moments)?;
        for (name, values) in &self.moments {
            check::matrix(PLACE, name, values.len(), &[self.features.len(), self.height, self.width])?;
            check::finite(PLACE, name, values)?;
        }
        let [low, high] = self.range;
        check::finite(PLACE, "range", &self.range)?;
        if low >= high {
            let rule = "must be the lowest and the highest value of the scale, in this order";
            return Err(check::value(PLACE, "range", None, format!("[{low}, {high}]"), rule));
        }
        let scale = if low == -high { Scale::Diverging } else { Scale::Pale };
        let range = Range::new(low, high);
        let size = self.height.max(self.width) as f64;
        let gap = 0.12 * size;
        let (step_x, step_y) = (self.width as f64 + gap, self.height as f64 + gap);
        let (columns, rows) = (self.features.len(), self.moments.len());
        let (across, down) = (columns as f64 * step_x - gap, rows as f64 * step_y - gap);
        let middle = |i: usize, step: f64, size: usize| i as f64 * step + size as f64 / 2.0;
        let named = |names: Vec<&String>, step: f64, size: usize| {
            names.iter().enumerate().map(|(i, n)| (middle(i, step, size), (*n).clone())).collect::<Vec<_>>()
        };
        let x = named(self.features.iter().collect(), step_x, self.width);
        let y = named(self.moments.iter().map(|(n, _)| n).collect(), step_y, self.height);
        let mut panel = Panel::new(
            Axis::named("feature", Range::new(0.0, across), x),
            Axis::named("samples", Range::new(down, 0.0), y),
        );
        panel.frame = Edges::None;
        panel.width = if columns > 6 { PAGE } else { COLUMN };
        panel.extent = Extent::Aspect(down / across);
        panel.bar = Some(Bar { axis: Axis::new(&self.label, "", range), scale });
        let many = self.moments.iter().map(|(_, v)| v.len()).sum::<usize>() > AS_PATHS;
        let one = self.height * self.width;
        for (row, (_, values)) in self.moments.iter().enumerate() {
            for (column, values) in values.chunks_exact(one).enumerate() {
                let (left, top) = (column as f64 * step_x, row as f64 * step_y);
                let (right, bottom) = (left + self.width as f64, top + self.height as f64);
                panel.marks.push(Mark::Cells(Cells {
                    values: values.to_vec(),
                    rows: self.height,
                    columns: self.width,
                    x: Range::new(left, right),
                    y: Range::new(top, bottom),
                    scale,
                    range,
                    many,
                }));
                let corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
                panel.line(corners.to_vec(), Paint::Ink, 0.35);
            }
        }
        Ok(Figure::from(panel).title(self.title.clone()))
    }
}
