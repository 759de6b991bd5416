//! What features of deeper layers look like in the image: their kernels, taken back through the layers before.

use rheobase_network::network::{Kind, Network, Node, Program};

/// Kernels as maps of the network's input.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceptiveFields {
    /// Channels, rows and columns of each.
    pub shape: [usize; 3],
    /// `[feature, channel, row, column]`.
    pub values: Vec<f32>,
}

/// A convolution as it is gone back through: `[out, in, row, column]` and the steps between its windows.
struct Taps<'a> {
    weights: &'a [f32],
    channels: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
}

impl ReceptiveFields {
    /// The kernels `[feature, …]` of the layer called `layer`, each the sum of what its inputs look like, by their weights; a
    /// maximum looks like the mean of its window. `None` where the way back to the input is not one of convolutions of images
    /// (without groups or dilation), pooling, and nodes that only choose spikes.
    pub fn new(
        network: &Network,
        program: &Program,
        layer: &str,
        kernels: &[f32],
    ) -> Option<ReceptiveFields> {
        let node = program.node(layer).ok()?;
        let parameter = &program.parameters().tensors[program.list()[node].tensors.start];
        let &[_, channels, rows, columns] = &parameter.shape[..] else { return None };
        plain(network, layer)?;
        let mut fields = ReceptiveFields { shape: [channels, rows, columns], values: kernels.to_vec() };
        let mut source = single_input(program, node)?;
        while let Some(n) = source.checked_sub(1) {
            fields = fields.before(network, program, n)?;
            source = single_input(program, n)?;
        }
        Some(fields)
    }

    /// One node further back.
    fn before(self, network: &Network, program: &Program, n: usize) -> Option<ReceptiveFields> {
        let node = &program.list()[n];
        match &described(network, &node.name)?.kind {
            Kind::Fire(_)
            | Kind::Cumulate(_)
            | Kind::PointwiseInhibition(_)
            | Kind::LateralInhibition(_)
            | Kind::FeatureInhibition(_)
            | Kind::KWinners(_)
            | Kind::Pad(_)
            | Kind::Dropout(_)
            | Kind::Identity(_) => Some(self),
            Kind::Pool(pool) => {
                let kernel = pair(&pool.kernel)?;
                let stride = if pool.stride.is_empty() { kernel } else { pair(&pool.stride)? };
                Some(self.through_pool(kernel, stride))
            }
            Kind::Conv(_) | Kind::FirstSpikeConv(_) => {
                let stride = plain(network, &node.name)?;
                let parameter = &program.parameters().tensors[node.tensors.start];
                let &[_, channels, rows, columns] = &parameter.shape[..] else { return None };
                let taps = Taps { weights: &parameter.values, channels, kernel: [rows, columns], stride };
                Some(self.through_conv(&taps))
            }
            _ => None,
        }
    }

    fn through_pool(self, kernel: [usize; 2], stride: [usize; 2]) -> ReceptiveFields {
        let channels = self.shape[0];
        let share = 1.0 / (kernel[0] * kernel[1]) as f32;
        self.spread(channels, kernel, stride, |from, to, _, _| if from == to { share } else { 0.0 })
    }

    fn through_conv(self, taps: &Taps<'_>) -> ReceptiveFields {
        let [rows, columns] = taps.kernel;
        self.spread(taps.channels, taps.kernel, taps.stride, |from, to, r, c| {
            taps.weights[((from * taps.channels + to) * rows + r) * columns + c]
        })
    }

    /// Adds, for every value, `weight(its channel, channel, row, column)` times it to the window that it stands for.
    fn spread(
        self,
        channels: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
    ) -> ReceptiveFields {
        let [before, height, width] = self.shape;
        let size = |n: usize, axis: usize| (n.max(1) - 1) * stride[axis] + kernel[axis];
        let shape = [channels, size(height, 0), size(width, 1)];
        let (one, larger) = (before * height * width, shape.iter().product::<usize>());
        let mut values = vec![0.0; self.values.len() / one.max(1) * larger];
        for (small, large) in self.values.chunks_exact(one.max(1)).zip(values.chunks_exact_mut(larger.max(1)))
        {
            for (i, x) in small.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                let (from, top, left) =
                    (i / (height * width), i / width % height * stride[0], i % width * stride[1]);
                for to in 0..channels {
                    for r in 0..kernel[0] {
                        for c in 0..kernel[1] {
                            let place = (to * shape[1] + top + r) * shape[2] + left + c;
                            large[place] += x * weight(from, to, r, c);
                        }
                    }
                }
            }
        }
        ReceptiveFields { shape, values }
    }
}

/// The only source of a node, if it has one alone, in the same step.
fn single_input(program: &Program, n: usize) -> Option<usize> {
    match program.list()[n].inputs[..] {
        [(source, 0)] => Some(source),
        _ => None,
    }
}

fn described<'a>(network: &'a Network, name: &str) -> Option<&'a Node> {
    network.nodes.iter().find(|node| node.name == name)
}

/// The stride of a convolution without groups and dilation.
fn plain(network: &Network, name: &str) -> Option<[usize; 2]> {
    let (groups, dilation, stride) = match &described(network, name)?.kind {
        Kind::Conv(c) => (c.groups, &c.dilation, &c.stride),
        Kind::FirstSpikeConv(c) => (c.groups, &c.dilation, &c.stride),
        _ => return None,
    };
    (groups == 1 && dilation.iter().all(|d| *d == 1)).then(|| pair(stride)).flatten()
}

/// One number per axis, or one for both.
fn pair(list: &[usize]) -> Option<[usize; 2]> {
    match *list {
        [one] => Some([one, one]),
        [rows, columns] => Some([rows, columns]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_network::network::{
        Sequential, conv, first_spike_conv, flatten, linear, lower, max_pool, pointwise_inhibition,
    };

    #[test]
    fn a_feature_looks_like_the_sum_of_what_it_is_made_of() {
        let parts = [
            first_spike_conv(2, 1, 0.5).named("first"),
            pointwise_inhibition(),
            max_pool(2).named("pool"),
            conv(1, [1, 2]).without_bias().named("second"),
            flatten(),
            linear(2).named("out"),
        ];
        let network = Sequential::new(parts).input(&[2, 4, 4]).unwrap();
        let mut program = lower(&network, 0).unwrap();
        // Of the two features of the first layer each sees one of the input's channels.
        program.update(|p| p.set("first.weight", &[1.0, 0.0, 0.0, 1.0])).unwrap();
        let kernel = [4.0, 0.0, 0.0, 8.0];
        let fields = ReceptiveFields::new(&network, &program, "second", &kernel).unwrap();
        let on = [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let off = [0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0];
        assert_eq!(fields, ReceptiveFields { shape: [2, 2, 4], values: [on, off].concat() });
        // Of the first layer it is the kernel itself.
        let own = ReceptiveFields::new(&network, &program, "first", &kernel).unwrap();
        assert_eq!(own, ReceptiveFields { shape: [2, 1, 1], values: kernel.to_vec() });
        assert_eq!(ReceptiveFields::new(&network, &program, "out", &kernel), None);
        assert_eq!(ReceptiveFields::new(&network, &program, "third", &kernel), None);
    }
}
