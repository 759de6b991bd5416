//! Finding a key in the reference of settings.

use super::TrainConfig;
use rheobase_base::{Error, Result};

/// The sections about `key`.
pub(super) fn of(key: &str) -> Result<String> {
    let key = key.trim().trim_matches(['[', ']', '`']);
    let sections: Vec<&str> = TrainConfig::REFERENCE.split("\n## ").skip(1).collect();
    let path = |section: &str| {
        let title = section.lines().next().unwrap_or_default();
        title.trim_matches('`').replace("[]", "")
    };
    let found = |fits: &dyn Fn(&str) -> bool| {
        let some = sections.iter().filter(|s| fits(s)).map(|s| format!("## {}\n", s.trim_end()));
        Some(some.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
    };
    let table = found(&|s| path(s) == key || path(s).starts_with(&format!("{key}.")));
    let (outer, last) = key.rsplit_once('.').unwrap_or(("", key));
    let row = format!("\n| `{last}` |");
    let within = || found(&|s| path(s) == outer && s.contains(&row));
    let anywhere = || found(&|s| s.contains(&row) || s.contains(&format!("Keys of `{last}`:")));
    let called = || found(&|s| path(s).rsplit('.').next() == Some(key));
    table.or_else(called).or_else(within).or_else(anywhere).ok_or_else(|| {
        let keys = sections.iter().flat_map(|s| s.lines());
        let keys = keys.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let paths: Vec<String> = sections.iter().map(|s| path(s)).collect();
        Error::unknown("settings", "key", last, keys.chain(paths.iter().map(String::as_str)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tables_are_found() {
        assert!(of("train").unwrap().contains("`checkpoint_every`"));
        let data = of("[data]").unwrap();
        assert!(data.contains("## `data`") && data.contains("## `data.source`"));
        assert!(of("optimise.learning_rate").unwrap().starts_with("## `optimise`\n"));
        assert!(of("network.node.neurons").unwrap().contains("`detach_reset`"));
        assert!(of("neurons").unwrap().starts_with("## `network.node[].neurons`"));
        assert!(of("smoothing").unwrap().contains("`smoothing`"));
        assert!(of("learning_rat").unwrap_err().to_string().contains("did you mean `learning_rate`"));
    }
}
