//! The table of formats: what is read, how it is told, and what its limits are.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::content::Content;
use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::natural;
use super::text::Text;
use super::{aedat3, aedat4, event_stream, folder, matlab, n_mnist, numpy, prophesee, spikeinterface};
#[cfg(feature = "hdf5")]
use super::{hdf5_arrays, nix, nwb, shd, sonata};
#[cfg(feature = "hdf5")]
use crate::hdf5::Hdf5;

/// A kind of file.
pub struct Format {
    /// What it is called.
    pub name: &'static str,
    /// Endings of its files.
    pub endings: &'static [&'static str],
    /// What tells it from others.
    pub told_by: &'static str,
    /// What is read of it.
    pub gives: &'static str,
    /// What it does not say, or what is not read.
    pub limits: &'static str,
    /// Where it is described.
    pub reference: &'static str,
    /// Whether a file is one, by path and first bytes.
    pub(super) is: fn(&Path, &[u8]) -> bool,
    pub(super) read: fn(&Path, &TrainOptions, &mut Found) -> Said<Content>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn ends(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    endings.contains(&&ending[..])
}

/// Whether a file begins as HDF5 does, perhaps behind a block of MATLAB.
fn is_hdf5(head: &[u8]) -> bool {
    let magic = b"\x89HDF\r\n\x1a\n";
    [0, 512, 1024, 2048].iter().any(|at| head.get(*at..).is_some_and(|h| h.starts_with(magic)))
}

fn is_matlab_73(head: &[u8]) -> bool {
    head.starts_with(b"MATLAB 7.3") && is_hdf5(head)
}

#[cfg(feature = "hdf5")]
fn holds(path: &Path, head: &[u8], what: fn(&Hdf5) -> bool) -> bool {
    is_hdf5(head) && Hdf5::open(path).is_ok_and(|file| what(&file))
}

#[cfg(not(feature = "hdf5"))]
fn without_hdf5(_: &Path, _: &TrainOptions, _: &mut Found) -> Said<Content> {
    Err("is an HDF5 file, and this program was built without the feature `hdf5`".into())
}

/// All formats, in the order in which they are tried.
pub static FORMATS: &[Format] = &[
    Format {
        name: "npy",
        endings: &["npy"],
        told_by: "first bytes `\\x93NUMPY`",
        gives: "dense spikes [time], [time, neuron], [time, batch, neuron]; one train of times; a train per row or column; records with fields such as x, y, t, p",
        limits: "no unit, no step, no names but those of records; objects (pickles) are never loaded",
        reference: "https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
        is: |_, head| head.starts_with(b"\x93NUMPY"),
        read: numpy::npy,
    },
    Format {
        name: "npz",
        endings: &["npz"],
        told_by: "a zip archive of npy members",
        gives: "spikes of Rheobase; arrays `neuron`/`i`/`senders` and `time`/`t`/`times` with an entry per spike; dense arrays with or without their times; a train per array; SpikeInterface's sortings",
        limits: "units only by the names of arrays; objects (pickles) are never loaded",
        reference: "https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
        is: |path, head| {
            head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || ends(path, &["npz"])
        },
        read: numpy::npz,
    },
    Format {
        name: "NWB",
        endings: &["nwb", "h5", "hdf5"],
        told_by: "HDF5 with the attribute `nwb_version`",
        gives: "the units table: a train for each unit, by its id; observed intervals; verdicts (columns `quality`, `group`, `KSLabel`…), of which `--verdict good` takes some",
        limits: "files without a units table hold no spikes; needs the feature `hdf5`",
        reference: "https://nwb-schema.readthedocs.io/en/latest/format.html#units",
        #[cfg(feature = "hdf5")]
        is: |path, head| holds(path, head, nwb::is),
        #[cfg(not(feature = "hdf5"))]
        is: |_, _| false,
        #[cfg(feature = "hdf5")]
        read: nwb::read,
        #[cfg(not(feature = "hdf5"))]
        read: without_hdf5,
    },
    Format {
        name: "SONATA",
        endings: &["h5", "hdf5"],
        told_by: "HDF5 with `spikes/<population>/timestamps` and `node_ids`",
        gives: "a population's trains, by node id; units from the attribute",
        limits: "of several populations one must be named: FILE:POPULATION",
        reference: "https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md#spike-file",
        #[cfg(feature = "hdf5")]
        is: |path, head| holds(path, head, sonata::is),
        #[cfg(not(feature = "hdf5"))]
        is: |_, _| false,
        #[cfg(feature = "hdf5")]
        read: sonata::read,
        #[cfg(not(feature = "hdf5"))]
        read: without_hdf5,
    },
    Format {
        name: "NIX of Neo",
        endings: &["nix", "h5"],
        told_by: "HDF5 with the attribute `format` = nix",
        gives: "spike trains with their names, units and windows; segments are trials",
        limits: "of several blocks one must be named: FILE:BLOCK",
        reference: "https://neo.readthedocs.io/en/latest/neo.io.html#neo.io.NixIO",
        #[cfg(feature = "hdf5")]
        is: |path, head| holds(path, head, nix::is),
        #[cfg(not(feature = "hdf5"))]
        is: |_, _| false,
        #[cfg(feature = "hdf5")]
        read: nix::read,
        #[cfg(not(feature = "hdf5"))]
        read: without_hdf5,
    },
    Format {
        name: "SHD, SSC",
        endings: &["h5", "hdf5"],
        told_by: "HDF5 with `spikes/times` and `spikes/units`",
        gives: "samples of 700 channels with their labels; one sample: FILE:NUMBER",
        limits: "times are half precision: 0.5 ms apart near 1 s",
        reference: "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/",
        #[cfg(feature = "hdf5")]
        is: |path, head| holds(path, head, shd::is),
        #[cfg(not(feature = "hdf5"))]
        is: |_, _| false,
        #[cfg(feature = "hdf5")]
        read: shd::read,
        #[cfg(not(feature = "hdf5"))]
        read: without_hdf5,
    },
    Format {
        name: "MATLAB 7.3",
        endings: &["mat"],
        told_by: "first bytes `MATLAB 7.3`, HDF5 behind them",
        gives: "cells of times, matrices, structures, by the names of variables",
        limits: "no units but those that variables say; cells count from 0 here",
        reference: "https://www.mathworks.com/help/matlab/import_export/mat-file-versions.html",
        is: |_, head| is_matlab_73(head),
        #[cfg(feature = "hdf5")]
        read: hdf5_arrays::matlab,
        #[cfg(not(feature = "hdf5"))]
        read: without_hdf5,
    },
    Format {
        name: "HDF5",
        endings: &["h5", "hdf5"],
        told_by: "first bytes `\\x89HDF`",
        gives: "arrays by name, as in npz",
        limits: "attributes other than those above are not read",
        reference: "https://docs.hdfgroup.org/hdf5/develop/_s_p_e_c.html",
        is: |_, head| is_hdf5(head),
        #[cfg(feature = "hdf5")]
        read: hdf5_arrays::read,
        #[cfg(not(feature = "hdf5"))]
        read: without_hdf5,
    },
    Format {
        name: "MATLAB 5",
        endings: &["mat"],
        told_by: "first bytes `MATLAB 5.0`",
        gives: "cells of times, matrices, structures, by the names of variables",
        limits: "no units but those that variables say; no sparse matrices, objects; cells count from 0 here",
        reference: "https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf",
        is: |_, head| matlab::is(head),
        read: matlab::read,
    },
    Format {
        name: "Phy, Kilosort",
        endings: &["folder"],
        told_by: "a folder with spike_times.npy",
        gives: "a train for each cluster, by its number; the rate from params.py, which is not run",
        limits: "all clusters are read, whatever their verdict, which is told; `--verdict good` takes those of `cluster_group.tsv`, `cluster_info.tsv`, and, where nobody judged, `cluster_KSLabel.tsv`",
        reference: "https://phy.readthedocs.io/en/latest/sorting_user_guide/",
        is: |path, _| folder::is_phy(path),
        read: folder::phy,
    },
    Format {
        name: "SpikeInterface",
        endings: &["folder"],
        told_by: "a folder with spikes.npy and numpysorting_info.json",
        gives: "a train for each unit, by its name; segments are trials; the rate from the text beside them",
        limits: "folders in NumPy's form; sortings as npz are read as such",
        reference: "https://spikeinterface.readthedocs.io/en/stable/modules/core.html#saving-loading-and-compression",
        is: |path, _| spikeinterface::is(path),
        read: spikeinterface::read,
    },
    Format {
        name: "ALF",
        endings: &["folder"],
        told_by: "a folder with spikes.times.npy and spikes.clusters.npy",
        gives: "a train for each cluster, by its number; times in s",
        limits: "qualities of clusters, which are tables of Parquet, are not read",
        reference: "https://int-brain-lab.github.io/ONE/alf_intro.html",
        is: |path, _| folder::is_alf(path),
        read: folder::alf,
    },
    Format {
        name: "NEST, a file per thread",
        endings: &["folder"],
        told_by: "a folder with files .dat or .gdf",
        gives: "the spikes of all threads of one recorder",
        limits: "of several recorders one must be named: FOLDER:LABEL-ID",
        reference: "https://nest-simulator.readthedocs.io/en/stable/devices/record_from_simulations.html",
        is: |path, _| folder::is_nest(path),
        read: folder::nest,
    },
    Format {
        name: "camera recordings, a file each",
        endings: &["folder"],
        told_by: "a folder with files of the kinds below that give camera events",
        gives: "one of them: FOLDER:FILE, where there are several",
        limits: "a folder of such folders, one for each class, is a data set",
        reference: "https://doi.org/10.3389/fnins.2015.00437",
        is: |path, _| path.is_dir() && !cameras(path).is_empty(),
        read: one_camera,
    },
    Format {
        name: "Prophesee EVT",
        endings: &["raw"],
        told_by: "lines that begin with `%`, one of them `evt` or `format`",
        gives: "camera events of EVT 2.0 and 3.0 (t in us, x, y, polarity); triggers are counted",
        limits: "EVT 2.1 and 4 are not read",
        reference: "https://docs.prophesee.ai/stable/data/encoding_formats/index.html",
        is: |path, head| {
            head.starts_with(b"%")
                && !prophesee::is_dat(head)
                && (ends(path, &["raw"]) || !ends(path, &["csv", "txt", "dat", "tsv"]))
        },
        read: prophesee::raw,
    },
    Format {
        name: "Prophesee DAT",
        endings: &["dat"],
        told_by: "lines that begin with `%`, then the type and the size of events",
        gives: "camera events (t in us, x, y, polarity)",
        limits: "events of 8 bytes, types 0 and 12",
        reference: "https://docs.prophesee.ai/stable/data/file_formats/dat.html",
        is: |_, head| head.starts_with(b"%") && prophesee::is_dat(head),
        read: prophesee::dat,
    },
    Format {
        name: "AEDAT 3.1",
        endings: &["aedat"],
        told_by: "first bytes `#!AER-DAT3`",
        gives: "camera events (t in us, x, y, polarity); those marked invalid and of other kinds are counted",
        limits: "AEDAT 1 and 2 are not read",
        reference: "https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-3.1.html",
        is: |_, head| head.starts_with(b"#!AER-DAT3"),
        read: aedat3::read,
    },
    Format {
        name: "AEDAT 4",
        endings: &["aedat4"],
        told_by: "first bytes `#!AER-DAT4.0`",
        gives: "camera events of one stream, packed by LZ4, Zstandard, or not",
        limits: "of several streams of events one must be named: FILE:NUMBER; frames are not read",
        reference: "https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-4.0.html",
        is: |_, head| head.starts_with(aedat4::MAGIC),
        read: aedat4::read,
    },
    Format {
        name: "Event Stream",
        endings: &["es"],
        told_by: "first bytes `Event Stream`",
        gives: "camera events (t in us, x, y from the bottom, polarity)",
        limits: "version 2, type 1",
        reference: "https://github.com/neuromorphic-paris/event_stream",
        is: |_, head| head.starts_with(event_stream::MAGIC),
        read: event_stream::read,
    },
    Format {
        name: "N-MNIST",
        endings: &["bin"],
        told_by: "its ending alone",
        gives: "camera events of 5 bytes (x, y, polarity, t in us)",
        limits: "nothing in the file says what it is",
        reference: "https://doi.org/10.3389/fnins.2015.00437",
        is: |path, _| ends(path, &["bin"]),
        read: n_mnist::read,
    },
    Format {
        name: "wav",
        endings: &["wav"],
        told_by: "first bytes `RIFF`",
        gives: "no spikes: sound, for encoders (`read_wav`) and as input (`simulate --input FILE.wav`)",
        limits: "whole numbers of 8 to 32 bits, and single precision",
        reference: "https://www.loc.gov/preservation/digital/formats/fdd/fdd000001.shtml",
        is: |_, head| head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE"),
        read: |_, _, _| {
            Err("is sound, not spikes: encode it first (read_wav gives its samples), or give it to neurons (simulate --input)".into())
        },
    },
    Format {
        name: "table",
        endings: &["csv", "tsv", "txt", "dat", "gdf"],
        told_by: "its ending, and that it is text",
        gives: "a line per spike (columns neuron, time, trial…), a line per step (a column per neuron), a train per column, a train per line; NEST ASCII in both forms, NEST 2, Brian2, bmtk, Neo, PySpike, spreadsheets",
        limits: "without names or units these must be said; UTF-8",
        reference: "https://www.rfc-editor.org/rfc/rfc4180",
        is: |path, _| ends(path, &["csv", "tsv", "txt", "dat", "gdf"]),
        read: |path, options, found| Text::read(path)?.content(ends(path, &["gdf"]), options, found),
    },
];

/// Kinds of files in which people have spikes and which are not read, by their endings, and what to do.
const OTHERS: &[(&[&str], &str)] = &[
    (&["xlsx", "xls", "ods"], "is a spreadsheet's own file: save the sheet as CSV"),
    (
        &["parquet", "pqt", "feather"],
        "is a table of Arrow: write it as CSV, for instance with pandas' to_csv",
    ),
    (&["pkl", "pickle"], "is a pickle, which may run anything when it is loaded: save its arrays as npz"),
];

/// The format of a file.
pub(super) fn of(path: &Path, head: &[u8]) -> Said<&'static Format> {
    if let Some((_, what)) = OTHERS.iter().find(|(endings, _)| ends(path, endings)) {
        return Err((*what).into());
    }
    FORMATS.iter().find(|f| (f.is)(path, head)).ok_or_else(|| {
        let mut endings: Vec<&str> = Vec::new();
        for ending in FORMATS.iter().flat_map(|f| f.endings).filter(|e| **e != "folder") {
            if !endings.contains(ending) {
                endings.push(ending);
            }
        }
        format!(
            "is not a file of spikes by its name and its first bytes: it must be a folder of a sorter, or one of .{}",
            endings.join(", .")
        )
    })
}

/// The first bytes of a file; none of a folder.
pub(super) fn head(path: &Path) -> Said<Vec<u8>> {
    let fault = |e: std::io::Error| format!("cannot be read: {e}");
    if std::fs::metadata(path).map_err(fault)?.is_dir() {
        return Ok(Vec::new());
    }
    let mut head = Vec::new();
    File::open(path).and_then(|f| f.take(4096).read_to_end(&mut head)).map_err(fault)?;
    Ok(head)
}

impl Format {
    /// Whether files of this kind hold events of a camera and nothing else.
    fn of_camera(&self) -> bool {
        self.gives.starts_with("camera events")
    }
}

/// The recordings of cameras in a folder, by name.
fn cameras(path: &Path) -> Vec<(String, PathBuf, &'static Format)> {
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(|e| e.ok().map(|e| e.path()));
    let of = |file: PathBuf| {
        let format = of(&file, &head(&file).ok()?).ok().filter(|f| f.of_camera())?;
        Some((file.file_name()?.to_string_lossy().to_string(), file, format))
    };
    let mut all: Vec<_> = entries.filter(|e| e.is_file()).filter_map(of).collect();
    all.sort_by(|a, b| natural(&a.0, &b.0));
    all
}

/// The only recording of a folder, or that which was asked for.
fn one_camera(path: &Path, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let all = cameras(path);
    let named = |name: &String| all.iter().find(|c| c.0 == *name);
    let (name, file, format) = match (&options.array, &all[..]) {
        (Some(wanted), _) => {
            named(wanted).ok_or_else(|| format!("has no recording `{wanted}`: {}", listed(&all)))?
        }
        (None, [only]) => only,
        (None, _) => return Err(format!("{}; say which, as FOLDER:FILE", listed(&all))),
    };
    found.form = format!("{} ({name})", format.name);
    let options = TrainOptions { array: None, ..options.clone() };
    (format.read)(file, &options, found).map_err(|e| format!("{name}: {e}"))
}

/// How many there are, of which kinds, and the first names.
fn listed(all: &[(String, PathBuf, &'static Format)]) -> String {
    let mut kinds: Vec<&str> = all.iter().map(|c| c.2.name).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut names: Vec<&str> = all.iter().take(4).map(|c| &c.0[..]).collect();
    if all.len() > names.len() {
        names.push("…");
    }
    format!("holds {} recordings of cameras ({}): {}", all.len(), kinds.join(", "), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_cameras_is_not_nests() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
        let mut files = Vec::new();
        for folder in ["prophesee", "aedat", "n-mnist", "variants_camera"] {
            let within = std::fs::read_dir(here.join(folder)).unwrap().map(|e| e.unwrap().path());
            files.extend(within.filter(|p| of(p, &head(p).unwrap()).is_ok_and(|f| f.of_camera())));
        }
        let kinds: std::collections::BTreeSet<_> =
            files.iter().map(|f| f.extension().unwrap().to_string_lossy().to_string()).collect();
        assert!(
            ["aedat", "aedat4", "bin", "dat", "es", "raw"].iter().all(|k| kinds.contains(*k)),
            "{kinds:?}"
        );
        for file in &files {
            let folder = tempfile::tempdir().unwrap();
            let name = file.file_name().unwrap();
            std::fs::copy(file, folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join("notes.md"), "of that day").unwrap();
            let format = of(folder.path(), &[]).unwrap();
            assert_eq!(format.name, "camera recordings, a file each", "{file:?}");
            let alone = super::super::read_events(file, &TrainOptions::default());
            let within = super::super::read_events(folder.path(), &TrainOptions::default());
            assert_eq!(alone.is_ok(), within.is_ok(), "{file:?}");
            if let (Ok(alone), Ok(within)) = (alone, within) {
                assert_eq!(alone, within);
            }
            std::fs::copy(file, folder.path().join(format!("2{}", name.to_string_lossy()))).unwrap();
            let several = super::super::read_events(folder.path(), &TrainOptions::default()).unwrap_err();
            assert!(several.to_string().contains("holds 2 recordings of cameras"), "{several}");
            assert!(several.to_string().contains("FOLDER:FILE"), "{several}");
            let array = Some(name.to_string_lossy().to_string());
            let one = super::super::read_events(folder.path(), &TrainOptions { array, ..Default::default() });
            assert!(one.is_ok(), "{one:?}");
        }
        assert_eq!(of(&here.join("nest/threads"), &[]).unwrap().name, "NEST, a file per thread");
    }
}
