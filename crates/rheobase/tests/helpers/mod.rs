//! For the tests of analysis: where the reference traces are, and a reader for their arrays.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Arrays of one trace by name: shape and values as f64, row-major.
pub(crate) type Arrays = HashMap<String, (Vec<usize>, Vec<f64>)>;

/// The folder of the traces: in the repository, else beside it, else where `RHEOBASE_SHARED` says.
pub(crate) fn traces() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut places = vec![repository.join("conformance/traces")];
    if let Ok(shared) = std::env::var("RHEOBASE_SHARED") {
        places.push(Path::new(&shared).join("reference/traces"));
    }
    places.push(repository.join("../shared/reference/traces"));
    places.into_iter().find(|p| p.join("nengox_lowpass_filter.npz").is_file())
}

/// Every numeric array of an npz file.
pub(crate) fn read(path: &Path) -> Arrays {
    let npz = rheobase::data::read_npz(path).unwrap_or_else(|e| panic!("{e}"));
    let numeric = npz.arrays().iter().filter(|(name, _)| name != "meta");
    numeric.map(|(name, array)| (name.clone(), (array.shape().to_vec(), array.to_f64().unwrap()))).collect()
}
