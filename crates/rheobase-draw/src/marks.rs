//! What a panel can contain: lines, bands, points, bars, rules, arrows and words, drawn into a frame.

use super::axis::Range;
use super::cells::Cells;
use super::colour::Paint;
use super::scene::{Anchor, PX, Rect, Scene, Segment, Style, clip};
use super::spikes::Spikes;
use super::text;

/// One layer of a panel; all coordinates in data.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    Line {
        points: Vec<[f64; 2]>,
        paint: Paint,
        width: f64,
        dashed: bool,
    },
    /// The area between two lines over the same x.
    Band {
        x: Vec<f64>,
        lower: Vec<f64>,
        upper: Vec<f64>,
        paint: Paint,
    },
    Points {
        points: Vec<[f64; 2]>,
        shape: Shape,
        paint: Paint,
        radius: f64,
    },
    /// Heights over the intervals between `edges` (one more than heights).
    Bars {
        edges: Vec<f64>,
        heights: Vec<f64>,
        paint: Paint,
    },
    /// A dashed line through the whole panel.
    Rule {
        vertical: bool,
        at: f64,
        paint: Paint,
    },
    /// Short strokes along the upper edge.
    Flags {
        x: Vec<f64>,
        paint: Paint,
    },
    /// Strokes centred at `at` that point along `by` (both in data), the longest as long as `pitch` points.
    Arrows {
        at: Vec<[f64; 2]>,
        by: Vec<[f64; 2]>,
        paint: Paint,
        pitch: f64,
    },
    Word(Word),
    Spikes(Spikes),
    Cells(Cells),
}

/// Words in the middle of a panel, which need room on the page while what they stand beside needs data.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// Their middle.
    pub(crate) at: [f64; 2],
    pub(crate) text: String,
    /// Size of letters; smaller ones are taken where there is no room for these.
    pub(crate) size: f64,
    pub(crate) paint: Paint,
    /// Width and height that they may take, in data.
    pub(crate) room: [f64; 2],
    /// Left out, rather than broken and shortened, where letters would be too small to read: numbers.
    pub(crate) whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Disc,
    Ring,
    Diamond,
}

/// The rectangle of a panel on the page with the data intervals it shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) rect: Rect,
    pub(crate) x: Range,
    pub(crate) y: Range,
}

impl Frame {
    pub(crate) fn x(&self, v: f64) -> f64 {
        self.rect.x + (v - self.x.from) / (self.x.to - self.x.from) * self.rect.w
    }
    pub(crate) fn y(&self, v: f64) -> f64 {
        self.rect.y + self.rect.h - (v - self.y.from) / (self.y.to - self.y.from) * self.rect.h
    }
    pub(crate) fn at(&self, p: [f64; 2]) -> [f64; 2] {
        [self.x(p[0]), self.y(p[1])]
    }
}

/// Draws the marks of a panel, its words last, in letters of the largest size in which all have room.
pub(crate) fn draw_all(marks: &[Mark], f: &Frame, scene: &mut Scene) {
    marks.iter().for_each(|mark| mark.draw(f, scene));
    let words =
        || marks.iter().filter_map(|mark| if let Mark::Word(word) = mark { Some(word) } else { None });
    let largest = words().map(|word| word.size).fold(Word::SMALLEST, f64::max);
    let sizes = (0..).map(|i| largest - 0.25 * f64::from(i)).take_while(|s| *s >= Word::SMALLEST);
    let size = sizes.into_iter().find(|size| words().all(|word| word.fits(f, *size)));
    for word in words().filter(|word| size.is_some() || !word.whole) {
        word.draw(f, size.unwrap_or(Word::SMALLEST), scene);
    }
}

impl Mark {
    fn draw(&self, f: &Frame, scene: &mut Scene) {
        match self {
            Mark::Line { points, paint, .. } if points.len() == 1 => {
                dots(f, scene, points, Shape::Disc, *paint, 1.8);
            }
            Mark::Line { points, paint, width, dashed } => {
                let style = Style { dashed: *dashed, ..Style::line(*paint, *width) };
                scene.path(clip(thin(points.iter().map(|p| f.at(*p))), f.rect), style);
            }
            Mark::Band { x, lower, upper, paint } => band(f, scene, x, lower, upper, *paint),
            Mark::Points { points, shape, paint, radius } => {
                dots(f, scene, points, *shape, *paint, *radius);
            }
            Mark::Bars { edges, heights, paint } => bars(f, scene, edges, heights, *paint),
            Mark::Rule { vertical, at, paint } => rule(f, scene, *vertical, *at, *paint),
            Mark::Flags { x, paint } => {
                let top = f.rect.y;
                let strokes = x.iter().map(|v| f.x(*v)).filter(|x| f.rect.holds([*x, top]));
                let segments = strokes.flat_map(|x| [Segment::Move(x, top), Segment::Line(x, top + 5.0)]);
                scene.path(segments.collect(), Style::line(*paint, 0.7));
            }
            Mark::Arrows { at, by, paint, pitch } => arrows(f, scene, at, by, *paint, *pitch),
            // All words of a panel are of one size: `draw_all`.
            Mark::Word(_) => {}
            Mark::Spikes(s) => s.draw(f, scene),
            Mark::Cells(c) => c.draw(f, scene),
        }
    }
}

impl Word {
    /// Smaller letters cannot be read.
    const SMALLEST: f64 = 4.5;
    /// From one line to the next, in sizes of letters.
    const LINE: f64 = 1.15;

    /// Width and height of its room on the page.
    fn room(&self, f: &Frame) -> [f64; 2] {
        let [wide, high] = self.room;
        [(wide / f.x.size() * f.rect.w).abs(), (high / f.y.size() * f.rect.h).abs()]
    }

    /// Whether it fits into its room without being broken within a word.
    fn fits(&self, f: &Frame, size: f64) -> bool {
        let [wide, high] = self.room(f);
        let lines = text::wrap(&self.text, size, wide).len() as f64;
        text::words(&self.text).all(|word| text::width(word, size) <= wide)
            && lines * Self::LINE * size <= high + 0.01
    }

    fn draw(&self, f: &Frame, size: f64, scene: &mut Scene) {
        let [wide, high] = self.room(f);
        let most = (high / (Self::LINE * size) + 0.01).max(1.0) as usize;
        let lines = text::wrap_to(&self.text, size, wide, most);
        let [x, y] = f.at(self.at);
        let first = y - (lines.len() as f64 - 1.0) / 2.0 * Self::LINE * size + 0.36 * size;
        for (line, n) in lines.into_iter().zip(0..) {
            let baseline = first + f64::from(n) * Self::LINE * size;
            scene.text([x, baseline], line, size, Anchor::Middle, self.paint);
        }
    }
}

/// Leaves out points that cannot be seen: of all points in one column of pixels the first, lowest, highest and last stay.
/// The picture of a million samples is then as small as that of a thousand.
fn thin(points: impl IntoIterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut out: Vec<[f64; 2]> = Vec::new();
    let mut column: Vec<[f64; 2]> = Vec::new();
    let mut current = None;
    for p in points {
        let c = (p[0] * PX).floor();
        if current != Some(c) {
            flush(&mut column, &mut out);
            current = Some(c);
        }
        match column.as_slice() {
            // Four places: first, an extreme, the other extreme, last; kept in order of appearance.
            [a, b, c, d] if d[1] >= a[1].min(b[1]).min(c[1]) && d[1] <= a[1].max(b[1]).max(c[1]) => {
                column[3] = p;
            }
            [_, b, c, d] => {
                let (b, c, d) = (*b, *c, *d);
                let low = [b, c, d].into_iter().fold(b, |m, q| if q[1] < m[1] { q } else { m });
                let high = [b, c, d].into_iter().fold(b, |m, q| if q[1] > m[1] { q } else { m });
                let low_first =
                    [b, c, d].iter().position(|q| *q == low) <= [b, c, d].iter().position(|q| *q == high);
                (column[1], column[2]) = if low_first { (low, high) } else { (high, low) };
                column[3] = p;
            }
            _ => column.push(p),
        }
    }
    flush(&mut column, &mut out);
    out
}

fn flush(column: &mut Vec<[f64; 2]>, out: &mut Vec<[f64; 2]>) {
    for p in column.drain(..) {
        // A point where the pen already is shows nothing; a lone point keeps one twin so that it shows as a dot.
        if out.last().is_none_or(|q| (q[0] - p[0]).abs() + (q[1] - p[1]).abs() > 0.004) {
            out.push(p);
        }
    }
}

fn band(f: &Frame, scene: &mut Scene, x: &[f64], lower: &[f64], upper: &[f64], paint: Paint) {
    let inside = |p: [f64; 2]| {
        let [x, y] = f.at(p);
        [x.clamp(f.rect.x, f.rect.x + f.rect.w), y.clamp(f.rect.y, f.rect.y + f.rect.h)]
    };
    let top = thin(x.iter().zip(upper).map(|(x, y)| inside([*x, *y])));
    let bottom = thin(x.iter().zip(lower).map(|(x, y)| inside([*x, *y])));
    let mut segments: Vec<Segment> =
        top.into_iter().chain(bottom.into_iter().rev()).map(|p| Segment::Line(p[0], p[1])).collect();
    if let Some(Segment::Line(x, y)) = segments.first().copied() {
        segments[0] = Segment::Move(x, y);
        segments.push(Segment::Close);
    }
    scene.path(segments, Style { opacity: Some(0.22), ..Style::fill(paint) });
}

fn dots(f: &Frame, scene: &mut Scene, points: &[[f64; 2]], shape: Shape, paint: Paint, r: f64) {
    let mut last = [f64::NAN; 2];
    let mut segments = Vec::new();
    for [x, y] in points.iter().map(|p| f.at(*p)).filter(|p| f.rect.holds(*p)) {
        // Points within a twentieth of a point of the one before cannot be told from it.
        if (x - last[0]).abs() < 0.05 && (y - last[1]).abs() < 0.05 {
            continue;
        }
        last = [x, y];
        segments.extend(symbol(shape, x, y, r));
    }
    let hollow = shape != Shape::Disc;
    let fill = Some(if hollow { Paint::Paper } else { paint });
    let stroke = Some(if hollow { (paint, 1.1) } else { (Paint::Paper, 0.4) });
    scene.path(segments, Style { fill, stroke, ..Style::default() });
}

pub(crate) fn symbol(shape: Shape, x: f64, y: f64, r: f64) -> Vec<Segment> {
    match shape {
        Shape::Disc | Shape::Ring => vec![Segment::Circle { x, y, r }],
        Shape::Diamond => vec![
            Segment::Move(x - 1.2 * r, y),
            Segment::Line(x, y - 1.2 * r),
            Segment::Line(x + 1.2 * r, y),
            Segment::Line(x, y + 1.2 * r),
            Segment::Close,
        ],
    }
}

fn bars(f: &Frame, scene: &mut Scene, edges: &[f64], heights: &[f64], paint: Paint) {
    let zero = f.y(0.0).clamp(f.rect.y, f.rect.y + f.rect.h);
    let gap = if f.rect.w / heights.len().max(1) as f64 > 4.0 { 0.25 } else { 0.0 };
    let rects = edges.windows(2).zip(heights).filter(|(_, h)| **h != 0.0).map(|(e, h)| {
        let (left, right, y) = (f.x(e[0]) + gap, f.x(e[1]) - gap, f.y(*h));
        Segment::Rect(Rect { x: left, y: y.min(zero), w: right - left, h: (y - zero).abs() })
    });
    scene.path(rects.collect(), Style { crisp: gap == 0.0, ..Style::fill(paint) });
}

fn rule(f: &Frame, scene: &mut Scene, vertical: bool, at: f64, paint: Paint) {
    let r = f.rect;
    let ends = if vertical {
        [[f.x(at), r.y], [f.x(at), r.y + r.h]]
    } else {
        [[r.x, f.y(at)], [r.x + r.w, f.y(at)]]
    };
    if ends.iter().all(|p| r.holds(*p)) {
        scene.line(ends[0], ends[1], Style { dashed: true, ..Style::line(paint, 0.8) });
    }
}

fn arrows(f: &Frame, scene: &mut Scene, at: &[[f64; 2]], by: &[[f64; 2]], paint: Paint, pitch: f64) {
    // Directions as they appear on the page: each component in lengths of its axis.
    let on_page: Vec<[f64; 2]> = by
        .iter()
        .map(|v| [v[0] / (f.x.to - f.x.from) * f.rect.w, -v[1] / (f.y.to - f.y.from) * f.rect.h])
        .collect();
    let longest = on_page.iter().map(|v| v[0].hypot(v[1])).fold(0.0, f64::max);
    let mut segments = Vec::new();
    for (p, v) in at.iter().zip(&on_page) {
        let size = v[0].hypot(v[1]);
        if size == 0.0 {
            continue;
        }
        // Fields span decades: the fourth root keeps slow places visible and still shorter than fast ones.
        let length = pitch * (size / longest).powf(0.25).max(0.3);
        let [ux, uy] = [v[0] / size, v[1] / size];
        let [x, y] = f.at(*p);
        let tip = [x + ux * length / 2.0, y + uy * length / 2.0];
        let head = (length * 0.35).min(3.2);
        let side = |s: f64| [tip[0] - head * (ux - s * uy), tip[1] - head * (uy + s * ux)];
        segments.extend(clip([[x - ux * length / 2.0, y - uy * length / 2.0], tip], f.rect));
        segments.extend(clip([side(-0.5), tip, side(0.5)], f.rect));
    }
    scene.path(segments, Style::line(paint, 0.6));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_peaks_and_ends() {
        let n = 100_000;
        let points = (0..n).map(|i| {
            let y = if i == 54_321 {
                90.0
            } else if i == 12_345 {
                -90.0
            } else {
                (i % 7) as f64
            };
            [i as f64 * 1e-3, y]
        });
        let out = thin(points);
        assert!(out.len() < 4 * 420, "{}", out.len());
        assert!(out.iter().any(|p| p[1] == 90.0) && out.iter().any(|p| p[1] == -90.0));
        assert_eq!((out[0][0], out[out.len() - 1][0]), (0.0, 99.999));
    }
}
