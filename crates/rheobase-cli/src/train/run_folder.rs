//! The folder of a training run: which files it has, and what may be written into it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rheobase::data::{atomic_write, remove_abandoned};
pub(crate) use rheobase::learn::runs::{CHECKPOINT, CONFIG, METRICS, REPORT};
use rheobase::learn::{Protection, TrainConfig, Trained};

use crate::failure::{Failure, Outcome};
use crate::settings::explained;
use crate::terminal;
use crate::train::run_lock::{LOCK, RunLock};

/// A line per epoch of every stage.
pub(crate) const STAGES: &str = "stages.csv";
pub(crate) const CURVES: &str = "learning.png";
pub(crate) const INPUT: &str = "input.png";
pub(crate) const LAYERS: &str = "layers.png";
pub(crate) const CONFUSION: &str = "confusion.png";
/// What `rheobase report` writes into a run's folder; it belongs to whoever asked for it.
pub(crate) const PAGE: &str = "report.html";
/// In the order in which they are removed: settings without a checkpoint would be taken for a run that has just begun.
const ALL: [&str; 9] = [CONFIG, CHECKPOINT, METRICS, STAGES, REPORT, CURVES, INPUT, LAYERS, CONFUSION];

/// The picture of a stage, number `n` from 0: `stage-1-kernels.png`.
pub(crate) fn stage_picture(n: usize, what: &str) -> String {
    format!("stage-{}-{what}.png", n + 1)
}

/// Whether a file's name is one of [`stage_picture`].
fn is_stage_picture(name: &str) -> bool {
    let parts = name.strip_prefix("stage-").and_then(|rest| rest.strip_suffix(".png"));
    let parts = parts.and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(n, what)| {
        n.parse::<u32>().is_ok() && ["kernels", "weights", "wins", "maps"].contains(&what)
    })
}

/// The folder of a run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    lock: Option<RunLock>,
}

impl RunFolder {
    pub(crate) fn new(path: PathBuf) -> Self {
        RunFolder { path, lock: None }
    }
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    /// The settings in the folder, if it has some.
    pub(crate) fn settings(&self) -> Outcome<Option<TrainConfig>> {
        self.has(CONFIG).then(|| TrainConfig::read(self.file(CONFIG))).transpose().map_err(explained)
    }

    /// Makes this process the only one that writes into the folder, and takes away what killed ones left half-written.
    pub(crate) fn own(&mut self) -> Outcome<()> {
        if self.lock.is_none() {
            self.lock = Some(RunLock::take(&self.path)?);
            for name in ALL.iter().chain(&[PAGE]) {
                remove_abandoned(&self.file(name))?;
            }
            for name in self.stage_pictures() {
                remove_abandoned(&self.file(&name))?;
            }
        }
        Ok(())
    }

    /// [`RunFolder::own`], if the folder is one of a run already; another one is left as it is.
    pub(crate) fn own_if_run(&mut self) -> Outcome<()> {
        if self.has(LOCK) || self.has(CHECKPOINT) { self.own() } else { Ok(()) }
    }

    /// Refuses a folder with files in it, unless they may be replaced.
    pub(crate) fn check_free(&self, force: bool) -> Outcome<()> {
        let place = self.path.display();
        let empty = fs::read_dir(&self.path)
            .map(|mut files| files.all(|file| file.is_ok_and(|file| file.file_name() == LOCK)));
        match empty {
            Err(_) if !self.path.exists() => Ok(()),
            Err(e) => Err(Failure::bad(format!("{place}: cannot be used as a folder: {e}"))),
            Ok(empty) if empty || force => Ok(()),
            Ok(_) => {
                let what = match (self.has(REPORT), self.has(CHECKPOINT) || self.has(CONFIG)) {
                    (true, _) => "holds a finished run",
                    (_, true) => "holds a run that is not finished",
                    _ => "holds other files",
                };
                Err(Failure::bad(format!(
                    "{place}: {what}; --resume goes on with a run, --force starts anew in its place, -o names another folder"
                )))
            }
        }
    }

    /// Makes the folder, owned and without the files of an earlier run.
    pub(crate) fn start(&mut self, force: bool) -> Outcome<()> {
        let place = self.path.display();
        fs::create_dir_all(&self.path).map_err(|e| Failure::bad(format!("{place}: cannot be made: {e}")))?;
        self.own()?;
        // Another process may have been here before.
        self.check_free(force)?;
        let pictures = self.stage_pictures();
        for name in ALL.into_iter().chain(pictures.iter().map(|name| &name[..])) {
            let file = self.file(name);
            if file.exists() {
                fs::remove_file(&file)
                    .map_err(|e| Failure::bad(format!("{}: cannot be replaced: {e}", file.display())))?;
            }
        }
        Ok(())
    }

    /// Names of the pictures of stages in the folder, half-written ones included.
    fn stage_pictures(&self) -> Vec<String> {
        let names = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = names.filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let temporary = name.strip_prefix('.').and_then(|rest| rest.rsplit_once('-'));
            Some(temporary.map_or(name.clone(), |(whole, _)| whole.to_string()))
        });
        let mut names: Vec<String> = names.filter(|name| is_stage_picture(name)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Writes a file of text, whole or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> Outcome<()> {
        Ok(atomic_write(&self.file(name), |file| file.write_all(text.as_bytes()))?)
    }
}

/// Owns `folder`, where this process is going to write, until the process ends; where it is not a run's folder, nothing is
/// done.
pub(crate) fn own_for_output(folder: &Path) -> Outcome<()> {
    static OWNED: Mutex<Vec<RunFolder>> = Mutex::new(Vec::new());
    let mut owned = OWNED.lock().unwrap_or_else(PoisonError::into_inner);
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    // A plot and a file may go to the same folder.
    if owned.iter().all(|run| run.path != path) {
        let mut run = RunFolder::new(path);
        run.own_if_run()?;
        owned.push(run);
    }
    Ok(())
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

/// The network of a checkpoint.
pub(crate) fn read_trained(checkpoint: &Path, threads: usize) -> Outcome<Trained> {
    let trained = Trained::read(checkpoint, threads)?;
    warn_unprotected(checkpoint, trained.protection());
    Ok(trained)
}

/// Says that damage to a checkpoint would have gone unnoticed, if it would.
pub(crate) fn warn_unprotected(checkpoint: &Path, protection: Protection) {
    if protection == Protection::Tensors {
        let place = checkpoint.display();
        terminal::warn(&format!(
            "note: {place}: is of an earlier version and unprotected but for its weights: damage to its settings, \
             description or history would not be noticed; train --resume writes it anew, protected whole"
        ));
    }
}
