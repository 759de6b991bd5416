//! Accuracy over what it costs: presentation time, spikes, operations.

use super::axis::{Axis, Range};
use super::colour::{Paint, series};
use super::marks::{Mark, Shape};
use super::panel::{COLUMN, Extent, Panel};
use super::{Figure, check};
use rheobase_base::Result;

/// Accuracy over a cost that grows, with a line at what is aimed at.
#[derive(Debug, Clone)]
pub struct AccuracyCourse<'a> {
    accuracy: &'a [f64],
    name: String,
    unit: String,
    cost: &'a [f64],
    aim: Option<(String, f64)>,
    title: String,
}

impl<'a> AccuracyCourse<'a> {
    /// Accuracies (0 to 1), and the cost of each with its name and unit (may be empty), ascending.
    pub fn new(
        accuracy: &'a [f64],
        name: impl Into<String>,
        unit: impl Into<String>,
        cost: &'a [f64],
    ) -> Self {
        let (name, unit) = (name.into(), unit.into());
        AccuracyCourse { accuracy, name, unit, cost, aim: None, title: String::new() }
    }

    /// A dashed line at an accuracy.
    pub fn aim(mut self, name: impl Into<String>, accuracy: f64) -> Self {
        self.aim = Some((name.into(), accuracy));
        self
    }

    /// Sets the words above the figure.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The picture.
    ///
    /// # Errors
    /// No point; values that are not finite, costs that fall, another number of them; accuracies outside 0 to 1.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "accuracy course";
        check::some(PLACE, "accuracy", self.accuracy)?;
        let aim = self.aim.iter().map(|(_, a)| a);
        if let Some((i, x)) =
            self.accuracy.iter().chain(aim).enumerate().find(|(_, x)| !(0.0..=1.0).contains(*x))
        {
            return Err(check::value(
                PLACE,
                "accuracy",
                Some(i),
                *x,
                "must lie in 0..=1; divide percentages by 100",
            ));
        }
        Ok(Figure::stack(vec![self.panel()?])?.title(self.title.clone()))
    }

    fn panel(&self) -> Result<Panel> {
        const PLACE: &str = "accuracy course";
        let (name, unit, values) = (&self.name, &self.unit, self.cost);
        check::same_length(PLACE, name, values.len(), "accuracy", self.accuracy.len())?;
        check::finite(PLACE, name, values)?;
        check::ascending(PLACE, name, values)?;
        let all = self.accuracy.iter().chain(self.aim.iter().map(|(_, a)| a)).map(|x| 100.0 * x);
        let y = Range::of(all).unwrap_or(Range::new(0.0, 100.0)).padded(0.08);
        let y = Range::new(y.from.max(-1.0), y.to.min(101.0));
        let x = Range::new(0.0, values.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE)).padded(0.02);
        let mut panel = Panel::new(Axis::new(name, unit, x), Axis::new("accuracy", "%", y));
        panel.extent = Extent::Points(95.0);
        panel.width = COLUMN;
        let points: Vec<[f64; 2]> = values.iter().zip(self.accuracy).map(|(x, y)| [*x, 100.0 * y]).collect();
        let mark = Mark::Points { points: points.clone(), shape: Shape::Disc, paint: series(0), radius: 1.8 };
        panel.marks.push(mark);
        panel.line(points, series(0), 1.2);
        if let Some((name, aim)) = &self.aim {
            panel.horizontal_rule(100.0 * aim, Paint::Ink);
            panel.legend_line(series(0), false, "as spikes");
            panel.legend_line(Paint::Ink, true, name);
        }
        Ok(panel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aim_stands_beside_the_course_and_bad_numbers_are_refused() {
        let accuracy = [0.1, 0.8, 0.9];
        let course = AccuracyCourse::new(&accuracy, "time", "ms", &[8.0, 16.0, 24.0]);
        let svg = course.clone().aim("as rates", 0.95).figure().unwrap().to_svg().unwrap();
        assert!(svg.contains("as rates") && svg.contains("as spikes") && svg.contains("time"));
        assert!(course.clone().aim("as rates", 1.5).figure().is_err());
        for cost in [&[1.0, 0.5, 2.0][..], &[1.0, f64::NAN, 2.0], &[1.0, 2.0]] {
            assert!(AccuracyCourse::new(&accuracy, "time", "ms", cost).figure().is_err(), "{cost:?}");
        }
        assert!(AccuracyCourse::new(&[], "time", "ms", &[]).figure().is_err());
    }
}
