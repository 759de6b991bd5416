//! Raster: one row per neuron, one stroke per spike.

use std::str::FromStr;

use super::axis::{Axis, Range, grouped, row_height};
use super::clock::time_axis;
use super::colour::series;
use super::marks::{Mark, Shape};
use super::panel::{Extent, PAGE, Panel, Swatch};
use super::spikes::Spikes;
use super::{Figure, check};
use rheobase_base::{Error, Result};
use rheobase_models::neuron::Time;
use rheobase_signals::{Window, rounding};

/// More rows than this have no room for all of their names.
const ROWS: usize = 25;
/// Numbers beside the rows of several samples, about.
const LABELS: usize = 16;

/// In which order the rows of a raster stand, from the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As neurons are numbered.
    #[default]
    Number,
    /// The neuron with the fewest spikes first.
    Rate,
    /// The neuron whose first spike comes first; silent ones last.
    First,
}

impl Order {
    const ALL: [(&'static str, Order); 3] =
        [("number", Order::Number), ("rate", Order::Rate), ("first", Order::First)];
}

impl FromStr for Order {
    type Err = Error;

    /// `number`, `rate` or `first`.
    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        let unknown = || Error::unknown("raster", "order", name, Self::ALL.iter().map(|(known, _)| *known));
        found.map(|(_, order)| *order).ok_or_else(unknown)
    }
}

/// A raster of spikes. Up to 30 000 spikes are drawn as strokes; more of them as an image of 300 dpi inside the
/// picture, where darker pixels hold more spikes.
#[derive(Debug, Clone)]
pub struct Raster<'a> {
    times: &'a [f64],
    neurons: &'a [u32],
    count: usize,
    window: Option<Window>,
    counts: Option<&'a [u64]>,
    groups: Vec<(String, u32)>,
    order: Order,
    marked: Option<(u32, String)>,
    rows: String,
    names: &'a [String],
    clock: Time,
    title: String,
}

impl<'a> Raster<'a> {
    /// Spike `i` happened at `times[i]` (any order) in neuron `neurons[i]`, one of `count`.
    pub fn new(times: &'a [f64], neurons: &'a [u32], count: usize) -> Self {
        Raster {
            times,
            neurons,
            count,
            window: None,
            counts: None,
            groups: Vec::new(),
            order: Order::Number,
            marked: None,
            rows: "neuron".into(),
            names: &[],
            clock: Time::Seconds,
            title: String::new(),
        }
    }

    /// Sets the time shown; without it, that of the first to the last spike. Spikes outside are left out, and so are
    /// those at `to`, which belong to the next raster.
    pub fn span(self, from: f64, to: f64) -> Self {
        self.window((from, to))
    }

    /// Sets the time shown, as [`span`](Self::span); up to the end of the recording a spike at the end is shown, too.
    pub fn window(mut self, window: impl Into<Window>) -> Self {
        self.window = Some(window.into());
        self
    }

    /// Says that mark `i` stands for `counts[i]` spikes: several in one step.
    pub fn counts(mut self, counts: &'a [u64]) -> Self {
        self.counts = Some(counts);
        self
    }

    /// Gives the neurons from `first` on (up to the next group) a name and a colour. Groups come in ascending order.
    pub fn group(mut self, name: impl Into<String>, first: u32) -> Self {
        self.groups.push((name.into(), first));
        self
    }

    /// Sets the order of rows; where there are groups, that of the rows within each.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Marks the row of a neuron at the edge of the time shown, and says why.
    pub fn mark(mut self, neuron: u32, why: impl Into<String>) -> Self {
        self.marked = Some((neuron, why.into()));
        self
    }

    /// Sets what rows are: `neuron` if nothing is said.
    pub fn rows(mut self, name: impl Into<String>) -> Self {
        self.rows = name.into();
        self
    }

    /// Sets what the neurons are called: row `i` is `names[i]`, and where these are fewer than rows they begin anew. Without names,
    /// and where names count from 0, rows are counted.
    pub fn names(mut self, names: &'a [String]) -> Self {
        self.names = names;
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

    /// The raster as a panel over time.
    ///
    /// # Errors
    /// No neurons; times and neurons of unequal number; a time that is not finite; a neuron or group beyond the
    /// number of neurons; counts of another number; groups out of order; no spikes and no span; a span that ends before it starts.
    pub fn panel(&self) -> Result<Panel> {
        self.check()?;
        let neurons = self.sorted();
        let mut row_of = vec![0; self.count];
        neurons.iter().zip(0..).for_each(|(neuron, row)| row_of[*neuron] = row);
        let row = |neuron: u32| row_of[neuron as usize];
        let range = match self.window {
            Some(Window { start, end, .. }) => Range::new(start, end),
            None => from_zero(Range::of(self.times.iter().copied()).unwrap_or(Range::new(0.0, 1.0))),
        };
        let rows = Range::new(-0.5, self.count as f64 - 0.5);
        let mut panel = Panel::new(time_axis(self.clock, "time", range), self.row_axis(rows, &neurons))
            .title(self.title.clone());
        let shown: Vec<usize> = (0..self.times.len()).filter(|i| self.shows(self.times[*i])).collect();
        let count = |i: &usize| self.counts.map_or(1, |c| c[*i]);
        panel.note = match shown.iter().map(count).fold(0, u64::saturating_add) {
            0 => "no spikes".into(),
            1 => "1 spike".into(),
            n => format!("{} spikes", grouped(n)),
        };
        let pitch = row_height(self.names.iter().take(ROWS).map(String::as_str));
        panel.extent = Extent::Points((self.count as f64 * pitch).clamp(60.0, 230.0));
        panel.width = PAGE;
        let groups: Vec<_> = self.groups.iter().enumerate().map(|(i, g)| (series(i), g.1)).collect();
        panel.legend =
            groups.iter().zip(&self.groups).map(|(c, g)| (Swatch::Area(c.0), g.0.clone())).collect();
        if let Some((neuron, why)) = &self.marked {
            let (shape, paint, points) =
                (Shape::Diamond, series(1), vec![[range.to, f64::from(row(*neuron))]]);
            panel.marks.push(Mark::Points { points, shape, paint, radius: 2.4 });
            panel.legend.push((Swatch::Symbol { shape, paint }, why.clone()));
        }
        let times = shown.iter().map(|i| self.times[*i]).collect();
        let neurons = shown.iter().map(|i| row(self.neurons[*i])).collect();
        let counts = shown.iter().map(|i| u32::try_from(count(i)).unwrap_or(u32::MAX)).collect();
        panel.marks.push(Mark::Spikes(Spikes { times, neurons, counts, count: self.count, groups }));
        Ok(panel)
    }

    /// The neuron of each row.
    fn sorted(&self) -> Vec<usize> {
        let mut neurons: Vec<usize> = (0..self.count).collect();
        if self.order == Order::Number {
            return neurons;
        }
        // What neurons are sorted by, in ascending order.
        let mut by = vec![if self.order == Order::Rate { 0.0 } else { f64::INFINITY }; self.count];
        for i in (0..self.times.len()).filter(|i| self.shows(self.times[*i])) {
            let by = &mut by[self.neurons[i] as usize];
            match self.order {
                Order::Rate => *by += self.counts.map_or(1.0, |c| c[i] as f64),
                _ => *by = by.min(self.times[i]),
            }
        }
        let group = |neuron: usize| self.groups.partition_point(|g| g.1 as usize <= neuron);
        neurons.sort_by(|a, b| group(*a).cmp(&group(*b)).then(by[*a].total_cmp(&by[*b])));
        neurons
    }

    /// The axis of rows, which hold these neurons.
    fn row_axis(&self, range: Range, neurons: &[usize]) -> Axis {
        let label = match self.order {
            Order::Number => self.rows.clone(),
            Order::Rate => format!("{}, by rate", self.rows),
            Order::First => format!("{}, by first spike", self.rows),
        };
        let counted = (0..self.count).zip(self.names).all(|(neuron, name)| *name == neuron.to_string());
        // Rows beyond the names are those of the next sample, whose neurons count from 0 again.
        let again = (1..self.count).contains(&self.names.len());
        if counted && !again && self.order == Order::Number {
            return Axis::whole(&label, range);
        }
        if counted && self.order == Order::Number {
            return Axis::named(&label, range, again_from_zero(self.count, self.names.len()));
        }
        let name = |neuron: usize| match self.names.len() {
            0 => neuron.to_string(),
            n => self.names[neuron % n].clone(),
        };
        let names = neurons.iter().enumerate().map(|(row, neuron)| (row as f64, name(*neuron)));
        Axis::named(&label, range, names.collect())
    }

    /// Whether a spike at this time is shown.
    fn shows(&self, time: f64) -> bool {
        self.window.is_none_or(|w| {
            let end = w.end + if w.end_included { rounding(w.end) } else { -rounding(w.end) };
            time >= w.start - rounding(w.start) && time < end
        })
    }

    /// The raster alone as a figure; errors as for [`panel`](Self::panel).
    pub fn figure(&self) -> Result<Figure> {
        self.panel().map(Figure::from)
    }

    fn check(&self) -> Result<()> {
        const PLACE: &str = "raster";
        if self.count == 0 || self.count > u32::MAX as usize {
            return Err(check::value(PLACE, "count", None, self.count, "must lie in 1..=4294967295 neurons"));
        }
        check::same_length(PLACE, "neurons", self.neurons.len(), "times", self.times.len())?;
        if let Some(counts) = self.counts {
            check::same_length(PLACE, "counts", counts.len(), "times", self.times.len())?;
        }
        check::finite(PLACE, "times", self.times)?;
        if let Some(i) = self.neurons.iter().position(|n| *n as usize >= self.count) {
            let rule = format!("must be below the number of neurons, {}", self.count);
            return Err(check::value(PLACE, "neurons", Some(i), self.neurons[i], &rule));
        }
        if let Some((neuron, _)) = self.marked.as_ref().filter(|(n, _)| *n as usize >= self.count) {
            let rule = format!("must be below the number of neurons, {}", self.count);
            return Err(check::value(PLACE, "mark", None, neuron, &rule));
        }
        let bad = |i: usize| {
            let (first, before) = (self.groups[i].1, i.checked_sub(1).map(|b| self.groups[b].1));
            first as usize >= self.count || before.is_some_and(|b| first <= b) || (i == 0 && first != 0)
        };
        if let Some(i) = (0..self.groups.len()).find(|i| bad(*i)) {
            let rule =
                "the first group starts at neuron 0, each other one above the one before and below `count`";
            return Err(check::value(PLACE, "groups", Some(i), self.groups[i].1, rule));
        }
        match self.window {
            Some(w) => span(PLACE, w.start, w.end),
            None => check::some(PLACE, "times", self.times),
        }
    }
}

/// The rows at round numbers of neurons, of which there are so many in each sample, with these numbers.
fn again_from_zero(rows: usize, neurons: usize) -> Vec<(f64, String)> {
    let wanted = rows.div_ceil(LABELS);
    let steps = (0..9).flat_map(|ten| [1, 2, 5].map(|n| n * 10_usize.pow(ten)));
    let step = steps.into_iter().find(|step| *step >= wanted).unwrap_or(neurons).min(neurons);
    let round = (0..rows).filter(|row| (row % neurons).is_multiple_of(step));
    // The last sample's number may stand too near to the next one's 0.
    let clear = round.filter(|row| row % neurons == 0 || neurons - row % neurons >= step / 2);
    clear.map(|row| (row as f64, (row % neurons).to_string())).collect()
}

/// A range that starts shortly after 0 starts at 0: the run did.
fn from_zero(r: Range) -> Range {
    if r.from > 0.0 && r.from < 0.05 * r.to { Range::new(0.0, r.to) } else { r }
}

/// A time span that goes forward.
pub(crate) fn span(place: &str, from: f64, to: f64) -> Result<()> {
    check::number(place, "span.from", from)?;
    check::number(place, "span.to", to)?;
    if from >= to {
        return Err(check::value(
            place,
            "span.to",
            None,
            to,
            &format!("must be later than the start, {from}"),
        ));
    }
    Ok(())
}
