//! A call is one operation that is asked of DynamoDB, with the attempts that it takes; a reply is its answer.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;

use crate::fault::Fault;

/// The version of the API, before the name of each operation.
const VERSION: &str = "DynamoDB_20120810.";

/// An operation of DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "these are DynamoDB's own names")]
pub enum Operation {
    BatchGetItem,
    BatchWriteItem,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    ListTables,
    ListTagsOfResource,
    PutItem,
    Query,
    Scan,
    TagResource,
    TransactGetItems,
    TransactWriteItems,
    UpdateItem,
    UpdateTable,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::BatchGetItem,
        Self::BatchWriteItem,
        Self::CreateTable,
        Self::DeleteItem,
        Self::DeleteTable,
        Self::DescribeTable,
        Self::GetItem,
        Self::ListTables,
        Self::ListTagsOfResource,
        Self::PutItem,
        Self::Query,
        Self::Scan,
        Self::TagResource,
        Self::TransactGetItems,
        Self::TransactWriteItems,
        Self::UpdateItem,
        Self::UpdateTable,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        &self.target()[VERSION.len()..]
    }

    /// Whether the capacity it consumes is write capacity, where its answer does not say.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::BatchWriteItem
                | Self::DeleteItem
                | Self::PutItem
                | Self::TransactWriteItems
                | Self::UpdateItem
        )
    }

    /// The value of the header that names it.
    pub(crate) const fn target(self) -> &'static str {
        match self {
            Self::BatchGetItem => "DynamoDB_20120810.BatchGetItem",
            Self::BatchWriteItem => "DynamoDB_20120810.BatchWriteItem",
            Self::CreateTable => "DynamoDB_20120810.CreateTable",
            Self::DeleteItem => "DynamoDB_20120810.DeleteItem",
            Self::DeleteTable => "DynamoDB_20120810.DeleteTable",
            Self::DescribeTable => "DynamoDB_20120810.DescribeTable",
            Self::GetItem => "DynamoDB_20120810.GetItem",
            Self::ListTables => "DynamoDB_20120810.ListTables",
            Self::ListTagsOfResource => "DynamoDB_20120810.ListTagsOfResource",
            Self::PutItem => "DynamoDB_20120810.PutItem",
            Self::Query => "DynamoDB_20120810.Query",
            Self::Scan => "DynamoDB_20120810.Scan",
            Self::TagResource => "DynamoDB_20120810.TagResource",
            Self::TransactGetItems => "DynamoDB_20120810.TransactGetItems",
            Self::TransactWriteItems => "DynamoDB_20120810.TransactWriteItems",
            Self::UpdateItem => "DynamoDB_20120810.UpdateItem",
            Self::UpdateTable => "DynamoDB_20120810.UpdateTable",
        }
    }
}

/// One operation that is asked for.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub operation: Operation,
    /// The table it is asked of; of a transaction the first.
    pub table: Arc<str>,
    /// What its samples go under: `GetItem Products`, `Query Products/category-index`.
    pub name: Rc<str>,
    /// The request, in DynamoDB's JSON.
    pub body: Bytes,
}

/// The answer to a call that succeeded.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The answer, in DynamoDB's JSON.
    pub body: Bytes,
    /// The capacity that it says it consumed.
    pub consumed: Vec<Consumed>,
}

/// Capacity that was consumed of a table or an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumed {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
}

impl Reply {
    /// The answer as a type; an answer of another form is a fault.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| Fault::unreadable(&error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_called_as_they_are_written() {
        for operation in Operation::ALL {
            assert_eq!(operation.name(), format!("{operation:?}"));
            assert!(operation.target().starts_with(VERSION));
        }
    }
}
