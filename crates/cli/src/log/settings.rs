//! Log settings determine which lines are written, in which format, and where.

use std::path::PathBuf;

use super::format::{Format, Level};

/// The destination of log lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Standard error.
    #[default]
    Stderr,
    /// Standard output.
    Stdout,
    /// Nowhere.
    None,
    /// Appended to a file.
    File(PathBuf),
}

/// Which lines are written, in which format, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The lowest level that is written.
    pub level: Level,
    /// The format of lines.
    pub format: Format,
    /// The destination.
    pub output: Output,
}

impl Default for Settings {
    fn default() -> Self {
        Self { level: Level::Info, format: Format::default(), output: Output::default() }
    }
}

impl Settings {
    /// Reads the value of `--log-format`; `name` is the flag or variable that it came from.
    pub fn set_format(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.format = match value {
            "" | "text" => Format::Text,
            "json" => Format::Json,
            "raw" => Format::Raw,
            _ => return Err(format!("{name} is '{value}': use text, json or raw")),
        };
        Ok(())
    }

    /// Reads the value of `--log-output`; `name` is the flag or variable that it came from.
    pub fn set_output(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut parts = value.split(',');
        let first = parts.next().unwrap_or_default();
        let output = match first.split_once('=') {
            None if matches!(first, "" | "stderr") => Output::Stderr,
            None if first == "stdout" => Output::Stdout,
            None if first == "none" => Output::None,
            Some(("file", path)) if !path.is_empty() => Output::File(PathBuf::from(path)),
            _ => return Err(format!("{name} is '{value}': use stderr, stdout, none or file=PATH")),
        };
        for part in parts {
            self.level = match part.split_once('=') {
                Some(("level", level)) => level_named(level).ok_or_else(|| {
                    format!("{name} has the level '{level}': use debug, info, warning or error")
                })?,
                _ => return Err(format!("{name} has the unknown part '{part}': only level=... may follow")),
            };
        }
        self.output = output;
        Ok(())
    }
}

fn level_named(name: &str) -> Option<Level> {
    let name = if name == "warn" { "warning" } else { name };
    Level::ALL.into_iter().find(|level| level.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_read() {
        for (value, output, level) in [
            ("stderr", Output::Stderr, Level::Info),
            ("stdout", Output::Stdout, Level::Info),
            ("none", Output::None, Level::Info),
            ("file=a.log", Output::File("a.log".into()), Level::Info),
            ("file=a.log,level=warn", Output::File("a.log".into()), Level::Warning),
        ] {
            let mut settings = Settings::default();
            settings.set_output("--log-output", value).unwrap();
            assert_eq!((settings.output, settings.level), (output, level), "{value}");
        }
    }

    #[test]
    fn errors_list_the_valid_values() {
        let mut settings = Settings::default();
        for (value, message) in [
            ("loki=http://x", "--log-output is 'loki=http://x': use stderr, stdout, none or file=PATH"),
            ("file=", "--log-output is 'file=': use stderr, stdout, none or file=PATH"),
            ("stderr,level=loud", "--log-output has the level 'loud': use debug, info, warning or error"),
            ("stderr,x", "--log-output has the unknown part 'x': only level=... may follow"),
        ] {
            assert_eq!(settings.set_output("--log-output", value), Err(message.to_owned()));
        }
        assert_eq!(
            settings.set_format("K6_LOG_FORMAT", "xml"),
            Err("K6_LOG_FORMAT is 'xml': use text, json or raw".to_owned())
        );
    }
}
