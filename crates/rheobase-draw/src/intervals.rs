//! Histogram of inter-spike intervals.

use super::axis::{Axis, Range, grouped, short};
use super::clock::{time_axis, time_unit};
use super::colour::{BLUE, Paint};
use super::marks::Mark;
use super::panel::{Extent, Panel};
use super::rates::above_zero;
use super::{Figure, check};
use rheobase_base::Result;
use rheobase_models::neuron::Time;
use rheobase_signals::EDGE;

/// Inter-spike intervals as a histogram, with their number, mean and coefficient of variation.
#[derive(Debug, Clone)]
pub struct Intervals<'a> {
    intervals: &'a [f64],
    bin: Option<f64>,
    step: Option<f64>,
    clock: Time,
    title: String,
}

/// More bins than this cannot be told apart.
const MOST_BINS: f64 = 10_000.0;

impl<'a> Intervals<'a> {
    /// The histogram of `intervals` (each > 0, any order).
    pub fn new(intervals: &'a [f64]) -> Self {
        Intervals { intervals, bin: None, step: None, clock: Time::Seconds, title: String::new() }
    }

    /// Sets the width of a bin; without it, it follows the rule of Freedman and Diaconis
    /// (doi:10.1007/BF01025868), rounded up to 1, 2 or 5 times a power of ten.
    pub fn bin(mut self, width: f64) -> Self {
        self.bin = Some(width);
        self
    }

    /// Says that spikes lie on steps of this length. If all intervals are whole numbers of steps, every bin then holds as
    /// many steps as any other, with its edges between them: else some bins would hold more and look like a pattern.
    pub fn step(mut self, dt: f64) -> Self {
        self.step = Some(dt);
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

    /// The histogram as a figure.
    ///
    /// # Errors
    /// No interval; one that is not finite or not above 0; a bin that is not positive or gives more than 10 000 bins.
    pub fn figure(&self) -> Result<Figure> {
        const PLACE: &str = "intervals";
        check::some(PLACE, "intervals", self.intervals)?;
        check::finite(PLACE, "intervals", self.intervals)?;
        if let Some(i) = self.intervals.iter().position(|v| *v <= 0.0) {
            let rule = "must be > 0: intervals come from strictly ascending times; `merge_equal` makes one spike of \
                        several at one time";
            return Err(check::value(PLACE, "intervals", Some(i), self.intervals[i], rule));
        }
        let longest = self.intervals.iter().copied().fold(0.0, f64::max);
        let bin = self.bin.unwrap_or_else(|| self.natural_bin(longest));
        if !(bin > 0.0 && longest / bin < MOST_BINS) {
            let rule = format!("must be > 0 and at least 1/10000 of the longest interval, {longest}");
            return Err(check::value(PLACE, "bin", None, bin, &rule));
        }
        let (bin, first) = self.on_steps(bin, longest);
        // Multiples of a bin belong to the bin they begin, whatever their last bit.
        let place = |v: f64| ((v - first) / bin + EDGE).max(0.0) as usize;
        let mut heights = vec![0.0; place(longest) + 1];
        let last = heights.len() - 1;
        for v in self.intervals {
            heights[place(*v).min(last)] += 1.0;
        }
        let edges: Vec<f64> = (0..=heights.len()).map(|i| first + i as f64 * bin).collect();
        let end = edges.last().copied().unwrap_or(bin);
        let tallest = heights.iter().copied().fold(0.0, f64::max);
        let x = time_axis(self.clock, "inter-spike interval", Range::new(0.0, end));
        let y = Axis::whole("intervals per bin", above_zero(Range::new(0.0, tallest)));
        let mut panel = Panel::new(x, y).title(self.title.clone());
        panel.note = self.note();
        panel.extent = Extent::Points(130.0);
        panel.marks.push(Mark::Bars { edges, heights, paint: Paint::Rgb(BLUE) });
        Ok(panel.into())
    }

    /// Width of the bins and where the first begins.
    fn on_steps(&self, bin: f64, longest: f64) -> (f64, f64) {
        let whole = |dt: &f64| {
            let off = |v: &f64| (v / dt - (v / dt).round()).abs();
            *dt > 0.0 && longest / dt < 1e9 && self.intervals.iter().all(|v| off(v) < 1e-3)
        };
        match self.step.filter(whole) {
            None => (bin, 0.0),
            Some(dt) => {
                let steps = (bin / dt).round().max(1.0).max((longest / dt / MOST_BINS).ceil());
                // The shortest interval is one step.
                (steps * dt, 0.5 * dt)
            }
        }
    }

    fn natural_bin(&self, longest: f64) -> f64 {
        if longest < 1e-90 {
            return 1e-3;
        }
        let mut sorted = self.intervals.to_vec();
        sorted.sort_by(f64::total_cmp);
        if sorted[0] == longest {
            return longest / 20.0;
        }
        let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
        let wide = 2.0 * (at(0.75) - at(0.25)) / (sorted.len() as f64).cbrt();
        let raw = wide.clamp(longest / 100.0, longest / 5.0);
        let power = 10f64.powi(raw.log10().floor() as i32);
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|b| *b >= raw * 0.999).unwrap_or(raw)
    }

    fn note(&self) -> String {
        let n = self.intervals.len();
        let mean = self.intervals.iter().sum::<f64>() / n as f64;
        let variance = self.intervals.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        let (scaled, unit) = match self.clock {
            Time::Seconds if mean < 1.0 => (mean * 1e3, "ms"),
            clock => (mean, time_unit(clock)),
        };
        let start = format!("n = {}, mean {} {unit}", grouped(n as u64), short(scaled));
        match n > 1 && mean > 0.0 {
            true => format!("{start}, CV {}", short(variance.sqrt() / mean)),
            false => start,
        }
    }
}
