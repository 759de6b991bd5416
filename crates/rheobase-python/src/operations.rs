//! What the nodes of a network compute, as plain data: what programs with tensors of their own carry out.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rheobase::models::traced::{Formula, Traced};
use rheobase::network::{Operation, Program, ProgramNode};
use rheobase::population::{Column, Layer};
use rheobase::vision::{PoolOf, WindowsAt};

use crate::arrays::array;

/// A dictionary for each node, in order: `name`, `inputs` (number of the source and delay, 0 is the network's input), `shape`,
/// `tensors` (first and one behind the last of the parameters), `fields` (how many it carries), `kind`, and what belongs to
/// the kind.
pub(crate) fn operations<'py>(py: Python<'py>, program: &Program) -> PyResult<Vec<Bound<'py, PyDict>>> {
    program.list().iter().map(|node| described(py, node)).collect()
}

fn described<'py>(py: Python<'py>, node: &ProgramNode) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &node.name)?;
    dict.set_item("inputs", &node.inputs)?;
    dict.set_item("shape", &node.shape)?;
    dict.set_item("tensors", (node.tensors.start, node.tensors.end))?;
    dict.set_item("fields", node.operator.fresh(1).fields.len())?;
    let Some(operation) = node.operator.operation() else {
        return Err(refused(node, &format!("`{}`", node.what)));
    };
    let kind = match operation {
        Operation::Same => "same",
        Operation::Sum => "sum",
        Operation::Stack => "stack",
        Operation::Relu => "relu",
        Operation::Sigmoid => "sigmoid",
        Operation::Tanh => "tanh",
        Operation::Linear => "linear",
        Operation::Scale(factor) => {
            dict.set_item("factor", factor)?;
            "scale"
        }
        Operation::Conv { windows, groups } => {
            set_windows(&dict, &windows)?;
            dict.set_item("groups", groups)?;
            "conv"
        }
        Operation::Pool { of, windows } => {
            set_windows(&dict, &windows)?;
            match of {
                PoolOf::Sum => "sum_pool",
                PoolOf::Max => "max_pool",
                PoolOf::Average => "average_pool",
            }
        }
        Operation::Synapse { decay, gain, through } => {
            dict.set_item("decay", decay)?;
            dict.set_item("gain", gain)?;
            dict.set_item("through", through)?;
            "synapse"
        }
        Operation::Neurons { layer, learned } => {
            set_neurons(&dict, node, layer)?;
            dict.set_item("learned", learned)?;
            "neurons"
        }
    };
    dict.set_item("kind", kind)?;
    Ok(dict)
}

fn refused(node: &ProgramNode, what: &str) -> PyErr {
    PyNotImplementedError::new_err(format!(
        "{}: {what} runs in the engine alone, not as operations of another framework; leave it in float32 on the CPU",
        node.name
    ))
}

fn set_windows(dict: &Bound<'_, PyDict>, windows: &WindowsAt) -> PyResult<()> {
    dict.set_item("kernel", &windows.kernel)?;
    dict.set_item("stride", &windows.stride)?;
    dict.set_item("padding", &windows.padding)?;
    dict.set_item("dilation", &windows.dilation)
}

/// A layer's parameters, its step, and its model's equations.
fn set_neurons(dict: &Bound<'_, PyDict>, node: &ProgramNode, layer: &Layer<f32>) -> PyResult<()> {
    let py = dict.py();
    let Some(formulas) = layer.model().formulas(layer.surrogate()) else {
        return Err(refused(node, &format!("the model `{}`", node.what)));
    };
    let params = layer.params().map(|(_, column)| match column {
        Column::Shared(x) => array(py, vec![*x], &[]),
        Column::Each(xs) => array(py, xs.clone(), &node.shape),
    });
    dict.set_item("params", params.collect::<PyResult<Vec<_>>>()?)?;
    dict.set_item("dt", layer.dt())?;
    dict.set_item("detach_reset", layer.detaches_reset())?;
    let rest: Vec<bool> = (0..layer.model().state().len()).map(|field| layer.starts_at_rest(field)).collect();
    dict.set_item("rest", rest)?;
    let named = [
        ("prepare", &formulas.prepare),
        ("at_rest", &formulas.rest),
        ("integrate", &formulas.integrate),
        ("emit", &formulas.emit),
        ("first", &formulas.first),
    ];
    for (name, formula) in named {
        dict.set_item(name, listed(py, formula)?)?;
    }
    Ok(())
}

/// A formula as `(inputs, [(name, arguments)], outputs)`; what is given is the number of a value (int) or a constant (float).
fn listed<'py>(py: Python<'py>, formula: &Formula) -> PyResult<Bound<'py, PyTuple>> {
    let argument = |given: &Traced| -> PyResult<Py<PyAny>> {
        Ok(match given {
            Traced::Known(x) => x.into_pyobject(py)?.into_any().unbind(),
            Traced::At(n) => n.into_pyobject(py)?.into_any().unbind(),
        })
    };
    let all = |given: &[Traced]| given.iter().map(argument).collect::<PyResult<Vec<_>>>();
    let instructions = formula.instructions.iter();
    let instructions: Vec<(&str, Vec<Py<PyAny>>)> =
        instructions.map(|i| Ok((i.name, all(&i.arguments)?))).collect::<PyResult<_>>()?;
    (formula.inputs, instructions, all(&formula.outputs)?).into_pyobject(py)
}
