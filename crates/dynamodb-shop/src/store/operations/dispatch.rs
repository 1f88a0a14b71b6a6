//! Dispatch takes a request to its operation, by name, and makes a response of the result.

use bytes::Bytes;

use super::{batch, item, partiql, table_control, table_update, transaction};
use crate::store::arn::Arns;
use crate::store::operation::Operation;
use crate::store::refusal::Refusal;
use crate::store::response::StoreResponse;
use crate::store::service::Store;

impl Store {
    /// Carries out one operation, such as `GetItem`, with its JSON body.
    pub fn answer(&self, operation: &str, body: &[u8]) -> StoreResponse {
        let known = Operation::named(operation).ok_or(Refusal::UnknownOperation);
        let (body, arns) = Arns::taken_from(body, &self.region);
        match known.and_then(|operation| self.perform(operation, &body)) {
            Ok(body) => StoreResponse { status: 200, body: arns.put_back(body) },
            Err(refusal) => refusal.response(&self.region),
        }
    }

    fn perform(&self, operation: Operation, body: &[u8]) -> Result<Bytes, Refusal> {
        match operation {
            Operation::BatchExecuteStatement => partiql::batch(self, body),
            Operation::BatchGetItem => batch::get(self, body),
            Operation::BatchWriteItem => batch::write(self, body),
            Operation::CreateTable => table_control::create(self, body),
            Operation::DeleteItem => item::delete(self, body),
            Operation::DeleteTable => table_control::delete(self, body),
            Operation::DescribeLimits => table_control::limits(self),
            Operation::DescribeTable => table_control::describe(self, body),
            Operation::DescribeTimeToLive => table_control::describe_time_to_live(self, body),
            Operation::ExecuteStatement => partiql::execute(self, body),
            Operation::ExecuteTransaction => partiql::transaction(self, body),
            Operation::GetItem => item::get(self, body),
            Operation::ListTables => table_control::list(self, body),
            Operation::ListTagsOfResource => table_control::list_tags(self, body),
            Operation::PutItem => item::put(self, body),
            Operation::Query => item::query(self, body),
            Operation::Scan => item::scan(self, body),
            Operation::TagResource => table_control::tag(self, body),
            Operation::TransactGetItems => transaction::get(self, body),
            Operation::TransactWriteItems => transaction::write(self, body),
            Operation::UntagResource => table_control::untag(self, body),
            Operation::UpdateItem => item::update(self, body),
            Operation::UpdateTable => table_update::update(self, body),
            Operation::UpdateTimeToLive => table_control::update_time_to_live(self, body),
        }
    }
}
