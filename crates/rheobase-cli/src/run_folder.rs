//! The folder of a training run: which files it has, and who may write into it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rheobase::data::atomic_write;

use crate::failure::{Failure, Outcome};

/// Names of the files of a run.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";
pub(crate) const CONFIG: &str = "config.toml";
pub(crate) const METRICS: &str = "metrics.csv";
pub(crate) const REPORT: &str = "report.json";
pub(crate) const CURVES: &str = "learning.png";
pub(crate) const INPUT: &str = "input.png";
pub(crate) const LAYERS: &str = "layers.png";
pub(crate) const CONFUSION: &str = "confusion.png";
const ALL: [&str; 8] = [CHECKPOINT, CONFIG, METRICS, REPORT, CURVES, INPUT, LAYERS, CONFUSION];

/// The folder of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunFolder(PathBuf);

impl RunFolder {
    pub(crate) fn new(path: PathBuf) -> Self {
        RunFolder(path)
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    /// Refuses a folder with files in it, unless they may be replaced.
    pub(crate) fn check_free(&self, force: bool) -> Outcome<()> {
        let place = self.0.display();
        match fs::read_dir(&self.0).map(|mut files| files.next().is_none()) {
            Err(_) if !self.0.exists() => Ok(()),
            Err(e) => Err(Failure::bad(format!("{place}: cannot be used as a folder: {e}"))),
            Ok(empty) if empty || force => Ok(()),
            Ok(_) => {
                let what = match (self.has(REPORT), self.has(CHECKPOINT) || self.has(CONFIG)) {
                    (true, _) => "holds a finished run",
                    (_, true) => "holds a run that is not finished",
                    _ => "holds other files",
                };
                Err(Failure::bad(format!(
                    "{place}: {what}; --resume goes on with a run, --force starts anew in its place, --out names another folder"
                )))
            }
        }
    }

    /// Makes the folder, without the files of an earlier run.
    pub(crate) fn start(&self) -> Outcome<()> {
        let place = self.0.display();
        fs::create_dir_all(&self.0).map_err(|e| Failure::bad(format!("{place}: cannot be made: {e}")))?;
        for name in ALL {
            let file = self.file(name);
            if file.exists() {
                fs::remove_file(&file)
                    .map_err(|e| Failure::bad(format!("{}: cannot be replaced: {e}", file.display())))?;
            }
        }
        Ok(())
    }

    /// Writes a file of text, whole or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> Outcome<()> {
        Ok(atomic_write(&self.file(name), |file| file.write_all(text.as_bytes()))?)
    }
}

/// The checkpoint that `path` names: the file itself, or that in the folder of a run.
pub(crate) fn checkpoint_of(path: &Path) -> Outcome<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let file = path.join(CHECKPOINT);
    if file.is_file() {
        return Ok(file);
    }
    let place = path.display();
    Err(Failure::bad(format!("{place}: holds no {CHECKPOINT}; name the folder of a run, or a checkpoint")))
}
