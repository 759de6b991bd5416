//! rnnbuilder's networks: sequences and recurrent layers of its neurons, gradients of all parameters included.
//!
//! A trace of a network says in words what it is; [`description`] reads that. Its parameters stand in the order of the
//! layers, weights as `[out, in]`.

use rheobase_models::lanes::Level;

use super::super::compare::{Comparison, GRADIENT, Pair, SINGLE};
use super::super::{Outcome, TraceFile};
use super::description;
use rheobase_base::Result;
use rheobase_network::network::SampleInput;
use rheobase_network::network::{Context, Counts, Feed, Program, Raw, Signal, State, Tape, TileInput, lower};

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let Some(described) = description::read(trace)? else {
        return Ok(Outcome::NotCovered(format!("the network `{}` is not known", trace.meta.desc)));
    };
    let shape = trace.input_shape(2)?;
    let (steps, batch, row) = (shape[0], shape[1], shape[2..].iter().product());
    let mut program = lower(&described.network, 0)?;
    load(trace, &mut program)?;
    let run = Run { trace, program: &program, steps, batch, row };
    let mut arrays = run.forward(described.recurrent.as_deref())?;
    arrays.extend(run.backward()?);
    Ok(Outcome::Compared { arrays, flips: 0 })
}

/// Weights of linear maps stand as `[out, in]` in the original.
fn turned(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let [rows, columns] = shape else { return values.to_vec() };
    (0..columns * rows).map(|i| values[i % rows * columns + i / rows]).collect()
}

/// Sets the program's parameters from the trace's, in order.
fn load(trace: &TraceFile, program: &mut Program) -> Result<()> {
    let names: Vec<String> = program.parameters().tensors.iter().map(|t| t.name.clone()).collect();
    program.update(|parameters| {
        for (i, name) in names.iter().enumerate() {
            let array = format!("param{i}");
            let values = turned(&trace.array(&array)?, &trace.shape(&array)?);
            parameters.set(name, &values.iter().map(|x| *x as f32).collect::<Vec<_>>())?;
        }
        Ok(())
    })
}

struct Run<'a> {
    trace: &'a TraceFile,
    program: &'a Program,
    steps: usize,
    batch: usize,
    row: usize,
}

impl Run<'_> {
    fn inputs(&self) -> Result<Vec<SampleInput>> {
        let x = self.trace.array("input")?;
        let one = |b: usize| {
            let at = |t: usize| (t * self.batch + b) * self.row;
            let values = (0..self.steps).flat_map(|t| x[at(t)..at(t) + self.row].iter().map(|v| *v as f32));
            SampleInput::Dense { features: self.row, values: values.collect() }
        };
        Ok((0..self.batch).map(one).collect())
    }

    fn context<'a>(&self, ids: &'a [u64], taping: bool) -> Context<'a> {
        Context { step: 0, sample_ids: ids, epoch: 0, training: false, taping, level: Level::best() }
    }

    fn call(
        &self,
        state: &mut State,
        tape: &mut Tape,
        taping: bool,
        see: impl FnMut(usize, &[Signal]),
    ) -> Result<()> {
        let (inputs, ids) = (self.inputs()?, vec![0; self.batch]);
        let input = TileInput { samples: &inputs, lengths: None, width: self.row, wanted: taping };
        let context = self.context(&ids, taping);
        self.program.run(&context, state, input.steps(0..self.steps), tape, &mut Counts::default(), see)
    }

    fn compare(&self, name: &str, got: &[f64], rtol: f64) -> Result<Option<Comparison>> {
        if !self.trace.has(name) {
            return Ok(None);
        }
        let (want, shape) = (self.trace.array(name)?, self.trace.shape(name)?);
        // Gradients of a tensor are sums of terms of one size: its largest element is their scale.
        let parameter = name.starts_with("grad") && name != "grad_input";
        let neurons = if parameter { 1 } else { shape.get(1..).map_or(1, |s| s.iter().product()) };
        let pair = Pair { name, got, want: &want, shape: &shape, neurons, bounds: &[] };
        Ok(Some(pair.close(rtol, None, |_| false)))
    }

    /// Outputs of two calls, the second with the state of the first, and the states after every step of the first.
    fn forward(&self, recurrent: Option<&str>) -> Result<Vec<Comparison>> {
        let last = self.program.nodes().count();
        let layer = recurrent.and_then(|name| self.program.nodes().position(|(n, ..)| n == name));
        let mut outputs: [Vec<f64>; 2] = Default::default();
        let mut layer_outputs = Vec::new();
        let mut states: Vec<Vec<f64>> = Vec::new();
        let mut state = self.program.start(self.batch);
        for (call, output) in outputs.iter_mut().enumerate() {
            if call == 0 {
                // Step by step, to see the states.
                let inputs = self.inputs()?;
                let ids = vec![0; self.batch];
                let input = TileInput { samples: &inputs, lengths: None, width: self.row, wanted: false };
                for t in 0..self.steps {
                    let see = |_: usize, signals: &[Signal]| {
                        output.extend(signals[last].dense(&mut Vec::new()).iter().map(|x| f64::from(*x)));
                        if let Some(n) = layer {
                            let sent = &signals[n + 1];
                            layer_outputs.extend(sent.dense(&mut Vec::new()).iter().map(|x| f64::from(*x)));
                        }
                    };
                    let (context, mut tape) = (self.context(&ids, false), Tape::default());
                    self.program.run(
                        &context,
                        &mut state,
                        input.steps(t..t + 1),
                        &mut tape,
                        &mut Counts::default(),
                        see,
                    )?;
                    let fields = state.memories().iter().flat_map(|m| &m.fields);
                    for (i, field) in fields.enumerate() {
                        states.resize_with(states.len().max(i + 1), Vec::new);
                        states[i].extend(field.iter().map(|x| f64::from(*x)));
                    }
                }
            } else {
                self.call(&mut state, &mut Tape::default(), false, |_, signals| {
                    output.extend(signals[last].dense(&mut Vec::new()).iter().map(|x| f64::from(*x)));
                })?;
            }
        }
        if layer.is_some() {
            states.push(layer_outputs);
        }
        let mut arrays = vec![
            self.compare("output", &outputs[0], SINGLE)?,
            self.compare("output_second_call_with_state", &outputs[1], SINGLE)?,
        ];
        for (i, state) in states.iter().enumerate() {
            arrays.push(self.compare(&format!("fullstate{i}"), state, SINGLE)?);
        }
        Ok(arrays.into_iter().flatten().collect())
    }

    /// Gradients of the input and of every parameter.
    fn backward(&self) -> Result<Vec<Comparison>> {
        let weights: Vec<f32> = self.trace.array("loss_weights")?.iter().map(|x| *x as f32).collect();
        let row = weights.len() / self.steps.max(1);
        let last = self.program.nodes().count();
        let (mut state, mut tape) = (self.program.start(self.batch), Tape::default());
        self.call(&mut state, &mut tape, true, |_, _| {})?;
        let mut adjoint = self.program.end(&state, Raw::new());
        let ids = vec![0; self.batch];
        let context = self.context(&ids, true);
        let mut of_input = vec![0.0; self.steps * self.batch * self.row];
        self.program.back(
            &context,
            &mut tape,
            &mut adjoint,
            &[last],
            |t, _, gradient| gradient.iter_mut().zip(&weights[t * row..]).for_each(|(g, w)| *g += w),
            |t, gradient| {
                let to = &mut of_input[t * self.batch * self.row..];
                to.iter_mut().zip(gradient).for_each(|(to, g)| *to = f64::from(*g));
            },
        )?;
        self.program.back_to_start(&context, &mut adjoint);
        let mut arrays = vec![self.compare("grad_input", &of_input, GRADIENT)?];
        let parameters = self.program.finish_gradients(adjoint.raw);
        for (i, (gradient, tensor)) in parameters.iter().zip(&self.program.parameters().tensors).enumerate() {
            let values: Vec<f64> = gradient.iter().map(|x| f64::from(*x)).collect();
            let values = if tensor.shape.len() == 2 { turned(&values, &tensor.shape) } else { values };
            let compared = self.compare(&format!("grad{i}"), &values, GRADIENT)?;
            arrays.push(compared);
        }
        Ok(arrays.into_iter().flatten().collect())
    }
}
