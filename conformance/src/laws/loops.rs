//! Law: the fast loop over tiles is the step-by-step loop, which runs where more is to be seen.

use rheobase::Record;

use super::{at, same_recording, same_state};
use crate::Subject;
use crate::subject::{FORMS, Setup};

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let steps = 150;
    for setup in [Setup::new(subject, 37, 2, steps), Setup::new(subject, 70, 1, steps).shared()] {
        for form in FORMS {
            let fields = subject.model.state().iter();
            let record = fields.fold(Record::spikes(form), |r, f| r.probe_every(f.name, 3));
            let (mut fused, mut coupled) = (setup.build::<f32>()?, setup.build::<f32>()?);
            let fast = setup.run(&mut fused, 0, steps, &record)?;
            let slow = setup.run(&mut coupled, 0, steps, &record.clone().probe("potential"))?;
            at(format!("{form:?}"), same_recording(&fast, &slow))?;
            at(format!("{form:?}"), same_state(subject, fused.state(), coupled.state()))?;
        }
    }
    Ok(())
}
