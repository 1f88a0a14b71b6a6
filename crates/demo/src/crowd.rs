//! A crowd is the users who want one of the items, and the script of what they do.

use std::collections::BTreeMap;

use flashcrowd_test::{Origin, Request};

/// The script that the crowd runs; it is also one of the examples.
pub const SCRIPT: &str = include_str!("../../../examples/k6/opening.js");

/// The product on sale.
pub const PRODUCT: u64 = 1;

/// A crowd of users.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// The number of users.
    pub users: u64,
    /// The number of items in stock.
    pub items: u64,
}

impl Crowd {
    /// This many users, who want 100 items.
    pub fn of(users: u64) -> Self {
        Self { users, items: 100 }
    }

    /// The open files that the demo needs: both ends of each user's connection, and some more.
    pub fn files(self) -> u64 {
        2 * self.users + 200
    }

    /// The request to load the script against the shop at this address.
    pub fn against(self, url: String) -> Request {
        let env = BTreeMap::from([
            ("BASE_URL".to_owned(), url),
            ("PRODUCT".to_owned(), PRODUCT.to_string()),
            ("USERS".to_owned(), self.users.to_string()),
            ("ITEMS".to_owned(), self.items.to_string()),
        ]);
        let origin = Origin::Text { name: "opening.js".to_owned(), text: SCRIPT.to_owned() };
        Request { env, ..Request::plain(origin) }
    }
}
