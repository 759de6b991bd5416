//! What the reader of TOML says of wrong values, in the words of who writes a file.

/// A message of the reader's in plain words: `needs a whole number of at least 0, not the text "many"`.
pub(super) fn plain(message: &str) -> String {
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    if let Some((found, wanted)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!("needs {}, not {}", wanted_in_words(wanted), found_in_words(found));
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("the table needs a key {key}");
    }
    message.to_string()
}

fn wanted_in_words(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string" => "a text",
        "path string" => "a path, which is a text",
        "a sequence" | "sequence" => "a list",
        "a map" | "map" => "a table",
        _ if wanted.starts_with("struct ") || wanted.starts_with("internally tagged enum ") => "a table",
        _ if wanted.starts_with("enum ") => "one of its names, or a table",
        _ => wanted,
    }
}

fn found_in_words(found: &str) -> String {
    let bare = |rest: &str| rest.trim_matches('`').to_string();
    let numbers = ["integer ", "floating point ", "boolean "];
    if let Some(value) = numbers.iter().find_map(|kind| found.strip_prefix(kind)) {
        return bare(value);
    }
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        _ if found == "map" => "a table".into(),
        _ if found == "sequence" => "a list".into(),
        _ => found.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn types_have_plain_names() {
        let cases = [
            (
                "invalid type: string \"many\", expected u64",
                "needs a whole number of at least 0, not the text \"many\"",
            ),
            (
                "invalid type: string \"a, expected b\", expected f64",
                "needs a number, not the text \"a, expected b\"",
            ),
            ("invalid value: integer `-1`, expected usize", "needs a whole number of at least 0, not -1"),
            ("invalid type: floating point `1.5`, expected i64", "needs a whole number, not 1.5"),
            ("invalid type: boolean `true`, expected path string", "needs a path, which is a text, not true"),
            ("invalid type: map, expected a boolean", "needs true or false, not a table"),
            ("invalid type: sequence, expected struct RunConfig", "needs a table, not a list"),
            ("missing field `ltd`", "the table needs a key `ltd`"),
            ("duplicate key", "duplicate key"),
        ];
        for (said, plainly) in cases {
            assert_eq!(plain(said), plainly);
        }
    }
}
