//! Spikes drawn from addressed random numbers: what the two rate encoders share.

use super::SampleInput;
use super::check::{Place, UNIT, steps_fit, unsupported};
use rheobase_base::Result;
use rheobase_base::random::Stream;
use rheobase_data::SampleView;

/// Which random numbers, and for whom.
pub(super) struct Draw<'a> {
    pub(super) encoder: &'a str,
    pub(super) seed: u64,
    pub(super) sample: u64,
    pub(super) epoch: u64,
    pub(super) clip: bool,
}

impl Draw<'_> {
    /// Writes a spike of value `spike(word, p)` for each step and feature where it is not 0. `prepare` makes `p` of a
    /// value in [0, 1]; `word` is 32 random bits addressed by (seed, encoder, epoch, sample, step, feature).
    pub(super) fn spikes<P: Copy>(
        &self,
        sample: SampleView<'_>,
        steps: usize,
        prepare: impl Fn(f64) -> P,
        spike: impl Fn(u32, P) -> f32,
        out: &mut SampleInput,
    ) -> Result<()> {
        if matches!(sample, SampleView::Events { .. }) {
            return Err(unsupported(
                self.encoder,
                "takes values; these samples are spikes already, use `direct`",
            ));
        }
        steps_fit(self.encoder, &sample, self.sample, steps, sample.features())?;
        // A sample's number has 64 bits, its place in the counter 32: the others go into the key.
        let stream = Stream::new(self.seed, self.encoder, &format!("{}.{}", self.epoch, self.sample >> 32));
        let mut rows = out.take_spikes();
        let mut prepared: Vec<P> = Vec::new();
        let moves = sample.steps().is_some();
        for step in 0..steps {
            if step == 0 || moves {
                let place = Place { encoder: self.encoder, sample: self.sample, step: moves.then_some(step) };
                prepared.clear();
                for (i, &x) in sample.row(step).unwrap_or_default().iter().enumerate() {
                    prepared.push(prepare(place.within(i, x, UNIT, self.clip)?));
                }
            }
            for (quad, four) in prepared.chunks(4).enumerate() {
                let words = stream.quad(step as u64, self.sample as u32, quad as u32);
                for (i, (&p, word)) in four.iter().zip(words).enumerate() {
                    let value = spike(word, p);
                    if value != 0.0 {
                        rows.push((4 * quad + i) as u32, value);
                    }
                }
            }
            rows.end_step();
        }
        *out = SampleInput::Spikes(rows);
        Ok(())
    }
}
