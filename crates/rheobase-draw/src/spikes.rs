//! The strokes of a raster: one path per group of neurons, or an image where there are too many strokes for a path.

use super::colour::Paint;
use super::marks::Frame;
use super::scene::{Indexed, PX, Rect, Scene, Segment, Style};

/// Up to this many strokes are drawn one by one, beyond it as an image of 300 dpi: a million strokes would be an SVG of 15 MB.
const STROKES: usize = 30_000;
/// Shades of one colour in the image.
const SHADES: usize = 15;

/// Spikes of `count` neurons: `times` in seconds, `neurons` below `count`, how many spikes each mark is, and the colour of each
/// run of rows.
#[derive(Debug, Clone)]
pub(crate) struct Spikes {
    pub(crate) times: Vec<f64>,
    pub(crate) neurons: Vec<u32>,
    pub(crate) counts: Vec<u32>,
    pub(crate) count: usize,
    /// Colour and first row of each group, ascending; empty: all in ink.
    pub(crate) groups: Vec<(Paint, u32)>,
}

impl Spikes {
    fn group(&self, row: u32) -> usize {
        self.groups.partition_point(|g| g.1 <= row).saturating_sub(1)
    }

    fn paints(&self) -> Vec<Paint> {
        match self.groups.is_empty() {
            true => vec![Paint::Ink],
            false => self.groups.iter().map(|g| g.0).collect(),
        }
    }

    pub(crate) fn draw(&self, f: &Frame, scene: &mut Scene) {
        if self.times.len() <= STROKES { self.strokes(f, scene) } else { self.image(f, scene) }
    }

    fn strokes(&self, f: &Frame, scene: &mut Scene) {
        let pitch = f.rect.h / self.count as f64;
        let half = (0.8 * pitch).clamp(1.2, 12.0) / 2.0;
        let per_row = self.times.len() as f64 / self.count as f64;
        let width = (0.3 * f.rect.w / per_row.max(1.0)).clamp(0.35, 0.9);
        let mut paths = vec![Vec::new(); self.paints().len()];
        for (t, n) in self.times.iter().zip(&self.neurons) {
            let (x, y) = (f.x(*t), f.y(f64::from(*n)));
            let (top, bottom) = ((y - half).max(f.rect.y), (y + half).min(f.rect.y + f.rect.h));
            if f.rect.holds([x, f.rect.y]) && top < bottom {
                paths[self.group(*n)].extend([Segment::Move(x, top), Segment::Line(x, bottom)]);
            }
        }
        for (path, paint) in paths.into_iter().zip(self.paints()) {
            scene.path(path, Style::line(paint, width));
        }
    }

    /// Shade is the number of spikes in a pixel; it saturates where only one inked pixel in a hundred has more.
    fn image(&self, f: &Frame, scene: &mut Scene) {
        let (w, h) = ((f.rect.w * PX).round().max(1.0) as usize, (f.rect.h * PX).round().max(1.0) as usize);
        let local = Frame { rect: Rect { x: 0.0, y: 0.0, w: w as f64, h: h as f64 }, ..*f };
        // Single pixels of 300 dpi are hardly seen: where there is room, a mark is as many as leave three quarters of it white.
        let (wide, high) = match w * h / self.times.len().saturating_mul(4).max(1) {
            6.. => (2, 3.0),
            4.. => (2, 2.0),
            2.. => (1, 2.0),
            _ => (1, 0.0),
        };
        let half = (0.4 * h as f64 / self.count as f64).max(0.5 * high);
        let mut counts = vec![0u32; w * h];
        let mut groups = vec![0u8; h];
        for ((t, n), spikes) in self.times.iter().zip(&self.neurons).zip(&self.counts) {
            let (x, y) = (local.x(*t), local.y(f64::from(*n)));
            if !(0.0..=w as f64).contains(&x) {
                continue;
            }
            let column = (x as usize).min(w - 1);
            let top = ((y - half).max(0.0).round() as usize).min(h - 1);
            let bottom = ((y + half).max(0.0).round() as usize).clamp(top + 1, h);
            let group = self.group(*n) % super::colour::SERIES.len();
            for row in top..bottom {
                for pixel in &mut counts[row * w + column..row * w + (column + wide).min(w)] {
                    *pixel = pixel.saturating_add(*spikes);
                }
                groups[row] = group as u8;
            }
        }
        let full = saturation(&counts);
        let mut pixels = vec![0u8; w * h];
        for (i, (p, c)) in pixels.iter_mut().zip(&counts).enumerate().filter(|(_, (_, c))| **c > 0) {
            let shade = (f64::from(*c) / full * SHADES as f64).ceil().clamp(1.0, SHADES as f64) as usize;
            *p = (1 + usize::from(groups[i / w]) * SHADES + shade - 1) as u8;
        }
        let image = Indexed {
            w: w as u32,
            h: h as u32,
            palette: self.palette(),
            pixels,
            ink: self.groups.is_empty(),
        };
        scene.items.push(super::scene::Item::Image { rect: f.rect, image });
    }

    fn palette(&self) -> Vec<[u8; 4]> {
        let mut out = vec![[255, 255, 255, 0]];
        for paint in self.paints().iter().take(super::colour::SERIES.len()) {
            let [r, g, b] = if let Paint::Rgb(c) = paint { *c } else { [0; 3] };
            // One spike must stay visible beside pixels that hold many.
            out.extend((1..=SHADES).map(|s| [r, g, b, (45 + 210 * s / SHADES) as u8]));
        }
        out
    }
}

/// The count above which lies one inked pixel in a hundred; at least 1.
fn saturation(counts: &[u32]) -> f64 {
    const TOP: usize = 256;
    let mut histogram = [0usize; TOP];
    for c in counts.iter().filter(|c| **c > 0) {
        histogram[(*c as usize).min(TOP) - 1] += 1;
    }
    let inked: usize = histogram.iter().sum();
    let mut seen = 0;
    for (i, n) in histogram.iter().enumerate() {
        seen += n;
        if seen * 100 >= inked * 99 {
            return (i + 1) as f64;
        }
    }
    1.0
}
