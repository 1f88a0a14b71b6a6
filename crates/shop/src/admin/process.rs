//! The process's own use of the machine, under the names that every Prometheus client gives it.
//!
//! It is read from `/proc`; where there is none (outside Linux) the metrics are left out.

use std::fs;
use std::path::Path;

/// The kernel reports times to programs in hundredths of a second, on every architecture of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// What the process uses; anything that cannot be read is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ProcessUse {
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) start_time: Option<f64>,
    pub(crate) resident_bytes: Option<f64>,
    pub(crate) virtual_bytes: Option<f64>,
    pub(crate) open_fds: Option<f64>,
    pub(crate) max_fds: Option<f64>,
}

impl ProcessUse {
    /// Reads what the process uses now.
    pub(crate) fn read() -> Self {
        let own = Path::new("/proc/self");
        let text = |file: &str| fs::read_to_string(own.join(file)).unwrap_or_default();
        let (stat, status, limits) = (text("stat"), text("status"), text("limits"));
        let boot = fs::read_to_string("/proc/stat").unwrap_or_default();
        Self {
            cpu_seconds: stat_field(&stat, 14)
                .zip(stat_field(&stat, 15))
                .map(|(user, system)| (user + system) / TICKS_PER_SECOND),
            start_time: number_after(&boot, "btime ")
                .zip(stat_field(&stat, 22))
                .map(|(boot, start)| boot + start / TICKS_PER_SECOND),
            resident_bytes: number_after(&status, "VmRSS:").map(|kib| kib * 1024.0),
            virtual_bytes: number_after(&status, "VmSize:").map(|kib| kib * 1024.0),
            open_fds: open_fds(&own.join("fd")),
            max_fds: number_after(&limits, "Max open files"),
        }
    }
}

/// A field of `/proc/self/stat` by its number in proc(5). The second, the name, may itself contain spaces.
fn stat_field(stat: &str, number: usize) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(number - 3)?.parse().ok()
}

/// The first number behind `label`, which starts a line.
fn number_after(text: &str, label: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// The number of open files: since Linux 6.2 the size of the folder, before that its entries must be counted.
fn open_fds(folder: &Path) -> Option<f64> {
    let size = fs::metadata(folder).ok()?.len();
    let count = if size > 0 { usize::try_from(size).ok()? } else { fs::read_dir(folder).ok()?.count() };
    Some(count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 4242 1000 200";
        assert_eq!(stat_field(stat, 14), Some(250.0));
        assert_eq!(stat_field(stat, 15), Some(50.0));
        assert_eq!(stat_field(stat, 22), Some(4242.0));
        assert_eq!(stat_field("", 14), None);
    }

    #[test]
    fn numbers_are_found_by_their_label() {
        let status = "VmSize:\t  100 kB\nVmRSS:\t    42 kB\n";
        assert_eq!(number_after(status, "VmRSS:"), Some(42.0));
        assert_eq!(
            number_after("Max open files            1024   4096   files", "Max open files"),
            Some(1024.0)
        );
        assert_eq!(number_after(status, "VmSwap:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_can_be_read() {
        let used = ProcessUse::read();
        assert!(used.cpu_seconds.is_some());
        assert!(used.start_time.is_some_and(|start| start > 1.6e9));
        assert!(used.resident_bytes.is_some_and(|bytes| bytes > 1e5));
        assert!(used.open_fds.is_some_and(|fds| fds >= 3.0));
    }
}
