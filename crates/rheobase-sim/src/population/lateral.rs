//! Lateral edges: a dense current edge with delay 1 from a layer to itself.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

/// What every neuron sent in the last step is added to the input of the others: `x[j] += Σ_i output[i]·weight[i, j]`,
/// in ascending i.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lateral<E> {
    neurons: usize,
    /// `weights[i·neurons + j]`: from neuron i to neuron j.
    weights: Vec<E>,
}

impl<E: Elem> Lateral<E> {
    /// Weights from row to column neuron, `[neurons, neurons]`.
    pub(super) fn new(neurons: usize, weights: Vec<E>) -> Self {
        Lateral { neurons, weights }
    }

    /// Adds what `output` sends to the inputs `x`.
    pub(super) fn add(&self, level: Level, output: &[E], x: &mut [E]) {
        E::dispatch_wide(level, Add { lateral: self, output, x });
    }

    /// The gradient of the outputs from that of the inputs they were added to: `g[i] = Σ_j weight[i, j]·gx[j]`, in 16
    /// virtual lanes.
    pub(super) fn pull_back(&self, gx: &[E], g: &mut [E]) {
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

struct Add<'a, E> {
    lateral: &'a Lateral<E>,
    output: &'a [E],
    x: &'a mut [E],
}

impl<E: Elem> Kernel<E> for Add<'_, E> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = E>>(self) {
        let n = self.lateral.neurons;
        for i in 0..self.output.len() {
            // Adding 0 would change nothing.
            if self.output[i] != E::zero() {
                let row = &self.lateral.weights[i * n..(i + 1) * n];
                let out = V::broadcast(self.output[i]);
                let len = self.x.len().min(n);
                for at in (0..len).step_by(V::WIDTH) {
                    let place = at..len.min(at + V::WIDTH);
                    let x = &mut self.x[place.clone()];
                    (V::load(x) + out * V::load(&row[place])).store(x);
                }
            }
        }
    }
}
