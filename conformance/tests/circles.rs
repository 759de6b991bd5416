//! No file imports another that, by way of its own imports, imports the first: each can be read after those it names.

use std::collections::BTreeMap;
use std::path::Path;

/// The names of a module and of those around it, from the crate's root, which has none.
type Module = Vec<String>;

/// A file: its module, what it imports and what others see of that.
#[derive(Default)]
struct File {
    imports: Vec<Vec<String>>,
    shown: Vec<Vec<String>>,
}

/// The paths that `text`, the inside of a `use`, stands for: `a::{b, c::d}` for `a::b` and `a::c::d`.
fn expanded(text: &str) -> Vec<Vec<String>> {
    let names = |path: &str| -> Vec<String> {
        let name = |part: &str| part.split(" as ").next().unwrap_or_default().trim().to_string();
        path.split("::").map(name).filter(|name| !name.is_empty() && name != "self").collect()
    };
    let Some((before, rest)) = text.split_once('{') else { return vec![names(text)] };
    let inside = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let mut depth = 0;
    let parts = inside.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty()).flat_map(expanded);
    parts.map(|part| [names(before), part].concat()).collect()
}

/// What a source imports. Modules of tests, which end their files, may import what they like.
fn file_of(source: &str) -> File {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut file = File::default();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let (seen, import) = match line.split_once("use ") {
            Some(("", import)) => (false, import),
            Some(("pub " | "pub(crate) " | "pub(super) ", import)) => (true, import),
            _ => continue,
        };
        let mut import = import.to_string();
        while !import.contains(';') {
            import += lines.next().unwrap_or(";");
        }
        let paths = expanded(import.split(';').next().unwrap_or_default());
        if seen {
            file.shown.extend(paths.clone());
        }
        file.imports.extend(paths);
    }
    file
}

/// The files of a crate by their modules.
fn files_of(root: &Path) -> BTreeMap<Module, File> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(root.to_path_buf(), Module::new())];
    while let Some((folder, module)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("a file or a folder").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_string();
            let inner = [module.clone(), vec![name.clone()]].concat();
            if path.is_dir() {
                folders.push((path, inner));
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = std::fs::read_to_string(&path).expect("text");
                let module = if ["lib", "mod"].contains(&name.as_str()) { module.clone() } else { inner };
                files.insert(module, file_of(&source));
            }
        }
    }
    files
}

/// The module in which what `from` calls `path` stands, wherever it is shown; `None` if in another crate.
fn target(files: &BTreeMap<Module, File>, from: &Module, path: &[String]) -> Option<Module> {
    let mut at = from.clone();
    let mut names = path.iter().peekable();
    match names.peek()?.as_str() {
        "crate" => at.clear(),
        "super" => {}
        first => {
            let below = [at.clone(), vec![first.to_string()]].concat();
            if !files.contains_key(&below) {
                return None;
            }
        }
    }
    for name in names {
        let below = [at.clone(), vec![name.clone()]].concat();
        if name == "super" {
            at.pop();
        } else if files.contains_key(&below) {
            at = below;
        } else if name != "crate" {
            let shown = files.get(&at)?.shown.iter().find(|path| path.last() == Some(name));
            match shown.and_then(|path| target(files, &at, path)) {
                Some(there) => at = there,
                None => return Some(at),
            }
        }
    }
    Some(at)
}

/// What is left of modules and their imports without those that are in no circle.
fn in_circles(mut open: BTreeMap<Module, Vec<Module>>) -> BTreeMap<Module, Vec<Module>> {
    // What imports nothing that is still there is in no circle.
    loop {
        let there: Vec<Module> = open.keys().cloned().collect();
        open.retain(|_, targets| targets.iter().any(|to| there.contains(to)));
        if open.len() == there.len() {
            return open;
        }
    }
}

/// Every circle's files, if there is one. A module may import what stands below it: it is made of that.
fn circle(files: &BTreeMap<Module, File>) -> Option<Vec<String>> {
    let edges = |module: &Module| {
        let targets = files[module].imports.iter().filter_map(|path| target(files, module, path));
        targets.filter(|to| !to.starts_with(module)).collect::<Vec<_>>()
    };
    let open = in_circles(files.keys().map(|m| (m.clone(), edges(m))).collect());
    let shown = |(module, targets): (&Module, &Vec<Module>)| {
        let names: Vec<String> =
            targets.iter().filter(|to| open.contains_key(*to)).map(|to| to.join("::")).collect();
        format!("{} imports {}", module.join("::"), names.join(", "))
    };
    (!open.is_empty()).then(|| open.iter().map(shown).collect())
}

fn sources_of(name: &str) -> BTreeMap<Module, File> {
    files_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name).join("src"))
}

#[test]
fn files_import_each_other_in_no_circle() {
    for name in ["base", "models", "kernels", "signals", "analyse"] {
        let files = sources_of(&format!("rheobase-{name}"));
        let imports: usize = files.values().map(|file| file.imports.len()).sum();
        assert!(files.len() > 3 && imports > 3, "{name}: {} files, {imports} imports", files.len());
        assert_eq!(circle(&files), None, "{name}");
    }
}

/// Where a crate has several wings, what one imports from others, file by file, may lead back to it by no way.
#[test]
fn wings_of_a_crate_import_each_other_in_no_circle() {
    for (name, count) in [("sim", 7), ("network", 6), ("learn", 2), ("originals", 2)] {
        let files = sources_of(&format!("rheobase-{name}"));
        let mut wings: BTreeMap<Module, Vec<Module>> = BTreeMap::new();
        for (module, file) in files.iter().filter(|(m, _)| !m.is_empty() && !m.contains(&"tests".to_string()))
        {
            let targets = file.imports.iter().filter_map(|path| target(&files, module, path));
            let others =
                targets.filter(|to| !to.is_empty() && to[0] != module[0]).map(|to| vec![to[0].clone()]);
            wings.entry(vec![module[0].clone()]).or_default().extend(others);
        }
        assert_eq!(wings.len(), count, "{name}");
        assert_eq!(in_circles(wings), BTreeMap::new(), "{name}");
    }
}

#[test]
fn circles_are_found_through_whatever_is_shown_elsewhere() {
    let source = [
        ("", "pub mod a;\npub use a::inner::Inner;\n"),
        ("a", "pub use crate::b::{B, other};\n"),
        ("a::inner", "use super::B;\nuse crate::{\n    c::{self, C},\n    std,\n};\n"),
        ("b", "use std::path::Path;\n"),
        ("c", "use crate::Inner;\n#[cfg(test)]\nmod tests { use crate::a; }\n"),
    ];
    let module =
        |name: &str| -> Module { name.split("::").filter(|n| !n.is_empty()).map(Into::into).collect() };
    let mut files: BTreeMap<_, _> = source.map(|(name, source)| (module(name), file_of(source))).into();
    let found = circle(&files).expect("a::inner and c");
    assert_eq!(found, ["a::inner imports c, c", "c imports a::inner"]);
    files.insert(module("c"), file_of("#[cfg(test)]\nmod tests { use crate::Inner; }\n"));
    assert_eq!(circle(&files), None);
}
