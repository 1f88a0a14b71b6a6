//! Module arguments say where the modules come from that a script imports from the network.

use std::path::PathBuf;

use clap::Args;

/// Where modules on the network come from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Script")]
pub struct ModuleArgs {
    /// Fetch no module from the network; https:// imports come from the module cache
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub offline: Option<String>,
    /// The folder that keeps modules from the network [default: flashcrowd/modules in the user's cache folder]
    #[arg(long, value_name = "DIR")]
    pub module_cache: Option<PathBuf>,
    /// Fetch modules below one address from another; repeatable
    #[arg(
        help = "Fetch modules below one address from another, as in https://jslib.k6.io=https://mirror.example; repeatable",
        long,
        value_name = "URL=URL"
    )]
    pub module_mirror: Vec<String>,
}
