//! From panels to a scene: margins that align, axes, legends.

use super::axis::{Axis, LABEL_SIZE, TICK_SIZE};
use super::cells::Cells;
use super::colour::Paint;
use super::marks::{Frame, symbol};
use super::panel::{Bar, Edges, Extent, Panel, Swatch};
use super::scene::{Anchor, PX, Rect, Scene, Segment, Style};
use super::text;

const MARGIN: f64 = 5.0;
const TICK: f64 = 3.0;
const LINE: f64 = 11.5;
const AXIS: f64 = 0.7;
const BAR: f64 = 8.0;

/// Places `panels` below each other on a page `width` points wide. With `shared`, only the last shows its x axis.
pub(crate) fn arrange(title: &str, panels: &[Panel], width: f64, shared: bool) -> Scene {
    let mut scene = Scene { title: title.to_string(), width, ..Scene::default() };
    let right = width - panels.iter().map(right_room).fold(MARGIN, f64::max);
    // Labels at the left depend on heights, and heights of square panels on what the labels leave: twice is enough.
    let mut left = 40.0;
    for _ in 0..2 {
        left = panels.iter().map(|p| left_room(p, height(p, right - left))).fold(MARGIN, f64::max);
    }
    let (left, right) = (snap(left), snap(right));
    let room = panels.iter().map(|p| tick_room(p, height(p, right - left))).fold(0.0, f64::max);
    let mut top = MARGIN;
    if !title.is_empty() {
        // As far to the left as it takes to stand in one line, where the page is wide enough.
        let size = LABEL_SIZE + 1.0;
        let from = (width - MARGIN - text::width(title, size)).clamp(MARGIN, left);
        for line in text::wrap(title, size, width - MARGIN - from) {
            top += LINE + 1.0;
            scene.text([from, top - 3.0], line, size, Anchor::Start, Paint::Ink);
        }
        top += 2.0;
    }
    for (i, panel) in panels.iter().enumerate() {
        let bare = shared && i + 1 < panels.len();
        top = header(panel, left, right, top, &mut scene);
        let rect = Rect { x: left, y: snap(top), w: right - left, h: snap(height(panel, right - left)) };
        top = body(panel, rect, bare, room, &mut scene);
    }
    scene.height = (top + MARGIN - 1.0).ceil();
    scene
}

fn snap(v: f64) -> f64 {
    (v * PX).ceil() / PX
}

fn height(p: &Panel, width: f64) -> f64 {
    match p.extent {
        Extent::Points(h) => h,
        Extent::Aspect(a) => (width * a).max(20.0),
    }
}

fn widest(ticks: &[(f64, String)]) -> f64 {
    ticks.iter().map(|t| text::width(&t.1, TICK_SIZE)).fold(0.0, f64::max)
}

fn left_room(p: &Panel, height: f64) -> f64 {
    let lines = text::wrap(&p.y.text(), LABEL_SIZE, height + 20.0).len() as f64;
    MARGIN + lines * LINE + tick_room(p, height)
}

/// What the ticks at the left and their labels take.
fn tick_room(p: &Panel, height: f64) -> f64 {
    let widest = widest(&p.y.ticks(height, false));
    if widest > 0.0 { widest + TICK + 3.0 } else { 0.0 }
}

fn right_room(p: &Panel) -> f64 {
    let Some(bar) = &p.bar else {
        // Half of a label under the right end of the axis.
        let last = p.x.ticks(300.0, true).last().map_or(0.0, |t| text::width(&t.1, TICK_SIZE));
        return MARGIN + (last / 2.0).min(18.0);
    };
    MARGIN + 8.0 + BAR + TICK + 2.0 + widest(&bar.axis.ticks(120.0, false)) + LINE
}

/// Title, note and legend; returns where the plot may start.
fn header(p: &Panel, left: f64, right: f64, mut top: f64, scene: &mut Scene) -> f64 {
    let (title, note) = (text::width(&p.title, LABEL_SIZE), text::width(&p.note, TICK_SIZE));
    let one_line = title + note + 10.0 <= right - left && !p.title.contains('\n');
    for line in text::wrap(&p.title, LABEL_SIZE, right - left) {
        top += LINE;
        scene.text([left, top - 2.5], line, LABEL_SIZE, Anchor::Start, Paint::Ink);
    }
    if one_line && !p.title.is_empty() && !p.note.is_empty() {
        scene.text([right, top - 2.5], p.note.clone(), TICK_SIZE, Anchor::End, Paint::Ink);
    } else {
        for line in text::wrap(&p.note, TICK_SIZE, right - left) {
            top += LINE;
            scene.text([left, top - 2.5], line, TICK_SIZE, Anchor::Start, Paint::Ink);
        }
    }
    let mut x = left;
    for (i, (swatch, words)) in p.legend.iter().enumerate() {
        let need = 17.0 + text::width(words, TICK_SIZE);
        if i == 0 || x + need > right {
            top += LINE;
            x = left;
        }
        sample(*swatch, x, top - 5.5, scene);
        for (n, line) in text::wrap(words, TICK_SIZE, right - left - 17.0).into_iter().enumerate() {
            if n > 0 {
                top += LINE;
            }
            scene.text([x + 17.0, top - 2.6], line, TICK_SIZE, Anchor::Start, Paint::Ink);
        }
        x += need + 12.0;
    }
    top + 4.0
}

fn sample(swatch: Swatch, x: f64, y: f64, scene: &mut Scene) {
    match swatch {
        Swatch::Line { paint, dashed } => {
            scene.line([x, y], [x + 13.0, y], Style { dashed, ..Style::line(paint, 1.3) });
        }
        Swatch::Symbol { shape, paint } => {
            let hollow = shape != super::marks::Shape::Disc;
            let fill = Some(if hollow { Paint::Paper } else { paint });
            let style = Style { fill, stroke: hollow.then_some((paint, 1.1)), ..Style::default() };
            scene.path(symbol(shape, x + 8.0, y, 2.5), style);
        }
        Swatch::Area(paint) => {
            let box_ = Rect { x: x + 4.0, y: y - 3.5, w: 8.0, h: 7.0 };
            scene.path(vec![Segment::Rect(box_)], Style::fill(paint));
        }
    }
}

/// The plot with its axes; returns where it ends. A bare panel shows ticks but no labels along x. `room` is what the
/// widest ticks of the figure take at the left, beyond which the labels of all panels stand in one line.
fn body(p: &Panel, rect: Rect, bare: bool, room: f64, scene: &mut Scene) -> f64 {
    let frame = Frame { rect, x: p.x.range, y: p.y.range };
    for mark in &p.marks {
        mark.draw(&frame, scene);
    }
    let bottom = rect.y + rect.h;
    edges(p.frame, rect, scene);
    y_axis(&p.y, rect, &frame, room, scene);
    if let Some(bar) = &p.bar {
        colour_bar(bar, rect, scene);
    }
    let ticks = p.x.ticks(rect.w, true);
    strokes(ticks.iter().map(|t| frame.x(t.0)).map(|x| ([x, bottom], [x, bottom + TICK])), scene);
    if bare {
        return bottom + TICK + 4.0;
    }
    let mut end = bottom;
    if !ticks.is_empty() {
        end += TICK + TICK_SIZE + 1.0;
        for (v, words) in ticks {
            scene.text([frame.x(v), end], words, TICK_SIZE, Anchor::Middle, Paint::Ink);
        }
        end += 2.0;
    }
    for line in text::wrap(&p.x.text(), LABEL_SIZE, rect.w + 30.0) {
        end += LINE;
        scene.text([rect.x + rect.w / 2.0, end - 1.0], line, LABEL_SIZE, Anchor::Middle, Paint::Ink);
    }
    end + 3.0
}

fn edges(which: Edges, r: Rect, scene: &mut Scene) {
    let (right, bottom) = (r.x + r.w, r.y + r.h);
    let path = match which {
        Edges::None => return,
        Edges::LeftAndBottom => {
            vec![Segment::Move(r.x, r.y), Segment::Line(r.x, bottom), Segment::Line(right, bottom)]
        }
        Edges::All => vec![Segment::Rect(r)],
    };
    scene.path(path, Style::line(Paint::Ink, AXIS));
}

fn strokes(lines: impl Iterator<Item = ([f64; 2], [f64; 2])>, scene: &mut Scene) {
    let path = lines.flat_map(|(a, b)| [Segment::Move(a[0], a[1]), Segment::Line(b[0], b[1])]).collect();
    scene.path(path, Style::line(Paint::Ink, AXIS));
}

fn y_axis(axis: &Axis, rect: Rect, frame: &Frame, room: f64, scene: &mut Scene) {
    let ticks = axis.ticks(rect.h, false);
    strokes(ticks.iter().map(|t| frame.y(t.0)).map(|y| ([rect.x - TICK, y], [rect.x, y])), scene);
    for (v, words) in ticks {
        let at = [rect.x - TICK - 2.0, frame.y(v) + 0.36 * TICK_SIZE];
        scene.text(at, words, TICK_SIZE, Anchor::End, Paint::Ink);
    }
    let lines = text::wrap(&axis.text(), LABEL_SIZE, rect.h + 20.0);
    for (i, line) in lines.iter().rev().enumerate() {
        let x = rect.x - room - 3.0 - i as f64 * LINE;
        scene.text_upwards([x, rect.y + rect.h / 2.0], line.clone(), LABEL_SIZE);
    }
}

fn colour_bar(bar: &Bar, rect: Rect, scene: &mut Scene) {
    let h = rect.h.min(120.0);
    let place = Rect { x: rect.x + rect.w + 8.0, y: rect.y + (rect.h - h) / 2.0, w: BAR, h };
    let range = bar.axis.range;
    let n = 128;
    let step = (range.to - range.from) / (n - 1) as f64;
    let values = (0..n).map(|i| range.to - i as f64 * step).collect();
    let unit = super::axis::Range::new(0.0, 1.0);
    let down = super::axis::Range::new(1.0, 0.0);
    let cells = Cells { values, rows: n, columns: 1, x: unit, y: down, scale: bar.scale, range, many: false };
    cells.draw(&Frame { rect: place, x: unit, y: unit }, scene);
    scene.path(vec![Segment::Rect(place)], Style::line(Paint::Ink, 0.5));
    let ticks = bar.axis.ticks(h, false);
    let frame = Frame { rect: place, x: unit, y: range };
    let edge = place.x + BAR;
    strokes(ticks.iter().map(|t| frame.y(t.0)).map(|y| ([edge, y], [edge + TICK, y])), scene);
    let room = widest(&ticks);
    for (v, words) in ticks {
        let at = [edge + TICK + 2.0, frame.y(v) + 0.36 * TICK_SIZE];
        scene.text(at, words, TICK_SIZE, Anchor::Start, Paint::Ink);
    }
    let x = edge + TICK + 2.0 + room + LINE - 1.0;
    scene.text_upwards([x, place.y + h / 2.0], bar.axis.text(), LABEL_SIZE);
}
