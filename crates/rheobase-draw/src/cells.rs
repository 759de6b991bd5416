//! Grids of coloured cells: merged paths for small grids, an image for large ones.

use super::axis::Range;
use super::colour::{Paint, Scale};
use super::marks::Frame;
use super::scene::{Indexed, Item, PX, Rect, Scene, Segment, Style};

/// Pictures with up to this many cells draw them as paths, so that they stay sharp at every size.
pub(crate) const AS_PATHS: usize = 10_000;
const LEVELS: usize = 255;

/// `rows × columns` values (row 0 on top) that fill a rectangle of data: `x` from left to right, `y` from top to bottom.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    pub(crate) values: Vec<f64>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) x: Range,
    pub(crate) y: Range,
    pub(crate) scale: Scale,
    /// The values at the two ends of the scale.
    pub(crate) range: Range,
    /// Too many cells for paths, counting all grids of the picture.
    pub(crate) many: bool,
}

impl Cells {
    fn level(&self, v: f64) -> u8 {
        let t = (v - self.range.from) / (self.range.to - self.range.from);
        (t.clamp(0.0, 1.0) * (LEVELS - 1) as f64).round() as u8
    }

    fn colour(&self, level: u8) -> [u8; 3] {
        self.scale.at(f64::from(level) / (LEVELS - 1) as f64)
    }

    /// The colour under value `v`.
    pub(crate) fn colour_of(&self, v: f64) -> [u8; 3] {
        self.colour(self.level(v))
    }

    pub(crate) fn draw(&self, f: &Frame, scene: &mut Scene) {
        let [left, top] = f.at([self.x.from, self.y.from]);
        let [right, bottom] = f.at([self.x.to, self.y.to]);
        let rect = Rect { x: left, y: top, w: right - left, h: bottom - top };
        if self.many { self.image(rect, scene) } else { self.paths(rect, scene) }
    }

    /// One path per colour; neighbours of one colour in a row are one rectangle.
    fn paths(&self, r: Rect, scene: &mut Scene) {
        let mut paths: Vec<Vec<Segment>> = vec![Vec::new(); LEVELS];
        let snap = |v: f64| (v * PX).round() / PX;
        let x = |c: usize| snap(r.x + r.w * c as f64 / self.columns as f64);
        let y = |i: usize| snap(r.y + r.h * i as f64 / self.rows as f64);
        for (i, row) in self.values.chunks(self.columns).enumerate() {
            let mut start = 0;
            for c in 1..=row.len() {
                if c < row.len() && self.level(row[c]) == self.level(row[start]) {
                    continue;
                }
                let rect = Rect { x: x(start), y: y(i), w: x(c) - x(start), h: y(i + 1) - y(i) };
                paths[usize::from(self.level(row[start]))].push(Segment::Rect(rect));
                start = c;
            }
        }
        for (level, path) in paths.into_iter().enumerate() {
            let paint = Paint::Rgb(self.colour(level as u8));
            scene.path(path, Style { crisp: true, ..Style::fill(paint) });
        }
    }

    /// Cells repeated, or averaged in blocks, to about 300 dpi, so that no viewer has to guess between them.
    fn image(&self, r: Rect, scene: &mut Scene) {
        let size = |cells: usize, points: f64| {
            let room = (points * PX).round().max(1.0) as usize;
            if cells > room { room } else { cells * room.div_ceil(cells).min(8) }
        };
        let (w, h) = (size(self.columns, r.w), size(self.rows, r.h));
        let span = |i: usize, n: usize, cells: usize| {
            let from = i * cells / n;
            from..((i + 1) * cells / n).max(from + 1)
        };
        let mut pixels = Vec::with_capacity(w * h);
        for i in 0..h {
            let rows = span(i, h, self.rows);
            for j in 0..w {
                let columns = span(j, w, self.columns);
                let n = (rows.len() * columns.len()) as f64;
                let sum: f64 = rows
                    .clone()
                    .map(|r| self.values[r * self.columns..][columns.clone()].iter().sum::<f64>())
                    .sum();
                pixels.push(self.level(sum / n));
            }
        }
        let palette = (0..LEVELS)
            .map(|l| {
                let [r, g, b] = self.colour(l as u8);
                [r, g, b, 255]
            })
            .collect();
        let image = Indexed { w: w as u32, h: h as u32, palette, pixels, ink: false };
        scene.items.push(Item::Image { rect: r, image });
    }
}
