//! A place has capacity of its own: the reads or the writes of a table or an index.

use std::collections::BTreeMap;

use flashcrowd_metrics::names::tag;

use super::lines::CapacityKind;

/// Operations that read; all others write.
const READS: [&str; 5] = ["GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"];

/// The reads or the writes of a table or an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CapacityPlace {
    /// The table, as the call named it.
    pub table: String,
    /// The index of it; none of the table itself.
    pub index: Option<String>,
    /// Reads or writes.
    pub kind: CapacityKind,
}

impl CapacityPlace {
    /// Whose units were short, by the tags of `dynamodb_throttled`: the reason says it where the service gives one, such as
    /// `TableWriteProvisionedThroughputExceeded`; otherwise the call does, by its operation and the index that its name
    /// ends in.
    pub fn throttled(tags: &BTreeMap<String, String>) -> Self {
        let tag = |name: &str| tags.get(name).map(String::as_str).unwrap_or_default();
        let (table, reason) = (tag(tag::TABLE), tag(tag::REASON));
        let told = Some(tag(tag::INDEX)).filter(|index| !index.is_empty()).map(str::to_owned);
        let of_name = || index_of_name(tag(tag::NAME), table).filter(|_| !reason.starts_with("Table"));
        Self {
            table: table.to_owned(),
            index: told.or_else(of_name),
            kind: kind(reason, tag(tag::OPERATION)),
        }
    }
}

/// The index in the name of a call, such as `Query Products/category-index`.
fn index_of_name(name: &str, table: &str) -> Option<String> {
    let (_, place) = name.split_once(' ')?;
    place.strip_prefix(table)?.strip_prefix('/').map(str::to_owned)
}

/// Whether reads or writes were throttled: by the reason, else by the operation.
fn kind(reason: &str, operation: &str) -> CapacityKind {
    let rest = reason.trim_start_matches("Table").trim_start_matches("Index");
    match () {
        () if rest.starts_with("Read") => CapacityKind::Read,
        () if rest.starts_with("Write") => CapacityKind::Write,
        () if READS.contains(&operation) => CapacityKind::Read,
        () => CapacityKind::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_known_by_its_tag_or_by_the_name_of_the_call() {
        let of = |name: &str, reason: &str| {
            let tags = [("table", "Products"), ("name", name), ("reason", reason)];
            CapacityPlace::throttled(&tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
                .index
        };
        let (index, name) = (Some("category-index".to_owned()), "Query Products/category-index");
        assert_eq!(of(name, "IndexReadProvisionedThroughputExceeded"), index);
        assert_eq!(of(name, ""), index);
        assert_eq!(of(name, "TableReadProvisionedThroughputExceeded"), None);
        assert_eq!(
            (of("Query Products", ""), of("login", ""), of("Query Other/index", "")),
            (None, None, None)
        );
    }

    #[test]
    fn reads_and_writes_are_told_apart_by_the_reason_or_the_operation() {
        for (reason, operation, expected) in [
            ("TableReadProvisionedThroughputExceeded", "TransactWriteItems", CapacityKind::Read),
            ("IndexWriteKeyRangeThroughputExceeded", "Query", CapacityKind::Write),
            ("", "Scan", CapacityKind::Read),
            ("ThrottlingError", "PutItem", CapacityKind::Write),
        ] {
            assert_eq!(kind(reason, operation), expected, "{reason} {operation}");
        }
    }
}
