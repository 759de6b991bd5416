//! `Connection`: which weight lies between which input and which output.

use crate::vision::Kernels;
use crate::vision::windows::{Lists, Targets, Windows, value_error};
use rheobase_base::Result;
use rheobase_sim::compete::Place;

/// The shape of one connection's weights, in the order in which a network stores them, and its delay.
#[derive(Debug, Clone)]
pub struct Connection {
    weights: Weights,
    delay: usize,
}

#[derive(Debug, Clone)]
enum Weights {
    /// `[in, out]`.
    Dense { inputs: usize, outputs: usize },
    /// `[out, in/groups, k]` or `[out, in/groups, kh, kw]`, the same at every place.
    Shared(Box<Shared>),
}

#[derive(Debug, Clone)]
struct Shared {
    windows: Windows,
    rows: Targets,
    columns: Targets,
    outputs: usize,
    groups: usize,
}

impl Connection {
    /// All inputs to all outputs, weights `[in, out]`. Each output is a feature of its own.
    ///
    /// # Errors
    /// No inputs or outputs; 2³¹ weights or more.
    pub fn dense(place: &str, inputs: usize, outputs: usize) -> Result<Connection> {
        for (field, n) in [("inputs", inputs), ("outputs", outputs)] {
            if n == 0 {
                return Err(value_error(place, field, None, 0, "must be at least 1"));
            }
        }
        if inputs.checked_mul(outputs).is_none_or(|n| n >= 1 << 31) {
            let rule = format!("gives 2^31 weights or more with {inputs} inputs");
            return Err(value_error(place, "outputs", None, outputs, rule));
        }
        Ok(Connection { weights: Weights::Dense { inputs, outputs }, delay: 0 })
    }

    /// A convolution over an input `[C, L]` or `[C, H, W]`, weights `[out, in/groups, k]` or `[out, in/groups, kh, kw]`. Each
    /// output map is a feature; its weights are the same at all places.
    ///
    /// # Errors
    /// Inputs of another rank; kernels larger than the padded input; settings out of range or of the wrong length; groups
    /// that do not divide the features.
    pub fn convolution(place: &str, kernels: Kernels<'_>, input: &[usize]) -> Result<Connection> {
        let Kernels { outputs, kernel, stride, padding, dilation, groups } = kernels;
        let windows = Windows::new(place, &Lists { kernel, stride, padding, dilation }, input)?;
        windows.check_outputs(place, outputs, groups)?;
        let shared = Shared {
            rows: Targets::new(&windows.rows),
            columns: Targets::new(&windows.columns),
            windows,
            outputs,
            groups,
        };
        Ok(Connection { weights: Weights::Shared(Box::new(shared)), delay: 0 })
    }

    /// The same with a delay: what an input sends arrives `steps` steps later. A recurrent connection is one with a delay of
    /// at least 1 whose presynaptic spikes are its postsynaptic ones.
    pub fn delayed(self, steps: usize) -> Connection {
        Connection { delay: steps, ..self }
    }

    /// Steps from an input's spike to its arrival.
    pub fn delay(&self) -> usize {
        self.delay
    }

    /// Inputs.
    pub fn inputs(&self) -> usize {
        match &self.weights {
            Weights::Dense { inputs, .. } => *inputs,
            Weights::Shared(s) => s.windows.channels * s.windows.places(),
        }
    }

    /// Shape of the outputs: feature, row, column; `[outputs, 1, 1]` of a dense connection.
    pub fn output_shape(&self) -> [usize; 3] {
        match &self.weights {
            Weights::Dense { outputs, .. } => [*outputs, 1, 1],
            Weights::Shared(s) => [s.outputs, s.windows.rows.outputs, s.windows.columns.outputs],
        }
    }

    /// Outputs, over all features and places.
    pub fn outputs(&self) -> usize {
        self.output_shape().iter().product()
    }

    /// Features: outputs of a dense connection, maps of a convolution.
    pub fn features(&self) -> usize {
        self.output_shape()[0]
    }

    /// The feature of an output.
    pub fn feature_of(&self, output: usize) -> usize {
        let [_, rows, columns] = self.output_shape();
        output / (rows * columns)
    }

    /// Number of weights.
    pub fn len(&self) -> usize {
        self.features() * self.per_feature()
    }

    /// Never: there is at least one weight.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Weights of a feature.
    pub fn per_feature(&self) -> usize {
        match &self.weights {
            Weights::Dense { inputs, .. } => *inputs,
            Weights::Shared(s) => s.inputs_of_group() * s.windows.taps(),
        }
    }

    /// The number of an output, or nothing where there is none.
    pub fn output(&self, place: Place) -> Option<usize> {
        let shape = self.output_shape();
        let within = place.iter().zip(&shape).all(|(at, size)| at < size);
        within.then(|| (place[0] * shape[1] + place[1]) * shape[2] + place[2])
    }

    /// Calls `f` with each weight of a feature.
    #[inline]
    pub(super) fn weights_of(&self, feature: usize, mut f: impl FnMut(usize)) {
        match &self.weights {
            Weights::Dense { inputs, outputs } => (0..*inputs).for_each(|i| f(i * outputs + feature)),
            Weights::Shared(_) => {
                let n = self.per_feature();
                (feature * n..(feature + 1) * n).for_each(f);
            }
        }
    }

    /// Calls `f` with each weight of an output and the input behind it; nothing is behind what lies in the padding.
    ///
    /// # Panics
    /// If there is no such output.
    #[inline]
    pub fn inputs_of(&self, output: usize, mut f: impl FnMut(usize, Option<usize>)) {
        match &self.weights {
            Weights::Dense { inputs, outputs } => (0..*inputs).for_each(|i| f(i * outputs + output, Some(i))),
            Weights::Shared(s) => s.inputs_of(output, f),
        }
    }

    /// Calls `f` with each weight of an input and the output behind it.
    #[inline]
    pub(super) fn outputs_of(&self, input: usize, mut f: impl FnMut(usize, usize)) {
        match &self.weights {
            Weights::Dense { outputs, .. } => (0..*outputs).for_each(|o| f(input * outputs + o, o)),
            Weights::Shared(s) => s.outputs_of(input, f),
        }
    }

    /// Whether each weight has one input and one output.
    pub(super) fn is_dense(&self) -> bool {
        matches!(self.weights, Weights::Dense { .. })
    }
}

impl Shared {
    fn inputs_of_group(&self) -> usize {
        self.windows.channels / self.groups
    }

    #[inline]
    fn inputs_of(&self, output: usize, mut f: impl FnMut(usize, Option<usize>)) {
        let w = &self.windows;
        let (feature, at) = (output / w.outputs(), output % w.outputs());
        let (y, x) = (at / w.columns.outputs, at % w.columns.outputs);
        let group = feature / (self.outputs / self.groups);
        let mut weight = feature * self.inputs_of_group() * w.taps();
        for channel in group * self.inputs_of_group()..(group + 1) * self.inputs_of_group() {
            for i in 0..w.rows.kernel {
                let row = w.rows.place(y, i).map(|row| channel * w.places() + row * w.columns.input);
                for j in 0..w.columns.kernel {
                    let column = w.columns.place(x, j);
                    f(weight, row.zip(column).map(|(row, column)| row + column));
                    weight += 1;
                }
            }
        }
    }

    #[inline]
    fn outputs_of(&self, input: usize, mut f: impl FnMut(usize, usize)) {
        let w = &self.windows;
        let (channel, at) = (input / w.places(), input % w.places());
        let (row, column) = (self.rows.of(at / w.columns.input), self.columns.of(at % w.columns.input));
        let (inputs, outputs) = (self.inputs_of_group(), self.outputs / self.groups);
        let group = channel / inputs;
        for feature in group * outputs..(group + 1) * outputs {
            let first = (feature * inputs + channel % inputs) * w.taps();
            for r in 0..row.count {
                let (y, i) = self.rows.nth(row, r);
                for c in 0..column.count {
                    let (x, j) = self.columns.nth(column, c);
                    let output = (feature * w.rows.outputs + y) * w.columns.outputs + x;
                    f(first + i * w.columns.kernel + j, output);
                }
            }
        }
    }
}
