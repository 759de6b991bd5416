//! A figure: panels below each other, written as SVG or PNG.

use super::axis::Range;
use super::axis::TICK_SIZE;
use super::panel::{Extent, Panel};
use super::scene::Scene;
use super::{check, layout, png, svg};
use rheobase_base::{Error, Result};
use std::io::Write;
use std::path::Path;

const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// A finished picture of one or more panels. Equal data give equal bytes on every machine.
#[derive(Debug, Clone)]
pub struct Figure {
    title: String,
    panels: Vec<Panel>,
    width: f64,
    /// Height in points, where it does not follow from the panels.
    height: Option<f64>,
    /// Size of the smallest letters in points.
    font: f64,
    dpi: f64,
    shared: bool,
    provenance: Vec<(String, String)>,
}

/// Endings of the files that a figure is written to.
pub const ENDINGS: &[&str] = if cfg!(feature = "pdf") { &["svg", "png", "pdf"] } else { &["svg", "png"] };

/// Makes panels lower whose figure would be longer than a page.
fn fit_a_page(panels: &mut [Panel]) {
    const PAGE: f64 = 247.0 * POINTS_PER_MM;
    const WORDS: f64 = 25.0;
    const LEAST: f64 = 40.0;
    let points = |p: &Panel| if let Extent::Points(h) = p.extent { h } else { 0.0 };
    let needed: f64 = panels.iter().map(points).sum();
    let room = PAGE - WORDS * panels.len() as f64;
    if needed <= room {
        return;
    }
    for panel in panels {
        if let Extent::Points(height) = &mut panel.extent {
            *height = (*height * room / needed).max(height.min(LEAST));
        }
    }
}

impl From<Panel> for Figure {
    fn from(mut panel: Panel) -> Self {
        panel.x.range = panel.x.range.open();
        Figure::new(panel.width, vec![panel], false)
    }
}

impl Figure {
    fn new(width: f64, panels: Vec<Panel>, shared: bool) -> Self {
        let program = ("program".to_string(), concat!("rheobase ", env!("CARGO_PKG_VERSION")).to_string());
        let (title, font, dpi) = (String::new(), TICK_SIZE, 300.0);
        Figure { title, panels, width, height: None, font, dpi, shared, provenance: vec![program] }
    }

    /// Panels below each other on one x axis (time, as a rule): it covers what any of them covers and is labelled
    /// once, below the last. Where they would be longer than a page they are made lower, down to 14 mm each.
    ///
    /// # Errors
    /// No panel at all; panels whose x axes measure different things.
    pub fn stack(panels: impl IntoIterator<Item = Panel>) -> Result<Self> {
        let mut panels: Vec<Panel> = panels.into_iter().collect();
        check::some("figure", "panels", &panels)?;
        let what = |p: &Panel| (p.x.label.clone(), p.x.unit.clone());
        if let Some(i) = panels.iter().position(|p| what(p) != what(&panels[0])) {
            let (label, unit) = what(&panels[i]);
            let rule = format!(
                "does not share the x axis of panel 0, `{}`; use one figure each",
                panels[0].x.text()
            );
            return Err(check::value("figure", "panels", Some(i), format!("{label} ({unit})"), &rule));
        }
        let range = panels.iter().map(|p| p.x.range).reduce(Range::union).unwrap_or(panels[0].x.range);
        panels.iter_mut().for_each(|p| p.cover_x(range.open()));
        fit_a_page(&mut panels);
        let width = panels.iter().map(|p| p.width).fold(0.0, f64::max);
        Ok(Figure::new(width, panels, true))
    }

    /// Sets the words above the whole figure, which screen readers read too.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the width of the figure in mm. Without it, figures are 89 mm (one column of a journal) or 183 mm
    /// (two columns) wide. Letters keep their size.
    ///
    /// # Errors
    /// A width outside 30 to 1000 mm.
    pub fn width_mm(mut self, mm: f64) -> Result<Self> {
        within("width", mm, 30.0..=1000.0, "mm")?;
        self.width = mm * POINTS_PER_MM;
        Ok(self)
    }

    /// Sets the height of the figure in mm, by making its panels higher or lower; letters keep their size. Maps and matrices,
    /// whose cells are square, cannot be told.
    ///
    /// # Errors
    /// A height outside 20 to 1000 mm; panels whose height follows from their width. Where letters leave no room for the
    /// panels is an error of [`to_svg`](Self::to_svg), [`to_png`](Self::to_png) and [`save`](Self::save).
    pub fn height_mm(mut self, mm: f64) -> Result<Self> {
        within("height", mm, 20.0..=1000.0, "mm")?;
        if self.panels.iter().any(|p| matches!(p.extent, Extent::Aspect(_))) {
            let rule = "follows from the width in maps and matrices, whose cells keep their shape; set the width alone";
            return Err(check::value("figure", "height", None, format!("{mm} mm"), rule));
        }
        self.height = Some(mm * POINTS_PER_MM);
        Ok(self)
    }

    /// Sets the size of numbers at the axes in points (8 without it); words at the axes are an eighth larger, strokes follow.
    ///
    /// # Errors
    /// A size outside 4 to 40 pt.
    pub fn font_pt(mut self, points: f64) -> Result<Self> {
        within("font", points, 4.0..=40.0, "pt")?;
        self.font = points;
        Ok(self)
    }

    /// Sets the dots per inch of PNG files: 300 without it.
    ///
    /// # Errors
    /// A number outside 30 to 2400.
    pub fn dpi(mut self, dpi: f64) -> Result<Self> {
        within("dpi", dpi, 30.0..=2400.0, "dots per inch")?;
        self.dpi = dpi;
        Ok(self)
    }

    /// Says where the picture comes from: a name (`model`, `seed`) and its value stand in the file's metadata, after the
    /// version of the library. A name that is there already gets the new value.
    pub fn provenance(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.provenance.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.provenance.push((name, value)),
        }
        self
    }

    pub(crate) fn panels(&self) -> &[Panel] {
        &self.panels
    }

    fn scene(&self) -> Result<Scene> {
        // Everything is placed for letters of one size, and then made as large as they should be.
        let scale = self.font / TICK_SIZE;
        let width = self.width / scale;
        let mut scene = layout::arrange(&self.title, &self.panels, width, self.shared);
        if let Some(height) = self.height {
            let mut panels = self.panels.clone();
            // What stands around panels depends a little on how high these are.
            for _ in 0..3 {
                panels = self.with_height(panels, scene.height, height / scale)?;
                scene = layout::arrange(&self.title, &panels, width, self.shared);
            }
            // Panels are placed on whole pixels, the page is as high as it should be.
            scene.height = height / scale;
        }
        if scene.title.is_empty() {
            scene.title = self.spoken();
        }
        scene.provenance.clone_from(&self.provenance);
        Ok(scene.scaled(scale))
    }

    /// `panels` so much higher or lower that the figure, which is `natural` points high with them, is `wanted` points high.
    fn with_height(&self, mut panels: Vec<Panel>, natural: f64, wanted: f64) -> Result<Vec<Panel>> {
        const LEAST: f64 = 15.0;
        let points = |p: &Panel| if let Extent::Points(h) = p.extent { h } else { 0.0 };
        let room = panels.iter().map(points).sum::<f64>();
        let factor = (room + wanted - natural) / room;
        if panels.iter().any(|p| points(p) * factor < LEAST) {
            let mm = self.height.unwrap_or_default() / POINTS_PER_MM;
            let rule =
                "leaves no room for the panels between their letters; make it higher, or the letters smaller";
            return Err(check::value("figure", "height", None, format!("{mm:.1} mm"), rule));
        }
        for panel in &mut panels {
            panel.extent = Extent::Points(points(panel) * factor);
        }
        Ok(panels)
    }

    /// A description for those who cannot see the picture, where no title was given.
    fn spoken(&self) -> String {
        let panels = self.panels.iter().map(|p| match p.title.is_empty() {
            false => p.title.clone(),
            true => [p.y.text(), p.x.text()]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>()
                .join(" over "),
        });
        panels.collect::<Vec<_>>().join("; ")
    }

    /// The figure as the text of an SVG file, black on white, with text as text.
    ///
    /// # Errors
    /// An image inside that cannot be encoded; a height that leaves no room.
    pub fn to_svg(&self) -> Result<String> {
        svg::write(&self.scene()?, svg::Page::Alone)
    }

    /// The figure as an `<svg>` element in the colours of the HTML page around it.
    pub(crate) fn to_inline_svg(&self) -> Result<String> {
        svg::write(&self.scene()?, svg::Page::Inline)
    }

    /// The figure as the bytes of a PNG file, black on white.
    ///
    /// # Errors
    /// A figure that does not fit in memory; a height that leaves no room.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        png::write(&self.scene()?, self.dpi)
    }

    /// The figure as the bytes of a PDF file, black on white, its letters embedded.
    ///
    /// # Errors
    /// A height that leaves no room.
    #[cfg(feature = "pdf")]
    pub fn to_pdf(&self) -> Result<Vec<u8>> {
        super::pdf::write(&self.scene()?)
    }

    /// Writes the figure to `path`, as SVG, PNG or PDF by its extension. The file appears whole or not at all.
    ///
    /// # Errors
    /// Another extension; a file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let bytes = match extension.as_str() {
            "svg" => self.to_svg()?.into_bytes(),
            "png" => self.to_png()?,
            #[cfg(feature = "pdf")]
            "pdf" => self.to_pdf()?,
            _ => {
                let what = format!(
                    "pictures are written as .{}; give one of these extensions",
                    ENDINGS.join(" or .")
                );
                return Err(Error::file(path, what));
            }
        };
        rheobase_files::atomic_write(path, |file| file.write_all(&bytes))
    }
}

/// A measure of the figure that lies where it may.
fn within(field: &str, value: f64, range: std::ops::RangeInclusive<f64>, unit: &str) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let rule = format!("must lie in {}..={} {unit}", range.start(), range.end());
    Err(check::value("figure", field, None, format!("{value} {unit}"), &rule))
}
