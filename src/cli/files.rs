//! The output folder: checked before the long work, its files written whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokentide::error::{Error, Result};

/// A folder that results can be written to.
#[derive(Debug)]
pub(crate) struct OutputFolder {
    path: PathBuf,
    /// Finished files under temporary names, and the names they will have.
    staged: Vec<(NamedTempFile, PathBuf)>,
}

impl OutputFolder {
    /// Makes the folder if need be and sees that `names` can be written in it.
    ///
    /// # Errors
    /// When the path leads through a regular file, a name is taken by a folder, or nothing can be written there.
    pub(crate) fn prepare(path: &Path, names: &[&str]) -> Result<Self> {
        for part in path.ancestors().filter(|part| !part.as_os_str().is_empty()) {
            // Only what exists can be in the way; rights are found out by writing.
            if fs::metadata(part).is_ok_and(|found| !found.is_dir()) {
                let (path, part) = (path.display(), part.display());
                return Err(Error::usage(format!(
                    "--out: cannot write to {path}: {part} is a file; allowed: a folder, which is made if need be"
                )));
            }
        }
        fs::create_dir_all(path).map_err(|source| Error::io(path, "create the folder", source))?;
        for name in names {
            let target = path.join(name);
            if fs::metadata(&target).is_ok_and(|found| found.is_dir()) {
                return Err(Error::usage(format!("--out: cannot write {}: a folder of that name is in the way", target.display())));
            }
        }
        let folder = Self { path: path.to_owned(), staged: Vec::new() };
        folder.temporary()?;
        Ok(folder)
    }

    /// Writes a file under a temporary name, down to the disk.
    ///
    /// # Errors
    /// When writing fails, on a full disk say. The files of an earlier run are then still as they were.
    pub(crate) fn stage(&mut self, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let target = self.path.join(name);
        let mut file = self.temporary()?;
        let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
        let written = write(&mut out).and_then(|()| out.flush());
        drop(out);
        written.and_then(|()| file.as_file().sync_all()).map_err(|source| Error::io(&target, "write", source))?;
        self.staged.push((file, target));
        Ok(())
    }

    /// Gives all staged files their names, in the order of staging.
    ///
    /// # Errors
    /// When a rename fails.
    pub(crate) fn commit(self) -> Result<()> {
        for (file, target) in self.staged {
            file.persist(&target).map_err(|failed| Error::io(&target, "write", failed.error))?;
        }
        Ok(())
    }

    /// A file with the rights that a newly made file has, not the narrow ones of temporary files.
    fn temporary(&self) -> Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tokentide-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.path).map_err(|source| Error::io(&self.path, "write to", source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_together_and_whole() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("new/folder");
        let mut folder = OutputFolder::prepare(&path, &["a.csv"]).unwrap();
        assert_eq!(names(&path), [""; 0], "the check leaves nothing behind");
        folder.stage("a.csv", |out| out.write_all(b"1")).unwrap();
        folder.stage("b.csv", |out| out.write_all(b"2")).unwrap();
        assert!(!path.join("a.csv").exists());
        folder.commit().unwrap();
        assert_eq!(names(&path), ["a.csv", "b.csv"]);
    }

    #[test]
    fn a_failed_write_leaves_the_earlier_files() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("a.csv"), "old").unwrap();
        let mut folder = OutputFolder::prepare(place.path(), &["a.csv"]).unwrap();
        folder.stage("a.csv", |out| out.write_all(b"new")).unwrap();
        let full = folder.stage("b.csv", |_| Err(io::Error::from(io::ErrorKind::StorageFull))).unwrap_err();
        assert!(full.to_string().contains("b.csv"), "{full}");
        drop(folder);
        assert_eq!(fs::read_to_string(place.path().join("a.csv")).unwrap(), "old");
        assert_eq!(names(place.path()), ["a.csv"]);
    }

    #[test]
    fn what_is_in_the_way_is_found_before_the_work() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("below/it")] {
            let error = OutputFolder::prepare(&path, &[]).unwrap_err();
            assert!(error.is_input() && error.to_string().contains("is a file"), "{error}");
        }
        fs::create_dir(place.path().join("plans.csv")).unwrap();
        assert!(OutputFolder::prepare(place.path(), &["plans.csv"]).unwrap_err().is_input());
    }
}
