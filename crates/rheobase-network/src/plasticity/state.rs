//! What a learner carries from sample to sample and, within one, from step to step; as arrays of a checkpoint.

use std::collections::VecDeque;

use super::check::length;
use super::timed::Traces;
use crate::vision::windows::value_error;
use rheobase_base::{Error, Result};
use rheobase_signals::{Tensor, TensorData};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// Samples that are over.
    pub(super) samples: u64,
    /// Wins of each feature; spikes where there are no winners.
    pub(super) wins: Vec<u64>,
    /// What homeostasis adds to thresholds.
    pub(super) thresholds: Vec<f32>,
    /// `ltp`, `ltd` of each feature, of the order rule.
    pub(super) rates: Vec<[f32; 2]>,
    pub(super) traces: Traces,
    /// One number per weight, of rules of traces that wait for a reward.
    pub(super) eligibility: Vec<f32>,
    /// What has been sent in the last steps and not arrived yet, the earliest first.
    pub(super) sent: VecDeque<Vec<u32>>,
}

const TRACES: [&str; 4] = ["r1", "r2", "o1", "o2"];

impl State {
    /// What is to be kept, by name.
    ///
    /// # Errors
    /// None: the signature is that of tensors.
    pub(super) fn tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let (mut index, mut ends) = (Vec::new(), Vec::new());
        for row in &self.sent {
            index.extend(row.iter().map(|i| u64::from(*i)));
            ends.push(index.len() as u64);
        }
        let f32s = |values: &[f32]| Tensor::f32(&[values.len()], values.to_vec());
        let u64s = |values: &[u64]| Tensor::u64(&[values.len()], values.to_vec());
        let mut all = vec![
            ("samples", u64s(&[self.samples])?),
            ("wins", u64s(&self.wins)?),
            ("thresholds", f32s(&self.thresholds)?),
            ("rates", Tensor::f32(&[self.rates.len(), 2], self.rates.as_flattened().to_vec())?),
            ("eligibility", f32s(&self.eligibility)?),
            ("sent.index", u64s(&index)?),
            ("sent.ends", u64s(&ends)?),
        ];
        for (name, trace) in TRACES.into_iter().zip(&self.traces.0) {
            all.push((name, f32s(trace)?));
        }
        Ok(all.into_iter().map(|(name, tensor)| (name.into(), tensor)).collect())
    }

    /// Takes back what was kept by a learner of the same settings and connection. On an error nothing has changed.
    ///
    /// # Errors
    /// Arrays that are missing, of another kind or length; numbers that are not finite or out of range.
    pub(super) fn restore(&mut self, place: &str, inputs: usize, kept: &[(String, Tensor)]) -> Result<()> {
        let mut new = self.clone();
        let read = SavedArrays { place, kept };
        let mut samples = [0];
        read.u64s("samples", &mut samples)?;
        new.samples = samples[0];
        read.u64s("wins", &mut new.wins)?;
        read.f32s("thresholds", &mut new.thresholds)?;
        read.f32s("rates", new.rates.as_flattened_mut())?;
        read.f32s("eligibility", &mut new.eligibility)?;
        for (name, trace) in TRACES.into_iter().zip(&mut new.traces.0) {
            read.f32s(name, trace)?;
        }
        new.sent = read.sent(inputs, self.sent.len())?;
        *self = new;
        Ok(())
    }
}

struct SavedArrays<'a> {
    place: &'a str,
    kept: &'a [(String, Tensor)],
}

impl SavedArrays<'_> {
    fn find(&self, name: &str) -> Result<&TensorData> {
        let known = self.kept.iter().map(|(name, _)| name.as_str());
        let found = self.kept.iter().find(|(known, _)| known == name);
        found.map(|(_, tensor)| tensor.data()).ok_or_else(|| Error::unknown(self.place, "array", name, known))
    }

    fn kind(&self, name: &str, wanted: &str) -> Error {
        value_error(self.place, name, None, "an array of another kind", format!("must be of {wanted}"))
    }

    fn f32s(&self, name: &str, to: &mut [f32]) -> Result<()> {
        let TensorData::F32(from) = self.find(name)? else { return Err(self.kind(name, "float32")) };
        length(self.place, name, from.len(), to.len(), "as many as before")?;
        super::check::finite(self.place, name, from)?;
        to.copy_from_slice(from);
        Ok(())
    }

    fn whole(&self, name: &str) -> Result<&[u64]> {
        let TensorData::U64(from) = self.find(name)? else { return Err(self.kind(name, "uint64")) };
        Ok(from)
    }

    fn u64s(&self, name: &str, to: &mut [u64]) -> Result<()> {
        let from = self.whole(name)?;
        length(self.place, name, from.len(), to.len(), "as many as before")?;
        to.copy_from_slice(from);
        Ok(())
    }

    fn sent(&self, inputs: usize, steps: usize) -> Result<VecDeque<Vec<u32>>> {
        let (index, ends) = (self.whole("sent.index")?, self.whole("sent.ends")?);
        length(self.place, "sent.ends", ends.len(), steps, "as many as steps of delay")?;
        if let Some(at) = index.iter().position(|i| *i >= inputs as u64) {
            let rule = format!("must be below {inputs}, the inputs");
            return Err(value_error(self.place, "sent.index", Some(at), index[at], rule));
        }
        let mut start = 0;
        let mut rows = VecDeque::with_capacity(steps);
        for (at, end) in ends.iter().enumerate() {
            let row = usize::try_from(*end).ok().and_then(|end| index.get(start..end));
            let Some(row) = row else {
                let rule = format!("must ascend and be at most {}", index.len());
                return Err(value_error(self.place, "sent.ends", Some(at), end, rule));
            };
            start += row.len();
            rows.push_back(row.iter().map(|i| *i as u32).collect());
        }
        Ok(rows)
    }
}
