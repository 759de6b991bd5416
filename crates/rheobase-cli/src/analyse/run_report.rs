//! The head of a page about a training: its result, what was set, its layers, how it learned.

use std::path::Path;

use rheobase::draw::{Report as Page, Table};
use rheobase::learn::{RunRecord, TrainConfig};
use rheobase::show::training::learning_curves;

use crate::failure::Outcome;
use crate::inspect::layers;
use crate::text::{grouped, short};
use crate::train::run_folder::{CHECKPOINT, CONFIG, CURVES, METRICS, REPORT};

/// Files of a run that the head of its page shows, with what they hold.
pub(crate) const SHOWN: [(&str, &str); 5] = [
    (CHECKPOINT, "the network: its layers"),
    (CONFIG, "settings"),
    (METRICS, "epochs: learning curves"),
    (REPORT, "result"),
    (CURVES, "learning curves"),
];

/// The page with the result, the settings, the layers and the learning curves of a training.
pub(crate) fn head(page: Page, folder: &Path) -> Outcome<Page> {
    let run = RunRecord::read(folder)?;
    let mut page = page.heading("Result");
    page = match &run.result {
        None => page.paragraph(format!(
            "Not finished: {} of {} epochs are saved.",
            run.epochs.len(),
            run.settings.train.epochs
        )),
        Some(result) => {
            let seed = ("seed", run.settings.train.seed.to_string());
            // What the report does not say is 0.
            let said = |(_, text): &(&str, String)| text != "0" && !text.starts_with("0 ");
            let rows = [
                ("test accuracy", format!("{:.2} %", 100.0 * result.accuracy)),
                ("test loss", short(result.loss)),
                ("spikes", format!("{} per sample", short(result.spikes))),
                ("epochs", format!("{} of {}", run.epochs.len(), run.settings.train.epochs)),
                ("parameters", grouped(result.parameters)),
                ("seconds", short(result.seconds)),
                ("fingerprint", result.fingerprint.clone()),
            ];
            let table = rows
                .into_iter()
                .filter(said)
                .chain([seed])
                .fold(Table::new(["What", "Value"]), |t, (name, v)| t.row([name.to_string(), v]));
            page.table("What the test gave", table)
        }
    };
    page = page.heading("Settings");
    let set = TrainConfig::digits().differences(&run.settings)?;
    page = match set.is_empty() {
        true => page.paragraph("All have their defaults."),
        false => {
            let none = || "none".to_string();
            let table = set.into_iter().fold(Table::new(["Setting", "Value", "Default"]), |t, d| {
                t.row([d.key, d.wanted.unwrap_or_else(none), d.before.unwrap_or_else(none)])
            });
            page.table("Those that differ from the defaults; config.toml has all", table)
        }
    };
    if folder.join(CHECKPOINT).is_file() {
        let (heads, rows) = layers(&folder.join(CHECKPOINT))?;
        let heads = heads.into_iter().map(|h| {
            let lower = h.to_lowercase();
            lower[..1].to_uppercase() + &lower[1..]
        });
        let table = rows.into_iter().fold(Table::new(heads), Table::row);
        page = page
            .heading("Layers")
            .table("The network; rates are shares of neurons that spike in a step", table);
    }
    if run.epochs.is_empty() {
        return Ok(page);
    }
    let tested = run.result.as_ref().map(|r| [r.loss, r.accuracy]);
    let figure = learning_curves(&run.epochs, tested, false)?;
    Ok(page.heading("Learning").figure("Loss and accuracy over the epochs", &figure)?)
}
