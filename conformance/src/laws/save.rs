//! Law: a run from a saved state is the run that went on.

use rheobase::{Record, Spikes};

use super::{same_recording, same_state};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let setup = Setup::new(subject, 21, 2, 120);
    let record = Record::spikes(Spikes::Events).probe("margin");
    let mut neurons = setup.build::<f32>()?;
    setup.run(&mut neurons, 0, 57, &record)?;
    let saved = neurons.state().clone();
    let went_on = setup.run(&mut neurons, 57, 120, &record)?;

    let mut other = setup.build::<f32>()?;
    other.set_state(saved.clone()).map_err(|e| e.to_string())?;
    if *other.state() != saved {
        return Err("the state that was given back is not the one that was taken".into());
    }
    same_recording(&went_on, &setup.run(&mut other, 57, 120, &record)?)?;
    same_state(subject, neurons.state(), other.state())
}
