//! Archive arguments name a script, what it would be run with, and the file that it goes into.

use std::path::PathBuf;

use clap::Args;

use super::RunArgs;

/// `archive`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd archive script.js                     write archive.tar
  flashcrowd archive -O sale.tar -u 100 -d 5m -e STAGE=peak script.js
  flashcrowd run sale.tar

An archive has the script, its imports, the files that it opens, its options with those of flags, and the variables
given with -e. k6 runs it, too, and flashcrowd runs archives of k6.

Exit codes: 0 the archive was written, 104 invalid options, 107 the script cannot be loaded, 255 anything else.")]
pub struct ArchiveArgs {
    /// The archive to write
    #[arg(short = 'O', long, value_name = "FILE", default_value = "archive.tar")]
    pub archive_out: PathBuf,
    /// Keep variables given with -e out of the archive
    #[arg(long)]
    pub exclude_env_vars: bool,
    /// What would be run.
    #[command(flatten)]
    pub run: RunArgs,
}
