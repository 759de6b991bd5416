//! The reference of every key of a training's TOML file, from the types that read it: their names, and what their
//! documentation says. A test holds the keys against those that the reader itself knows.

use std::collections::BTreeMap;
use std::path::Path;

use super::markdown::{plain, table};

/// Where the types of settings stand.
const FOLDERS: [&str; 3] =
    ["crates/rheobase-learn/src", "crates/rheobase-network/src", "crates/rheobase-sim/src/compete"];

const TOP: &str = "# Settings\n\n\
Every key of a file of settings for `rheobase train`, `rheobase sweep` and `rheobase.Settings`. What is left out has its default; \
an empty file means the digits that come with the library. `--set train.epochs=5` changes a key on the command line, \
`Settings.set(\"train.epochs\", 5)` in Python; nodes and stages go by their names (`network.node.hidden.neurons.model`). \
Where a list is wanted, a single value stands for a list of one; where a table has a kind, the kind alone stands for it with its defaults \
(`loss = \"rate_error\"`). A key that is not here is refused, with the nearest one that is.\n\n\
```toml\n\
[data]\n\
steps = 8\n\
[data.source.csv]\n\
train = \"flowers.csv\"      # a line per sample, the class in the last column\n\
\n\
[[network.node]]\n\
name = \"hidden_linear\"\n\
linear = { outputs = 32 }\n\
[[network.node]]\n\
name = \"hidden\"\n\
neurons = { model = \"lif_subtract\", set = { v_th = 0.9 } }\n\
[[network.node]]\n\
name = \"readout_linear\"\n\
linear = { outputs = 3 }\n\
[[network.node]]\n\
name = \"readout\"\n\
neurons = { model = \"leaky_integrator\" }\n\
\n\
[optimise]\n\
learning_rate = 0.005\n\
[train]\n\
epochs = 10\n\
```\n\n\
```python\n\
import rheobase as rb\n\
\n\
settings = rb.Settings({\"train.epochs\": 3, \"network.node.hidden.neurons.model\": \"lif\"})\n\
assert \"epochs = 3\" in settings.to_toml()\n\
```\n\n";

/// A type that reads a part of the file.
#[derive(Debug, Clone, Default)]
struct Item {
    name: String,
    doc: String,
    attributes: String,
    is_enum: bool,
    fields: Vec<Member>,
}

/// A field, or a variant with what it holds.
#[derive(Debug, Clone, Default)]
struct Member {
    name: String,
    doc: String,
    attributes: String,
    /// The type of a field or of what a variant holds; empty where it holds nothing.
    kind: String,
    /// Fields of a variant with names.
    fields: Vec<Member>,
}

/// The page.
///
/// # Errors
/// Files that cannot be read, and types that are not where they were.
pub(super) fn page(root: &Path) -> Result<String, String> {
    let mut types = BTreeMap::new();
    for folder in FOLDERS {
        read_folder(&root.join(folder), &mut types)?;
    }
    let mut page = Page { types, text: TOP.into(), seen: BTreeMap::new(), waiting: Vec::new() };
    page.waiting.push(("TrainConfig".into(), String::new()));
    while !page.waiting.is_empty() {
        let (name, path) = page.waiting.remove(0);
        page.section(&name, &path)?;
    }
    Ok(page.text.trim_end().to_string() + "\n")
}

fn read_folder(folder: &Path, types: &mut BTreeMap<String, Item>) -> Result<(), String> {
    let unreadable = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(&path, types)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            for item in items(&text) {
                types.entry(item.name.clone()).or_insert(item);
            }
        }
    }
    Ok(())
}

/// The types in a file that serde reads.
fn items(text: &str) -> Vec<Item> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    let (mut doc, mut attributes) = (String::new(), String::new());
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("/// ").or_else(|| (line == "///").then_some("\n")) {
            doc += words;
            doc.push(' ');
            continue;
        }
        if line.starts_with("#[") {
            attributes += line;
            while !balanced(&attributes) {
                attributes += lines.next().unwrap_or("]");
            }
            continue;
        }
        let words: Vec<&str> = line.trim_start_matches("pub ").split([' ', '<']).collect();
        let read = attributes.contains("Deserialize") || line.contains("struct Node ");
        if let [kind @ ("struct" | "enum"), name, ..] = words[..]
            && read
            && !attributes.contains("field_identifier")
        {
            let mut item = Item {
                name: name.into(),
                doc: doc.clone(),
                attributes: attributes.clone(),
                is_enum: kind == "enum",
                fields: Vec::new(),
            };
            if line.ends_with('{') {
                let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "}").collect();
                item.fields = members(&body, item.is_enum);
            }
            found.push(item);
        }
        doc.clear();
        attributes.clear();
    }
    found
}

fn balanced(text: &str) -> bool {
    text.matches('[').count() <= text.matches(']').count()
}

/// The fields of a struct, or the variants of an enum.
fn members(body: &[&str], variants: bool) -> Vec<Member> {
    let mut found = Vec::new();
    let mut lines = body.iter().map(|l| l.trim());
    let mut now = Member::default();
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("///") {
            now.doc += words.trim_start();
            now.doc.push(' ');
        } else if line.starts_with("#[") {
            now.attributes += line;
            while !balanced(&now.attributes) {
                now.attributes += lines.next().unwrap_or("]");
            }
        } else if line.is_empty() || line.starts_with("//") {
        } else if variants {
            let line = line.trim_end_matches(',');
            if let Some(name) = line.strip_suffix(" {") {
                now.name = name.into();
                let inner: Vec<&str> = lines.by_ref().take_while(|l| !l.starts_with('}')).collect();
                now.fields = members(&inner, false);
            } else if let Some((name, kind)) = line.trim_end_matches(')').split_once('(') {
                (now.name, now.kind) = (name.into(), kind.into());
            } else {
                now.name = line.into();
            }
            found.push(std::mem::take(&mut now));
        } else {
            let line =
                line.trim_start_matches("pub(super) ").trim_start_matches("pub ").trim_end_matches(',');
            if let Some((name, kind)) = line.split_once(": ") {
                (now.name, now.kind) = (name.into(), kind.into());
                found.push(std::mem::take(&mut now));
            }
        }
    }
    found
}

struct Page {
    types: BTreeMap<String, Item>,
    text: String,
    /// Where each type is explained.
    seen: BTreeMap<String, String>,
    /// Types that a section is still owed, and where they were found.
    waiting: Vec<(String, String)>,
}

impl Page {
    fn section(&mut self, name: &str, path: &str) -> Result<(), String> {
        let item =
            self.types.get(name).cloned().ok_or_else(|| format!("no type `{name}` is read by serde"))?;
        let title = if path.is_empty() { "The whole file".to_string() } else { format!("`{path}`") };
        self.text += &format!("## {title}\n\n{}\n\n", sentences(&item.doc));
        if item.is_enum {
            return self.variants(&item, path);
        }
        let fields = self.fields_of(&item)?;
        if fields.is_empty() {
            self.text += "It has no keys: `{}`.\n\n";
            return Ok(());
        }
        let all_default = item.attributes.contains("serde(default");
        let rows = fields.iter().map(|f| self.row(f, path, all_default)).collect();
        self.text += &table(&["key", "value", "meaning"], rows);
        self.text.push('\n');
        Ok(())
    }

    /// The keys of a struct; a node has those of every kind besides its own, a network those of the table it is read from.
    fn fields_of(&self, item: &Item) -> Result<Vec<Member>, String> {
        let mut fields = Vec::new();
        for field in &item.fields {
            if field.attributes.contains("flatten") {
                let kinds = self.types.get(&field.kind).ok_or_else(|| format!("no type `{}`", field.kind))?;
                fields.extend(kinds.fields.iter().map(|v| Member {
                    name: snake(&v.name),
                    attributes: "default".into(),
                    ..v.clone()
                }));
            } else {
                fields.push(field.clone());
            }
        }
        Ok(fields)
    }

    fn row(&mut self, field: &Member, path: &str, all_default: bool) -> Vec<String> {
        let key = renamed(field);
        let inner = core(&field.kind);
        let optional =
            all_default || field.attributes.contains("default") || field.kind.starts_with("Option<");
        let many = field.kind.contains("Vec<");
        let here = match (path.is_empty(), many) {
            (true, false) => key.clone(),
            (true, true) => format!("{key}[]"),
            (false, false) => format!("{path}.{key}"),
            (false, true) => format!("{path}.{key}[]"),
        };
        let here = if field.kind.contains("BTreeMap<") { format!("{here}.NAME") } else { here };
        let mut value = self.value(inner, &here);
        if field.kind.contains("BTreeMap<") {
            value = format!("names with {value}");
        } else if many {
            value = format!("list: {value}");
        } else if let Some(size) = field.kind.split("; ").nth(1) {
            value = format!("{}: {value}", size.trim_end_matches(['>', ']']));
        }
        if !optional {
            value += "; needed";
        }
        vec![format!("`{key}`"), value, sentences(&field.doc)]
    }

    /// What may stand at a key; a type of its own gets a section, once.
    fn value(&mut self, kind: &str, path: &str) -> String {
        let name = kind.rsplit("::").next().unwrap_or(kind).to_string();
        let Some(item) = self.types.get(&name).cloned() else { return word(&name).into() };
        if item.is_enum && item.fields.iter().all(|v| v.kind.is_empty() && v.fields.is_empty()) {
            let names: Vec<String> =
                item.fields.iter().map(|v| format!("`\"{}\"`", snake(&v.name))).collect();
            let explained = item.fields.iter().any(|v| !v.doc.is_empty());
            if !explained {
                return names.join(", ");
            }
            let each =
                item.fields.iter().zip(&names).map(|(v, name)| format!("{name}: {}", first_sentence(&v.doc)));
            return each.collect::<Vec<_>>().join("; ");
        }
        if item.attributes.contains("untagged") {
            let each: Vec<String> = item
                .fields
                .iter()
                .map(|v| match v.fields.is_empty() {
                    true if v.kind.contains("Vec<") => format!("a list: {}", self.value(core(&v.kind), path)),
                    true => self.value(core(&v.kind), path),
                    false => {
                        let keys = v.fields.iter().map(|f| format!("`{}` ({})", f.name, sentences(&f.doc)));
                        format!("a table of {}", keys.collect::<Vec<_>>().join(", "))
                    }
                })
                .collect();
            return each.join(", or ");
        }
        if let Some(known) = self.seen.get(&name) {
            return format!("[`{known}`](#{})", anchor(known));
        }
        self.seen.insert(name.clone(), path.to_string());
        self.waiting.push((name, path.to_string()));
        format!("[`{path}`](#{})", anchor(path))
    }

    /// An enum whose variants hold something.
    fn variants(&mut self, item: &Item, path: &str) -> Result<(), String> {
        // Where another type reads the table, all variants share its keys.
        let merged = item.attributes.contains("try_from");
        let tag = item.attributes.split("tag = \"").nth(1).and_then(|rest| rest.split('"').next());
        let mut rows = Vec::new();
        let mut inner = Vec::new();
        for variant in &item.fields {
            let name = called(item, variant);
            let held = self.types.get(core(&variant.kind)).cloned();
            let within = merged && held.is_some();
            let written = match (tag, variant.kind.is_empty() && variant.fields.is_empty()) {
                _ if within => "the keys below".into(),
                (Some(tag), _) => format!("`{tag} = \"{name}\"`"),
                (None, true) => format!("`\"{name}\"`"),
                (None, false)
                    if variant.fields.is_empty() && !self.types.contains_key(core(&variant.kind)) =>
                {
                    format!("`{name} = ` {}", word(core(&variant.kind)))
                }
                (None, false) => format!("`{name} = {{ … }}`"),
            };
            // What a variant holds is often only a name for its settings: their documentation says more.
            let doc = match &held {
                Some(held) if variant.doc.trim_start().starts_with("See ") => held.doc.clone(),
                _ => variant.doc.clone(),
            };
            rows.push(vec![written, sentences(&doc)]);
            let fields = match held {
                Some(held) if !held.is_enum => self.fields_of(&held)?,
                _ => variant.fields.clone(),
            };
            if !fields.is_empty() {
                inner.push((name, fields));
            }
        }
        self.text += &table(&["what", "meaning"], rows);
        self.text.push('\n');
        for (name, fields) in inner {
            let place = if tag.is_some() || merged { path.to_string() } else { format!("{path}.{name}") };
            if !merged {
                self.text += &format!("Keys of `{name}`:\n\n");
            }
            let rows = fields.iter().map(|f| self.row(f, &place, true)).collect();
            self.text += &table(&["key", "value", "meaning"], rows);
            self.text.push('\n');
        }
        Ok(())
    }
}

/// A field's name in files.
fn renamed(field: &Member) -> String {
    let other = field.attributes.split("rename = \"").nth(1).and_then(|rest| rest.split('"').next());
    other.unwrap_or(&field.name).to_string()
}

/// The type within options, lists, boxes and maps.
fn core(kind: &str) -> &str {
    let mut inner = kind.trim();
    loop {
        let before = inner;
        for outer in ["Option<", "Vec<", "Box<", "BTreeMap<String, "] {
            if let Some(rest) = inner.strip_prefix(outer) {
                inner = rest.strip_suffix('>').unwrap_or(rest);
            }
        }
        if let Some(rest) = inner.strip_prefix('[') {
            inner = rest.split(';').next().unwrap_or(rest);
        }
        if inner == before {
            return inner;
        }
    }
}

/// What a plain type is called.
fn word(kind: &str) -> &str {
    match kind {
        "bool" => "true or false",
        "f32" | "f64" => "number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "whole number",
        "i32" | "i64" => "whole number, also below 0",
        "String" => "text",
        "PathBuf" => "path",
        other => other,
    }
}

/// A variant's name in files.
fn called(item: &Item, variant: &Member) -> String {
    match item.attributes.contains("rename_all = \"lowercase\"") {
        true => variant.name.to_lowercase(),
        false => snake(&variant.name),
    }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn anchor(path: &str) -> String {
    path.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || "_- ".contains(*c))
        .collect::<String>()
        .replace(' ', "-")
}

fn first_sentence(doc: &str) -> String {
    let all = sentences(doc);
    let end = all.find(". ").unwrap_or(all.len());
    all[..end].trim_end_matches('.').to_string()
}

/// Documentation as one line of Markdown: links of Rust become their words.
fn sentences(doc: &str) -> String {
    let words = doc.split("\n ").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    let mut rest = &words[..];
    while let Some(start) = rest.find("[`") {
        let (before, link) = rest.split_at(start);
        out += before;
        let Some(end) = link.find("`]") else { break };
        let name = &link[2..end];
        out += &format!("`{}`", name.rsplit("::").next().unwrap_or(name).trim_end_matches("()"));
        rest = &link[end + 2..];
        if rest.starts_with('(') {
            let mut depth = 0;
            let closes = |c: char| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            };
            rest = rest.find(closes).map_or(rest, |end| &rest[end + 1..]);
        }
    }
    plain(&(out + rest))
}
