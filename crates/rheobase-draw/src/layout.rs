//! From panels to a scene: margins that align, axes, legends.

use super::axis::{Axis, LABEL_SIZE, NAME_ROOM, TICK_LINE, TICK_SIZE, Tick, Ticks, widest};
use super::cells::Cells;
use super::colour::Paint;
use super::marks::{Frame, draw_all, symbol};
use super::panel::{Bar, Edges, Extent, Panel, Swatch};
use super::scene::{Anchor, PX, Rect, Scene, Segment, Style};
use super::text;

const MARGIN: f64 = 5.0;
const TICK: f64 = 3.0;
const LINE: f64 = 11.5;
const AXIS: f64 = 0.7;
const BAR: f64 = 8.0;

/// Share of the page that names, or the lines of a label, may take at one side of a panel.
const SIDE: f64 = 0.32;

/// Places `panels` below each other on a page `width` points wide. With `shared`, only the last shows its x axis.
pub(crate) fn arrange(title: &str, panels: &[Panel], width: f64, shared: bool) -> Scene {
    let mut scene = Scene { title: title.to_string(), width, ..Scene::default() };
    // Labels at the sides depend on heights, and heights of square panels on what the labels leave.
    let (mut left, mut right) = (40.0, width - 40.0);
    for _ in 0..3 {
        let room = right - left;
        let ticks = tick_rooms(panels, room, width);
        let sides = panels.iter().map(|p| (left_room(p, ticks, room, width), right_room(p, room, width)));
        let taken = sides.fold((MARGIN, MARGIN), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        (left, right) = (taken.0, width - taken.1);
    }
    let (left, right) = (snap(left), snap(right).max(snap(left) + 1.0));
    let room = tick_rooms(panels, right - left, width);
    let mut top = MARGIN;
    if !title.is_empty() {
        // As far to the left as it takes to stand in one line, where the page is wide enough.
        let size = LABEL_SIZE + 1.0;
        let longest = title.lines().map(|line| text::width(line, size)).fold(0.0, f64::max);
        let from = (width - MARGIN - longest).clamp(MARGIN, left);
        for line in text::wrap(title, size, width - MARGIN - from) {
            top += LINE + 1.0;
            scene.text([from, top - 3.0], line, size, Anchor::Start, Paint::Ink);
        }
        top += 2.0;
    }
    // Where the label of the panel above ends.
    let mut above = 0.0f64;
    for (i, panel) in panels.iter().enumerate() {
        let bare = shared && i + 1 < panels.len();
        top = header(panel, left, right, top, &mut scene);
        let mut rect = Rect { x: left, y: 0.0, w: right - left, h: snap(height(panel, right - left)) };
        let names = panel.y.ticks(rect.h, false, name_room(width));
        let past = (upright_length(panel, rect.h, width) - rect.h) / 2.0;
        rect.y = snap((top + beyond(panel, &names, rect.h, true)).max(above + 3.0 + past));
        above = rect.y + rect.h + past;
        top = body(panel, rect, bare, room, &names, &mut scene);
    }
    scene.height = (top.max(above) + MARGIN - 1.0).ceil();
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

fn name_room(page: f64) -> f64 {
    NAME_ROOM.min(SIDE * page)
}

/// The lines of a label that reads upwards beside `height` points, and a little beyond both ends: further than that only to
/// keep a word whole.
fn upright_label(axis: &Axis, height: f64, page: f64) -> Vec<String> {
    const WORD: f64 = 60.0;
    let most = (SIDE * page / LINE).max(1.0) as usize;
    let label = axis.text();
    let word = text::words(&label).map(|word| text::width(word, LABEL_SIZE)).fold(0.0, f64::max);
    text::wrap_to(&label, LABEL_SIZE, (height + 10.0).max(word.min(WORD)), most)
}

/// How long the labels beside a panel are that read upwards.
fn upright_length(p: &Panel, height: f64, page: f64) -> f64 {
    let length = |axis: &Axis, height: f64| {
        let lines = upright_label(axis, height, page);
        lines.iter().map(|line| text::width(line, LABEL_SIZE)).fold(0.0, f64::max)
    };
    let bar = p.bar.as_ref().map_or(0.0, |bar| length(&bar.axis, bar_height(height)));
    length(&p.y, height).max(bar)
}

/// What a panel takes at the left, where the widest ticks of all panels take `ticks`.
fn left_room(p: &Panel, ticks: f64, width: f64, page: f64) -> f64 {
    let label = upright_label(&p.y, height(p, width), page).len() as f64 * LINE;
    (MARGIN + label + ticks).max(MARGIN + past_end(p, width, page, false))
}

/// What the widest ticks of all panels take, beyond which all labels at the left stand.
fn tick_rooms(panels: &[Panel], width: f64, page: f64) -> f64 {
    panels.iter().map(|p| tick_room(p, height(p, width), page)).fold(0.0, f64::max)
}

/// What the ticks at the left and their labels take.
fn tick_room(p: &Panel, height: f64, page: f64) -> f64 {
    let widest = widest(&p.y.ticks(height, false, name_room(page)));
    if widest > 0.0 { widest + TICK + 3.0 } else { 0.0 }
}

fn right_room(p: &Panel, width: f64, page: f64) -> f64 {
    let ticks = MARGIN + past_end(p, width, page, true);
    let Some(bar) = &p.bar else { return ticks };
    let height = bar_height(height(p, width));
    let label = upright_label(&bar.axis, height, page).len() as f64 * LINE;
    let numbers = widest(&bar.axis.ticks(120.0, false, name_room(page)));
    ticks.max(MARGIN + 8.0 + BAR + TICK + 2.0 + numbers + label)
}

/// How far what stands at the ticks below reaches beyond the left or the right end of the axis.
fn past_end(p: &Panel, width: f64, page: f64, right: bool) -> f64 {
    if !matches!(p.x.ticks, Ticks::Named(_)) {
        // Half of a number, which often stands right below the end.
        let last = p.x.ticks(300.0, true, page).last().map_or(0.0, Tick::width);
        return if right { (last / 2.0).min(18.0) } else { 0.0 };
    }
    let from_left = |t: &Tick| (t.at - p.x.range.from) / (p.x.range.to - p.x.range.from) * width;
    let reach = |t: &Tick| t.width() / 2.0 - if right { width - from_left(t) } else { from_left(t) };
    p.x.ticks(width, true, name_room(page)).iter().map(reach).fold(0.0, f64::max)
}

/// How far names of several lines at the left reach beyond the upper or the lower end of the axis; a single line may by half.
fn beyond(p: &Panel, names: &[Tick], height: f64, above: bool) -> f64 {
    let from_top = |t: &Tick| (p.y.range.to - t.at) / (p.y.range.to - p.y.range.from) * height;
    let reach = |t: &Tick| {
        let end = if above { from_top(t) } else { height - from_top(t) };
        (t.lines.len() as f64 - 1.0) * TICK_LINE / 2.0 - end
    };
    names.iter().filter(|t| t.lines.len() > 1).map(reach).fold(0.0, f64::max)
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
    legend(p, left, right, top, scene) + 4.0
}

/// What stands for what, row by row; returns where it ends.
fn legend(p: &Panel, left: f64, right: f64, mut top: f64, scene: &mut Scene) -> f64 {
    let (mut x, mut row_lines) = (left, 0);
    for (swatch, words) in &p.legend {
        let lines = text::wrap(words, TICK_SIZE, right - left - 17.0);
        let need = 17.0 + lines.iter().map(|line| text::width(line, TICK_SIZE)).fold(0.0, f64::max);
        if x > left && x + need > right {
            top += row_lines as f64 * LINE;
            (x, row_lines) = (left, 0);
        }
        sample(*swatch, x, top + LINE - 5.5, scene);
        row_lines = row_lines.max(lines.len()).max(1);
        for (line, n) in lines.into_iter().zip(1..) {
            let at = [x + 17.0, top + f64::from(n) * LINE - 2.6];
            scene.text(at, line, TICK_SIZE, Anchor::Start, Paint::Ink);
        }
        x += need + 12.0;
    }
    top + row_lines as f64 * LINE
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
fn body(p: &Panel, rect: Rect, bare: bool, room: f64, names: &[Tick], scene: &mut Scene) -> f64 {
    let frame = Frame { rect, x: p.x.range, y: p.y.range };
    draw_all(&p.marks, &frame, scene);
    let bottom = rect.y + rect.h;
    edges(p.frame, rect, scene);
    y_axis(&p.y, &frame, room, names, scene);
    if let Some(bar) = &p.bar {
        colour_bar(bar, rect, scene);
    }
    let page = scene.width;
    let ticks = p.x.ticks(rect.w, true, name_room(page));
    strokes(ticks.iter().map(|t| frame.x(t.at)).map(|x| ([x, bottom], [x, bottom + TICK])), scene);
    let mut end = bottom + beyond(p, names, rect.h, false);
    if bare {
        return end + TICK + 4.0;
    }
    if !ticks.is_empty() {
        end += TICK + 2.0;
        let most = ticks.iter().map(|t| t.lines.len()).fold(1, usize::max);
        for Tick { at, lines } in ticks {
            for (line, n) in lines.into_iter().zip(0..) {
                let baseline = end + TICK_SIZE - 1.0 + f64::from(n) * TICK_LINE;
                scene.text([frame.x(at), baseline], line, TICK_SIZE, Anchor::Middle, Paint::Ink);
            }
        }
        end += most as f64 * TICK_LINE;
    }
    let middle = rect.x + rect.w / 2.0;
    let reach = (rect.w + 30.0).min(2.0 * (middle.min(page - middle) - MARGIN));
    for line in text::wrap(&p.x.text(), LABEL_SIZE, reach) {
        end += LINE;
        scene.text([middle, end - 1.0], line, LABEL_SIZE, Anchor::Middle, Paint::Ink);
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

fn y_axis(axis: &Axis, frame: &Frame, room: f64, ticks: &[Tick], scene: &mut Scene) {
    let rect = frame.rect;
    strokes(ticks.iter().map(|t| frame.y(t.at)).map(|y| ([rect.x - TICK, y], [rect.x, y])), scene);
    names_beside(ticks, rect.x - TICK - 2.0, frame, Anchor::End, scene);
    let lines = upright_label(axis, rect.h, scene.width);
    for (i, line) in lines.into_iter().rev().enumerate() {
        let x = rect.x - room - 3.0 - i as f64 * LINE;
        scene.text_upwards([x, rect.y + rect.h / 2.0], line, LABEL_SIZE);
    }
}

/// What stands at the ticks of an upright axis, each around its tick.
fn names_beside(ticks: &[Tick], x: f64, frame: &Frame, anchor: Anchor, scene: &mut Scene) {
    for Tick { at, lines } in ticks {
        let first = frame.y(*at) - (lines.len() as f64 - 1.0) * TICK_LINE / 2.0;
        for (line, n) in lines.iter().zip(0..) {
            let baseline = first + f64::from(n) * TICK_LINE + 0.36 * TICK_SIZE;
            scene.text([x, baseline], line.clone(), TICK_SIZE, anchor, Paint::Ink);
        }
    }
}

fn bar_height(panel: f64) -> f64 {
    panel.min(120.0)
}

fn colour_bar(bar: &Bar, rect: Rect, scene: &mut Scene) {
    let h = bar_height(rect.h);
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
    let ticks = bar.axis.ticks(h, false, name_room(scene.width));
    let frame = Frame { rect: place, x: unit, y: range };
    let edge = place.x + BAR;
    strokes(ticks.iter().map(|t| frame.y(t.at)).map(|y| ([edge, y], [edge + TICK, y])), scene);
    names_beside(&ticks, edge + TICK + 2.0, &frame, Anchor::Start, scene);
    let numbers = edge + TICK + 2.0 + widest(&ticks);
    for (line, n) in upright_label(&bar.axis, h, scene.width).into_iter().zip(1..) {
        let x = numbers + f64::from(n) * LINE - 1.0;
        scene.text_upwards([x, place.y + h / 2.0], line, LABEL_SIZE);
    }
}
