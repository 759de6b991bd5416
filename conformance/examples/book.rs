//! Writes the generated pages of the book into `docs/`: `cargo run -p conformance --example book`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages = conformance::book::pages(&root)?;
    for (path, text) in &pages {
        let path = root.join("docs").join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text)?;
    }
    println!("{} pages written into docs/", pages.len());
    Ok(())
}
