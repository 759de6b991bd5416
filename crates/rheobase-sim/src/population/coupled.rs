//! The step of a layer whose neurons see each other (competition, lateral edges, layer sums), and of any layer of which
//! more is looked at than the fast loop keeps.
//!
//! It knows no model: the two phases that a model writes go through [`Kernels`], the layer's own business stands between
//! them. The numbers are the fast loop's, bit for bit.

use rheobase_base::virtual_lane_sum;
use rheobase_kernels::phases::{Emit, Integrate};
use rheobase_kernels::{Column, Kernels, Model};
use rheobase_models::Surrogate;
use rheobase_models::lanes::Level;
use rheobase_models::phases::SETTLE;

use super::Number;
use super::lateral::Lateral;
use super::layer_state::LayerState;
use super::probe::{Quantity, Recorded};
use crate::compete::{Competition, Place};

/// What a layer is stepped with.
pub(crate) struct Setting<'a, E: Number> {
    pub(crate) model: &'a dyn Model,
    pub(crate) level: Level,
    /// Coefficients of the layer.
    pub(crate) coeffs: &'a [Column<E>],
    /// Length of a step.
    pub(crate) dt: E,
    pub(crate) surrogate: Surrogate,
    pub(crate) couplings: Couplings<'a, E>,
}

/// How the neurons of a layer see each other.
pub(crate) struct Couplings<'a, E> {
    /// Winners, and whom they silence.
    pub(crate) competition: Option<&'a Competition>,
    /// Edges from the layer to itself.
    pub(crate) lateral: Option<&'a Lateral<E>>,
    /// Whether the model needs the layer's sum of spikes.
    pub(crate) layer_sum: bool,
    /// [C, H, W] of the layer.
    pub(crate) shape: [usize; 3],
}

/// A layer that is taken step by step, one sample at a time.
pub(crate) struct Coupled<'a, E: Number> {
    setting: Setting<'a, E>,
    kernels: &'a dyn Kernels<E>,
    /// Which state field is the membrane potential.
    potential: Option<usize>,
    x: Vec<E>,
    own: Vec<E>,
    margin: Vec<E>,
    through: Vec<E>,
    offsets: Vec<E>,
    /// The potential of neurons that have none.
    zeros: Vec<E>,
}

/// The state of one sample of a layer.
pub(crate) struct Sample<'a, E> {
    /// Field by field.
    pub(crate) fields: &'a mut [Vec<E>],
    /// Where in each field this sample begins.
    pub(crate) at: usize,
    /// What belongs to the layer.
    pub(crate) layer: &'a mut LayerState<E>,
}

impl<'a, E: Number> Coupled<'a, E> {
    pub(crate) fn new(setting: Setting<'a, E>) -> Self {
        let kernels = E::kernels(setting.model);
        let potential = setting.model.info().potential;
        let potential = setting.model.state().iter().position(|f| Some(f.name) == potential);
        let numbers = || vec![E::default(); setting.couplings.shape.iter().product()];
        let [x, own, margin, through, offsets, zeros] = [(); 6].map(|()| numbers());
        Coupled { setting, kernels, potential, x, own, margin, through, offsets, zeros }
    }

    /// The input of the last step, lateral edges included.
    pub(crate) fn x(&self) -> &[E] {
        &self.x
    }

    /// What each neuron fired in the last step, before it was emitted.
    pub(crate) fn own(&self) -> &[E] {
        &self.own
    }

    /// One step under the finite input `x`, the one after `since_reset` others; what is wanted of it, as step `t`, goes to
    /// `taken`. What left the neurons is then in the layer's state.
    pub(crate) fn step(
        &mut self,
        x: &[E],
        since_reset: u64,
        t: usize,
        sample: &mut Sample<'_, E>,
        taken: &mut Recorded<E>,
    ) {
        let level = self.setting.level;
        self.x.copy_from_slice(x);
        if let Some(lateral) = self.setting.couplings.lateral {
            lateral.add(level, &sample.layer.output, &mut self.x);
        }
        let drive = taken.looks_at_drive().then_some((&mut self.margin[..], &mut self.through[..]));
        self.kernels.integrate(
            level,
            Integrate {
                coeffs: self.setting.coeffs,
                first: 0,
                state: sample.fields,
                at: sample.at,
                x: &self.x,
                held: Some(&sample.layer.held),
                own: &mut self.own,
                drive,
            },
        );
        let winners = self.compete(sample);
        taken.winners.extend(winners.into_iter().map(|place| (t, place)));
        self.take_integrated(t, sample, taken);
        let layer = if self.setting.couplings.layer_sum { virtual_lane_sum(&self.own) } else { E::zero() };
        self.kernels.emit(
            level,
            Emit {
                coeffs: self.setting.coeffs,
                first: 0,
                state: sample.fields,
                at: sample.at,
                x: &self.x,
                own: &self.own,
                layer,
                settling: (since_reset + 1).is_multiple_of(SETTLE),
                out: &mut sample.layer.output,
                offsets: taken.outputs_wanted.then_some(&mut self.offsets[..]),
            },
        );
        sample.layer.tick(&self.x);
        self.take(t, sample, taken);
    }

    /// The membrane potentials of a sample; 0 for models without one.
    fn potential<'b>(&'b self, sample: &'b Sample<'_, E>) -> &'b [E] {
        match self.potential {
            Some(i) => &sample.fields[i][sample.at..sample.at + self.x.len()],
            None => &self.zeros,
        }
    }

    /// Phase 3: winners, and the silence they impose from the next step on.
    fn compete(&self, sample: &mut Sample<'_, E>) -> Vec<Place> {
        let couplings = &self.setting.couplings;
        let Some(competition) = couplings.competition else { return Vec::new() };
        for h in &mut sample.layer.held {
            *h = (*h - E::one()).max(E::zero());
        }
        let winners = competition.winners(couplings.shape, &self.own, self.potential(sample));
        let silence = E::from_f64(f64::from(competition.silence));
        competition.silenced(couplings.shape, &winners, |i| sample.layer.held[i] = silence);
        winners
    }

    /// Copies out what is looked at between the phases.
    fn take_integrated(&self, t: usize, sample: &Sample<'_, E>, taken: &mut Recorded<E>) {
        for probe in taken.due(t) {
            let data = &mut probe.data;
            match probe.quantity {
                Quantity::Potential => data.extend_from_slice(self.potential(sample)),
                Quantity::Thresholded => {
                    let keep = |(u, f): (&E, &E)| if *f == E::zero() { *f } else { *u };
                    data.extend(self.potential(sample).iter().zip(&self.own).map(keep));
                }
                Quantity::Margin => data.extend_from_slice(&self.margin),
                Quantity::Slope => data.extend(self.through.iter().map(|z| self.setting.surrogate.slope(*z))),
                _ => {}
            }
        }
    }

    /// Copies out what is looked at after the step.
    fn take(&self, t: usize, sample: &Sample<'_, E>, taken: &mut Recorded<E>) {
        let layer = &*sample.layer;
        if taken.outputs_wanted {
            taken.outputs.extend_from_slice(&layer.output);
            taken.offsets.extend_from_slice(&self.offsets);
        }
        let seconds = |steps: &E| *steps * self.setting.dt;
        for probe in taken.due(t) {
            let data = &mut probe.data;
            match probe.quantity {
                Quantity::State(i) => {
                    data.extend_from_slice(&sample.fields[i][sample.at..sample.at + self.x.len()]);
                }
                Quantity::Input => data.extend_from_slice(&self.x),
                Quantity::Own => data.extend_from_slice(&self.own),
                Quantity::Output => data.extend_from_slice(&layer.output),
                Quantity::Held => data.extend_from_slice(&layer.held),
                Quantity::SinceSpike => data.extend(layer.since_spike.iter().map(seconds)),
                Quantity::SinceInjection => data.extend(layer.since_injection.iter().map(seconds)),
                Quantity::Potential | Quantity::Thresholded | Quantity::Margin | Quantity::Slope => {}
            }
        }
    }
}
