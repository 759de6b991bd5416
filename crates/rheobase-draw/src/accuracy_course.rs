//! Accuracy over what it costs: presentation time, spikes, operations.

use super::axis::{Axis, Range};
use super::colour::{Paint, series};
use super::marks::{Mark, Shape};
use super::panel::{COLUMN, Extent, Panel};
use super::{Figure, check};
use rheobase_base::Result;

/// Accuracy over several costs that grow together, with a line at what is aimed at.
#[derive(Debug, Clone)]
pub struct AccuracyCourse<'a> {
    accuracy: &'a [f64],
    costs: Vec<(String, String, &'a [f64])>,
    aim: Option<(String, f64)>,
    title: String,
}

impl<'a> AccuracyCourse<'a> {
    /// Accuracies (0 to 1), one for each point of the course.
    pub fn new(accuracy: &'a [f64]) -> Self {
        AccuracyCourse { accuracy, costs: Vec::new(), aim: None, title: String::new() }
    }

    /// Adds a panel over a cost with name and unit (may be empty): one value for each point, ascending.
    pub fn over(mut self, name: impl Into<String>, unit: impl Into<String>, values: &'a [f64]) -> Self {
        self.costs.push((name.into(), unit.into(), values));
        self
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

    /// The panels, one below the other.
    ///
    /// # Errors
    /// No point, no cost; values that are not finite, costs that fall, another number of them; accuracies outside 0 to 1.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "accuracy course";
        check::some(PLACE, "accuracy", self.accuracy)?;
        check::some(PLACE, "costs", &self.costs)?;
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
        let panels = self.costs.iter().map(|cost| self.panel(cost)).collect::<Result<Vec<Panel>>>()?;
        Ok(Figure::stack(panels)?.title(self.title.clone()))
    }

    fn panel(&self, (name, unit, values): &(String, String, &[f64])) -> Result<Panel> {
        const PLACE: &str = "accuracy course";
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
    fn a_panel_for_each_cost_and_bad_numbers_refused() {
        let (accuracy, steps) = ([0.1, 0.8, 0.9], [8.0, 16.0, 24.0]);
        let course = AccuracyCourse::new(&accuracy).over("time", "ms", &steps).over("spikes", "", &steps);
        let svg = course.clone().aim("as rates", 0.95).figure().unwrap().to_svg().unwrap();
        assert!(svg.contains("as rates") && svg.contains("spikes") && svg.contains("time"));
        assert!(course.clone().aim("as rates", 1.5).figure().is_err());
        assert!(AccuracyCourse::new(&accuracy).figure().is_err());
        assert!(AccuracyCourse::new(&accuracy).over("time", "ms", &[1.0, 0.5, 2.0]).figure().is_err());
        assert!(AccuracyCourse::new(&[]).over("time", "ms", &[]).figure().is_err());
    }
}
