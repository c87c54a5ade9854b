//! Files that are mapped into memory: the one place outside of the model's kernels that says `unsafe`.

use std::fs::File;
use std::io::Read;
use std::ops::Deref;
use std::path::Path;

use anyhow::Context;
use memmap2::Mmap;

/// The bytes of a file. They stay in the file: processes that map the same one share them.
#[derive(Debug)]
pub(super) struct Mapped(Mmap);

impl Mapped {
    /// Maps the file at `path`, after `check` has read it once from beginning to end. It reads the file and not the
    /// mapping, so that memory holds only what is looked up later.
    pub(super) fn open(path: &Path, check: impl FnOnce(&mut dyn Read) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
        check(&mut file).with_context(|| format!("{shown} cannot be used"))?;
        // SAFETY: a mapping is unsound if its file is changed under it. Tables are put in place whole, by renaming a
        // finished file, and never written again; docs/knowledge.md says so to whoever brings one of their own.
        #[allow(unsafe_code, reason = "mapping a file has no safe form; see above")]
        let map = unsafe { Mmap::map(&file) }.with_context(|| format!("cannot map {shown} into memory"))?;
        Ok(Self(map))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
