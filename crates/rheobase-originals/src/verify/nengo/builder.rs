//! NengoDL's builders on TensorFlow: the spiking step in inference, the curve and its gradient in training.

use std::sync::Arc;

use super::super::compare::Pair;
use super::super::{Outcome, TraceFile};
use super::curve::SMALLEST;
use super::step::{Layout, run};
use rheobase_base::Result;
use rheobase_sim::curve::Curve;
use rheobase_sim::population::Model;

pub(super) fn replay(trace: &TraceFile, model: &Arc<dyn Model>) -> Result<Outcome> {
    let meta = &trace.meta;
    // The builder counts the step down before it stores the refractory time, Nengo after it has read it.
    let layout = Layout {
        output: "inference_output",
        after: "inference_post_",
        refractory_lag: meta.number_or("dt", 0.001),
    };
    let (mut arrays, flips) = run(trace, model, &layout)?;

    let input = trace.array("input")?;
    let shape = trace.shape("input")?;
    let curve = Curve::new(model.clone(), &super::params(meta, &**model))?;
    let (output, slope) = curve.training(meta.number("lif_smoothing"), &input)?;
    for (name, got) in [("training_output", &output), ("training_grad_input", &slope)] {
        if trace.has(name) {
            let want = trace.array(name)?;
            let pair = Pair { name, got, want: &want, shape: &shape, neurons: 1, bounds: &[] };
            arrays.push(pair.close(super::tolerance(trace, "input"), Some(SMALLEST), |_| false));
        }
    }
    Ok(Outcome::Compared { arrays, flips })
}
