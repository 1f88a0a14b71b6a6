//! A row is one kind of requests in one interval: those that share name, method, status and error code.

use flashcrowd_record::TimelineRow;

use crate::dynamodb::is_dynamodb_call;

/// A tag of a row, empty where it has none.
pub(crate) fn tag<'a>(row: &'a TimelineRow, name: &str) -> &'a str {
    row.tags.get(name).map_or("", String::as_str)
}

/// Whether the row is of requests that are part of the load, and not of setup or teardown.
pub(crate) fn is_load(row: &TimelineRow) -> bool {
    let group = tag(row, "group");
    row.view == "requests" && !["::setup", "::teardown"].iter().any(|other| group.starts_with(other))
}

/// Whether requests of the row got an answer, whatever it was.
pub(crate) fn is_answered(row: &TimelineRow) -> bool {
    tag(row, "status") != "0"
}

/// Method and name; a name that begins with the method has it once, and a call of DynamoDB needs none.
pub(crate) fn full_name(method: &str, name: &str) -> String {
    let has_method = name.split(' ').next() == Some(method);
    if has_method || method.is_empty() || is_dynamodb_call(name) {
        name.to_owned()
    } else {
        format!("{method} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_method_once() {
        assert_eq!(full_name("GET", "/sale"), "GET /sale");
        assert_eq!(full_name("GET", "GET /sale"), "GET /sale");
        assert_eq!(full_name("", "sale"), "sale");
        assert_eq!(full_name("POST", "GetItem Products"), "GetItem Products");
    }
}
