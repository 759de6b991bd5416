//! `rheobase sweep`: a training for every combination of some settings, under several seeds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{env, thread};

use clap::Args;
use rheobase::Cancel;
use rheobase::learn::runs::Planned;
use rheobase::learn::{Comparison, Grid, Job, RunRecord, TrainConfig};
use rheobase::network::Library;

use crate::compare;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::settings::explained;
use crate::text::short;
use crate::train::run_folder::{CHECKPOINT, CONFIG, REPORT, RunFolder};
use crate::train::{learn, report, started};
use crate::{interrupt, terminal};

/// What the table of all runs is called in the folder.
pub(crate) const TABLE: &str = "sweep.csv";

/// Train once for every combination of some settings, under several seeds
#[derive(Args)]
#[command(
    after_help = "Each run has a folder of its own in the sweep's, as `train` makes it. The same command again goes on where it \
stopped: finished runs are skipped, begun ones go on, to the same bits. A run that cannot be trained is said at the end; \
the others go on meanwhile. `rheobase compare` shows the table again, and the learning curves.

Examples:
  rheobase sweep --set optimise.learning_rate=0.01,0.002 --seeds 5
  rheobase sweep job.toml --set train.batch=16,64 --set train.epochs=5 --jobs 4 -o sweeps/batch
  rheobase compare sweeps/batch --plot curves.png"
)]
pub(crate) struct Sweep {
    /// Settings as TOML; without, handwritten digits
    #[arg(value_name = "CONFIG.toml")]
    config: Option<PathBuf>,
    /// A setting and its values, separated by commas; several are combined
    #[arg(long = "set", value_name = "KEY=VALUE,…")]
    set: Vec<String>,
    /// Seeds of each combination
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u64,
    /// The first seed [default: train.seed]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Runs at the same time [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = crate::arguments::threads)]
    jobs: Option<usize>,
    /// Threads of each run [default: the cores divided by the jobs]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = crate::arguments::threads)]
    threads: Option<usize>,
    /// Folder of the sweep [default: sweeps/NAME, NAME that of the settings or `digits`]
    #[arg(short, long, value_name = "DIR", alias = "out")]
    output: Option<PathBuf>,
    /// List the runs, and train none
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

impl Sweep {
    pub(crate) fn run(self) -> Outcome<()> {
        let base = match &self.config {
            Some(path) => TrainConfig::read(path).map_err(explained)?,
            None => TrainConfig::digits(),
        };
        let first = self.seed.unwrap_or(base.train.seed);
        let last = first.checked_add(self.seeds).filter(|_| self.seeds > 0).ok_or_else(|| {
            Failure::bad(format!("--seeds {}: must be at least 1, and end below 2^64", self.seeds))
        })?;
        let mut grid = Grid::default();
        self.set.iter().try_for_each(|text| grid.add(text))?;
        // As many as any sweep may have: `runs` refuses more without a list of them.
        grid.seeds = (first..last).take(10_001).collect();
        let runs = grid.plan(&base).map_err(explained)?;
        if self.dry_run {
            return terminal::print(&runs.iter().map(|run| format!("{}\n", run.name)).collect::<String>());
        }
        let out = self.folder();
        interrupt::watch();
        let failed = train_all(&runs, &out, self.jobs, self.threads, &terminal::note);
        if interrupt::pressed() {
            return Err(Failure::Interrupted("interrupted; saved, the same command goes on".into()));
        }
        if let Some(found) = table(&runs, &out)? {
            compare::print(&found, self.format)?;
            if self.format.is_text() {
                let place = out.display();
                terminal::say(&format!(
                    "\nwrote   {place}: a folder for each run, {TABLE}\n\nTry next:\n  \
                     rheobase compare {place} --plot curves.svg    the table again, and the learning curves\n  \
                     rheobase report {place}                       everything on one page\n"
                ))?;
            }
        }
        match failures(&failed, runs.len()) {
            None => Ok(()),
            Some(what) => Err(Failure::bad(what)),
        }
    }

    fn folder(&self) -> PathBuf {
        let stem = self.config.as_ref().and_then(|path| path.file_stem()).map(|s| s.to_string_lossy());
        let name = stem.as_deref().unwrap_or("digits");
        self.output.clone().unwrap_or_else(|| PathBuf::from(format!("sweeps/{name}")))
    }
}

/// Trains every run of `grid` in a folder of its own in `out`, so many at a time (none: as many as there are cores), and
/// compares those that have begun; `say` hears a line per run. What is finished is left as it is, what has begun goes on.
///
/// # Errors
/// Faults of the settings, before anything runs; [`rheobase::Error::Cancelled`], after which the same call goes on; what
/// went wrong in single runs, after the others are done.
pub fn sweep(
    base: &TrainConfig,
    grid: &Grid,
    out: &Path,
    jobs: Option<usize>,
    say: &(dyn Fn(&str) + Sync),
) -> rheobase::Result<Comparison> {
    let runs = grid.plan(base)?;
    let failed = train_all(&runs, out, jobs, None, say);
    Cancel::current().check()?;
    let broken = |what: String| rheobase::Error::unsupported("sweep", what);
    if let Some(what) = failures(&failed, runs.len()) {
        return Err(broken(what));
    }
    let found = table(&runs, out).map_err(|failure| broken(failure.message().unwrap_or_default().into()))?;
    found.ok_or_else(|| broken("no run has begun".into()))
}

fn failures(failed: &[(String, String)], runs: usize) -> Option<String> {
    let (first, others) = failed.split_first()?;
    let line = |(name, why): &(String, String)| format!("{name}: {why}");
    if others.is_empty() {
        return Some(line(first));
    }
    // What is wrong with all of them is said once.
    let many = format!("{} of {runs} runs failed:", failed.len());
    Some(match others.iter().all(|(_, why)| *why == first.1) {
        true => format!("{many} {}", first.1),
        false => format!("{many}\n{}", failed.iter().map(line).collect::<Vec<_>>().join("\n")),
    })
}

/// The runs that have begun side by side, written into the sweep's folder.
fn table(runs: &[Planned], out: &Path) -> Outcome<Option<Comparison>> {
    let folders = runs.iter().map(|run| out.join(&run.name)).filter(|folder| folder.join(CONFIG).is_file());
    let found: Vec<RunRecord> = folders.map(RunRecord::read).collect::<rheobase::Result<_>>()?;
    if found.is_empty() {
        return Ok(None);
    }
    let found = Comparison::new(found)?;
    RunFolder::new(out.to_path_buf()).write(TABLE, &found.to_csv())?;
    Ok(Some(found))
}

/// Trains the runs, so many at a time; gives what went wrong.
fn train_all(
    runs: &[Planned],
    out: &Path,
    jobs: Option<usize>,
    threads: Option<usize>,
    say: &(dyn Fn(&str) + Sync),
) -> Vec<(String, String)> {
    let cores = rayon::current_num_threads();
    let jobs = jobs.unwrap_or(cores).clamp(1, runs.len());
    let threads = threads.unwrap_or((cores / jobs).max(1));
    let (next, done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let asked = Cancel::current();
    let work = || {
        while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if interrupt::pressed() || asked.is_asked() {
                return;
            }
            let start = Instant::now();
            let said = match train_one(run, out, threads) {
                Ok(Some(accuracy)) => {
                    let seconds = short(start.elapsed().as_secs_f64());
                    format!("test accuracy {:.2} %, {seconds} s", 100.0 * accuracy)
                }
                Ok(None) => "finished before".into(),
                Err(Failure::Bad(why)) => {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).push((run.name.clone(), why));
                    "failed".into()
                }
                Err(_) => return,
            };
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            say(&format!("{done} of {}  {}  {said}", runs.len(), run.name));
        }
    };
    thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(|| asked.scope(work)))));
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Trains a run in its folder, from where it stopped; gives its test accuracy, or none if it was finished before.
fn train_one(run: &Planned, out: &Path, threads: usize) -> Outcome<Option<f64>> {
    let mut settings = run.settings.clone();
    if let Ok(here) = env::current_dir() {
        settings.start_from(&here);
    }
    settings.train.threads = threads;
    let mut folder = RunFolder::new(out.join(&run.name));
    let begun = folder.settings()?;
    if let Some(before) = &begun {
        folder.own()?;
        let differences = before.resumed_as(&settings, &format!("the sweep's {}", run.name))?;
        if differences.is_empty() && folder.has(REPORT) {
            return Ok(None);
        }
    }
    let start = Instant::now();
    let mut job = if begun.is_some() && folder.has(CHECKPOINT) {
        let library = Library::default();
        let job =
            Job::resume_with(&folder.file(CHECKPOINT), &library, |_| rheobase::Result::Ok(settings.clone()))?;
        job.config().write(folder.file(CONFIG))?;
        job
    } else {
        started(settings, &mut folder, begun.is_some())?
    };
    learn(&mut job, &folder, |_, _, _| ())?;
    let done = report::write(&job, &folder, start.elapsed().as_secs_f64())?;
    for warning in job.warnings().iter().chain(&done.warnings) {
        terminal::warn(&format!("warning: {}: {warning}", run.name));
    }
    Ok(Some(done.scores.correct as f64 / done.scores.samples as f64))
}
