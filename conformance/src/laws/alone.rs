//! Law: a neuron among many is the neuron alone.

use rheobase::{Record, Spikes};

use super::{at, same};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let (n, steps) = (37, 120);
    let many = Setup::new(subject, n, 1, steps);
    let record = Record::spikes(Spikes::Dense);
    let mut neurons = many.build::<f32>()?;
    let all = many.run(&mut neurons, 0, steps, &record)?.spikes.into_dense();
    for i in [0, 1, 6, 15, 16, 31, 35, 36] {
        let alone = Setup {
            neurons: 1,
            columns: many.columns.iter().map(|c| vec![c[i]]).collect(),
            input: many.input.iter().skip(i).step_by(n).copied().collect(),
            ..many.clone()
        };
        let mut one = alone.build::<f32>()?;
        let output = alone.run(&mut one, 0, steps, &record)?.spikes.into_dense();
        let of_all: Vec<f32> = all.iter().skip(i).step_by(n).copied().collect();
        at(format!("neuron {i}"), same("output", &output, &of_all))?;
        for (f, field) in subject.model.state().iter().enumerate() {
            let among = &neurons.state().fields[f][i..=i];
            at(format!("neuron {i}"), same(field.name, &one.state().fields[f], among))?;
        }
    }
    Ok(())
}
