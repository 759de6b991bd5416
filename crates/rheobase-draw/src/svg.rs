//! A scene as SVG text.

use super::colour::Paint;
use super::png::encode_indexed;
use super::scene::{Anchor, Indexed, Item, Rect, Scene, Segment, Style};
use super::text::FAMILY;
use rheobase_base::Result;
use std::fmt::Write;

/// Where the picture will stand, which decides what ink and paper are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Page {
    /// A file of its own: black on white.
    Alone,
    /// Inside an HTML page: the page's own colours.
    Inline,
}

/// The picture as an `<svg>` element, sized in points. Equal scenes give equal bytes.
pub(crate) fn write(scene: &Scene, page: Page) -> Result<String> {
    let mut out = Svg { s: String::with_capacity(1 << 16), page };
    let (w, h) = (number(scene.width), number(scene.height));
    out.put(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}pt\" height=\"{h}pt\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
         font-family=\"{FAMILY}\" stroke-linejoin=\"round\">\n<title>{}</title>\n",
        escape(&scene.title)
    ));
    if page == Page::Alone {
        if !scene.provenance.is_empty() {
            out.put(&format!("<metadata>{}</metadata>\n", escape(&scene.provenance_text())));
        }
        out.put(&format!("<rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n"));
    }
    for item in &scene.items {
        match item {
            Item::Path { segments, style } => out.path(segments, style),
            Item::Text { at, text, size, anchor, upwards, paint } => {
                out.text(*at, text, *size, *anchor, *upwards, *paint);
            }
            Item::Image { rect, image } => out.image(*rect, image)?,
        }
    }
    out.put("</svg>\n");
    Ok(out.s)
}

struct Svg {
    s: String,
    page: Page,
}

impl Svg {
    fn put(&mut self, s: &str) {
        self.s.push_str(s);
    }

    fn colour(&self, paint: Paint) -> String {
        match (paint, self.page) {
            (Paint::Ink, Page::Alone) => "#000".into(),
            (Paint::Paper, Page::Alone) => "#fff".into(),
            (Paint::Ink, Page::Inline) => "currentColor".into(),
            (Paint::Paper, Page::Inline) => "var(--paper,#fff)".into(),
            (Paint::Rgb([r, g, b]), _) => format!("#{r:02x}{g:02x}{b:02x}"),
        }
    }

    fn path(&mut self, segments: &[Segment], style: &Style) {
        self.put("<path d=\"");
        let mut pen = (f64::NAN, f64::NAN);
        for s in segments {
            self.segment(*s, &mut pen);
        }
        self.put("\"");
        let fill = style.fill.map_or("none".into(), |p| self.colour(p));
        self.put(&format!(" fill=\"{fill}\""));
        if let Some((paint, width)) = style.stroke {
            let paint = self.colour(paint);
            self.put(&format!(" stroke=\"{paint}\" stroke-width=\"{}\"", number(width)));
        }
        if style.dashed {
            self.put(" stroke-dasharray=\"3 2\"");
        }
        if let Some(o) = style.opacity {
            self.put(&format!(" opacity=\"{}\"", number(o)));
        }
        if style.crisp {
            self.put(" shape-rendering=\"crispEdges\"");
        }
        self.put("/>\n");
    }

    fn segment(&mut self, s: Segment, pen: &mut (f64, f64)) {
        let out = &mut self.s;
        match s {
            Segment::Move(x, y) => {
                pair(out, 'M', x, y);
                *pen = (x, y);
            }
            // Horizontal and vertical strokes are most of a raster and of every step line: they have a shorter form.
            Segment::Line(x, y) if x == pen.0 => {
                out.push('V');
                push_number(out, y);
                pen.1 = y;
            }
            Segment::Line(x, y) if y == pen.1 => {
                out.push('H');
                push_number(out, x);
                pen.0 = x;
            }
            Segment::Line(x, y) => {
                pair(out, 'L', x, y);
                *pen = (x, y);
            }
            Segment::Circle { x, y, r } => {
                pair(out, 'M', x - r, y);
                let (r, d) = (number(r), number(2.0 * r));
                out.push_str(&format!("a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z"));
            }
            Segment::Rect(Rect { x, y, w, h }) => {
                pair(out, 'M', x, y);
                // The far edge is rounded, not the width, so that neighbours share an edge.
                out.push_str(&format!("H{}V{}H{}z", number(x + w), number(y + h), number(x)));
            }
            Segment::Close => out.push('z'),
        }
    }

    fn text(&mut self, at: [f64; 2], text: &str, size: f64, anchor: Anchor, upwards: bool, paint: Paint) {
        let (x, y) = (number(at[0]), number(at[1]));
        self.put(&format!("<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"", number(size)));
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => self.put(" text-anchor=\"middle\""),
            Anchor::End => self.put(" text-anchor=\"end\""),
        }
        if upwards {
            self.put(&format!(" transform=\"rotate(-90 {x} {y})\""));
        }
        let colour = self.colour(paint);
        self.put(&format!(" fill=\"{colour}\">{}</text>\n", escape(text)));
    }

    fn image(&mut self, r: Rect, image: &Indexed) -> Result<()> {
        let data = base64(&encode_indexed(image)?);
        let class = if image.ink { " class=\"ink\"" } else { "" };
        self.put(&format!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{class} preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n",
            number(r.x),
            number(r.y),
            number(r.w),
            number(r.h)
        ));
        Ok(())
    }
}

fn pair(out: &mut String, command: char, x: f64, y: f64) {
    out.push(command);
    push_number(out, x);
    out.push(' ');
    push_number(out, y);
}

fn number(v: f64) -> String {
    let mut s = String::new();
    push_number(&mut s, v);
    s
}

/// Hundredths of a point are finer than any printer; trailing zeros are dropped.
fn push_number(out: &mut String, v: f64) {
    let hundredths = (v * 100.0).round() as i64;
    let (whole, part) = (hundredths.abs() / 100, hundredths.abs() % 100);
    let sign = if hundredths < 0 { "-" } else { "" };
    // Writing to a String cannot fail.
    let _ = match part {
        0 => write!(out, "{sign}{whole}"),
        p if p % 10 == 0 => write!(out, "{sign}{whole}.{}", p / 10),
        p => write!(out, "{sign}{whole}.{p:02}"),
    };
}

/// `text` for use in XML and HTML; control characters, which XML forbids, become spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// RFC 4648 base 64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0usize, |w, i| w << 8 | usize::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let letter = LETTERS[word >> (18 - 6 * i) & 63] as char;
            out.push(if i <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_rounded() {
        let cases = [(1.0, "1"), (-0.001, "0"), (0.05, "0.05"), (-1.25, "-1.25"), (3.999, "4"), (2.5, "2.5")];
        for (v, s) in cases {
            assert_eq!(number(v), s);
        }
    }

    #[test]
    fn base64_matches_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn hostile_labels_stay_text() {
        assert_eq!(escape("<script>&\"'\u{0}"), "&lt;script&gt;&amp;&quot;&#39; ");
    }
}
