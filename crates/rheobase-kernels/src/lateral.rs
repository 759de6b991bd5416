//! Lateral edges: a dense current edge with delay 1 from a layer to itself.

use rheobase_models::lanes::{Elem, Lanes};

/// What every neuron sent in the last step is added to the input of the others: `x[j] += Σ_i output[i]·weight[i, j]`,
/// in ascending i.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateral<E> {
    neurons: usize,
    /// `weights[i·neurons + j]`: from neuron i to neuron j.
    weights: Vec<E>,
}

impl<E: Elem> Lateral<E> {
    /// Weights from row to column neuron, `[neurons, neurons]`.
    pub fn new(neurons: usize, weights: Vec<E>) -> Self {
        Lateral { neurons, weights }
    }

    /// Adds what `output` sends to the inputs `x`. Silent sources are skipped: adding 0 would change nothing.
    #[inline(always)]
    pub fn add<V: Lanes<Elem = E>>(&self, output: &[E], x: &mut [E]) {
        for (i, out) in output.iter().enumerate().filter(|(_, out)| **out != E::zero()) {
            let row = &self.weights[i * self.neurons..(i + 1) * self.neurons];
            let out: V = V::broadcast(*out);
            for (x, w) in x.chunks_mut(V::WIDTH).zip(row.chunks(V::WIDTH)) {
                (V::load(x) + out * V::load(w)).store(x);
            }
        }
    }

    /// The gradient of the outputs from that of the inputs they were added to: `g[i] = Σ_j weight[i, j]·gx[j]`, in 16
    /// virtual lanes.
    #[inline(always)]
    pub fn pull_back(&self, gx: &[E], g: &mut [E]) {
        let mut products = vec![E::zero(); self.neurons];
        for (i, g) in g.iter_mut().enumerate() {
            let row = &self.weights[i * self.neurons..(i + 1) * self.neurons];
            for (p, (w, gx)) in products.iter_mut().zip(row.iter().zip(gx)) {
                *p = *w * *gx;
            }
            *g = rheobase_base::virtual_lane_sum(&products);
        }
    }
}
