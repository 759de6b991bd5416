//! A figure: panels below each other, written as SVG or PNG.

use super::axis::Range;
use super::panel::Panel;
use super::scene::Scene;
use super::{check, layout, png, svg};
use rheobase_base::{Error, Result};
use std::io::Write;
use std::path::Path;

/// A finished picture of one or more panels. Equal data give equal bytes on every machine.
#[derive(Debug, Clone)]
pub struct Figure {
    title: String,
    panels: Vec<Panel>,
    width: f64,
    shared: bool,
}

impl From<Panel> for Figure {
    fn from(panel: Panel) -> Self {
        Figure { title: String::new(), width: panel.width, panels: vec![panel], shared: false }
    }
}

impl Figure {
    /// Panels below each other on one x axis (time, as a rule): it covers what any of them covers and is labelled
    /// once, below the last.
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
        panels.iter_mut().for_each(|p| p.cover_x(range));
        let width = panels.iter().map(|p| p.width).fold(0.0, f64::max);
        Ok(Figure { title: String::new(), panels, width, shared: true })
    }

    /// Sets the words above the whole figure, which screen readers read too.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the width of the figure in mm. Without it, figures are 89 mm (one column of a journal) or 183 mm
    /// (two columns) wide. Letters keep their size of 8 to 10 pt.
    ///
    /// # Errors
    /// A width outside 50 to 1000 mm.
    pub fn width_mm(mut self, mm: f64) -> Result<Self> {
        if !(50.0..=1000.0).contains(&mm) {
            return Err(check::value(
                "figure",
                "width",
                None,
                format!("{mm} mm"),
                "must lie in 50..=1000 mm",
            ));
        }
        self.width = mm / 25.4 * 72.0;
        Ok(self)
    }

    pub(crate) fn panels(&self) -> &[Panel] {
        &self.panels
    }

    fn scene(&self) -> Scene {
        let mut scene = layout::arrange(&self.title, &self.panels, self.width, self.shared);
        if scene.title.is_empty() {
            scene.title = self.spoken();
        }
        scene
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
    /// An image inside that cannot be encoded.
    pub fn to_svg(&self) -> Result<String> {
        svg::write(&self.scene(), svg::Page::Alone)
    }

    /// The figure as an `<svg>` element in the colours of the HTML page around it.
    pub(crate) fn to_inline_svg(&self) -> Result<String> {
        svg::write(&self.scene(), svg::Page::Inline)
    }

    /// The figure as the bytes of a PNG file at 300 dpi, black on white.
    ///
    /// # Errors
    /// A figure that does not fit in memory.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        png::write(&self.scene())
    }

    /// Writes the figure to `path`, as SVG or PNG by its extension. The file appears whole or not at all.
    ///
    /// # Errors
    /// Another extension; a file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let bytes = match extension.as_str() {
            "svg" => self.to_svg()?.into_bytes(),
            "png" => self.to_png()?,
            _ => {
                return Err(Error::file(
                    path,
                    "pictures are written as .svg or .png; give one of these extensions",
                ));
            }
        };
        rheobase_files::atomic_write(path, |file| file.write_all(&bytes))
    }
}
