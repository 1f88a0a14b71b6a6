//! The documents of every synthetic record are read back.

use crate::{fixture, numbers};

#[test]
fn every_number_is_one_of_the_record() {
    for record in
        [fixture::stress(), fixture::spike(), fixture::baseline(), fixture::orders(), fixture::killed()]
    {
        numbers::check(&fixture::report(record));
    }
}
