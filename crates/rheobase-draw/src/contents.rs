//! What a figure shows, as plain data: for programs that draw it into axes of their own.

use super::axis::{Axis, Ticks};
use super::colour::{Paint, Scale};
use super::figure::Figure;
use super::marks::{Mark, Shape, Word};
use super::panel::{Panel, Swatch};

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// One pair of axes with what stands between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Words above.
    pub title: String,
    /// A figure or two beside the title.
    pub note: String,
    /// From left to right.
    pub x: AxisContents,
    /// From bottom to top.
    pub y: AxisContents,
    /// What is drawn, in this order.
    pub items: Vec<Item>,
    /// Symbols and what they stand for.
    pub legend: Vec<(Key, String)>,
    /// The scale of colours: its axis, and its colours from the first value to the last.
    pub scale: Option<(AxisContents, Vec<Rgb>)>,
}

/// What is measured along an axis, in the unit of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisContents {
    /// What it is, without unit; empty where nothing stands at the axis.
    pub label: String,
    /// Its unit; empty for plain numbers.
    pub unit: String,
    /// Value at the left or lower end, which may be the larger one.
    pub from: f64,
    /// Value at the other end.
    pub to: f64,
    /// Places with names, where it has them instead of numbers.
    pub names: Vec<(f64, String)>,
    /// Whether there is no axis to be seen.
    pub hidden: bool,
}

/// A symbol of the legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Key {
    /// A line, which may be dashed.
    Line(Rgb, bool),
    /// A symbol by its name in [`Item::Points`].
    Points(Rgb, &'static str),
    /// A filled area.
    Area(Rgb),
}

/// Something that is drawn; coordinates are data, widths and sizes points.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A line through points.
    Line {
        /// `[x, y]`.
        points: Vec<[f64; 2]>,
        /// Its colour.
        colour: Rgb,
        /// Its width.
        width: f64,
        /// Whether it is dashed.
        dashed: bool,
    },
    /// The area between two lines.
    Band {
        /// Where both are given.
        x: Vec<f64>,
        /// The lower one.
        lower: Vec<f64>,
        /// The upper one.
        upper: Vec<f64>,
        /// Its colour, which shines through.
        colour: Rgb,
    },
    /// Symbols.
    Points {
        /// `[x, y]`.
        points: Vec<[f64; 2]>,
        /// `disc`, `ring` or `diamond`; the last two are hollow.
        shape: &'static str,
        /// Their colour.
        colour: Rgb,
        /// Their radius.
        radius: f64,
    },
    /// Bars from 0.
    Bars {
        /// Their edges, one more than bars.
        edges: Vec<f64>,
        /// How high they are.
        heights: Vec<f64>,
        /// Their colour.
        colour: Rgb,
    },
    /// A dashed line through the whole panel.
    Rule {
        /// Whether it stands upright.
        vertical: bool,
        /// Where.
        at: f64,
        /// Its colour.
        colour: Rgb,
    },
    /// Short strokes along the upper edge.
    Flags {
        /// Where.
        x: Vec<f64>,
        /// Their colour.
        colour: Rgb,
    },
    /// Arrows whose directions count, not their lengths.
    Arrows {
        /// Their middles.
        at: Vec<[f64; 2]>,
        /// Where they point.
        by: Vec<[f64; 2]>,
        /// Their colour.
        colour: Rgb,
    },
    /// A word, centred.
    Word {
        /// Its middle.
        at: [f64; 2],
        /// The word.
        text: String,
        /// Its size.
        size: f64,
        /// Its colour.
        colour: Rgb,
    },
    /// A raster: upright strokes, one row for each neuron.
    Spikes {
        /// When.
        times: Vec<f64>,
        /// In which row.
        rows: Vec<u32>,
        /// Colour and first row of each group of rows, ascending.
        groups: Vec<(Rgb, u32)>,
    },
    /// A grid of coloured cells.
    Cells {
        /// Row by row from the top.
        colours: Vec<Rgb>,
        /// Number of rows and columns.
        shape: [usize; 2],
        /// Left and right edge.
        x: [f64; 2],
        /// Upper and lower edge.
        y: [f64; 2],
    },
}

impl Figure {
    /// What each of its panels shows, from the top.
    pub fn contents(&self) -> Vec<Contents> {
        self.panels().iter().map(contents).collect()
    }
}

fn contents(panel: &Panel) -> Contents {
    let scale = |scale: Scale| (0..=255u8).map(|i| scale.at(f64::from(i) / 255.0)).collect();
    Contents {
        title: panel.title.clone(),
        note: panel.note.clone(),
        x: axis(&panel.x),
        y: axis(&panel.y),
        items: panel.marks.iter().map(item).collect(),
        legend: panel.legend.iter().map(|(swatch, words)| (key(*swatch), words.clone())).collect(),
        scale: panel.bar.as_ref().map(|bar| (axis(&bar.axis), scale(bar.scale))),
    }
}

fn axis(axis: &Axis) -> AxisContents {
    AxisContents {
        label: axis.label.clone(),
        unit: axis.unit.clone(),
        from: axis.range.from,
        to: axis.range.to,
        names: if let Ticks::Named(names) = &axis.ticks { names.clone() } else { Vec::new() },
        hidden: axis.ticks == Ticks::Hidden,
    }
}

/// On white paper.
fn rgb(paint: Paint) -> Rgb {
    match paint {
        Paint::Ink => [0; 3],
        Paint::Paper => [255; 3],
        Paint::Rgb(colour) => colour,
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Disc => "disc",
        Shape::Ring => "ring",
        Shape::Diamond => "diamond",
    }
}

fn key(swatch: Swatch) -> Key {
    match swatch {
        Swatch::Line { paint, dashed } => Key::Line(rgb(paint), dashed),
        Swatch::Symbol { shape, paint } => Key::Points(rgb(paint), shape_name(shape)),
        Swatch::Area(paint) => Key::Area(rgb(paint)),
    }
}

fn item(mark: &Mark) -> Item {
    match mark.clone() {
        Mark::Line { points, paint, width, dashed } => {
            Item::Line { points, colour: rgb(paint), width, dashed }
        }
        Mark::Band { x, lower, upper, paint } => Item::Band { x, lower, upper, colour: rgb(paint) },
        Mark::Points { points, shape, paint, radius } => {
            Item::Points { points, shape: shape_name(shape), colour: rgb(paint), radius }
        }
        Mark::Bars { edges, heights, paint } => Item::Bars { edges, heights, colour: rgb(paint) },
        Mark::Rule { vertical, at, paint } => Item::Rule { vertical, at, colour: rgb(paint) },
        Mark::Flags { x, paint } => Item::Flags { x, colour: rgb(paint) },
        Mark::Arrows { at, by, paint, .. } => Item::Arrows { at, by, colour: rgb(paint) },
        Mark::Word(Word { at, text, size, paint, .. }) => Item::Word { at, text, size, colour: rgb(paint) },
        Mark::Spikes(s) => {
            let groups = match s.groups.is_empty() {
                true => vec![(rgb(Paint::Ink), 0)],
                false => s.groups.iter().map(|(paint, row)| (rgb(*paint), *row)).collect(),
            };
            Item::Spikes { times: s.times, rows: s.neurons, groups }
        }
        Mark::Cells(c) => Item::Cells {
            colours: c.values.iter().map(|v| c.colour_of(*v)).collect(),
            shape: [c.rows, c.columns],
            x: [c.x.from, c.x.to],
            y: [c.y.from, c.y.to],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DistanceMatrix, Order, Raster};

    #[test]
    fn rows_are_sorted_within_their_groups() {
        let (times, neurons) = ([0.01, 0.02, 0.03, 0.04, 0.05, 0.06], [4, 0, 2, 0, 2, 2]);
        let rows = |raster: Raster| {
            let panel = raster.figure().expect("draws").contents().remove(0);
            let rows = panel.items.into_iter().find_map(|item| match item {
                Item::Spikes { rows, .. } => Some(rows),
                _ => None,
            });
            let names: Vec<String> = panel.y.names.into_iter().map(|(_, name)| name).collect();
            (rows.expect("spikes"), names.join(","), panel.y.label)
        };
        let raster = || Raster::new(&times, &neurons, 5).span(0.0, 0.1);
        assert_eq!(rows(raster()), (neurons.to_vec(), String::new(), "neuron".into()));
        // From the slowest: 1 and 3 are silent, 4 has a spike, 0 two, 2 three.
        let by_rate = rows(raster().order(Order::Rate));
        assert_eq!(by_rate, (vec![2, 3, 4, 3, 4, 4], "1,3,4,0,2".into(), "neuron, by rate".into()));
        let by_first = rows(raster().order(Order::First));
        assert_eq!(by_first, (vec![0, 1, 2, 1, 2, 2], "4,0,2,1,3".into(), "neuron, by first spike".into()));
        let grouped = rows(raster().order(Order::Rate).group("a", 0).group("b", 2));
        assert_eq!((grouped.0, &grouped.1[..]), (vec![3, 1, 4, 1, 4, 4], "1,0,3,4,2"));
        // What is not shown does not count; a mark may stand for several spikes.
        let late = rows(Raster::new(&times, &neurons, 5).span(0.035, 0.1).order(Order::Rate));
        assert_eq!(late.1, "1,3,4,0,2");
        let counted = rows(raster().counts(&[9, 1, 1, 1, 1, 1]).order(Order::Rate));
        assert_eq!(counted.1, "1,3,0,2,4");
        assert!("rat".parse::<Order>().unwrap_err().to_string().contains("did you mean `rate`"));
    }

    #[test]
    fn contents_are_the_data_of_the_picture() {
        let (times, neurons) = ([0.010, 0.012, 0.020], [0, 1, 0]);
        let figure = Raster::new(&times, &neurons, 2).span(0.0, 0.03).figure().expect("draws");
        let [panel] = &figure.contents()[..] else { panic!("one panel") };
        assert_eq!(
            (&panel.x.label[..], &panel.x.unit[..], panel.x.from, panel.x.to),
            ("time", "s", 0.0, 0.03)
        );
        let spikes = panel.items.iter().find_map(|item| match item {
            Item::Spikes { times, rows, groups } => Some((times.clone(), rows.clone(), groups.clone())),
            _ => None,
        });
        assert_eq!(spikes, Some((times.to_vec(), neurons.to_vec(), vec![([0; 3], 0)])));
        let matrix = DistanceMatrix::new(&[0.0, 2.0, 2.0, 0.0], 2, "distance", "").figure().expect("draws");
        let [panel] = &matrix.contents()[..] else { panic!("one panel") };
        let cells = panel.items.iter().find_map(|item| match item {
            Item::Cells { colours, shape, .. } => Some((colours.clone(), *shape)),
            _ => None,
        });
        let (colours, shape) = cells.expect("cells");
        assert_eq!(shape, [2, 2]);
        assert!(colours[0] == colours[3] && colours[1] == colours[2] && colours[0] != colours[1]);
        assert_eq!(panel.scale.as_ref().map(|(_, colours)| colours.len()), Some(256));
    }
}
