//! A hello is what a child says of a file once it has read it.

use serde::Deserialize;

/// What is in a file, and how it is to be run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Hello {
    /// The command line, resolved.
    pub options: Settings,
    /// The paths of the files.
    pub files: Vec<String>,
    /// The class of the shape, where the file has one.
    pub shape: Option<String>,
    /// Whether the shape reads users, rate and time from the command line.
    pub shape_uses_options: bool,
    /// Name, weight, fixed count and host of each user class.
    pub classes: Vec<(String, f64, u64, Option<String>)>,
    /// Which percentiles are reported, from 0 to 1.
    pub percentiles: Vec<f64>,
    /// Which percentiles are charted, and which are told of each name.
    pub chart_percentiles: Vec<f64>,
    /// The percentiles that the page's table has.
    pub table_percentiles: Vec<f64>,
    /// How often files are written, in seconds.
    pub csv_interval: f64,
    /// How often the table is printed, in seconds.
    pub console_interval: f64,
    /// How wide the column of names is.
    pub name_width: usize,
    /// What the process is called in messages of the file.
    pub client_id: String,
    /// Options of the file, for the page.
    pub own_options: Vec<OwnOption>,
    /// The version of Python.
    pub python: String,
    /// The version of gevent.
    pub gevent: String,
}

/// An option that the file itself has added.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnOption {
    /// Its name, as the file reads it.
    pub name: String,
    /// What it is for.
    pub help: String,
    /// Its value so far, as a text.
    pub value: String,
    /// What it may be; anything where there is nothing.
    pub choices: Vec<String>,
    /// Whether it is not to be seen.
    pub is_secret: bool,
    /// Whether it is yes or no.
    pub is_flag: bool,
}

/// The options of a run that are flashcrowd's to heed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What is loaded.
    pub host: Option<String>,
    /// How many users there are at most.
    pub num_users: Option<u64>,
    /// How many users start a second.
    pub spawn_rate: Option<f64>,
    /// How long the run lasts, in seconds.
    pub run_time: Option<u64>,
    /// How long tasks may go on at the end, in seconds.
    pub stop_timeout: f64,
    /// Whether there is no page.
    pub headless: bool,
    /// Whether the test starts at once, with the page.
    pub autostart: bool,
    /// How long after the end of the test it is left; -1 for never.
    pub autoquit: i64,
    /// Where the page listens.
    pub web_host: String,
    /// What the page asks for where it listens to others; made up where none is given.
    pub web_token: Option<String>,
    /// What all paths of the page begin with.
    pub web_base_path: String,
    /// Whether classes can be picked on the page.
    pub class_picker: bool,
    /// How many processes run users.
    pub processes: Option<u64>,
    /// The port of the page.
    pub web_port: u16,
    /// What the names of CSV files begin with.
    pub csv_prefix: Option<String>,
    /// Whether the history has every name.
    pub stats_history_enabled: bool,
    /// Whether the table is printed beside the page, too.
    pub print_stats: bool,
    /// Whether the table is printed at the end only.
    pub only_summary: bool,
    /// Whether counts begin anew once all users are there.
    pub reset_stats: bool,
    /// Where the report goes.
    pub html_file: Option<String>,
    /// Whether the figures are printed as JSON.
    pub json: bool,
    /// Where the figures go as JSON.
    pub json_file: Option<String>,
    /// The exit code of failures and exceptions.
    pub exit_code_on_error: i32,
    /// How many tasks are run at most.
    pub iterations: Option<u64>,
    /// At which rate tasks start.
    pub rate: Option<String>,
    /// What is expected of the run.
    pub expect: Option<Vec<String>>,
    /// Where the record goes.
    pub record: Option<String>,
    /// Whether it is told which Python was looked for.
    pub verbose: bool,
}
