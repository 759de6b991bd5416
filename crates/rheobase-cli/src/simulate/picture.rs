//! `simulate --plot`: the library's picture of a run, as far as its spikes have room.

use rheobase::draw::Figure;
use rheobase::population::{Number, Record};
use rheobase::show::{Rows, RunPicture};
use rheobase::{Population, Recording};

use crate::failure::Outcome;
use crate::simulate::room::Room;

/// Bytes of a spike as it is kept, and as it is drawn.
const KEPT: usize = 12;
const DRAWN_SPIKE: usize = 24;

/// What the picture shows, gathered while the run goes on.
pub(crate) struct Picture {
    shown: RunPicture,
    record: Record,
    room: Room,
}

impl Picture {
    /// An empty picture of a run of `steps` steps, with rows that stand so.
    pub(crate) fn new<E: Number>(population: &Population<E>, steps: usize, rows: Rows) -> Self {
        Picture {
            shown: RunPicture::new(population, steps).rows(rows),
            record: RunPicture::record(population, steps),
            room: Room::new("--plot", KEPT, DRAWN_SPIKE, steps),
        }
    }

    /// The probes that the picture needs, in the order in which [`Picture::take`] expects them.
    pub(crate) fn probes(&self) -> &[(String, usize)] {
        &self.record.probes
    }

    /// Takes a piece of the run that starts at step `start`; the picture's probes are its traces from `first` on.
    pub(crate) fn take<E: Number>(
        &mut self,
        start: usize,
        piece: &Recording<E>,
        first: usize,
    ) -> Outcome<()> {
        self.shown.take(start, piece, first);
        self.room.ask(self.shown.spikes(), start + piece.shape[0])
    }

    /// Room for its spikes: those of one sample.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// The picture of what was taken.
    pub(crate) fn figure(&self) -> Outcome<Figure> {
        Ok(self.shown.figure()?)
    }
}
