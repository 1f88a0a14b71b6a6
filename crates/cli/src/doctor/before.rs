//! Before a run, what is known to bend it on this machine is said.

use std::path::PathBuf;

use super::machine::Machine;

/// What would bend a run of so many virtual users on this machine, in a line each.
pub fn before_run(max_vus: u64, workers: usize) -> Vec<String> {
    let machine = Machine::at(PathBuf::from("/"));
    let mut warnings = Vec::new();
    if let Some((_, most)) = machine.files().filter(|(_, most)| *most < max_vus as f64) {
        warnings.push(format!(
            "this process may open {most} files, and {max_vus} virtual users need a connection each: see flashcrowd doctor"
        ));
    }
    if let Some(quota) = machine.quota().filter(|quota| *quota < workers as f64) {
        warnings.push(format!(
            "this process may use {quota:.2} CPU cores, and has {workers} worker threads: response times will have pauses \
             that the target does not make; see flashcrowd doctor"
        ));
    }
    warnings
}
