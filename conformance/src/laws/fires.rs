//! Law: the example input makes a default neuron fire, or give output. Without it other laws would be empty.

use rheobase::models::neuron::Firing;
use rheobase::{Input, Record, Spikes};

use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let info = subject.model.info();
    let mut one = Setup::new(subject, 1, 1, 1).shared().build::<f64>()?;
    let input = [info.example_input];
    let run = one.run(1000, &Input::Constant(&input), &Record::spikes(Spikes::Dense));
    let outputs = run.map_err(|e| e.to_string())?.spikes.into_dense();
    let active = outputs.iter().filter(|x| **x != 0.0).count();
    match info.firing {
        _ if active == 0 => Err("silent in 1000 steps of the example input".into()),
        Firing::Never => Ok(()),
        _ if active == outputs.len() => Err("a spike in every step of the example input".into()),
        _ => Ok(()),
    }
}
