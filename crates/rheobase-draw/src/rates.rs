//! Rates over time, with a band around each where one is known.

use super::axis::Range;
use super::clock::{rate_axis, time_axis};
use super::colour::{Paint, series};
use super::marks::Mark;
use super::panel::{Extent, PAGE, Panel};
use super::{Figure, check};
use rheobase_base::Result;
use rheobase_models::neuron::Time;

#[derive(Debug, Clone)]
struct Rate<'a> {
    name: String,
    values: &'a [f64],
    band: Option<(&'a [f64], &'a [f64])>,
}

/// Firing rates over time: of single neurons, of populations, or around a stimulus.
#[derive(Debug, Clone)]
pub struct Rates<'a> {
    times: &'a [f64],
    series: Vec<Rate<'a>>,
    stimulus: bool,
    clock: Time,
    title: String,
}

impl<'a> Rates<'a> {
    /// Rates at `times` (ascending).
    pub fn new(times: &'a [f64]) -> Self {
        Rates { times, series: Vec::new(), stimulus: false, clock: Time::Seconds, title: String::new() }
    }

    /// Adds a rate, one value per time.
    pub fn rate(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.series.push(Rate { name: name.into(), values, band: None });
        self
    }

    /// Adds a rate with the limits of a band around it, such as a confidence interval.
    pub fn rate_with_band(
        mut self,
        name: impl Into<String>,
        values: &'a [f64],
        lower: &'a [f64],
        upper: &'a [f64],
    ) -> Self {
        self.series.push(Rate { name: name.into(), values, band: Some((lower, upper)) });
        self
    }

    /// Says that times count from a stimulus, which is marked at 0.
    pub fn around_stimulus(mut self) -> Self {
        self.stimulus = true;
        self
    }

    /// Sets what times are counted in; without it, seconds.
    pub fn clock(mut self, clock: Time) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the words above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The rates as a panel over time; the rate axis contains 0.
    ///
    /// # Errors
    /// No rate or no sample; arrays of another length than the times; times that go back; values that are not finite.
    pub fn panel(&self) -> Result<Panel> {
        const PLACE: &str = "rates";
        check::some(PLACE, "times", self.times)?;
        check::finite(PLACE, "times", self.times)?;
        check::ascending(PLACE, "times", self.times)?;
        check::some(PLACE, "series", &self.series)?;
        let mut y = Range::new(0.0, 0.0);
        for s in &self.series {
            let (lower, upper) = s.band.unwrap_or((s.values, s.values));
            let parts = [("", s.values), (".lower", lower), (".upper", upper)];
            for (part, values) in parts {
                let field = format!("{}{part}", s.name);
                check::same_length(PLACE, &field, values.len(), "times", self.times.len())?;
                check::finite(PLACE, &field, values)?;
                y = Range::of(values.iter().copied()).map_or(y, |r| r.union(y));
            }
        }
        let t = Range::new(self.times[0], self.times[self.times.len() - 1]);
        let what = if self.stimulus { "time after the stimulus" } else { "time" };
        let mut panel = Panel::new(time_axis(self.clock, what, t), rate_axis(self.clock, above_zero(y)));
        if self.stimulus {
            panel.marks.push(Mark::Rule { vertical: true, at: 0.0, paint: Paint::Ink });
        }
        panel.title = self.title.clone();
        panel.width = PAGE;
        panel.extent = Extent::Points(110.0);
        for (i, s) in self.series.iter().enumerate() {
            if let Some((lower, upper)) = s.band {
                let (x, lower, upper) = (self.times.to_vec(), lower.to_vec(), upper.to_vec());
                panel.marks.push(Mark::Band { x, lower, upper, paint: series(i) });
            }
            panel.line(self.times.iter().zip(s.values).map(|(t, v)| [*t, *v]).collect(), series(i), 1.1);
            if !s.name.is_empty() {
                panel.legend_line(series(i), false, &s.name);
            }
        }
        Ok(panel)
    }

    /// The rates alone as a figure; errors as for [`panel`](Self::panel).
    pub fn figure(&self) -> Result<Figure> {
        self.panel().map(Figure::from)
    }
}

/// Room above the highest value, none below a lowest value of 0.
pub(crate) fn above_zero(y: Range) -> Range {
    let wide = Range::new(y.from.min(0.0), y.to.max(0.0)).padded(0.06);
    Range::new(if y.from >= 0.0 { 0.0 } else { wide.from }, wide.to)
}
