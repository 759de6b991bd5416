//! The head of a page about a sweep: its runs side by side, and how they learned.

use std::path::Path;

use rheobase::draw::{Report as Page, Table};
use rheobase::learn::runs::run_folders;
use rheobase::learn::{Comparison, RunRecord};
use rheobase::show::training::comparison;

use crate::compare::{group_lines, run_lines};
use crate::failure::Outcome;

/// The page with a table of the runs in the folder, one of their groups, and the learning curves of those that have begun.
pub(crate) fn head(page: Page, folder: &Path) -> Outcome<Page> {
    let records = run_folders(folder)?.iter().map(RunRecord::read).collect::<rheobase::Result<Vec<_>>>()?;
    let begun: Vec<RunRecord> = records.iter().filter(|run| !run.epochs.is_empty()).cloned().collect();
    let runs = Comparison::new(records)?;
    let mut page = page.heading("Runs");
    let tables = [
        ("Settings that differ, and results", run_lines(&runs)),
        ("Runs that differ in their seed alone are one group", group_lines(&runs)),
    ];
    for (caption, lines) in tables {
        let mut lines = lines.into_iter();
        if let Some(head) = lines.next() {
            page = page.table(caption, lines.fold(Table::new(head), Table::row));
        }
    }
    if begun.is_empty() {
        return Ok(page);
    }
    let figure = comparison(&Comparison::new(begun)?, false)?;
    Ok(page.heading("Learning").figure("Loss and accuracy over the epochs", &figure)?)
}
