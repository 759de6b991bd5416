//! `rheobase train`: a network learns a task; its run is a folder.

use std::env;
use std::path::PathBuf;

use clap::Args;
use rheobase::learn::{Job, TrainConfig};

use crate::failure::{Failure, Outcome};
use crate::run_folder::{CHECKPOINT, CONFIG, METRICS, REPORT, RunFolder};
use crate::train_progress::Bar;
use crate::{disk, interrupt, train_report};

/// Train a network; without arguments, on handwritten digits
#[derive(Args)]
#[command(
    after_help = "The folder of the run then holds the checkpoint (checkpoint.safetensors), all settings (config.toml), metrics.csv,
report.json and pictures. Ctrl-C saves; --resume goes on, to the same bits as without a stop.

Examples:
  rheobase train
  rheobase train --set train.epochs=5 --set optimise.learning_rate=0.002 --out runs/short
  rheobase train examples/digits-recurrent.toml --seed 1
  rheobase train --resume --out runs/short --set train.epochs=10"
)]
pub(crate) struct Train {
    /// Settings as TOML (see examples/); without, handwritten digits
    #[arg(value_name = "CONFIG.toml")]
    config: Option<PathBuf>,
    /// Change a setting, such as train.epochs=5 or network.node.hidden.neurons.model=lif
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Go on with the run in the folder, whose settings count
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
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Train {
    pub(crate) fn run(self) -> Outcome<()> {
        let config = self.settings()?;
        let folder = RunFolder::new(self.folder(&config));
        interrupt::watch();
        let mut job = if self.resume { self.resumed(&folder)? } else { self.started(config, &folder)? };
        let mut bar = Bar::new(job.config().train.epochs);
        bar.warn(job.warnings());
        let mut failed = None;
        let learned = job.run(|job, now, epoch| {
            bar.show(now, epoch);
            bar.warn(job.warnings());
            if epoch.is_some() {
                let every = job.config().train.checkpoint_every;
                if !job.is_done() && every > 0 && now.epoch.is_multiple_of(every) {
                    failed = save(job, &folder).err();
                }
            }
            Ok(failed.is_none() && !interrupt::pressed())
        });
        let (seconds, speed) = bar.finish();
        learned?;
        if let Some(failure) = failed {
            return Err(self.later(failure, &folder));
        }
        save(&job, &folder).map_err(|failure| self.later(failure, &folder))?;
        if !job.is_done() {
            let (epoch, epochs) = (job.history().len() + 1, job.config().train.epochs);
            let place = folder.path().display();
            return Err(Failure::Interrupted(format!(
                "interrupted in epoch {epoch} of {epochs}; saved, go on with: rheobase train --resume --out {place}"
            )));
        }
        train_report::finish(&job, &folder, seconds, speed)
    }

    /// The settings of a new run.
    fn settings(&self) -> Outcome<TrainConfig> {
        let mut config = match &self.config {
            Some(path) => TrainConfig::read(path)?,
            None => TrainConfig::digits(),
        };
        if !self.resume {
            self.change(&mut config)?;
        }
        if let Some(seed) = self.seed {
            config.train.seed = seed;
        }
        Ok(config)
    }

    /// Applies what the command line changes.
    fn change(&self, config: &mut TrainConfig) -> Outcome<()> {
        for setting in &self.set {
            let Some((key, value)) = setting.split_once('=') else {
                return Err(Failure::bad(format!(
                    "--set {setting}: is not KEY=VALUE, such as train.epochs=5"
                )));
            };
            config.set(key.trim(), value.trim())?;
        }
        if let Some(threads) = self.threads {
            config.train.threads = threads;
        }
        // The run is gone on with from other folders, too.
        if let Ok(here) = env::current_dir() {
            config.start_from(&here);
        }
        Ok(())
    }

    fn folder(&self, config: &TrainConfig) -> PathBuf {
        let stem = self.config.as_ref().and_then(|path| path.file_stem()).map(|s| s.to_string_lossy());
        let name = stem.as_deref().unwrap_or("digits");
        self.out.clone().unwrap_or_else(|| PathBuf::from(format!("runs/{name}-{}", config.train.seed)))
    }

    fn started(&self, config: TrainConfig, folder: &RunFolder) -> Outcome<Job> {
        folder.check_free(self.force)?;
        let job = Job::new(config)?;
        check_room(&job, folder)?;
        folder.start()?;
        job.config().write(folder.file(CONFIG))?;
        Ok(job)
    }

    fn resumed(&self, folder: &RunFolder) -> Outcome<Job> {
        let place = folder.path().display();
        let change = |mut config: TrainConfig| {
            let before = config.train.seed;
            self.change(&mut config)?;
            match self.seed {
                Some(seed) if seed != before => {
                    Err(Failure::bad(format!("--seed {seed}: the run in {place} has seed {before}")))
                }
                _ => Ok(config),
            }
        };
        let checkpoint = folder.file(CHECKPOINT);
        let job = if checkpoint.is_file() {
            let mut refused = None;
            let job = Job::resume_with(&checkpoint, |config| {
                let unchanged = config.clone();
                Ok(change(config).unwrap_or_else(|failure| {
                    refused = Some(failure);
                    unchanged
                }))
            });
            refused.map_or(Ok(()), Err)?;
            job?
        } else if folder.has(CONFIG) {
            // Stopped before its first checkpoint: the start is where it goes on.
            Job::new(change(TrainConfig::read(folder.file(CONFIG))?)?)?
        } else {
            return Err(Failure::bad(format!(
                "{place}: holds no run to go on with; leave --resume away, or name its folder with --out"
            )));
        };
        check_room(&job, folder)?;
        job.config().write(folder.file(CONFIG))?;
        Ok(job)
    }

    /// A file that could not be written, and what is left.
    fn later(&self, failure: Failure, folder: &RunFolder) -> Failure {
        let Failure::Bad(what) = failure else { return failure };
        let place = folder.path().display();
        let left = match folder.has(CHECKPOINT) {
            true => format!(
                "the checkpoint before it is whole; make room and go on with: rheobase train --resume --out {place}"
            ),
            false => "there is no earlier checkpoint".into(),
        };
        Failure::Bad(format!("{what}; {left}"))
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
    folder.write(METRICS, &train_report::metrics(job.history()))
}
