//! One run at a glance: input, potentials and spikes on one time axis.

use super::{Figure, Order, Raster, Rates, Traces};
use rheobase_base::Result;
use rheobase_models::neuron::Time;
use rheobase_signals::Window;

/// The picture of one simulation: its input, its potentials with their threshold, its raster.
#[derive(Debug, Clone)]
pub struct Simulation<'a> {
    input: Option<Traces<'a>>,
    potential: Option<Traces<'a>>,
    raster: Raster<'a>,
    rate: Option<Rates<'a>>,
    spikes: (&'a [f64], &'a [u32]),
    clock: Time,
    title: String,
}

impl<'a> Simulation<'a> {
    /// A run from `from` to `to` of `count` neurons, of which `neurons[i]` fired at `times[i]`.
    pub fn new(from: f64, to: f64, times: &'a [f64], neurons: &'a [u32], count: usize) -> Self {
        let raster = Raster::new(times, neurons, count).window(Window::to_the_end(from, to));
        Simulation {
            input: None,
            potential: None,
            raster,
            rate: None,
            spikes: (times, neurons),
            clock: Time::Seconds,
            title: String::new(),
        }
    }

    /// Says that mark `i` of the raster stands for `counts[i]` spikes: several in one step.
    pub fn counts(mut self, counts: &'a [u64]) -> Self {
        self.raster = self.raster.counts(counts);
        self
    }

    /// Adds the panel of the input, on top.
    pub fn input(mut self, traces: Traces<'a>) -> Self {
        self.input = Some(traces);
        self
    }

    /// Adds the panel of the potentials, in the middle: trace 0, 1, … is that of neuron 0, 1, …. Several stand one above another,
    /// each with its neuron's spikes above it.
    pub fn potential(mut self, traces: Traces<'a>) -> Self {
        self.potential = Some(traces);
        self
    }

    /// Sets the order of the raster's rows, as [`Raster::order`].
    pub fn order(mut self, order: Order) -> Self {
        self.raster = self.raster.order(order);
        self
    }

    /// Gives neurons of the raster a name and a colour, as [`Raster::group`].
    pub fn group(mut self, name: impl Into<String>, first: u32) -> Self {
        self.raster = self.raster.group(name, first);
        self
    }

    /// Adds the panel of the population's rate, below.
    pub fn rate(mut self, rates: Rates<'a>) -> Self {
        self.rate = Some(rates);
        self
    }

    /// Sets what times are counted in, in all panels; without it, seconds.
    pub fn clock(mut self, clock: Time) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the words above the figure.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The panels below each other on one time axis.
    ///
    /// # Errors
    /// Those of [`Traces::panel`], [`Raster::panel`] and [`Rates::panel`].
    pub fn figure(&self) -> Result<Figure> {
        let mut panels = Vec::new();
        if let Some(input) = &self.input {
            let mut panel = input.clone().offset().clock(self.clock).panel()?;
            panel.extent = super::panel::Extent::Points(70.0);
            panels.push(panel);
        }
        if let Some(potential) = &self.potential {
            let potential = potential.clone().fired(self.spikes.0, self.spikes.1);
            panels.push(potential.offset().clock(self.clock).panel()?);
        }
        panels.push(self.raster.clone().clock(self.clock).panel()?);
        if let Some(rate) = &self.rate {
            panels.push(rate.clone().clock(self.clock).panel()?);
        }
        Ok(Figure::stack(panels)?.title(self.title.clone()))
    }
}
