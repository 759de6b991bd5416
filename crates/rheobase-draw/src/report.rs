//! One HTML page with tables and pictures that needs nothing from the network.

use super::svg::{base64, escape};
use super::{Figure, check};
use rheobase_base::{Error, Result};
use std::io::Write;
use std::path::Path;

/// A self-contained page: pictures stand in it as SVG, in the colours of a dark or light screen and black on white in print.
#[derive(Debug, Clone)]
pub struct Report {
    title: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
enum Block {
    Heading(String),
    Paragraph(String),
    Table {
        caption: String,
        table: Table,
    },
    /// Markup made here, not by the caller.
    Picture {
        caption: String,
        markup: String,
    },
}

/// Rows of cells under a header. Cells that read as numbers are aligned to the right.
#[derive(Debug, Clone, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads.
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Table { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row with one cell per column.
    pub fn row(mut self, cells: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }
}

impl Report {
    /// An empty page with this title.
    pub fn new(title: impl Into<String>) -> Self {
        Report { title: title.into(), blocks: Vec::new() }
    }

    /// Adds a heading, which starts a section.
    pub fn heading(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Heading(text.into()));
        self
    }

    /// Adds a paragraph of plain text.
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Paragraph(text.into()));
        self
    }

    /// Adds a table.
    pub fn table(mut self, caption: impl Into<String>, table: Table) -> Self {
        self.blocks.push(Block::Table { caption: caption.into(), table });
        self
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// Those of [`Figure::to_svg`].
    pub fn figure(mut self, caption: impl Into<String>, figure: &Figure) -> Result<Self> {
        let markup = figure.to_inline_svg()?;
        self.blocks.push(Block::Picture { caption: caption.into(), markup });
        Ok(self)
    }

    /// Adds a picture from a file, `.svg` or `.png`, with words below unless these are empty. It stands in the page as an image, so nothing in it can run.
    ///
    /// # Errors
    /// A file that cannot be read or is neither SVG nor PNG.
    pub fn picture_file(mut self, caption: impl Into<String>, path: impl AsRef<Path>) -> Result<Self> {
        let (path, caption) = (path.as_ref(), caption.into());
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            "png"
        } else if String::from_utf8_lossy(&bytes).contains("<svg") {
            "svg+xml"
        } else {
            return Err(Error::file(
                path,
                "is neither an SVG nor a PNG; give a picture that `rheobase` wrote",
            ));
        };
        let name = path.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
        let spoken = if caption.is_empty() { &name } else { &caption };
        // As large as on paper, where the file says how large its pixels are.
        let width = super::png::width(&bytes).map_or(String::new(), |px| format!(" width=\"{px:.0}\""));
        let markup = format!(
            "<img alt=\"{}\"{width} src=\"data:image/{kind};base64,{}\">",
            escape(spoken),
            base64(&bytes)
        );
        self.blocks.push(Block::Picture { caption, markup });
        Ok(self)
    }

    /// The page as text. Equal reports give equal bytes.
    ///
    /// # Errors
    /// A row of a table with more or fewer cells than the table has columns.
    pub fn to_html(&self) -> Result<String> {
        let title = escape(&self.title);
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        );
        for block in &self.blocks {
            match block {
                Block::Heading(text) => out += &format!("<h2>{}</h2>\n", escape(text)),
                Block::Paragraph(text) => out += &format!("<p>{}</p>\n", escape(text)),
                Block::Table { caption, table } => write_table(&mut out, caption, table)?,
                Block::Picture { caption, markup } => {
                    let words = match &caption[..] {
                        "" => String::new(),
                        caption => format!("<figcaption>{}</figcaption>\n", escape(caption)),
                    };
                    out += &format!("<figure>\n{markup}\n{words}</figure>\n");
                }
            }
        }
        Ok(out + "</main>\n</body>\n</html>\n")
    }

    /// Writes the page to `path`, whole or not at all.
    ///
    /// # Errors
    /// Those of [`to_html`](Self::to_html); an extension other than `.html`; a file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"))
        {
            return Err(Error::file(path, "reports are written as .html; give this extension"));
        }
        let html = self.to_html()?;
        rheobase_files::atomic_write(path, |file| file.write_all(html.as_bytes()))
    }
}

fn write_table(out: &mut String, caption: &str, table: &Table) -> Result<()> {
    *out += &format!("<table>\n<caption>{}</caption>\n<thead><tr>", escape(caption));
    for (i, cell) in table.header.iter().enumerate() {
        let cells = || table.rows.iter().filter_map(|row| row.get(i)).filter(|cell| !cell.is_empty());
        let numbers = cells().count() > 0 && cells().all(|cell| is_number(cell));
        *out += &format!("<th scope=\"col\"{}>{}</th>", class(numbers), breakable(cell));
    }
    *out += "</tr></thead>\n<tbody>\n";
    for (i, row) in table.rows.iter().enumerate() {
        if row.len() != table.header.len() {
            let rule = format!("the table has {} columns; give one cell for each", table.header.len());
            let cells = format!("{} cells", row.len());
            return Err(check::value(&format!("table `{caption}`"), "rows", Some(i), cells, &rule));
        }
        *out += "<tr>";
        for cell in row {
            *out += &format!("<td{}>{}</td>", class(is_number(cell)), breakable(cell));
        }
        *out += "</tr>\n";
    }
    *out += "</tbody>\n</table>\n";
    Ok(())
}

/// Whether a cell begins with a number, which may have a unit.
fn is_number(cell: &str) -> bool {
    cell.split_whitespace().next().is_some_and(|w| w.replace('−', "-").parse::<f64>().is_ok())
}

/// A cell with places at which a name of many parts may be broken where the page is narrow.
fn breakable(cell: &str) -> String {
    /// A part is no longer, and pages are so wide.
    const LONGEST: usize = 24;
    let mut out = String::new();
    let mut part = String::new();
    for c in cell.chars() {
        part.push(c);
        let end = matches!(c, '_' | '/' | '=') || part.chars().count() == LONGEST;
        if end || c.is_whitespace() {
            out += &escape(&part);
            out += if end { "<wbr>" } else { "" };
            part.clear();
        }
    }
    let words = out + &escape(&part);
    words.strip_suffix("<wbr>").map(String::from).unwrap_or(words)
}

fn class(number: bool) -> &'static str {
    if number { " class=\"number\"" } else { "" }
}

const STYLE: &str = "\
:root { --ink: #1a1a1a; --paper: #fff; --line: #bbb; --soft: #555; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #16181b; --line: #555; --soft: #aaa; }
  svg .ink { filter: invert(1); }
  img { background: #fff; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
figure { margin: 1.5rem 0; }
figure > svg, figure > img { display: block; max-width: 100%; height: auto; }
figcaption, caption { color: var(--soft); font-size: .9rem; text-align: left; margin-top: .4rem; }
table { border-collapse: collapse; margin: 1.5rem 0; font-variant-numeric: tabular-nums; }
caption { margin-bottom: .4rem; }
th, td { padding: .2em .9em .2em 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 1.5px solid var(--ink); }
tbody td { border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; }
td.number { white-space: nowrap; }
@media screen {
  figure > svg, figure > img[width] { zoom: 1.5; }
  figure > img:not([width]) { max-width: min(100%, 44rem); }
}
@media screen and (max-width: 60rem) {
  table { display: block; overflow-x: auto; }
}
@media print {
  body { font-size: 10.5pt; }
  table, caption, figcaption { font-size: 9pt; }
  main { max-width: none; padding: 0; }
  figure, tr { break-inside: avoid; }
  h1, h2, caption, thead { break-after: avoid; }
  figure > svg { width: auto; max-height: 22cm; }
  figure > img { max-height: 22cm; object-fit: contain; object-position: 0 0; }
}
";
