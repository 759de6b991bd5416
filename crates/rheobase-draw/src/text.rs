//! Text: widths for the layout and outlines for PNG, from DejaVu Sans, which is compiled in: pictures look the same everywhere.

use std::sync::OnceLock;
use ttf_parser::{Face, OutlineBuilder};

/// Fonts of an SVG in the order of choice; the ones after the first are as wide or narrower.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

fn face() -> Option<&'static Face<'static>> {
    static FACE: OnceLock<Option<Face<'static>>> = OnceLock::new();
    FACE.get_or_init(|| Face::parse(dejavu::sans::regular(), 0).ok()).as_ref()
}

/// Width of `text` in points at font size `size`.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| advance(c) * size).sum()
}

/// Advance of a character in ems; 0.6 for characters the font does not have.
fn advance(c: char) -> f64 {
    let known = || {
        let f = face()?;
        Some(f64::from(f.glyph_hor_advance(f.glyph_index(c)?)?) / f64::from(f.units_per_em()))
    };
    known().unwrap_or(0.6)
}

/// The glyph of a character, the box where the font has none, and its advance in ems.
#[cfg(feature = "pdf")]
pub(crate) fn glyph(c: char) -> (u16, f64) {
    (face().and_then(|f| f.glyph_index(c)).map_or(0, |g| g.0), advance(c))
}

/// The font's box (left, bottom, right, top), ascent, descent and height of capitals, in ems.
#[cfg(feature = "pdf")]
pub(crate) fn metrics() -> [f64; 7] {
    let Some(f) = face() else { return [0.0; 7] };
    let b = f.global_bounding_box();
    let capitals = f.capital_height().unwrap_or(f.ascender());
    let all = [b.x_min, b.y_min, b.x_max, b.y_max, f.ascender(), f.descender(), capitals];
    all.map(|v| f64::from(v) / f64::from(f.units_per_em()))
}

/// Feeds the outline of `text` to `pen`, in ems with y upwards, starting at the origin.
/// Characters that the font does not have are drawn as its box.
pub(crate) fn outline(text: &str, mut pen: impl FnMut(Stroke)) {
    let Some(f) = face() else { return };
    let em = f64::from(f.units_per_em());
    let mut x = 0.0;
    for c in text.chars() {
        let glyph = f.glyph_index(c).unwrap_or(ttf_parser::GlyphId(0));
        f.outline_glyph(glyph, &mut Pen { em, x, out: &mut pen });
        x += advance(c);
    }
}

/// One piece of an outline.
pub(crate) enum Stroke {
    Move([f64; 2]),
    Line([f64; 2]),
    Quad([f64; 2], [f64; 2]),
    Cubic([f64; 2], [f64; 2], [f64; 2]),
    Close,
}

struct Pen<'a, F> {
    em: f64,
    x: f64,
    out: &'a mut F,
}

impl<F: FnMut(Stroke)> Pen<'_, F> {
    fn at(&self, x: f32, y: f32) -> [f64; 2] {
        [self.x + f64::from(x) / self.em, f64::from(y) / self.em]
    }
}

impl<F: FnMut(Stroke)> OutlineBuilder for Pen<'_, F> {
    fn move_to(&mut self, x: f32, y: f32) {
        let p = self.at(x, y);
        (self.out)(Stroke::Move(p));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let p = self.at(x, y);
        (self.out)(Stroke::Line(p));
    }
    fn quad_to(&mut self, a: f32, b: f32, x: f32, y: f32) {
        let (c, p) = (self.at(a, b), self.at(x, y));
        (self.out)(Stroke::Quad(c, p));
    }
    fn curve_to(&mut self, a: f32, b: f32, c: f32, d: f32, x: f32, y: f32) {
        let (c1, c2, p) = (self.at(a, b), self.at(c, d), self.at(x, y));
        (self.out)(Stroke::Cubic(c1, c2, p));
    }
    fn close(&mut self) {
        (self.out)(Stroke::Close);
    }
}

/// Breaks `text` at spaces into lines no wider than `room` points; words that are wider are broken within. Lines of `text`
/// stay lines.
pub(crate) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, size, room)).collect()
}

/// The same in at most so many lines: where there are more, the last of these begins with `…` and ends as the text does, as names
/// often differ in their ends.
pub(crate) fn wrap_to(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines = wrap(text, size, room);
    if lines.len() <= most {
        return lines;
    }
    let last = lines.pop().unwrap_or_default();
    let fits = |end: &&str| width(end, size) + advance('…') * size <= room;
    let mut ends = last.char_indices().map(|(i, _)| &last[i..]);
    let end = ends.find(fits).unwrap_or_default().trim_start();
    lines.truncate(most.saturating_sub(1));
    lines.push(format!("…{end}"));
    lines
}

/// What a line is not broken within if it can be helped: thin spaces group the digits of a number.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() && !matches!(c, '\u{2009}' | '\u{a0}');
    text.split(between).filter(|word| !word.is_empty())
}

fn wrap_line(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.extend(pieces(word, size, room)),
        }
    }
    lines
}

/// A word in pieces no wider than `room`, of a letter at least.
fn pieces(word: &str, size: f64, room: f64) -> Vec<String> {
    if width(word, size) <= room {
        return vec![word.to_string()];
    }
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        if let Some(piece) = pieces.last_mut() {
            if !piece.is_empty() && width(piece, size) + advance(c) * size > room {
                pieces.push(c.to_string());
            } else {
                piece.push(c);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_come_from_the_font() {
        // DejaVu Sans: digits are 1303 units of 2048 wide, the minus sign 1716.
        assert!((width("00", 2048.0) - 2.0 * 1303.0).abs() < 1e-6);
        assert!((width("−", 2048.0) - 1716.0).abs() < 1e-6);
        assert!(width("i", 10.0) < width("m", 10.0));
    }

    #[test]
    fn wrapping_keeps_every_word() {
        assert_eq!(wrap("membrane potential (mV)", 9.0, 60.0).join(" "), "membrane potential (mV)");
        assert_eq!(wrap("a b", 9.0, 1e9), ["a b"]);
        assert_eq!(
            wrap("of 12\u{2009}345 spikes", 9.0, 1.0)[2..4],
            ["1", "2"],
            "broken within where it must be"
        );
        assert_eq!(wrap("of 12\u{2009}345 spikes", 9.0, 40.0), ["of", "12\u{2009}345", "spikes"]);
        assert!(wrap("", 9.0, 10.0).is_empty());
        assert_eq!(wrap("one\ntwo three", 9.0, 1e9), ["one", "two three"]);
        let pieces = wrap("incomprehensible", 9.0, 30.0);
        assert!(pieces.len() > 2 && pieces.iter().all(|p| width(p, 9.0) <= 30.0), "{pieces:?}");
        assert_eq!(pieces.concat(), "incomprehensible");
    }

    #[test]
    fn what_is_left_out_is_said() {
        assert_eq!(wrap_to("one\ntwo\nthree", 9.0, 1e9, 3), ["one", "two", "three"]);
        assert_eq!(wrap_to("one\ntwo\nthree", 9.0, 1e9, 2), ["one", "…three"]);
        let lines = wrap_to("incomprehensible", 9.0, 30.0, 2);
        assert!(
            lines.len() == 2 && lines[1].starts_with('…') && lines.iter().all(|l| width(l, 9.0) <= 30.0),
            "{lines:?}"
        );
        assert!(wrap_to("", 9.0, 30.0, 2).is_empty());
    }
}
