//! What a sorter or a person says of neurons (good, mua, noise), and which of them are read.

use std::collections::HashMap;
use std::path::Path;

use super::found::{Found, Said};
use super::options::TrainOptions;
use super::spike_list::SpikeList;

/// What stands where nobody has judged.
const NONE: &[&str] = &["", "unsorted", "nan", "none", "n/a", "null"];

/// A verdict for each name of a neuron, and where they stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdicts {
    of: HashMap<String, String>,
    by: Vec<String>,
}

impl Verdicts {
    /// Adds what one place says; what stood in an earlier one goes before it.
    pub(super) fn add(&mut self, by: &str, said: impl IntoIterator<Item = (String, String)>) {
        let mut used = false;
        for (name, verdict) in said {
            let verdict = verdict.trim();
            if !NONE.contains(&&verdict.to_lowercase()[..]) && !self.of.contains_key(&name) {
                self.of.insert(name, verdict.to_string());
                used = true;
            }
        }
        if used {
            self.by.push(by.to_string());
        }
    }

    fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    fn verdict(&self, name: &str) -> &str {
        self.of.get(name).map_or("unsorted", |v| v)
    }

    /// How many neurons there are of each verdict, the most first.
    fn counted(&self, names: &[String]) -> Vec<(usize, String)> {
        let mut kinds: Vec<(usize, String)> = Vec::new();
        for name in names {
            let verdict = self.verdict(name);
            match kinds.iter_mut().find(|(_, kind)| kind == verdict) {
                Some((count, _)) => *count += 1,
                None => kinds.push((1, verdict.into())),
            }
        }
        kinds.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        kinds
    }
}

/// The neurons whose verdict was asked for; all, with a word on what verdicts there are, where none was.
pub(super) fn selected(mut list: SpikeList, options: &TrainOptions, found: &mut Found) -> Said<SpikeList> {
    let verdicts = list.verdicts.take().unwrap_or_default();
    if verdicts.is_empty() {
        refused(options)?;
        return Ok(list);
    }
    let kinds = verdicts.counted(&list.ids.names);
    let told = kinds.iter().map(|(n, kind)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ");
    let by = verdicts.by.join(", then ");
    if options.verdicts.is_empty() {
        if kinds.len() > 1 {
            found
                .notes
                .push(format!("neurons are judged: {told} (by {by}); all are read, --verdict takes some"));
        }
        return Ok(list);
    }
    for wanted in &options.verdicts {
        if !kinds.iter().any(|(_, kind)| kind.eq_ignore_ascii_case(wanted)) {
            let names = kinds.iter().map(|(_, kind)| &kind[..]);
            let hint = rheobase_base::nearest(wanted, names)
                .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            return Err(format!("has no neuron judged `{wanted}`: there are {told} (by {by}){hint}"));
        }
    }
    let kept = |name: &String| {
        options.verdicts.iter().any(|wanted| verdicts.verdict(name).eq_ignore_ascii_case(wanted))
    };
    let all = list.ids.names.len();
    list.keep(kept);
    found.say(format!(
        "{} of {all} neurons, those judged {} by {by}",
        list.ids.names.len(),
        options.verdicts.join(" or ")
    ));
    Ok(list)
}

/// Refuses to choose by verdicts where there are none.
pub(super) fn refused(options: &TrainOptions) -> Said<()> {
    match options.verdicts.is_empty() {
        true => Ok(()),
        false => Err("holds no verdicts on neurons, by which --verdict could choose; folders of Phy and units of NWB do".into()),
    }
}

/// Those of a folder of Phy or Kilosort: what a person said of a cluster goes before what the sorter did.
pub(super) fn of_phy(folder: &Path) -> Said<Verdicts> {
    let mut verdicts = Verdicts::default();
    for (file, column) in [
        ("cluster_group.tsv", "group"),
        ("cluster_groups.csv", "group"),
        ("cluster_info.tsv", "group"),
        ("cluster_KSLabel.tsv", "KSLabel"),
        ("cluster_info.tsv", "KSLabel"),
    ] {
        if let Some(said) = column_of(folder, file, column)? {
            let by = if file.contains("info") { format!("{column} in {file}") } else { file.to_string() };
            verdicts.add(&by, said);
        }
    }
    Ok(verdicts)
}

/// A column of a table of clusters; none where there is no such table or column.
fn column_of(folder: &Path, file: &str, column: &str) -> Said<Option<Vec<(String, String)>>> {
    let path = folder.join(file);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{file} cannot be read: {e}"))?;
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    let place = |names: &[&str]| head.iter().position(|h| names.iter().any(|n| h.eq_ignore_ascii_case(n)));
    let Some(id) = place(&["cluster_id", "id"]) else {
        return Err(format!("{file}, line 1: names no column `cluster_id`"));
    };
    // A table with one verdict has it in its only other column, whatever that is called.
    let only = (head.len() == 2 && !file.contains("info")).then_some(1 - id.min(1));
    let Some(at) = place(&[column]).or(only) else { return Ok(None) };
    let mut said = Vec::new();
    for (i, line) in lines.enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let number = fields.get(id).and_then(|f| f.parse::<i64>().ok());
        let number = number.ok_or_else(|| {
            let value = fields.get(id).unwrap_or(&"").chars().take(40).collect::<String>();
            format!("{file}, line {}: `{value}` is no number of a cluster", i + 2)
        })?;
        said.push((number.to_string(), fields.get(at).unwrap_or(&"").to_string()));
    }
    Ok(Some(said))
}

#[cfg(test)]
mod tests {
    use super::super::{TrainOptions, read_recording};

    fn folder(tables: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let npy = |name: &str, values: Vec<i64>| {
            crate::npy::write_npy(folder.path().join(name), &crate::array::Array::vector(values)).unwrap();
        };
        npy("spike_times.npy", vec![300, 600, 900, 1200, 1500]);
        npy("spike_clusters.npy", vec![2, 5, 11, 7, 2]);
        std::fs::write(folder.path().join("params.py"), "sample_rate = 30000.\n").unwrap();
        for (name, text) in tables {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn names(folder: &tempfile::TempDir, verdicts: &[&str]) -> Result<Vec<String>, String> {
        let options =
            TrainOptions { verdicts: verdicts.iter().map(|v| v.to_string()).collect(), ..Default::default() };
        let read = read_recording(folder.path(), &options).map_err(|e| e.to_string())?;
        Ok(read.trains.names)
    }

    const LABELS: (&str, &str) =
        ("cluster_KSLabel.tsv", "cluster_id\tKSLabel\n2\tgood\n5\tgood\n11\tmua\n7\tgood\n99\tmua\n");

    #[test]
    fn a_person_goes_before_the_sorter_cluster_by_cluster() {
        let both = folder(&[LABELS, ("cluster_group.tsv", "cluster_id\tgroup\n5\tnoise\n11\tunsorted\n")]);
        assert_eq!(names(&both, &["good"]).unwrap(), ["2", "7"]);
        assert_eq!(names(&both, &["noise"]).unwrap(), ["5"]);
        assert_eq!(names(&both, &["MUA", "noise"]).unwrap(), ["5", "11"]);
        let read = read_recording(both.path(), &TrainOptions::default()).unwrap();
        let note = "neurons are judged: 2 good, 1 mua, 1 noise (by cluster_group.tsv, then cluster_KSLabel.tsv); all are read, --verdict takes some";
        assert!(read.notes.iter().any(|n| n == note), "{:?}", read.notes);
    }

    #[test]
    fn the_table_of_all_facts_is_read() {
        let info = "cluster_id\tamp\tKSLabel\tgroup\n2\t1.5\tgood\t\n5\t2\tgood\tnoise\n11\t3\tmua\tgood\n7\t1\tmua\n";
        let info = folder(&[("cluster_info.tsv", info)]);
        assert_eq!(names(&info, &["good"]).unwrap(), ["2", "11"]);
        assert_eq!(names(&info, &["mua"]).unwrap(), ["7"]);
        // What was saved by itself is newer than what was exported.
        let both = folder(&[
            ("cluster_info.tsv", "id\tgroup\n2\tnoise\n5\tgood\n"),
            ("cluster_group.tsv", "cluster_id\tgroup\n2\tgood\n"),
        ]);
        assert_eq!(names(&both, &["good"]).unwrap(), ["2", "5"]);
        assert_eq!(names(&both, &["unsorted"]).unwrap(), ["7", "11"]);
    }

    #[test]
    fn what_is_no_verdict_is_refused() {
        let e = names(&folder(&[LABELS]), &["goood"]).unwrap_err();
        assert!(
            e.contains("no neuron judged `goood`: there are 3 good, 1 mua")
                && e.contains("did you mean `good`?"),
            "{e}"
        );
        assert!(names(&folder(&[]), &["good"]).unwrap_err().contains("holds no verdicts"));
        let e =
            names(&folder(&[("cluster_group.tsv", "cluster_id\tgroup\nx\tgood\n")]), &["good"]).unwrap_err();
        assert!(e.contains("cluster_group.tsv, line 2: `x` is no number of a cluster"), "{e}");
    }
}
