//! Learning curves: loss and accuracy over epochs.

use super::axis::{Axis, Range, short};
use super::colour::{Paint, series};
use super::marks::{Mark, Shape};
use super::panel::{COLUMN, Extent, Panel, Swatch};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;

/// Loss and accuracy of a training run, one value per epoch, each for one or more sets of data (or of several runs, each with a
/// band around their mean).
#[derive(Debug, Clone, Default)]
pub struct LearningCurves<'a> {
    loss: Vec<Curve<'a>>,
    accuracy: Vec<Curve<'a>>,
    tested: Option<[Option<f64>; 2]>,
    log_loss: bool,
    title: String,
}

/// Values of epochs 1, 2, …, or of some epochs.
#[derive(Debug, Clone)]
struct Curve<'a> {
    name: String,
    epochs: Option<&'a [f64]>,
    values: &'a [f64],
    band: Option<[&'a [f64]; 2]>,
}

const PLACE: &str = "learning curves";

impl<'a> LearningCurves<'a> {
    /// Curves yet without data.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the loss on the set called `name` after epochs 1, 2, ….
    pub fn loss(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.loss.push(Curve { name: name.into(), epochs: None, values, band: None });
        self
    }

    /// Adds the accuracy (0 to 1) on the set called `name` after epochs 1, 2, ….
    pub fn accuracy(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.accuracy.push(Curve { name: name.into(), epochs: None, values, band: None });
        self
    }

    /// Adds a loss on the set called `name` after these epochs (ascending), with the limits of a band around it where there is one:
    /// mean, lowest and highest of several runs, say.
    pub fn loss_at(
        mut self,
        name: impl Into<String>,
        epochs: &'a [f64],
        values: &'a [f64],
        band: Option<[&'a [f64]; 2]>,
    ) -> Self {
        self.loss.push(Curve { name: name.into(), epochs: Some(epochs), values, band });
        self
    }

    /// Adds an accuracy (0 to 1) after these epochs (ascending), with the limits of a band around it where there is one.
    pub fn accuracy_at(
        mut self,
        name: impl Into<String>,
        epochs: &'a [f64],
        values: &'a [f64],
        band: Option<[&'a [f64]; 2]>,
    ) -> Self {
        self.accuracy.push(Curve { name: name.into(), epochs: Some(epochs), values, band });
        self
    }

    /// Marks what a test gave after the last epoch: loss and accuracy (0 to 1), as far as they are known.
    pub fn tested(mut self, loss: Option<f64>, accuracy: Option<f64>) -> Self {
        self.tested = Some([loss, accuracy]);
        self
    }

    /// Draws the loss on a logarithmic axis, for which all of it must be above 0.
    pub fn log_loss(mut self) -> Self {
        self.log_loss = true;
        self
    }

    /// Sets the words above the figure.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Loss above accuracy, on one axis of epochs. A set has the same colour in both.
    ///
    /// # Errors
    /// No curve; an empty one; epochs or a band of another length; epochs that go back; values that are not finite; an accuracy outside 0 to 1; a loss
    /// of 0 or less on a logarithmic axis.
    pub fn figure(&self) -> Result<Figure> {
        self.check()?;
        let all = || self.loss.iter().chain(&self.accuracy);
        let epochs = all().filter_map(|c| c.epoch(c.values.len() - 1)).fold(1.0, f64::max);
        let x = Range::new(1.0, epochs).padded(0.02);
        let mut names: Vec<&str> = Vec::new();
        for curve in all() {
            if !names.contains(&curve.name.as_str()) {
                names.push(&curve.name);
            }
        }
        let [test_loss, test_accuracy] = self.tested.unwrap_or_default();
        let test = |value: Option<f64>| value.map(|v| [epochs, v]);
        let mut panels = Vec::new();
        if !self.loss.is_empty() {
            let scale = if self.log_loss { Scale::Log } else { Scale::Times(1.0) };
            let y = reach(&self.loss, test_loss, scale);
            let axis = match scale {
                Scale::Log => log_axis("loss", y.padded(0.06)),
                Scale::Times(_) => Axis::new("loss", "", above_zero(y)),
            };
            panels.push(panel(&self.loss, &names, x, axis, scale, test(test_loss)));
        }
        if !self.accuracy.is_empty() {
            let scale = Scale::Times(100.0);
            let y = reach(&self.accuracy, test_accuracy, scale).padded(0.08);
            let y = Range::new(y.from.max(-1.0), y.to.min(101.0));
            let axis = Axis::new("accuracy", "%", y);
            let mut panel = panel(&self.accuracy, &names, x, axis, scale, test(test_accuracy));
            panel.note = self.note(test_accuracy);
            panels.push(panel);
        }
        // The legend of the loss serves both, unless accuracy was measured on other sets.
        if panels.len() == 2 && self.accuracy.iter().all(|a| self.loss.iter().any(|l| l.name == a.name)) {
            panels[1].legend.clear();
        }
        Ok(Figure::stack(panels)?.title(self.title.clone()))
    }

    fn check(&self) -> Result<()> {
        let all: Vec<&Curve> = self.loss.iter().chain(&self.accuracy).collect();
        check::some(PLACE, "loss and accuracy", &all)?;
        for curve in &all {
            check::some(PLACE, &curve.name, curve.values)?;
            if let Some(epochs) = curve.epochs {
                let of = format!("epochs of {}", curve.name);
                check::same_length(PLACE, &of, epochs.len(), "values of the curve", curve.values.len())?;
                check::finite(PLACE, &of, epochs)?;
                check::ascending(PLACE, &of, epochs)?;
            }
            for part in curve.parts() {
                check::same_length(
                    PLACE,
                    &curve.name,
                    part.len(),
                    "values of the curve",
                    curve.values.len(),
                )?;
                check::finite(PLACE, &curve.name, part)?;
            }
        }
        for value in self.tested.iter().flatten().flatten() {
            check::number(PLACE, "tested", *value)?;
        }
        let within = |curves: &[Curve], fits: fn(&f64) -> bool, rule: &str| {
            for (curve, part) in curves.iter().flat_map(|c| c.parts().map(move |part| (c, part))) {
                if let Some(i) = part.iter().position(|v| !fits(v)) {
                    return Err(check::value(PLACE, &curve.name, Some(i), part[i], rule));
                }
            }
            Ok(())
        };
        if self.log_loss {
            within(&self.loss, |v| *v > 0.0, "must be above 0 on a logarithmic axis; leave that out")?;
        }
        within(&self.accuracy, |v| (0.0..=1.0).contains(v), "must lie in 0..=1; divide percentages by 100")
    }

    /// What stands beside the accuracy: the test, or the best epoch of the only curve that is no mean of several.
    fn note(&self, tested: Option<f64>) -> String {
        let best = |curve: &Curve| {
            let best = curve.values.iter().copied().fold(0.0, f64::max);
            let at = curve.values.iter().position(|v| *v == best).unwrap_or(0);
            let epoch = curve.epoch(at).unwrap_or(1.0);
            format!("best {}: {} % at epoch {epoch}", curve.name, short(best * 100.0))
        };
        match (tested, self.accuracy.last()) {
            (Some(tested), _) => format!("test: {} %", short(tested * 100.0)),
            (None, Some(last)) if self.accuracy.iter().all(|c| c.band.is_none()) => best(last),
            _ => String::new(),
        }
    }
}

impl<'a> Curve<'a> {
    /// The epoch of value `i`.
    fn epoch(&self, i: usize) -> Option<f64> {
        self.epochs.map_or(Some((i + 1) as f64), |epochs| epochs.get(i).copied())
    }

    /// Its values and the limits around them.
    fn parts(&self) -> impl Iterator<Item = &'a [f64]> + use<'a> {
        std::iter::once(self.values).chain(self.band.into_iter().flatten())
    }
}

/// How values stand on their axis.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    Times(f64),
    /// By their logarithm to base 10.
    Log,
}

impl Scale {
    fn of(self, value: f64) -> f64 {
        match self {
            Scale::Times(factor) => value * factor,
            Scale::Log => value.log10(),
        }
    }
}

/// The range of all curves, their bands and the test.
fn reach(curves: &[Curve], tested: Option<f64>, scale: Scale) -> Range {
    let values = curves.iter().flat_map(Curve::parts).flatten().copied().chain(tested);
    Range::of(values.map(|v| scale.of(v)).filter(|v| v.is_finite())).unwrap_or(Range::new(0.0, 1.0))
}

/// An axis of logarithms with the numbers themselves: powers of ten, and 2 and 5 times these where there are few.
fn log_axis(label: &str, range: Range) -> Axis {
    let (first, last) = (range.from.floor() as i32 - 1, range.to.ceil() as i32);
    let steps: &[f64] = if range.size() > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let values = (first..=last)
        .flat_map(|e| steps.iter().map(move |m| format!("{m}e{e}").parse().unwrap_or(f64::NAN)));
    let plain = |v: f64| if (1e-3..1e5).contains(&v) { format!("{v}") } else { short(v) };
    let names = values.map(|v| (v.log10(), plain(v)));
    Axis::named(label, range, names.filter(|(v, _)| (range.from..=range.to).contains(v)).collect())
}

fn panel(
    curves: &[Curve],
    names: &[&str],
    x: Range,
    y: Axis,
    scale: Scale,
    tested: Option<[f64; 2]>,
) -> Panel {
    let mut panel = Panel::new(Axis::whole("epoch", x), y);
    panel.extent = Extent::Points(95.0);
    panel.width = COLUMN;
    for curve @ Curve { name, values, band, .. } in curves {
        let paint = series(names.iter().position(|n| n == name).unwrap_or(0));
        let scaled = |values: &[f64]| values.iter().map(|v| scale.of(*v)).collect::<Vec<_>>();
        let epochs = || (0..values.len()).filter_map(|i| curve.epoch(i));
        if let Some([low, high]) = band {
            let (x, lower, upper) = (epochs().collect(), scaled(low), scaled(high));
            panel.marks.push(Mark::Band { x, lower, upper, paint });
        }
        let points: Vec<_> = epochs().zip(scaled(values)).map(|(x, y)| [x, y]).collect();
        if points.len() <= 40 {
            let (points, shape) = (points.clone(), Shape::Disc);
            panel.marks.push(Mark::Points { points, shape, paint, radius: 1.8 });
        }
        panel.line(points, paint, 1.2);
        panel.legend_line(paint, false, name);
    }
    if let Some([x, value]) = tested {
        let (shape, paint) = (Shape::Diamond, Paint::Ink);
        panel.marks.push(Mark::Points { points: vec![[x, scale.of(value)]], shape, paint, radius: 2.6 });
        // A curve of the test is no more than that of an epoch.
        let name = if names.contains(&"test") { "test at the end" } else { "test" };
        panel.legend.push((Swatch::Symbol { shape, paint }, name.into()));
    }
    panel
}
