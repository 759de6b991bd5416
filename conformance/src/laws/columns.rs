//! Law: a parameter shared by all neurons is the same as that number given for each.

use rheobase::{Record, Spikes};

use super::{at, same};
use crate::Subject;
use crate::subject::Setup;

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let (n, steps) = (37, 120);
    for draw in [0, 1] {
        let parameters = subject.parameters(draw);
        let mut shared = Setup::new(subject, n, 1, steps);
        let coupling = subject.model.info().layer_sum;
        for ((column, x), field) in shared.columns.iter_mut().zip(&parameters).zip(subject.model.params()) {
            column.fill(if coupling == Some(field.name) { 0.0 } else { *x });
        }
        // The last neuron differs, so that the others' numbers stand in columns too.
        let mut each = shared.clone();
        for (i, (column, other)) in each.columns.iter_mut().zip(subject.parameters(2)).enumerate() {
            if coupling != Some(subject.model.params()[i].name) {
                column[n - 1] = other;
            }
        }
        let record = Record::spikes(Spikes::Dense);
        let (mut a, mut b) = (shared.build::<f32>()?, each.build::<f32>()?);
        let (x, y) = (shared.run(&mut a, 0, steps, &record)?, each.run(&mut b, 0, steps, &record)?);
        for (t, (x, y)) in x.dense().chunks(n).zip(y.dense().chunks(n)).enumerate() {
            at(format!("set {draw}, step {t}"), same("output", &x[..n - 1], &y[..n - 1]))?;
        }
        for (x, y) in a.state().fields.iter().zip(&b.state().fields) {
            at(format!("set {draw}"), same("state", &x[..n - 1], &y[..n - 1]))?;
        }
    }
    Ok(())
}
