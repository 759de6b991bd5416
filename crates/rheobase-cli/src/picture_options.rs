//! Options of every command that draws: the picture's size, its letters, its resolution.

use std::path::Path;

use clap::Args;
use rheobase::draw::{ENDINGS, Figure};

use crate::arguments::{check_output, is_stdout};
use crate::failure::{Failure, Outcome};
use crate::terminal;

/// Size, letters and resolution of a picture.
#[derive(Debug, Args, Clone, Default)]
#[command(next_help_heading = "Pictures")]
pub(crate) struct PictureOptions {
    /// Width of the picture, such as 85mm or 3.5in [default: 89mm or 183mm]
    #[arg(long, value_name = "LENGTH", value_parser = millimetres)]
    width: Option<f64>,
    /// Height of the picture [default: follows from its contents]
    #[arg(long, value_name = "LENGTH", value_parser = millimetres)]
    height: Option<f64>,
    /// Size of the numbers at the axes in points, such as 7 or 7pt [default: 8]
    #[arg(long, value_name = "SIZE", value_parser = points)]
    font: Option<f64>,
    /// Dots per inch of a PNG [default: 300]
    #[arg(long, value_name = "N")]
    dpi: Option<f64>,
}

/// A length in mm: with its unit (mm, cm, in, pt), or plainly in mm.
fn millimetres(text: &str) -> Result<f64, String> {
    let units = [("mm", 1.0), ("cm", 10.0), ("in", 25.4), ("pt", 25.4 / 72.0), ("", 1.0)];
    let read = |(unit, factor): &(&str, f64)| {
        text.trim().strip_suffix(unit)?.trim().parse::<f64>().ok().map(|x| x * factor)
    };
    let found = units.iter().find_map(read).filter(|mm| mm.is_finite());
    found.ok_or_else(|| format!("`{text}` is not a length; write it as 85mm, 8.5cm, 3.35in or 241pt"))
}

fn points(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches("pt").trim().parse::<f64>().ok().filter(|x| x.is_finite());
    number.ok_or_else(|| format!("`{text}` is not a size of letters; write it as 7 or 7pt"))
}

impl PictureOptions {
    /// Checks before a long run that a picture can be written to `path`; `-` is standard output.
    pub(crate) fn check(&self, option: &str, path: &Path) -> Outcome<()> {
        if is_stdout(path) { Ok(()) } else { check_output(option, path, ENDINGS) }
    }

    /// Writes the figure as these options say; to standard output, as SVG, if `path` is `-`.
    pub(crate) fn save(&self, figure: Figure, path: &Path) -> Outcome<()> {
        let figure = self.applied(figure)?;
        if is_stdout(path) {
            return terminal::print(&figure.to_svg()?);
        }
        Ok(figure.save(path)?)
    }

    fn applied(&self, mut figure: Figure) -> Outcome<Figure> {
        let named = |option: &str, e: rheobase::Error| Failure::bad(format!("{option}: {e}"));
        if let Some(mm) = self.width {
            figure = figure.width_mm(mm).map_err(|e| named("--width", e))?;
        }
        if let Some(points) = self.font {
            figure = figure.font_pt(points).map_err(|e| named("--font", e))?;
        }
        if let Some(mm) = self.height {
            figure = figure.height_mm(mm).map_err(|e| named("--height", e))?;
        }
        if let Some(dpi) = self.dpi {
            figure = figure.dpi(dpi).map_err(|e| named("--dpi", e))?;
        }
        Ok(figure)
    }
}

/// What the figure's file says of where it comes from: every number and word in `about`, those of inner objects as
/// `outer.inner`.
pub(crate) fn with_provenance(figure: Figure, about: &serde_json::Value) -> Figure {
    crate::text::scalars(about)
        .into_iter()
        .fold(figure, |figure, (name, value)| figure.provenance(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        assert_eq!(["85mm", "85", "8.5 cm"].map(millimetres), [Ok(85.0), Ok(85.0), Ok(85.0)]);
        assert_eq!([millimetres("1in"), millimetres("72pt")], [Ok(25.4), Ok(25.4)]);
        assert!(["", "mm", "85km", "nan", "inf"].iter().all(|t| millimetres(t).is_err()));
        assert_eq!([points("7"), points("7 pt")], [Ok(7.0), Ok(7.0)]);
    }
}
