//! Where the input of a population comes from: constant, an array, or generated and never materialised.

use rheobase_models::lanes::Elem;

use rheobase_base::{Error, Result};

/// Input of a population over a run of `steps` steps.
#[non_exhaustive]
pub enum Input<'a, E> {
    /// The same in every step and sample: one number per neuron, or one for all.
    Constant(&'a [E]),
    /// An array `[time, batch, neuron]`.
    Array(&'a [E]),
    /// Made when it is needed. Called with (step since the state was last reset, sample, first neuron, place for the
    /// numbers of the neurons from there on); must depend on nothing else.
    Generated(&'a Generator<'a, E>),
}

/// A function that writes the input of some neurons in one step of one sample.
pub type Generator<'a, E> = dyn Fn(u64, usize, usize, &mut [E]) + Sync + 'a;

impl<E: Elem> Input<'_, E> {
    /// Checks lengths.
    pub fn check_shape(&self, place: &str, steps: usize, batch: usize, neurons: usize) -> Result<()> {
        let (len, want) = match self {
            Input::Constant(data) if data.len() == 1 || data.len() == neurons => return Ok(()),
            Input::Array(data) if steps.checked_mul(batch * neurons) == Some(data.len()) => return Ok(()),
            Input::Generated(_) => return Ok(()),
            Input::Constant(data) => (
                data.len(),
                format!("constant input needs one number or one for each of the {neurons} neurons"),
            ),
            Input::Array(data) => {
                (data.len(), format!("[time, batch, neuron] = [{steps}, {batch}, {neurons}] is needed"))
            }
        };
        Err(Error::shape(place, "input", format!("{len} numbers"), want))
    }

    /// Checks lengths and that every number is finite.
    pub fn check(&self, place: &str, steps: usize, batch: usize, neurons: usize) -> Result<()> {
        self.check_shape(place, steps, batch, neurons)?;
        let (Input::Constant(data) | Input::Array(data)) = self else { return Ok(()) };
        match data.iter().position(|x| !x.to_f64().is_finite()) {
            None => Ok(()),
            Some(i) => {
                let width = if data.len() == 1 { 1 } else { neurons };
                let (step, sample, neuron) = (i / (batch * width), i / width % batch, i % width);
                Err(Error::value(
                    place,
                    format!("input[{step}, {sample}, {neuron}]"),
                    data[i].to_f64(),
                    "must be a finite number",
                ))
            }
        }
    }

    /// The numbers of `neurons` in `step` (of this run) of `sample`, through `buffer` if they are generated.
    #[inline]
    pub fn row<'b>(&'b self, at: RowAt, buffer: &'b mut [E]) -> &'b [E] {
        let RowAt { step, since_reset, sample, batch, first, count, layer } = at;
        match self {
            Input::Constant([x]) => {
                buffer[..count].fill(*x);
                &buffer[..count]
            }
            Input::Constant(data) => &data[first..first + count],
            Input::Array(data) => {
                let start = (step * batch + sample) * layer + first;
                &data[start..start + count]
            }
            Input::Generated(f) => {
                f(since_reset, sample, first, &mut buffer[..count]);
                &buffer[..count]
            }
        }
    }
}

/// Which numbers of an input are wanted.
#[derive(Clone, Copy)]
pub struct RowAt {
    /// Step of this run.
    pub step: usize,
    /// The same step counted since the last reset.
    pub since_reset: u64,
    /// Sample in the batch.
    pub sample: usize,
    /// Samples in the batch.
    pub batch: usize,
    /// First neuron.
    pub first: usize,
    /// Neurons wanted.
    pub count: usize,
    /// Neurons in the layer.
    pub layer: usize,
}
