//! `rheobase train`: a network learns a task; its run is a folder.

mod as_spikes;
mod controls;
mod conversion_pictures;
pub(crate) mod eval;
pub(crate) mod pictures;
pub(crate) mod predict;
mod progress;
pub(crate) mod report;
pub(crate) mod run_folder;
mod run_lock;
pub(crate) mod samples_file;
mod stage_pictures;

use std::env;
use std::path::PathBuf;

use clap::Args;
use rheobase::Cancel;
use rheobase::learn::{Epoch, Job, Progressed, TrainConfig};

use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::settings::{explained, explained_of_job};
use crate::simulate::disk;
use crate::{interrupt, terminal};
use progress::Bar;
use run_folder::{CHECKPOINT, CONFIG, METRICS, REPORT, RunFolder, STAGES, warn_unprotected};

/// Train a network; without arguments, on handwritten digits
#[derive(Args)]
#[command(
    after_help = "Layers with a [[stage]] in the settings learn first, without labels; then the network is trained on them.
The folder of the run then holds the checkpoint (checkpoint.safetensors), all settings (config.toml), metrics.csv, \
report.json and pictures, stages.csv if there are stages. Ctrl-C, SIGTERM and SIGHUP save, a second Ctrl-C ends at once; --resume goes on, to the same \
bits as without a stop. Other processes are kept out of the folder meanwhile.

With --resume, settings of CONFIG.toml, --set, or an edited config.toml in the folder are compared with the \
checkpoint's. These may change: train.epochs, train.early_stopping.patience, train.threads, train.memory, train.checkpoint_every, \
train.test_every, optimise.learning_rate, optimise.schedule, when a stage ends, and where files lie. Others are refused by name.

Examples:
  rheobase train
  rheobase train --epochs 5 --lr 0.002 -o runs/short
  rheobase train examples/digits-recurrent.toml --seed 1
  rheobase train examples/vision-digits.toml       features without labels, then a readout
  rheobase train --resume -o runs/short --epochs 10"
)]
pub(crate) struct Train {
    /// Settings as TOML (see examples/); without, handwritten digits
    #[arg(value_name = "CONFIG.toml")]
    config: Option<PathBuf>,
    /// Change a setting, such as train.epochs=5 or network.node.hidden.neurons.model=lif
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Epochs, instead of train.epochs
    #[arg(long, value_name = "N")]
    epochs: Option<u64>,
    /// Learning rate, instead of optimise.learning_rate
    #[arg(long, value_name = "RATE", visible_alias = "learning-rate")]
    lr: Option<f64>,
    /// Go on with the run in the folder, under its own settings where no others are given
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Start anew, even if the folder has files of another run
    #[arg(long)]
    force: bool,
    /// Threads [default: all cores]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = crate::arguments::threads)]
    threads: Option<usize>,
    /// Seed of everything random, instead of train.seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Folder of the run [default: runs/NAME-SEED, NAME that of the settings or `digits`]
    #[arg(short, long, value_name = "DIR", alias = "out")]
    output: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

impl Train {
    pub(crate) fn run(self) -> Outcome<()> {
        let stated = self.stated()?;
        let mut folder = RunFolder::new(self.folder(stated.as_ref()));
        interrupt::watch();
        let mut job = match stated {
            Some(config) if !self.resume => started(config, &mut folder, self.force)?,
            stated => self.resumed(stated, &mut folder)?,
        };
        let mut bar = Bar::new(job.config().train.epochs);
        bar.warn(job.warnings());
        let learned = learn(&mut job, &folder, |job, now, epoch| {
            bar.show(now, epoch, job.stages());
            bar.warn(job.warnings());
        });
        let pace = bar.finish();
        learned?;
        let done = report::write(&job, &folder, pace.0)?;
        done.warnings.iter().for_each(|w| terminal::warn(&format!("warning: {w}")));
        self.format.print_part(&done.report, |all| all["test"].clone(), || done.text(&job, &folder, pace))
    }

    /// The settings that the command line states; none if a run goes on with its own.
    fn stated(&self) -> Outcome<Option<TrainConfig>> {
        let config = match &self.config {
            Some(path) => TrainConfig::read(path).map_err(explained)?,
            None if self.resume => return Ok(None),
            None => TrainConfig::digits(),
        };
        self.changed(config).map(Some)
    }

    /// Applies what the command line changes.
    fn changed(&self, mut config: TrainConfig) -> Outcome<TrainConfig> {
        for setting in &self.set {
            let Some((key, value)) = setting.split_once('=') else {
                return Err(Failure::bad(format!(
                    "--set {setting}: is not KEY=VALUE, such as train.epochs=5"
                )));
            };
            let own = [
                ("train.epochs", "--epochs", self.epochs.is_some()),
                ("optimise.learning_rate", "--lr", self.lr.is_some()),
            ];
            if let Some((_, option, _)) = own.iter().find(|(name, _, given)| *given && *name == key.trim()) {
                return Err(Failure::bad(format!(
                    "--set {setting}: {option} says the same; keep one of them"
                )));
            }
            config.set(key.trim(), value.trim()).map_err(explained)?;
        }
        if let Some(threads) = self.threads {
            config.train.threads = threads;
        }
        if let Some(seed) = self.seed {
            config.train.seed = seed;
        }
        if let Some(epochs) = self.epochs {
            config.train.epochs = epochs;
        }
        if let Some(rate) = self.lr {
            config.optimise.learning_rate = rate;
        }
        // The run is resumed from other folders, too.
        if let Ok(here) = env::current_dir() {
            config.start_from(&here);
        }
        Ok(config)
    }

    fn folder(&self, stated: Option<&TrainConfig>) -> PathBuf {
        let stem = self.config.as_ref().and_then(|path| path.file_stem()).map(|s| s.to_string_lossy());
        let name = stem.as_deref().unwrap_or("digits");
        let seed = stated.map_or(self.seed.unwrap_or_default(), |config| config.train.seed);
        self.output.clone().unwrap_or_else(|| PathBuf::from(format!("runs/{name}-{seed}")))
    }

    fn resumed(&self, stated: Option<TrainConfig>, folder: &mut RunFolder) -> Outcome<Job> {
        if !folder.has(CHECKPOINT) && !folder.has(CONFIG) {
            let place = folder.path().display();
            return Err(Failure::bad(format!(
                "{place}: holds no run to go on with; leave --resume away, or name its folder with -o"
            )));
        }
        folder.own()?;
        let edited = folder.settings()?;
        let job = if folder.has(CHECKPOINT) {
            let checkpoint = folder.file(CHECKPOINT);
            let job = Job::resume_with(&checkpoint, &rheobase::network::Library::default(), |run| {
                self.gone_on_with(&run, edited, stated, folder)
            })?;
            warn_unprotected(&checkpoint, job.protection());
            job
        } else {
            // Stopped before its first checkpoint: nothing is learned, and the start is where it goes on.
            let own = || self.changed(edited.unwrap_or_default());
            Job::new(stated.map_or_else(own, Ok)?).map_err(explained_of_job)?
        };
        check_room(&job, folder)?;
        job.config().write(folder.file(CONFIG))?;
        Ok(job)
    }

    /// The settings to go on with: those stated, else those in the run's folder, which may have been edited, else those
    /// of the checkpoint. Whatever differs from the checkpoint is named; what may not change is refused.
    fn gone_on_with(
        &self,
        run: &TrainConfig,
        edited: Option<TrainConfig>,
        stated: Option<TrainConfig>,
        folder: &RunFolder,
    ) -> Outcome<TrainConfig> {
        if let Some(edited) = &edited {
            run.resumed_as(edited, &folder.file(CONFIG).display().to_string())?;
        }
        let wanted = match stated {
            Some(stated) => stated,
            None => self.changed(edited.unwrap_or_else(|| run.clone()))?,
        };
        let source =
            self.config.as_ref().map_or("the command line".into(), |path| path.display().to_string());
        for difference in run.resumed_as(&wanted, &source)? {
            terminal::warn(&format!("note: goes on with {difference}"));
        }
        Ok(wanted)
    }
}

/// A job that begins in its folder; `force`: in place of what is there.
pub(crate) fn started(config: TrainConfig, folder: &mut RunFolder, force: bool) -> Outcome<Job> {
    folder.own_if_run()?;
    folder.check_free(force)?;
    let job = Job::new(config).map_err(explained_of_job)?;
    check_room(&job, folder)?;
    folder.start(force)?;
    job.config().write(folder.file(CONFIG))?;
    Ok(job)
}

/// Learns until the job is done, saving it in its folder as often as its settings say and at the end; `watch` sees every batch.
///
/// # Errors
/// Those of the job; a file that cannot be written; a signal, after which the job is saved where it is.
pub(crate) fn learn(
    job: &mut Job,
    folder: &RunFolder,
    mut watch: impl FnMut(&Job, &Progressed, Option<&Epoch>),
) -> Outcome<()> {
    let mut failed = None;
    job.run(|job, now, epoch| {
        watch(job, now, epoch);
        let (done, all) = now.batches;
        if done == all {
            let every = job.config().train.checkpoint_every;
            if !job.is_done() && every > 0 && now.epoch.is_multiple_of(every) {
                failed = save(job, folder).err();
            }
        }
        Ok(failed.is_none() && !interrupt::pressed() && !Cancel::current().is_asked())
    })?;
    if let Some(failure) = failed {
        return Err(later(failure, folder));
    }
    save(job, folder).map_err(|failure| later(failure, folder))?;
    if !job.is_done() {
        let place = folder.path().display();
        return Err(Failure::Interrupted(format!(
            "interrupted in {}; saved, go on with: rheobase train --resume -o {place}",
            under_way(job)
        )));
    }
    Ok(())
}

/// A file that could not be written, and what is left.
fn later(failure: Failure, folder: &RunFolder) -> Failure {
    let Failure::Bad(what) = failure else { return failure };
    let place = folder.path().display();
    let left = match folder.has(CHECKPOINT) {
        true => format!(
            "the checkpoint before it is whole; make room and go on with: rheobase train --resume -o {place}"
        ),
        false => "there is no earlier checkpoint".into(),
    };
    Failure::Bad(format!("{what}; {left}"))
}

/// What a job is doing: `epoch 3 of 30`, `epoch 1 of 5 of the stage of features_conv`.
fn under_way(job: &Job) -> String {
    match job.stages().iter().find(|stage| !stage.is_done()) {
        None => format!("epoch {} of {}", job.history().len() + 1, job.config().train.epochs),
        Some(stage) => format!(
            "epoch {} of {} of the stage of {}",
            stage.history().len() + 1,
            stage.config().epochs,
            stage.config().layer
        ),
    }
}

/// Whether a checkpoint has room: values, moments, and those of the best epoch.
fn check_room(job: &Job, folder: &RunFolder) -> Outcome<()> {
    disk::fits(&folder.file(CHECKPOINT), 16.0 * job.program().parameters().count() as f64)
}

/// Saves where a job is.
fn save(job: &Job, folder: &RunFolder) -> Outcome<()> {
    if !job.is_done() && folder.has(REPORT) {
        // A finished run that is trained further has no report until it is finished again.
        let file = folder.file(REPORT);
        std::fs::remove_file(&file)
            .map_err(|e| Failure::bad(format!("{}: cannot be replaced: {e}", file.display())))?;
    }
    job.checkpoint()?.write(&folder.file(CHECKPOINT))?;
    if !job.stages().is_empty() {
        folder.write(STAGES, &report::stage_metrics(job.stages()))?;
    }
    folder.write(METRICS, &report::metrics(job.history()))
}
