//! Law: a long silence after activity leaves the state finite, denormal numbers included, and ends in the same state at
//! every SIMD level.

use rheobase::models::lanes::Level;
use rheobase::{Input, Record};

use super::{at, same_state};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let setup = Setup::new(subject, 16, 1, 100);
    let end = |level: Level| {
        let mut neurons = setup.builder::<f32>().level(level).build().map_err(|e| e.to_string())?;
        setup.run(&mut neurons, 0, 100, &Record::default())?;
        neurons.run(20_000, &Input::Constant(&[0.0]), &Record::default()).map_err(|e| e.to_string())?;
        Ok::<_, String>(neurons.state().clone())
    };
    let scalar = end(Level::Scalar)?;
    for (field, values) in subject.model.state().iter().zip(&scalar.fields) {
        if let Some(n) = values.iter().position(|x| !x.is_finite()) {
            return Err(format!("{} = {} of neuron {n}", field.name, values[n]));
        }
    }
    at("best level", same_state(subject, &scalar, &end(Level::best())?))
}
