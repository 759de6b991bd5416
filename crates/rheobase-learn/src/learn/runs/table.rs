//! A comparison as JSON and as CSV.

use serde_json::{Value, json};

use super::{Comparison, Group, RunRecord};

impl Comparison {
    /// Runs and groups as JSON: each run's `folder`, `settings` (those that differ), `epochs` and `result` (null as long as it
    /// is not finished); each group's `settings`, `runs` (their numbers from 0), `accuracy_mean` and
    /// `accuracy_standard_deviation` (null of a single run).
    pub fn to_json(&self) -> Value {
        let run = |(i, run): (usize, &RunRecord)| {
            let settings = self.columns().iter().map(|c| (c.key.clone(), json!(c.values[i])));
            json!({
                "folder": run.folder,
                "settings": settings.collect::<serde_json::Map<_, _>>(),
                "epochs": run.epochs.len(),
                "result": run.result,
            })
        };
        let group = |group: &Group| {
            let (mean, spread) = self.accuracy(group).map_or((None, None), |(m, s)| (Some(m), s));
            let settings = group.settings.iter().map(|(key, value)| (key.clone(), json!(value)));
            json!({
                "settings": settings.collect::<serde_json::Map<_, _>>(),
                "runs": group.runs,
                "accuracy_mean": mean,
                "accuracy_standard_deviation": spread,
            })
        };
        json!({
            "runs": self.runs().iter().enumerate().map(run).collect::<Vec<_>>(),
            "groups": self.groups().iter().map(group).collect::<Vec<_>>(),
        })
    }

    /// A line per run under whole keys: folder, the settings that differ, epochs, accuracy, loss, spikes per sample, seconds,
    /// fingerprint. Results are empty as long as a run is not finished.
    pub fn to_csv(&self) -> String {
        let mut lines = vec![vec!["folder".to_string()]];
        lines[0].extend(self.columns().iter().map(|c| c.key.clone()));
        lines[0].extend(["epochs", "accuracy", "loss", "spikes", "seconds", "fingerprint"].map(String::from));
        for (i, run) in self.runs().iter().enumerate() {
            let mut cells = vec![run.folder.display().to_string()];
            cells.extend(self.columns().iter().map(|c| c.values[i].trim_matches('"').to_string()));
            cells.push(run.epochs.len().to_string());
            cells.extend(run.result.as_ref().map_or_else(
                || vec![String::new(); 5],
                |r| {
                    let numbers = [r.accuracy, r.loss, r.spikes, r.seconds].map(|x| x.to_string());
                    [&numbers[..], std::slice::from_ref(&r.fingerprint)].concat()
                },
            ));
            lines.push(cells);
        }
        csv(&lines)
    }
}

/// Lines of cells; cells with commas, quotes or line breaks stand in quotes.
fn csv(lines: &[Vec<String>]) -> String {
    let cell = |text: &String| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.clone(),
    };
    lines.iter().map(|line| line.iter().map(cell).collect::<Vec<_>>().join(",") + "\n").collect()
}
