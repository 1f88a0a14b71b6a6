//! A control error is why the tables are not as was asked.

use flashcrowd_dynamodb::Fault;
use thiserror::Error;

use crate::shop::Tables;

/// Why the tables are not as was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// Tables are not there.
    #[error(
        "missing tables: {}; make them with 'flashcrowd dynamodb setup{}' and the same --region and --endpoint-url",
        .0.join(", "),
        option(.0)
    )]
    Missing(Vec<String>),
    /// Tables are there that [`setup`](super::setup) has not made.
    #[error(
        "not made by 'flashcrowd dynamodb setup', and left as they are: {}; choose another --table-prefix",
        .0.join(", ")
    )]
    Foreign(Vec<String>),
    /// The service refused, and why it does so.
    #[error("{table}: {fault}{}", .hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
    Refused {
        /// The table.
        table: String,
        /// What it said.
        fault: Box<Fault>,
        /// What it means.
        hint: Option<String>,
    },
    /// Tables took too long to become what they should.
    #[error("after {minutes} minutes not yet {wanted}: {}; look again with 'flashcrowd dynamodb capacity'", tables.join(", "))]
    Slow {
        /// Their names, with what they are instead.
        tables: Vec<String>,
        /// What they should be, such as 'ACTIVE'.
        wanted: &'static str,
        /// How long was waited.
        minutes: u64,
    },
    /// Items were not taken however often they were put.
    #[error(
        "{table} does not take {items} items, however long one waits between attempts; run setup again to write what is missing"
    )]
    Full {
        /// The table.
        table: String,
        /// How many were left of a batch.
        items: usize,
    },
    /// The tables, or their items, are of another form than the shop's.
    #[error(
        "the tables are not of the shop's form: {}; make some that are with 'flashcrowd dynamodb setup --table-prefix NAME'",
        .0.join("; ")
    )]
    Unfit(Vec<String>),
    /// Several of these.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Several(Vec<ControlError>),
}

impl ControlError {
    /// The service refused; what it means is what such faults usually do.
    pub(super) fn refused(table: &str, fault: Fault) -> Self {
        let hint = fault.hint().map(str::to_owned);
        Self::Refused { table: table.to_owned(), fault: fault.into(), hint }
    }

    /// One error of all; fine when there are none.
    pub(super) fn all(mut errors: Vec<Self>) -> Result<(), Self> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.swap_remove(0)),
            _ => Err(Self::Several(errors)),
        }
    }
}

/// How a command is told the prefix of tables.
fn option(names: &[String]) -> String {
    let prefixes = names.iter().filter_map(|name| Tables::prefix_of(name));
    prefixes
        .filter(|prefix| !prefix.is_empty())
        .take(1)
        .map(|prefix| format!(" --table-prefix {prefix}"))
        .collect()
}
