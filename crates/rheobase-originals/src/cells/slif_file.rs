//! The file of a [`SlifCell`]: `{name}.npz` with the array `threshold`, as ngc-learn writes and reads it.

use std::path::{Path, PathBuf};

use super::SlifCell;
use rheobase_base::{Error, Result};
use rheobase_data::{Array, read_npz, write_npz};

/// Name of the array.
const THRESHOLD: &str = "threshold";

impl SlifCell {
    /// Writes `{name}.npz` into `directory` and gives back its path. Its array `threshold`, `[1, cell]`, holds the
    /// present thresholds if they persist, else those after a reset; `[batch, cell]` where samples differ. Lateral
    /// weights are not saved: they follow from seed and name.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, directory: impl AsRef<Path>) -> Result<PathBuf> {
        let path = self.file(directory.as_ref());
        let thresholds = self.get(if self.options.thr_persist { "thr" } else { "threshold0" })?;
        let n = self.n_units();
        let same = thresholds.chunks(n).all(|sample| *sample == thresholds[..n]);
        let array = if same {
            Array::new([1, n], thresholds[..n].to_vec())?
        } else {
            Array::new([self.batch_size(), n], thresholds)?
        };
        write_npz(&path, &[(THRESHOLD, array)])?;
        Ok(path)
    }

    /// Reads `{name}.npz` from `directory`: its `threshold`, of shape `[cell]`, `[1, cell]` or `[batch, cell]`, becomes
    /// the present thresholds and those after a reset.
    ///
    /// # Errors
    /// A file that cannot be read, has no such array, or whose thresholds do not fit or are not finite. Nothing is
    /// changed then.
    pub fn load(&mut self, directory: impl AsRef<Path>) -> Result<()> {
        let path = self.file(directory.as_ref());
        let arrays = read_npz(&path)?;
        let array = arrays.get(THRESHOLD)?;
        let bad = |what: String| Error::file(&path, format!("array `{THRESHOLD}`: {what}"));
        let values = array.to_f32().map_err(|e| bad(e.to_string()))?;
        let (batch, n) = (self.batch_size(), self.n_units());
        let thresholds = match *array.shape() {
            [cells] | [1, cells] if cells == n => values.repeat(batch),
            [samples, cells] if samples == batch && cells == n => values,
            _ => {
                let shape = array.shape();
                return Err(bad(format!("has shape {shape:?}, but [1, {n}] or [{batch}, {n}] is needed")));
            }
        };
        if let Some(i) = thresholds.iter().position(|x| !x.is_finite()) {
            return Err(bad(format!("number {i} is {}: must be a finite number", thresholds[i])));
        }
        self.put_thresholds(thresholds.clone());
        self.threshold0 = thresholds;
        Ok(())
    }

    fn file(&self, directory: &Path) -> PathBuf {
        directory.join(format!("{}.npz", self.name))
    }
}
