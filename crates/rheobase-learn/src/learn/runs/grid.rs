//! Every combination of some values of some settings, under several seeds.

use crate::learn::TrainConfig;
use rheobase_base::{Error, Result};

const PLACE: &str = "sweep";
/// Runs of a sweep, at most.
const RUNS: usize = 10_000;
/// Letters of a folder's name, at most.
const LETTERS: usize = 120;

/// Values of settings, and seeds: a run for every combination.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    /// Keys as [`TrainConfig::set`] takes them, each with its values.
    pub settings: Vec<(String, Vec<String>)>,
    /// Seeds of each combination.
    pub seeds: Vec<u64>,
}

/// A run of a [`Grid`].
#[derive(Debug, Clone)]
pub struct Planned {
    /// What tells it from the others, fit for the name of a folder: `learning_rate-0.01_seed-3`.
    pub name: String,
    /// Its settings.
    pub settings: TrainConfig,
}

impl Grid {
    /// Adds a setting with its values: `optimise.learning_rate=0.01,0.002`. Commas in brackets, braces and quotes do
    /// not separate.
    ///
    /// # Errors
    /// Text that is not `KEY=VALUE,VALUE…`; a value that is empty or given twice; a key that is given twice.
    pub fn add(&mut self, text: &str) -> Result<()> {
        let rule = "must be KEY=VALUE,VALUE…, such as optimise.learning_rate=0.01,0.002";
        let Some((key, values)) = text.split_once('=') else {
            return Err(Error::value(PLACE, "set", format!("`{text}`"), rule));
        };
        let (key, values) = (key.trim().to_string(), between_commas(values));
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(Error::value(PLACE, "set", format!("`{text}`"), rule));
        }
        if let Some(i) = (0..values.len()).find(|i| values[..*i].contains(&values[*i])) {
            return Err(Error::value(PLACE, key, &values[i], "is given twice; keep one"));
        }
        if self.settings.iter().any(|(k, _)| *k == key) {
            return Err(Error::value(
                PLACE,
                key,
                values.join(","),
                "has values already; give all in one list",
            ));
        }
        self.settings.push((key, values));
        Ok(())
    }

    /// How many runs there are.
    ///
    /// # Errors
    /// More than 10 000; no seed.
    pub fn runs(&self) -> Result<usize> {
        if self.seeds.is_empty() {
            return Err(Error::value(PLACE, "seeds", "none", "must be at least one"));
        }
        let each = self.settings.iter().map(|(_, values)| values.len());
        let runs = each.fold(self.seeds.len(), usize::saturating_mul);
        if runs > RUNS {
            let rule = format!("must be at most {RUNS}; leave out values or seeds");
            return Err(Error::value(PLACE, "runs", runs, rule));
        }
        Ok(runs)
    }

    /// The runs: seeds change fastest, then the last setting.
    ///
    /// # Errors
    /// Those of [`runs`](Self::runs), of [`TrainConfig::set`] and of [`TrainConfig::check`], with the value that is at fault.
    pub fn plan(&self, base: &TrainConfig) -> Result<Vec<Planned>> {
        self.runs()?;
        let mut planned = vec![Planned { name: String::new(), settings: base.clone() }];
        for (key, values) in &self.settings {
            let mut longer = Vec::with_capacity(planned.len() * values.len());
            for (before, value) in planned.iter().flat_map(|p| values.iter().map(move |v| (p, v))) {
                let mut settings = before.settings.clone();
                settings.set(key, value)?;
                let told = if values.len() > 1 { self.told(key, value) } else { String::new() };
                longer.push(Planned { name: joined(&before.name, &told), settings });
            }
            planned = longer;
        }
        let mut runs = Vec::with_capacity(planned.len() * self.seeds.len());
        for (before, seed) in planned.iter().flat_map(|p| self.seeds.iter().map(move |s| (p, s))) {
            let mut settings = before.settings.clone();
            settings.train.seed = *seed;
            settings.check()?;
            runs.push(Planned { name: joined(&before.name, &format!("seed-{seed}")), settings });
        }
        numbered(&mut runs);
        Ok(runs)
    }

    /// `learning_rate-0.01`, with the whole key where its last part does not tell.
    fn told(&self, key: &str, value: &str) -> String {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_string();
        let unclear = self.settings.iter().filter(|(k, _)| last(k) == last(key)).count() > 1;
        let name = if unclear { key.to_string() } else { last(key) };
        let plain = |c: char| if c.is_alphanumeric() || ".-+_".contains(c) { c } else { '-' };
        format!("{name}-{}", value.trim_matches(['"', '\'']).chars().map(plain).collect::<String>())
    }
}

fn joined(before: &str, more: &str) -> String {
    let parts = [before, more];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("_")
}

/// Names that are too long, or equal where letters were replaced, become numbers.
fn numbered(runs: &mut [Planned]) {
    let clear = |name: &str, names: &[String]| {
        name.chars().count() <= LETTERS
            && names.iter().filter(|n| n.to_lowercase() == name.to_lowercase()).count() == 1
    };
    let names: Vec<String> = runs.iter().map(|r| r.name.clone()).collect();
    if !names.iter().all(|name| clear(name, &names)) {
        let digits = runs.len().to_string().len();
        for (i, run) in runs.iter_mut().enumerate() {
            run.name = format!("run-{:0digits$}", i + 1);
        }
    }
}

/// The parts of `text` between commas that stand in no brackets, braces or quotes.
fn between_commas(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quote) = (vec![String::new()], 0i32, None);
    for c in text.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            (',', None) if depth <= 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.iter().map(|p| p.trim().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(settings: &[&str], seeds: &[u64]) -> Result<Grid> {
        let mut grid = Grid { seeds: seeds.to_vec(), ..Grid::default() };
        settings.iter().try_for_each(|text| grid.add(text))?;
        Ok(grid)
    }

    #[test]
    fn every_combination_is_planned_once() {
        let grid = grid(&["optimise.learning_rate=0.01, 0.002", "train.batch=16,32,64"], &[0, 3]).unwrap();
        let runs = grid.plan(&TrainConfig::digits()).unwrap();
        assert_eq!(runs.len(), 12);
        assert_eq!(runs[1].name, "learning_rate-0.01_batch-16_seed-3");
        assert_eq!(runs[11].name, "learning_rate-0.002_batch-64_seed-3");
        let last = &runs[11].settings;
        assert_eq!((last.optimise.learning_rate, last.train.batch, last.train.seed), (0.002, 64, 3));
    }

    #[test]
    fn commas_within_values_do_not_separate() {
        assert_eq!(
            between_commas(r#"[1, 2],{ a = 1, b = 2 }, "x,y" "#),
            ["[1, 2]", "{ a = 1, b = 2 }", "\"x,y\""]
        );
        let grid = grid(&["network.node.hidden.neurons.model=lif,lif_subtract"], &[0]).unwrap();
        assert_eq!(grid.plan(&TrainConfig::digits()).unwrap()[0].name, "model-lif_seed-0");
    }

    #[test]
    fn names_that_do_not_tell_become_numbers() {
        let long = format!("data.source.csv.train={},{}.csv", "a".repeat(130), "b".repeat(130));
        let runs = grid(&[&long], &[0]).unwrap().plan(&TrainConfig::digits()).unwrap();
        assert_eq!([&runs[0].name[..], &runs[1].name], ["run-1", "run-2"]);
    }

    #[test]
    fn faults_are_named() {
        for (settings, seeds, says) in [
            (&["train.batch"][..], &[0][..], "KEY=VALUE,VALUE"),
            (&["train.batch=1,,2"], &[0], "KEY=VALUE,VALUE"),
            (&["train.batch=8,8"], &[0], "given twice"),
            (&["train.batch=8", "train.batch=9"], &[0], "has values already"),
            (&["train.batches=8"], &[0], "unknown key `batches`"),
            (&["train.batch=0,8"], &[0], "train.batch = 0"),
            (&["train.batch=8"], &[], "at least one"),
        ] {
            let failed = grid(settings, seeds).and_then(|g| g.plan(&TrainConfig::digits()));
            let text = failed.unwrap_err().to_string();
            assert!(text.contains(says), "{settings:?}: {text}");
        }
        let many = Grid { settings: Vec::new(), seeds: (0..10_001).collect() };
        assert!(many.runs().unwrap_err().to_string().contains("at most 10000"));
    }
}
