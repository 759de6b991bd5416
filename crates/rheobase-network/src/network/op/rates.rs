//! `Rates`: a layer of neurons as their rate curve, smooth or as whole counts of spikes.

use std::sync::Arc;

use rheobase_models::neuron::Emits;

use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use rheobase_base::random::{Stream, unit};
use rheobase_sim::population::{Column, Memory, Model, Rates as Job};

/// Below this width a curve is not smoothed.
const SHARPEST: f32 = 1e-6;

/// Sends in every step what the neurons would send as spikes in the mean, had the input always been that of the step:
/// `rate · dt`, times the value of a spike.
///
/// With `counts`, each neuron's rate is that of a whole number of spikes in so many steps, the expected one rounded up or down
/// by chance: as it is when a neuron that fires regularly is watched for that long, from a random point of its cycle.
pub(crate) struct Rates {
    pub(crate) name: String,
    pub(crate) model: Arc<dyn Model>,
    /// Of the layer, in the model's order.
    pub(crate) params: Vec<Column<f32>>,
    pub(crate) neurons: usize,
    pub(crate) dt: f32,
    /// Width of the smoothing that it was described with, and what remains of it.
    pub(crate) sigma: Option<f64>,
    pub(crate) smoothing: Option<f32>,
    /// Steps of which whole spikes are counted.
    pub(crate) counts: Option<u32>,
    pub(crate) seed: u64,
}

impl Rates {
    fn job<'a>(&'a self, x: &'a [f32], values: &'a mut [f32], slopes: Option<&'a mut [f32]>) -> Job<'a> {
        Job { params: &self.params, smoothing: self.smoothing, neurons: self.neurons, x, values, slopes }
    }

    /// The value of a spike of each neuron.
    fn amplitude(&self) -> Column<f32> {
        let field = self.model.params().iter().position(|f| f.name == "amplitude");
        field.map_or(Column::Shared(1.0), |field| self.params[field].clone())
    }

    /// Lets the values of a step be those of whole spikes in `steps` steps.
    fn count(&self, steps: u32, context: &Context<'_>, values: &mut [f32]) {
        let steps = steps as f32;
        let most = if self.model.info().emits == Emits::Binary { steps } else { f32::INFINITY };
        let amplitude = self.amplitude();
        for (sample, row) in values.chunks_exact_mut(self.neurons.max(1)).enumerate() {
            let id = context.sample_ids.get(sample).copied().unwrap_or(sample as u64);
            let stream = Stream::new(self.seed, "count", &format!("{}.{}", self.name, id >> 32));
            for (q, quad) in row.chunks_mut(4).enumerate() {
                let words = stream.quad(context.epoch, id as u32, q as u32);
                for (i, value) in quad.iter_mut().enumerate() {
                    let spike = amplitude.get(4 * q + i);
                    let count = (*value / spike * steps + unit(words[i]) as f32).floor().min(most);
                    *value = count * spike / steps;
                }
            }
        }
    }
}

impl Operator for Rates {
    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        _: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        out.reshape(input.samples, input.width);
        let mut buffer = Vec::new();
        let x = input.dense(&mut buffer);
        self.model.rates(context.level, self.job(x, &mut out.values, None));
        out.values.iter_mut().for_each(|y| *y *= self.dt);
        if let Some(steps) = self.counts {
            self.count(steps, context, &mut out.values);
        }
        // Parameters before it learn even where the input itself is wanted nowhere.
        out.reach = if input.reach == Reach::Nowhere { Reach::Nowhere } else { Reach::Everywhere };
    }

    fn backward(&self, context: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        let (mut values, mut slopes) = (vec![0.0; gradient.len()], vec![0.0; gradient.len()]);
        let mut buffer = Vec::new();
        let x = input.dense(&mut buffer);
        self.model.rates(context.level, self.job(x, &mut values, Some(&mut slopes)));
        for ((sum, g), slope) in gradient.iter_mut().zip(back.upstream).zip(&slopes) {
            *sum += g * (slope * self.dt);
        }
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }

    fn has_chance(&self) -> bool {
        self.counts.is_some()
    }

    fn scale_smoothing(&mut self, factor: f64) {
        let sigma = self.sigma.map(|sigma| (sigma * factor) as f32);
        self.smoothing = sigma.filter(|sigma| *sigma >= SHARPEST);
    }
}

#[cfg(test)]
mod tests {
    use rheobase_models::lanes::Level;
    use rheobase_sim::population::Catalog;

    use super::*;
    use crate::network::op::testing::{backward, context, forward, forward_in, signal};

    fn rates(model: &str, sigma: Option<f64>, counts: Option<u32>) -> Rates {
        let model = Catalog::standard().get(model).unwrap();
        let params = model.params().iter().map(|f| Column::Shared(f.default as f32)).collect();
        Rates {
            name: "layer".into(),
            model,
            params,
            neurons: 37,
            dt: 0.001,
            sigma,
            smoothing: sigma.map(|s| s as f32),
            counts,
            seed: 3,
        }
    }

    fn inputs() -> Vec<f32> {
        (0..74).map(|i| i as f32 * 0.11 - 2.0).collect()
    }

    #[test]
    fn values_and_gradients_are_those_of_the_training_curve_at_every_level() {
        for (name, sigma) in [
            ("lif", Some(0.1)),
            ("lif", None),
            ("fast_lif", Some(0.02)),
            ("spiking_rectified_linear", None),
            ("spiking_leaky_relu", None),
        ] {
            let layer = rates(name, sigma, None);
            let defaults: Vec<f64> = layer.model.params().iter().map(|f| f.default).collect();
            let x = signal(2, &inputs());
            let (y, gradient) = (forward(&layer, &[], &x).values, backward(&layer, &[], &x, &[2.0; 74]));
            for ((x, y), g) in inputs().iter().zip(&y).zip(gradient) {
                let (value, slope) = layer.model.training(&defaults, sigma, f64::from(*x)).unwrap();
                let close = |got: f32, want: f64| (f64::from(got) - want).abs() <= 2e-5 * (1e-3 + want.abs());
                assert!(close(*y, 0.001 * value), "{name} at {x}: {y} {value}");
                // Within rounding of the threshold the sharp curve's slope is as steep as one likes.
                let steep = sigma.is_none() && (x - 1.0).abs() < 1e-3;
                assert!(steep || close(g, 0.002 * slope), "{name} at {x}: {g} {slope}");
            }
            for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
                let at = Context { level, ..context() };
                assert_eq!(forward_in(&at, &layer, &[], &x).values, y, "{name} {level:?}");
            }
        }
    }

    #[test]
    fn counts_are_whole_and_right_in_the_mean() {
        let (smooth, counted) = (rates("lif", None, None), rates("lif", None, Some(40)));
        let x = signal(2, &inputs());
        let expected = forward(&smooth, &[], &x).values;
        let mut sums = vec![0.0f64; 74];
        for epoch in 0..400 {
            let at = Context { epoch, sample_ids: &[5, 1 << 40], ..context() };
            let counts = forward_in(&at, &counted, &[], &x).values;
            for ((sum, y), rate) in sums.iter_mut().zip(&counts).zip(&expected) {
                let count = y * 40.0;
                assert!(
                    (count - count.round()).abs() < 1e-4 && (y - rate).abs() < 1.0 / 40.0 + 1e-6,
                    "{y} {rate}"
                );
                *sum += f64::from(*y) / 400.0;
            }
        }
        for (mean, rate) in sums.iter().zip(&expected) {
            assert!((mean - f64::from(*rate)).abs() < 0.004, "{mean} {rate}");
        }
    }

    #[test]
    fn smoothing_falls_with_its_factor_and_ends() {
        let mut layer = rates("lif", Some(0.1), None);
        let at_threshold = |layer: &Rates| forward(layer, &[], &signal(1, &[1.0; 37])).values[0];
        let wide = at_threshold(&layer);
        layer.scale_smoothing(0.1);
        let narrow = at_threshold(&layer);
        layer.scale_smoothing(0.0);
        assert!(wide > narrow && narrow > 0.0 && at_threshold(&layer) == 0.0, "{wide} {narrow}");
    }
}
