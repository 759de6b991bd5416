//! For the tests of analysis: where the reference traces are, and a reader for their arrays.

use std::collections::HashMap;
use std::fs::File;
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
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut npz = npyz::npz::NpzArchive::new(file).unwrap();
    let names: Vec<String> = npz.array_names().map(str::to_string).filter(|n| n != "meta").collect();
    names
        .into_iter()
        .map(|name| {
            let array = npz.by_name(&name).unwrap().unwrap();
            let shape: Vec<usize> = array.shape().iter().map(|n| *n as usize).collect();
            let fortran = array.order() == npyz::Order::Fortran;
            let integers = array.dtype().descr().contains("i8");
            let values: Vec<f64> = if integers {
                array.into_vec::<i64>().unwrap().into_iter().map(|v| v as f64).collect()
            } else {
                array.into_vec::<f64>().unwrap()
            };
            let values = if fortran && shape.len() == 2 { row_major(&values, &shape) } else { values };
            (name, (shape, values))
        })
        .collect()
}

fn row_major(values: &[f64], shape: &[usize]) -> Vec<f64> {
    (0..values.len()).map(|i| values[(i % shape[1]) * shape[0] + i / shape[1]]).collect()
}
