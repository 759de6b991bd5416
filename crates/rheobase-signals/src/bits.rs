//! Spikes as bits: which neuron fired in which step.

use rheobase_base::{Error, Result};

/// One bit per step, sample and neuron; each row of neurons starts a new word.
///
/// Neuron `n` of sample `b` in step `t` is bit `n % 64` of word `(t·B + b)·W + n / 64`, where `W` words hold one row
/// of neurons. Bits beyond the last neuron of a row are always zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpikeBits {
    shape: [usize; 3],
    words: Vec<u64>,
}

impl SpikeBits {
    /// No spikes over `shape` = [time, batch, neuron].
    ///
    /// # Errors
    /// [`Error::Shape`] if so many bits do not fit into memory.
    pub fn silent(shape: [usize; 3]) -> Result<Self> {
        let mut bits = SpikeBits::with_room(shape)?;
        bits.grow(shape[0]);
        Ok(bits)
    }

    /// Takes words laid out as described above.
    ///
    /// # Errors
    /// [`Error::Shape`] if their number does not fit `shape`; [`Error::Value`] naming the word if a bit beyond the
    /// last neuron of a row is set.
    pub fn from_words(shape: [usize; 3], words: Vec<u64>) -> Result<Self> {
        let count = word_count(shape).ok_or_else(|| too_large("bits", shape))?;
        if words.len() != count {
            return Err(Error::shape(
                "spikes",
                "words",
                format!("[{}]", words.len()),
                format!("spikes of shape {shape:?} take {count} words, each row of neurons a whole number"),
            ));
        }
        let bits = SpikeBits { shape, words };
        let (row, used) = (bits.words_per_row(), shape[2] % 64);
        let padding = if used == 0 { 0 } else { u64::MAX << used };
        let stray = |(i, w): (usize, &u64)| (i % row == row - 1 && w & padding != 0).then_some(i);
        match bits.words.iter().enumerate().find_map(stray) {
            None => Ok(bits),
            Some(i) => Err(Error::value(
                "spikes",
                "words",
                format!("{:#x}", bits.words[i]),
                format!("only the lowest {used} bits of a row's last word may be set"),
            )
            .at(i)),
        }
    }

    /// Room for spikes over `shape`, of which no step has been taken yet: [`SpikeBits::grow`] adds them.
    ///
    /// # Errors
    /// As [`SpikeBits::silent`].
    pub fn with_room(shape: [usize; 3]) -> Result<Self> {
        let mut words = Vec::new();
        let count = word_count(shape).filter(|&n| words.try_reserve_exact(n).is_ok());
        count.ok_or_else(|| too_large("bits", shape))?;
        Ok(SpikeBits { shape: [0, shape[1], shape[2]], words })
    }

    /// Adds `steps` steps without spikes, within the room that was made.
    pub fn grow(&mut self, steps: usize) {
        self.shape[0] += steps;
        self.words.resize(self.row_start(self.shape[0], 0), 0);
    }

    /// Lengths of time, batch and neurons.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// All words: `[time, batch, words per row]`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// All words, without copying.
    pub fn into_words(self) -> Vec<u64> {
        self.words
    }

    /// Words that hold the neurons of one step and sample.
    pub fn words_per_row(&self) -> usize {
        self.shape[2].div_ceil(64)
    }

    /// The words of one step and sample; none outside the shape.
    pub fn row(&self, step: usize, batch: usize) -> &[u64] {
        let inside = step < self.shape[0] && batch < self.shape[1];
        let at = self.row_start(step, batch);
        if inside { &self.words[at..at + self.words_per_row()] } else { &[] }
    }

    /// The words of one step and sample, to be written. Bits beyond the last neuron must stay zero. The caller knows
    /// that `step` and `batch` lie within the shape.
    pub fn row_mut(&mut self, step: usize, batch: usize) -> &mut [u64] {
        let (at, n) = (self.row_start(step, batch), self.words_per_row());
        &mut self.words[at..at + n]
    }

    fn row_start(&self, step: usize, batch: usize) -> usize {
        step.saturating_mul(self.shape[1]).saturating_add(batch).saturating_mul(self.words_per_row())
    }

    /// Whether a neuron fired; false outside the shape.
    pub fn get(&self, step: usize, batch: usize, neuron: usize) -> bool {
        let inside = step < self.shape[0] && batch < self.shape[1] && neuron < self.shape[2];
        inside && self.row(step, batch)[neuron / 64] >> (neuron % 64) & 1 == 1
    }

    /// Records a spike.
    ///
    /// # Errors
    /// [`Error::Value`] if an index lies outside the shape.
    pub fn set(&mut self, step: usize, batch: usize, neuron: usize) -> Result<()> {
        let at = [step, batch, neuron];
        if at.iter().zip(&self.shape).any(|(i, n)| i >= n) {
            return Err(Error::value(
                "spikes",
                "index",
                format!("{at:?}"),
                format!("must lie within the shape [time, batch, neuron] = {:?}", self.shape),
            ));
        }
        self.row_mut(step, batch)[neuron / 64] |= 1 << (neuron % 64);
        Ok(())
    }

    /// Number of spikes.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    /// All spikes as (step, batch, neuron), ascending in that order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let (row, batches) = (self.words_per_row(), self.shape[1]);
        self.words.iter().enumerate().filter(|(_, w)| **w != 0).flat_map(move |(i, &word)| {
            let (place, first) = (i / row, i % row * 64);
            let rest = |w: &u64| Some(w & (w - 1)).filter(|&w| w != 0);
            std::iter::successors(Some(word), rest)
                .map(move |w| (place / batches, place % batches, first + w.trailing_zeros() as usize))
        })
    }
}

fn word_count([t, b, n]: [usize; 3]) -> Option<usize> {
    t.checked_mul(b)?.checked_mul(n.div_ceil(64))
}

/// The error of spikes whose shape no memory can hold.
pub(super) fn too_large(form: &str, shape: [usize; 3]) -> Error {
    Error::shape(
        "spikes",
        form,
        format!("{shape:?}"),
        "so much does not fit into memory; keep them as events, or take a part of the time",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_start_at_whole_words_and_iteration_is_sorted() {
        let mut bits = SpikeBits::silent([3, 2, 65]).unwrap();
        assert_eq!((bits.words_per_row(), bits.words().len()), (2, 12));
        let spikes = [(0, 0, 0), (0, 1, 63), (0, 1, 64), (2, 1, 64)];
        for (t, b, n) in spikes {
            bits.set(t, b, n).unwrap();
        }
        assert_eq!(bits.words()[2..4], [1 << 63, 1]);
        assert_eq!(bits.iter().collect::<Vec<_>>(), spikes);
        assert_eq!(bits.count(), 4);
        assert!(bits.get(2, 1, 64) && !bits.get(2, 1, 63) && !bits.get(3, 0, 0) && !bits.get(0, 0, 65));
        assert_eq!(SpikeBits::from_words([3, 2, 65], bits.words().to_vec()).unwrap(), bits);
        let text = bits.set(0, 0, 65).unwrap_err().to_string();
        assert!(text.contains("index = [0, 0, 65]") && text.contains("[3, 2, 65]"), "{text}");
        assert!(bits.set(3, 0, 0).is_err() && bits.set(0, 2, 0).is_err());
        assert!(bits.row(2, 1).len() == 2 && bits.row(3, 0).is_empty() && bits.row(usize::MAX, 9).is_empty());
    }

    #[test]
    fn false_words_and_impossible_shapes_are_errors() {
        assert!(SpikeBits::from_words([1, 1, 65], vec![0]).is_err());
        let text = SpikeBits::from_words([1, 2, 3], vec![7, 8]).unwrap_err().to_string();
        assert!(text.contains("words[1] = 0x8"), "{text}");
        assert!(SpikeBits::from_words([1, 1, 64], vec![u64::MAX]).is_ok());
        assert!(SpikeBits::silent([usize::MAX, 2, 1]).is_err());
        assert!(SpikeBits::silent([1 << 60, 1, 1]).is_err());
        assert_eq!(SpikeBits::silent([5, 0, 9]).unwrap().iter().count(), 0);
        assert_eq!(SpikeBits::from_words([4, 3, 0], vec![]).unwrap().count(), 0);
    }

    #[test]
    fn steps_are_added_within_the_room_that_was_made() {
        let mut bits = SpikeBits::with_room([3, 2, 65]).unwrap();
        let room = bits.words.as_ptr();
        assert_eq!((bits.shape(), bits.count()), ([0, 2, 65], 0));
        bits.grow(1);
        bits.set(0, 1, 64).unwrap();
        bits.grow(2);
        bits.set(2, 0, 3).unwrap();
        assert_eq!((bits.shape(), bits.words.as_ptr()), ([3, 2, 65], room));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [(0, 1, 64), (2, 0, 3)]);
        assert!(SpikeBits::with_room([usize::MAX, 2, 1]).is_err());
    }
}
