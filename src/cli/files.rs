//! The output folder: checked before the long work, its files written whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokentide::error::{Error, Result};
use tokentide::report::{ReportFile, SAMPLES_BEGIN};
use tokentide::simulation::ordered_map;

/// A folder that results can be written to.
#[derive(Debug)]
pub(crate) struct OutputFolder {
    path: PathBuf,
    staged: Vec<Staged>,
}

/// A file under a temporary name.
#[derive(Debug)]
struct Staged {
    /// The name it will have.
    name: &'static str,
    file: BufWriter<NamedTempFile>,
}

impl OutputFolder {
    /// Makes the folder if need be and sees that `files`, and `more` of these names, can be written in it.
    ///
    /// # Errors
    /// When the path leads through a regular file, a name is taken by a folder, or nothing can be written there.
    pub(crate) fn prepare(path: &Path, files: &[ReportFile], more: &[&str]) -> Result<Self> {
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
        for name in files.iter().map(|file| file.name()).chain(more.iter().copied()) {
            let target = path.join(name);
            if fs::metadata(&target).is_ok_and(|found| found.is_dir()) {
                return Err(Error::usage(format!("--out: cannot write {}: a folder of that name is in the way", target.display())));
            }
        }
        let folder = Self { path: path.to_owned(), staged: Vec::new() };
        folder.temporary()?;
        Ok(folder)
    }

    /// Adds text to a file, which has a temporary name until [`Self::commit`].
    ///
    /// # Errors
    /// When writing fails, on a full disk say. The files of an earlier run are then still as they were.
    pub(crate) fn append(&mut self, name: &'static str, text: &str) -> Result<()> {
        let index = match self.staged.iter().position(|staged| staged.name == name) {
            Some(index) => index,
            None => {
                let file = BufWriter::with_capacity(1 << 16, self.temporary()?);
                self.staged.push(Staged { name, file });
                self.staged.len() - 1
            }
        };
        let Some(staged) = self.staged.get_mut(index) else { return Ok(()) };
        staged.file.write_all(text.as_bytes()).map_err(|source| Error::io(self.path.join(name), "write", source))
    }

    /// Sees all files down to the disk, then gives them their names, in the order they were begun. Samples of an earlier run that this one
    /// does not replace are removed.
    ///
    /// # Errors
    /// When the disk is full, before any file has its name; when a rename fails.
    pub(crate) fn commit(self) -> Result<()> {
        let stale = ReportFile::of_run(true).into_iter().filter(|file| self.staged.iter().all(|staged| staged.name != file.name()));
        let stale: Vec<PathBuf> = stale.map(|file| self.path.join(file.name())).filter(|path| is_samples(path)).collect();
        let mut whole = Vec::with_capacity(self.staged.len());
        for Staged { name, file } in self.staged {
            let target = self.path.join(name);
            let flushed = file.into_inner().map_err(io::IntoInnerError::into_error);
            whole.push((flushed.map_err(|source| Error::io(&target, "write", source))?, target));
        }
        // All at once: the disk takes hardly longer for all of them than for the largest, and nobody computes meanwhile.
        let sync =
            |(file, target): &(NamedTempFile, PathBuf)| file.as_file().sync_all().map_err(|source| Error::io(target, "write", source));
        ordered_map(Some(whole.len().max(1)), &whole, sync)?.into_iter().collect::<Result<()>>()?;
        // Before the first file is there: results must not stand beside the samples of an earlier run, not even after a failure.
        for path in stale {
            fs::remove_file(&path).map_err(|source| Error::io(&path, "remove the samples of an earlier run,", source))?;
        }
        for (file, target) in whole {
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

/// Whether a file holds samples that this program wrote: whatever else has the name is the user's.
fn is_samples(path: &Path) -> bool {
    let mut begin = [0; SAMPLES_BEGIN.len()];
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    is_file && fs::File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok() && begin == SAMPLES_BEGIN.as_bytes()
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
        let mut folder = OutputFolder::prepare(&path, &[], &[]).unwrap();
        assert_eq!(names(&path), [""; 0], "the check leaves nothing behind");
        folder.append("a.csv", "1").unwrap();
        folder.append("b.csv", "2").unwrap();
        folder.append("a.csv", "3").unwrap();
        assert!(!path.join("a.csv").exists());
        folder.commit().unwrap();
        assert_eq!(names(&path), ["a.csv", "b.csv"]);
        assert_eq!(fs::read_to_string(path.join("a.csv")).unwrap(), "13");
    }

    #[test]
    fn what_is_not_committed_leaves_the_earlier_files() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("a.csv"), "old").unwrap();
        let mut folder = OutputFolder::prepare(place.path(), &[], &[]).unwrap();
        folder.append("a.csv", "new").unwrap();
        drop(folder);
        assert_eq!(fs::read_to_string(place.path().join("a.csv")).unwrap(), "old");
        assert_eq!(names(place.path()), ["a.csv"]);
    }

    #[test]
    fn samples_of_an_earlier_run_do_not_stay_and_other_files_do() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("samples.csv");
        for (text, stays) in [(format!("{SAMPLES_BEGIN}cost_total\n0,a,1,1,2\n"), false), ("mine".to_owned(), true), (String::new(), true)]
        {
            fs::write(&path, text).unwrap();
            let mut folder = OutputFolder::prepare(place.path(), &ReportFile::of_run(false), &[]).unwrap();
            assert!(path.exists(), "only a run that is done may remove it");
            folder.append("plans.csv", "1").unwrap();
            folder.commit().unwrap();
            assert_eq!(path.exists(), stays);
        }
        let mut folder = OutputFolder::prepare(place.path(), &ReportFile::of_run(true), &[]).unwrap();
        folder.append("samples.csv", SAMPLES_BEGIN).unwrap();
        folder.commit().unwrap();
        assert!(path.exists());
    }

    #[test]
    fn a_failed_write_names_the_file_and_is_no_panic() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = OutputFolder::prepare(place.path(), &[], &[]).unwrap();
        // A file that is open for reading only fails as a full disk does.
        let read_only = fs::File::open(folder.temporary().unwrap().keep().unwrap().1).unwrap();
        let file = NamedTempFile::from_parts(read_only, tempfile::TempPath::try_from_path(place.path().join("x")).unwrap());
        folder.staged.push(Staged { name: "a.csv", file: BufWriter::new(file) });
        folder.append("a.csv", "text").unwrap();
        let error = folder.commit().unwrap_err();
        assert!(!error.is_input() && error.to_string().contains("a.csv"), "{error}");
    }

    #[test]
    fn what_is_in_the_way_is_found_before_the_work() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("below/it")] {
            let error = OutputFolder::prepare(&path, &[], &[]).unwrap_err();
            assert!(error.is_input() && error.to_string().contains("is a file"), "{error}");
        }
        fs::create_dir(place.path().join("plans.csv")).unwrap();
        assert!(OutputFolder::prepare(place.path(), &[ReportFile::Plans], &[]).unwrap_err().is_input());
    }
}
