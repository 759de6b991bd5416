//! Spikes as events: who fired in which step, how much, and when within the step.

use super::bits::{SpikeBits, too_large};
use rheobase_base::shape::checked_len;
use rheobase_base::{Error, Result, memory};

/// One spike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpikeEvent {
    /// Step, counted from 0.
    pub step: u64,
    /// Sample in the batch.
    pub batch: u32,
    /// Neuron within the layer.
    pub neuron: u32,
    /// What it emits: 1 for a plain spike, a count or a signed value otherwise. Finite and not 0.
    pub value: f32,
    /// Seconds since the start of the step, within [0, dt]; 0 where the model does not say.
    pub offset: f32,
}

/// Bytes of an event in memory.
const EVENT: usize = 24;
/// Lists of spikes below so many grow without asking how much memory there is.
const SMALL: usize = 1 << 20;

/// Spikes of a run, sorted by (step, batch, neuron), at most one per neuron and step.
///
/// Files: `rheobase::data::spike_files`.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeEvents {
    shape: [usize; 3],
    dt: f64,
    step: Vec<u64>,
    batch: Vec<u32>,
    neuron: Vec<u32>,
    value: Vec<f32>,
    offset: Vec<f32>,
}

impl SpikeEvents {
    /// No spikes yet, over `shape` = [time, batch, neuron] with steps of `dt` seconds.
    ///
    /// # Errors
    /// [`Error::Value`] if `dt` is not finite and above 0; [`Error::Shape`] if batch or neurons exceed 2³².
    pub fn new(shape: [usize; 3], dt: f64) -> Result<Self> {
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(fault("dt", None, format!("{dt} s"), "must be finite and above 0"));
        }
        if shape[1..].iter().any(|&n| u32::try_from(n.saturating_sub(1)).is_err()) {
            return Err(Error::shape(
                "spikes",
                "shape",
                format!("{shape:?}"),
                "batch and neurons are counted in 32 bits; use at most 4294967296 of each",
            ));
        }
        let (step, batch, neuron, value, offset) = Default::default();
        Ok(SpikeEvents { shape, dt, step, batch, neuron, value, offset })
    }

    /// Spikes from events in any source.
    ///
    /// # Errors
    /// As [`SpikeEvents::new`] and [`SpikeEvents::push`].
    pub fn from_events(
        shape: [usize; 3],
        dt: f64,
        events: impl IntoIterator<Item = SpikeEvent>,
    ) -> Result<Self> {
        let mut spikes = SpikeEvents::new(shape, dt)?;
        events.into_iter().try_for_each(|e| spikes.push(e))?;
        Ok(spikes)
    }

    /// Adds an event after all others.
    ///
    /// # Errors
    /// [`Error::Value`] naming the row, if an index lies outside the shape, the event does not come after the last
    /// one in (step, batch, neuron), its value is 0 or not finite, its offset lies outside [0, dt], or there are more
    /// events than fit into memory.
    pub fn push(&mut self, e: SpikeEvent) -> Result<()> {
        let row = Some(self.len());
        let [steps, batches, neurons] = self.shape.map(|n| n as u64);
        for (field, index, count) in [
            ("step", e.step, steps),
            ("batch", u64::from(e.batch), batches),
            ("neuron", u64::from(e.neuron), neurons),
        ] {
            if index >= count {
                let rule = format!("must be below {count}, as the shape {:?} says", self.shape);
                return Err(fault(field, row, index, rule));
            }
        }
        let key = (e.step, e.batch, e.neuron);
        if let Some(last) = self.len().checked_sub(1).map(|i| self.event(i))
            && (last.step, last.batch, last.neuron) >= key
        {
            let last = (last.step, last.batch, last.neuron);
            let rule = if last == key {
                "the same neuron fires twice in a step; add the two values".to_string()
            } else {
                format!("comes after {last:?}, but events are sorted by (step, batch, neuron)")
            };
            return Err(fault("events", row, format!("{key:?}"), rule));
        }
        if !e.value.is_finite() || e.value == 0.0 {
            return Err(fault("value", row, e.value, "must be finite and not 0"));
        }
        // An offset of exactly dt is rounded as dt is.
        if !(e.offset >= 0.0 && e.offset <= self.dt as f32) {
            return Err(fault(
                "offset",
                row,
                format!("{} s", e.offset),
                format!("must lie in [0, {}]", self.dt),
            ));
        }
        if self.step.len() == self.step.capacity() && self.len() >= SMALL {
            self.grow()?;
        }
        self.step.push(e.step);
        self.batch.push(e.batch);
        self.neuron.push(e.neuron);
        self.value.push(e.value);
        self.offset.push(e.offset);
        Ok(())
    }

    /// Makes room for as many events again: an error where the allocator would end the process.
    fn grow(&mut self) -> Result<()> {
        let more = self.len();
        let refused = |rule: String| fault("events", None, format!("{more} spikes so far"), rule);
        memory::check((2 * more * EVENT) as f64).map_err(refused)?;
        let grown = self
            .step
            .try_reserve_exact(more)
            .and_then(|()| self.batch.try_reserve_exact(more))
            .and_then(|()| self.neuron.try_reserve_exact(more))
            .and_then(|()| self.value.try_reserve_exact(more))
            .and_then(|()| self.offset.try_reserve_exact(more));
        grown.map_err(|_| refused("more do not fit into memory; take fewer neurons, samples or steps".into()))
    }

    /// Keeps the first `steps` steps, all if there are no more.
    pub fn truncate(&mut self, steps: usize) {
        let kept = self.step.partition_point(|&step| step < steps as u64);
        self.shape[0] = self.shape[0].min(steps);
        self.step.truncate(kept);
        self.batch.truncate(kept);
        self.neuron.truncate(kept);
        self.value.truncate(kept);
        self.offset.truncate(kept);
    }

    /// Lengths of time, batch and neurons.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Length of a step in seconds.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.step.len()
    }

    /// Whether nobody fired.
    pub fn is_empty(&self) -> bool {
        self.step.is_empty()
    }

    /// The event at `row`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn event(&self, row: usize) -> SpikeEvent {
        SpikeEvent {
            step: self.step[row],
            batch: self.batch[row],
            neuron: self.neuron[row],
            value: self.value[row],
            offset: self.offset[row],
        }
    }

    /// All events in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SpikeEvent> + '_ {
        (0..self.len()).map(|row| self.event(row))
    }

    /// Step of every event.
    pub fn steps(&self) -> &[u64] {
        &self.step
    }

    /// Sample of every event.
    pub fn batches(&self) -> &[u32] {
        &self.batch
    }

    /// Neuron of every event.
    pub fn neurons(&self) -> &[u32] {
        &self.neuron
    }

    /// Value of every event.
    pub fn values(&self) -> &[f32] {
        &self.value
    }

    /// Seconds into its step of every event.
    pub fn offsets(&self) -> &[f32] {
        &self.offset
    }

    /// Time of every event in seconds: step · dt + offset, the run starting at 0.
    pub fn times(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.iter().map(|e| e.step as f64 * self.dt + f64::from(e.offset))
    }

    /// Spikes from values `[time, batch, neuron]`, zero where nobody fired; all offsets are 0.
    ///
    /// # Errors
    /// As [`SpikeEvents::new`]; [`Error::Shape`] if the number of values is not the product of `shape`;
    /// [`Error::Value`] for a value that is not finite.
    pub fn from_dense(shape: [usize; 3], dt: f64, values: &[f32]) -> Result<Self> {
        let mut spikes = SpikeEvents::new(shape, dt)?;
        if checked_len(&shape) != Some(values.len()) {
            return Err(Error::shape(
                "spikes",
                "values",
                format!("[{}]", values.len()),
                format!("as many as the product of {shape:?} are needed"),
            ));
        }
        let [_, batches, neurons] = shape;
        // Without values there may be no neurons, and nothing to divide by; NaN is not 0 and reaches `push`.
        for (i, &value) in values.iter().enumerate().filter(|(_, v)| **v != 0.0) {
            let (row, neuron) = (i / neurons, i % neurons);
            let (step, batch) = (row / batches, row % batches);
            spikes.push(plain(step, batch, neuron, value))?;
        }
        Ok(spikes)
    }

    /// The values as `[time, batch, neuron]`, 0 where nobody fired. Offsets are left out.
    ///
    /// # Errors
    /// [`Error::Shape`] if so many values do not fit into memory.
    pub fn to_dense(&self) -> Result<Vec<f32>> {
        let mut dense = Vec::new();
        let [_, batches, neurons] = self.shape;
        let len = checked_len(&self.shape).filter(|&n| dense.try_reserve_exact(n).is_ok());
        dense.resize(len.ok_or_else(|| too_large("values", self.shape))?, 0.0);
        for e in self.iter() {
            dense[(e.step as usize * batches + e.batch as usize) * neurons + e.neuron as usize] = e.value;
        }
        Ok(dense)
    }

    /// Spikes from bits, each of value 1 and offset 0.
    ///
    /// # Errors
    /// As [`SpikeEvents::new`].
    pub fn from_bits(bits: &SpikeBits, dt: f64) -> Result<Self> {
        let events = bits.iter().map(|(step, batch, neuron)| plain(step, batch, neuron, 1.0));
        SpikeEvents::from_events(bits.shape(), dt, events)
    }

    /// Spikes as bits, where bits can hold them.
    ///
    /// # Errors
    /// [`Error::Value`] naming the row, if a value is not 1 or an offset not 0, which bits would lose ([`Self::fired`]
    /// is for that); [`Error::Shape`] if the bits do not fit into memory.
    pub fn to_bits(&self) -> Result<SpikeBits> {
        if let Some(row) = self.value.iter().position(|&v| v != 1.0) {
            return Err(fault(
                "value",
                Some(row),
                self.value[row],
                "bits hold only spikes of value 1; keep events",
            ));
        }
        if let Some(row) = self.offset.iter().position(|&o| o != 0.0) {
            let value = format!("{} s", self.offset[row]);
            return Err(fault("offset", Some(row), value, "bits hold no time within the step; keep events"));
        }
        self.fired()
    }

    /// Who fired in which step, as bits: values and offsets are left out.
    ///
    /// # Errors
    /// [`Error::Shape`] if the bits do not fit into memory.
    pub fn fired(&self) -> Result<SpikeBits> {
        let mut bits = SpikeBits::silent(self.shape)?;
        for e in self.iter() {
            bits.set(e.step as usize, e.batch as usize, e.neuron as usize)?;
        }
        Ok(bits)
    }
}

/// A spike without time within its step. The caller has checked that batch and neuron fit into 32 bits.
fn plain(step: usize, batch: usize, neuron: usize, value: f32) -> SpikeEvent {
    SpikeEvent { step: step as u64, batch: batch as u32, neuron: neuron as u32, value, offset: 0.0 }
}

fn fault(field: &str, row: Option<usize>, value: impl ToString, rule: impl Into<String>) -> Error {
    Error::value("spikes", field, value, rule).at(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(step: u64, batch: u32, neuron: u32, value: f32, offset: f32) -> SpikeEvent {
        SpikeEvent { step, batch, neuron, value, offset }
    }

    /// Any valid spikes of at most 5 × 3 × 70.
    fn spikes() -> impl Strategy<Value = SpikeEvents> {
        let shape = (1_usize..6, 1_usize..4, 1_usize..70);
        let picks =
            prop::collection::btree_map((0_u64..5, 0_u32..3, 0_u32..70), (-4_i8..5, 0.0_f32..=1.0), 0..40);
        (shape, picks, 1e-6_f64..1.0).prop_map(|((t, b, n), picks, dt)| {
            let inside = |e: &SpikeEvent| {
                e.step < t as u64 && e.batch < b as u32 && e.neuron < n as u32 && e.value != 0.0
            };
            let events = picks.into_iter().map(|((t, b, n), (v, o))| event(t, b, n, v.into(), o * dt as f32));
            SpikeEvents::from_events([t, b, n], dt, events.filter(inside)).unwrap()
        })
    }

    #[test]
    fn bad_events_are_refused_with_their_row() {
        let first = event(1, 1, 1, 1.0, 0.0);
        for (bad, field, part) in [
            (event(3, 0, 0, 1.0, 0.0), "step[1] = 3", "below 3"),
            (event(2, 2, 0, 1.0, 0.0), "batch[1] = 2", "below 2"),
            (event(2, 0, 4, 1.0, 0.0), "neuron[1] = 4", "below 4"),
            (first, "events[1]", "twice"),
            (event(1, 1, 0, 1.0, 0.0), "events[1]", "sorted"),
            (event(2, 0, 0, f32::NAN, 0.0), "value[1]", "finite"),
            (event(2, 0, 0, 0.0, 0.0), "value[1]", "not 0"),
            (event(2, 0, 0, 1.0, 0.0011), "offset[1]", "[0, 0.001]"),
            (event(2, 0, 0, 1.0, -1e-9), "offset[1]", "[0, 0.001]"),
            (event(2, 0, 0, 1.0, f32::NAN), "offset[1]", "[0, 0.001]"),
        ] {
            let text = SpikeEvents::from_events([3, 2, 4], 0.001, [first, bad]).unwrap_err().to_string();
            assert!(text.contains(field) && text.contains(part), "{text}");
        }
        // The single nearest to 0.001 lies above it and is still an offset of a whole step.
        assert!(SpikeEvents::from_events([3, 2, 4], 0.001, [event(0, 0, 0, 1.0, 0.001)]).is_ok());
        for dt in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(SpikeEvents::new([1, 1, 1], dt).is_err());
        }
        assert!(SpikeEvents::new([1, 1, (1 << 32) + 1], 1.0).is_err());
    }

    #[test]
    fn dense_values_bits_and_times() {
        let dense = [0.0, 1.0, -2.0, 0.0, 0.0, 3.0];
        let spikes = SpikeEvents::from_dense([3, 1, 2], 0.5, &dense).unwrap();
        assert_eq!(spikes.len(), 3);
        assert_eq!(spikes.event(1), event(1, 0, 0, -2.0, 0.0));
        assert_eq!(spikes.times().collect::<Vec<_>>(), [0.0, 0.5, 1.0]);
        assert_eq!(spikes.to_dense().unwrap(), dense);
        assert!(spikes.to_bits().unwrap_err().to_string().contains("value[1] = -2"));
        assert_eq!(spikes.fired().unwrap().count(), 3);
        assert!(SpikeEvents::from_dense([3, 1, 2], 0.5, &[f32::NAN; 6]).is_err());
        assert!(SpikeEvents::from_dense([3, 1, 2], 0.5, &dense[1..]).is_err());
        assert!(SpikeEvents::from_dense([3, 0, 2], 0.5, &[]).unwrap().is_empty());
        let late = SpikeEvents::from_events([1, 1, 1], 0.5, [event(0, 0, 0, 1.0, 0.25)]).unwrap();
        assert!(late.to_bits().unwrap_err().to_string().contains("offset[0]"));
        let vast = SpikeEvents::new([1 << 40, 1 << 20, 1 << 30], 1.0).unwrap();
        assert!(vast.to_dense().is_err() && vast.fired().is_err());
    }

    proptest! {
        #[test]
        fn forms_agree(spikes in spikes()) {
            let (shape, dt) = (spikes.shape(), spikes.dt());
            let dense = spikes.to_dense().unwrap();
            let back = SpikeEvents::from_dense(shape, dt, &dense).unwrap();
            prop_assert_eq!(back.values(), spikes.values());
            prop_assert_eq!(back.to_dense().unwrap(), dense);
            for steps in 0..=shape[0] + 1 {
                let mut first = spikes.clone();
                first.truncate(steps);
                let steps = steps.min(shape[0]);
                prop_assert_eq!(first, SpikeEvents::from_events([steps, shape[1], shape[2]], dt,
                    spikes.iter().filter(|e| e.step < steps as u64)).unwrap());
            }
            let bits = spikes.fired().unwrap();
            let ones = SpikeEvents::from_bits(&bits, dt).unwrap();
            prop_assert_eq!(ones.neurons(), spikes.neurons());
            prop_assert_eq!(ones.to_bits().unwrap(), bits);
        }
    }
}
