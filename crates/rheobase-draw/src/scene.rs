//! What a finished picture consists of: paths, text and images placed in points. Both backends draw this and nothing else.

use super::colour::Paint;

/// Pixels per point of everything that is rasterised: 300 dpi. Frames of panels are snapped to this grid.
pub(crate) const PX: f64 = 300.0 / 72.0;

/// A picture: size in points (1/72 inch), y downwards, and what is drawn in order.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    pub(crate) title: String,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) items: Vec<Item>,
    /// Where the picture comes from, by name; the program first.
    pub(crate) provenance: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) enum Item {
    Path { segments: Vec<Segment>, style: Style },
    Text { at: [f64; 2], text: String, size: f64, anchor: Anchor, upwards: bool, paint: Paint },
    Image { rect: Rect, image: Indexed },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Segment {
    Move(f64, f64),
    Line(f64, f64),
    Circle { x: f64, y: f64, r: f64 },
    Rect(Rect),
    Close,
}

/// How a path is filled and stroked; widths in points.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    pub(crate) fill: Option<Paint>,
    pub(crate) stroke: Option<(Paint, f64)>,
    pub(crate) dashed: bool,
    pub(crate) opacity: Option<f64>,
    /// Without smoothing of edges, so that cells side by side show no seams.
    pub(crate) crisp: bool,
}

impl Style {
    pub(crate) fn line(paint: Paint, width: f64) -> Self {
        Style { stroke: Some((paint, width)), ..Style::default() }
    }
    pub(crate) fn fill(paint: Paint) -> Self {
        Style { fill: Some(paint), ..Style::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

/// An image with at most 256 colours `[r, g, b, a]`, rows from the top.
#[derive(Debug)]
pub(crate) struct Indexed {
    pub(crate) w: u32,
    pub(crate) h: u32,
    pub(crate) palette: Vec<[u8; 4]>,
    pub(crate) pixels: Vec<u8>,
    /// Drawn in the colour of the text: dark pages invert it.
    pub(crate) ink: bool,
}

impl Scene {
    /// Where the picture comes from, in one text: `program = rheobase 0.1.0; model = lif`.
    pub(crate) fn provenance_text(&self) -> String {
        let parts = self.provenance.iter().map(|(name, value)| format!("{name} = {value}"));
        parts.collect::<Vec<_>>().join("; ")
    }

    /// The scene `by` times as large, letters and strokes included.
    pub(crate) fn scaled(mut self, by: f64) -> Self {
        if by == 1.0 {
            return self;
        }
        self.width *= by;
        self.height *= by;
        let rect = |r: Rect| Rect { x: r.x * by, y: r.y * by, w: r.w * by, h: r.h * by };
        for item in &mut self.items {
            match item {
                Item::Path { segments, style } => {
                    for s in segments.iter_mut() {
                        *s = match *s {
                            Segment::Move(x, y) => Segment::Move(x * by, y * by),
                            Segment::Line(x, y) => Segment::Line(x * by, y * by),
                            Segment::Circle { x, y, r } => {
                                Segment::Circle { x: x * by, y: y * by, r: r * by }
                            }
                            Segment::Rect(r) => Segment::Rect(rect(r)),
                            Segment::Close => Segment::Close,
                        };
                    }
                    style.stroke = style.stroke.map(|(paint, width)| (paint, width * by));
                }
                Item::Text { at, size, .. } => {
                    *at = at.map(|v| v * by);
                    *size *= by;
                }
                Item::Image { rect: r, .. } => *r = rect(*r),
            }
        }
        self
    }

    pub(crate) fn path(&mut self, segments: Vec<Segment>, style: Style) {
        if !segments.is_empty() {
            self.items.push(Item::Path { segments, style });
        }
    }
    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], style: Style) {
        self.path(vec![Segment::Move(from[0], from[1]), Segment::Line(to[0], to[1])], style);
    }
    pub(crate) fn text(
        &mut self,
        at: [f64; 2],
        text: impl Into<String>,
        size: f64,
        anchor: Anchor,
        paint: Paint,
    ) {
        self.items.push(Item::Text { at, text: text.into(), size, anchor, upwards: false, paint });
    }
    /// Text that reads from bottom to top, centred on `at`.
    pub(crate) fn text_upwards(&mut self, at: [f64; 2], text: impl Into<String>, size: f64) {
        let paint = Paint::Ink;
        self.items.push(Item::Text {
            at,
            text: text.into(),
            size,
            anchor: Anchor::Middle,
            upwards: true,
            paint,
        });
    }
}

/// How far outside a frame, in points, still counts as on its edge: rounding must not cut what lies on it.
const SLACK: f64 = 0.01;

/// The pieces of a polyline that lie inside `r`, as path segments. Cut by hand so that no backend needs clip paths.
pub(crate) fn clip(points: impl IntoIterator<Item = [f64; 2]>, r: Rect) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut previous: Option<[f64; 2]> = None;
    let mut pen: Option<[f64; 2]> = None;
    for p in points {
        if let Some(q) = previous
            && let Some((a, b)) = clip_segment(q, p, r)
        {
            if pen != Some(a) {
                out.push(Segment::Move(a[0], a[1]));
            }
            out.push(Segment::Line(b[0], b[1]));
            pen = Some(b);
        }
        previous = Some(p);
    }
    out
}

/// Liang and Barsky's clipping of one segment (doi:10.1145/357332.357333).
fn clip_segment(a: [f64; 2], b: [f64; 2], r: Rect) -> Option<([f64; 2], [f64; 2])> {
    let d = [b[0] - a[0], b[1] - a[1]];
    let r = Rect { x: r.x - SLACK, y: r.y - SLACK, w: r.w + 2.0 * SLACK, h: r.h + 2.0 * SLACK };
    let (mut t0, mut t1) = (0.0f64, 1.0f64);
    for (p, q) in
        [(-d[0], a[0] - r.x), (d[0], r.x + r.w - a[0]), (-d[1], a[1] - r.y), (d[1], r.y + r.h - a[1])]
    {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            t0 = t0.max(q / p);
        } else {
            t1 = t1.min(q / p);
        }
    }
    let at = |t: f64| [a[0] + t * d[0], a[1] + t * d[1]];
    (t0 <= t1).then(|| (if t0 == 0.0 { a } else { at(t0) }, if t1 == 1.0 { b } else { at(t1) }))
}

impl Rect {
    pub(crate) fn holds(&self, p: [f64; 2]) -> bool {
        p[0] >= self.x - SLACK
            && p[0] <= self.x + self.w + SLACK
            && p[1] >= self.y - SLACK
            && p[1] <= self.y + self.h + SLACK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_cuts_at_the_frame_and_lifts_the_pen_outside() {
        let r = Rect { x: 0.0, y: 0.0, w: 10.0, h: 10.0 };
        let out = clip([[-5.0, 5.0], [5.0, 5.0], [5.0, 20.0], [8.0, 20.0], [8.0, 5.0]], r);
        let moves = out.iter().filter(|s| matches!(s, Segment::Move(..))).count();
        assert_eq!(moves, 2);
        for s in out {
            if let Segment::Move(x, y) | Segment::Line(x, y) = s {
                assert!(r.holds([x, y]), "{x} {y}");
            }
        }
    }
}
