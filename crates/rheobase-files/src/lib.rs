//! Writing a file so that it is there whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use rheobase_base::{Error, Result};

/// Writes the file `path` through `write`, so that a reader never sees a part of it.
///
/// The bytes go to a temporary file in the same folder, are flushed to the disk, and the file is then renamed onto
/// `path`. If `write` or anything else fails, the temporary file is removed and what stood at `path` is untouched. A
/// symbolic link is followed: the file it points to is replaced. A path that is neither file nor folder (a pipe, a
/// device such as `/dev/stdout`) cannot be replaced: it receives the bytes once all of them have been made.
///
/// # Errors
/// [`Error::File`] with the path if the folder is missing, the disk is full, `path` is a folder, or `write` fails.
pub fn atomic_write(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
    let done = match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::other("it is a folder; name a file in it")),
        Ok(found) if !found.is_file() => into_device(path, write),
        Ok(found) => {
            fs::canonicalize(path).and_then(|target| replace(&target, Some(found.permissions()), write))
        }
        Err(_) => replace(path, None, write),
    };
    done.map_err(|e| Error::file(path, format!("cannot be written: {e}")))
}

/// Removes the temporary files that [`atomic_write`] left beside `path` when its process was killed.
///
/// Nobody may be writing `path` meanwhile: the caller holds a lock, say. Other files are never touched: those of
/// `path` are called `.NAME-XXXXXX.tmp`.
///
/// # Errors
/// [`Error::File`] for one that cannot be removed.
pub fn remove_abandoned(path: &Path) -> Result<()> {
    let (Some(name), Ok(files)) = (path.file_name(), fs::read_dir(folder_of(path))) else { return Ok(()) };
    let prefix = prefix_of(name);
    for file in files.flatten() {
        let found = file.file_name();
        let random = found.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let random = random.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        let ours = random.is_some_and(|r| r.len() == RANDOM && r.iter().all(u8::is_ascii_alphanumeric));
        if ours && file.file_type().is_ok_and(|kind| kind.is_file()) {
            let left = file.path();
            fs::remove_file(&left).map_err(|e| Error::file(&left, format!("cannot be removed: {e}")))?;
        }
    }
    Ok(())
}

const SUFFIX: &str = ".tmp";
/// Letters and digits that tell the temporary files of a name apart.
const RANDOM: usize = 6;

fn prefix_of(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push("-");
    prefix
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn replace(
    target: &Path,
    rights: Option<fs::Permissions>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let Some(name) = target.file_name() else {
        return Err(io::Error::other("the path names no file"));
    };
    let folder = folder_of(target);
    let prefix = prefix_of(name);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM);
    if let Some(rights) = new_file_rights() {
        builder.permissions(rights);
    }
    // From here on, dropping `temporary` removes it.
    let mut temporary = builder.tempfile_in(folder)?;
    fill(temporary.as_file_mut(), write)?;
    if let Some(rights) = rights {
        temporary.as_file().set_permissions(rights)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|e| e.error)?;
    // The rename itself reaches the disk with the folder. Not every file system lets a folder be synced; the file
    // is whole either way.
    let _ = File::open(folder).and_then(|f| f.sync_all());
    Ok(())
}

/// What any new file gets before the process's umask takes its part away; temporary files are otherwise private.
fn new_file_rights() -> Option<fs::Permissions> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Some(fs::Permissions::from_mode(0o666))
    }
    #[cfg(not(unix))]
    None
}

fn into_device(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut whole = tempfile::tempfile()?;
    fill(&mut whole, write)?;
    whole.rewind()?;
    let mut device = fs::OpenOptions::new().write(true).open(path)?;
    io::copy(&mut whole, &mut device)?;
    device.flush()
}

fn fill(file: &mut File, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file.try_clone()?);
    write(&mut out)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        atomic_write(&path, |w| w.write_all(b"old")).unwrap();
        let failed = atomic_write(&path, |w| {
            w.write_all(b"half of the new")?;
            Err(io::Error::other("disk on fire"))
        });
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("out.csv") && text.contains("disk on fire"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names_in(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_panicking_writer_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let caught = std::panic::catch_unwind(|| atomic_write(&path, |_| panic!("writer broke")));
        assert!(caught.is_err());
        assert!(names_in(folder.path()).is_empty());
    }

    #[test]
    fn what_a_killed_writer_left_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut left = String::new();
        atomic_write(&path, |w| {
            left = names_in(folder.path()).remove(0);
            w.write_all(b"whole")
        })
        .unwrap();
        let others =
            [".other.csv-abcdef.tmp", ".out.csv-abc.tmp", ".out.csv-abc-ef.tmp", ".out.csv-abcdef.txt"];
        for name in others.iter().chain(&[&left[..]]) {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        fs::create_dir(folder.path().join(".out.csv-folder.tmp")).unwrap();
        remove_abandoned(&path).unwrap();
        let mut expected = others.to_vec();
        expected.extend(["out.csv", ".out.csv-folder.tmp"]);
        expected.sort();
        assert_eq!(names_in(folder.path()), expected);
        remove_abandoned(&folder.path().join("none/out.csv")).unwrap();
    }

    #[test]
    fn folders_and_missing_folders_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let text = atomic_write(folder.path(), |_| Ok(())).unwrap_err().to_string();
        assert!(text.contains("folder"), "{text}");
        assert!(atomic_write(&folder.path().join("none/x.csv"), |_| Ok(())).is_err());
        assert!(atomic_write(Path::new(""), |_| Ok(())).is_err());
        assert!(names_in(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_rights_are_usual_and_devices_receive_bytes() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        atomic_write(&real, |w| w.write_all(b"1")).unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, b"").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&real), mode(&plain));
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        atomic_write(&link, |w| w.write_all(b"2")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"2");
        assert_eq!(mode(&real) & 0o777, 0o600);
        atomic_write(Path::new("/dev/null"), |w| w.write_all(b"3")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
