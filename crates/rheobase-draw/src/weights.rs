//! Weights and receptive fields: small maps side by side on one scale around 0.

use super::axis::{Axis, NAME_LINES, Range, TICK_SIZE};
use super::cells::{AS_PATHS, Cells};
use super::colour::{Paint, Scale};
use super::marks::{Mark, Word};
use super::panel::{Bar, Edges, Extent, PAGE, Panel};
use super::{Figure, check, text};
use rheobase_base::Result;

/// Weights as maps of colours: blue above 0, red below, near white at 0. Where nothing lies below 0 the scale begins
/// there.
#[derive(Debug, Clone)]
pub struct Weights<'a> {
    values: &'a [f64],
    maps: usize,
    height: usize,
    width: usize,
    limit: Option<f64>,
    columns: Option<usize>,
    names: Vec<String>,
    label: (String, String),
    title: String,
}

impl<'a> Weights<'a> {
    /// `values` are `[maps, height, width]`, row by row: receptive fields of many neurons, kernels of a convolution, or
    /// one weight matrix (`maps` = 1).
    pub fn new(values: &'a [f64], maps: usize, height: usize, width: usize) -> Self {
        Weights {
            values,
            maps,
            height,
            width,
            limit: None,
            columns: None,
            names: Vec::new(),
            label: ("weight".into(), String::new()),
            title: String::new(),
        }
    }

    /// Sets the magnitude at which the scale ends; without it, the largest in the data.
    pub fn limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets how many maps stand side by side.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Names the maps.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what the scale of colours measures, and its unit.
    pub fn label(mut self, label: impl Into<String>, unit: impl Into<String>) -> Self {
        self.label = (label.into(), unit.into());
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The maps as a figure; a single map has axes that count its rows and columns.
    ///
    /// # Errors
    /// A number of values other than the product of the shape, or none; values that are not finite; a limit that is
    /// not positive; no columns; names not one per map.
    pub fn figure(&self) -> Result<Figure> {
        self.check()?;
        let largest = self.values.iter().map(|v| v.abs()).fold(0.0, f64::max);
        let limit = self.limit.unwrap_or(if largest > 0.0 { largest } else { 1.0 });
        let colours = match self.values.iter().any(|v| *v < 0.0) {
            true => (Scale::Diverging, Range::new(-limit, limit)),
            false => (Scale::Pale, Range::new(0.0, limit)),
        };
        let mut panel = if self.maps == 1 { self.single(colours) } else { self.grid(colours) };
        panel.title = self.title.clone();
        let (scale, range) = colours;
        panel.bar = Some(Bar { axis: Axis::new(&self.label.0, &self.label.1, range), scale });
        Ok(panel.into())
    }

    fn check(&self) -> Result<()> {
        const PLACE: &str = "weights";
        check::matrix(PLACE, "values", self.values.len(), &[self.maps, self.height, self.width])?;
        check::finite(PLACE, "values", self.values)?;
        if let Some(limit) = self.limit
            && !(limit > 1e-90 && limit <= 1e100)
        {
            return Err(check::value(PLACE, "limit", None, limit, "must be > 0 and at most 1e100"));
        }
        if self.columns == Some(0) {
            return Err(check::value(PLACE, "columns", None, 0, "must be at least 1"));
        }
        match self.names.is_empty() {
            true => Ok(()),
            false => check::same_length(PLACE, "names", self.names.len(), "maps", self.maps),
        }
    }

    fn cells(&self, map: usize, x: f64, y: f64, (scale, range): (Scale, Range)) -> Cells {
        let size = self.height * self.width;
        Cells {
            values: self.values[map * size..][..size].to_vec(),
            rows: self.height,
            columns: self.width,
            x: Range::new(x, x + self.width as f64),
            y: Range::new(y, y + self.height as f64),
            scale,
            range,
            many: self.values.len() > AS_PATHS,
        }
    }

    fn single(&self, colours: (Scale, Range)) -> Panel {
        let (w, h) = (self.width as f64, self.height as f64);
        let across = Axis::whole("column", Range::new(-0.5, w - 0.5));
        let down = Axis::whole("row", Range::new(h - 0.5, -0.5));
        let mut panel = Panel::new(across, down);
        panel.frame = Edges::All;
        panel.extent = Extent::Aspect((h / w).clamp(0.15, 1.2));
        if w > 60.0 {
            panel.width = PAGE;
        }
        panel.marks.push(Mark::Cells(self.cells(0, -0.5, -0.5, colours)));
        panel
    }

    /// Positions count cells, so that all maps have one scale.
    fn grid(&self, colours: (Scale, Range)) -> Panel {
        let (w, h) = (self.width as f64, self.height as f64);
        let wide = |n: f64| (n * 1.3 * h / w).sqrt().round().clamp(1.0, n) as usize;
        let columns = self.columns.unwrap_or_else(|| wide(self.maps as f64)).min(self.maps);
        let rows = self.maps.div_ceil(columns);
        let page = if columns > 8 { PAGE } else { super::panel::COLUMN };
        let gap = 0.06 * w.max(h);
        // Names need lines of 8 pt above each map, whatever a cell measures on the page.
        let cell = (page - 70.0) / (columns as f64 * (w + gap));
        let lines = |name: &String| text::wrap_to(name, TICK_SIZE, cell * w, NAME_LINES).len();
        let lines = self.names.iter().map(lines).fold(0, usize::max) as f64;
        let head = if lines > 0.0 { (lines * 9.2 + 1.8) / cell } else { 0.0 };
        let (step_x, step_y) = (w + gap, h + gap + head);
        let (width, height) = (columns as f64 * step_x - gap, rows as f64 * step_y - gap);
        let mut panel =
            Panel::new(Axis::hidden(Range::new(0.0, width)), Axis::hidden(Range::new(height, 0.0)));
        panel.frame = Edges::None;
        panel.width = page;
        panel.extent = Extent::Aspect(height / width);
        for map in 0..self.maps {
            let (x, y) = ((map % columns) as f64 * step_x, (map / columns) as f64 * step_y + head);
            panel.marks.push(Mark::Cells(self.cells(map, x, y, colours)));
            let corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]];
            panel.line(corners.to_vec(), Paint::Ink, 0.35);
            if let Some(name) = self.names.get(map) {
                let (at, room) = ([x + w / 2.0, y - head * 0.45], [w + 0.7 * gap, 0.9 * head]);
                let (text, paint) = (name.clone(), Paint::Ink);
                panel.marks.push(Mark::Word(Word { at, text, size: TICK_SIZE, paint, room, whole: false }));
            }
        }
        panel
    }
}
