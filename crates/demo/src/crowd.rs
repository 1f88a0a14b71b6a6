//! A crowd is everybody who wants one of the items, and the script that says how they behave.

use std::collections::BTreeMap;

use flashcrowd_test::{Origin, Request};

/// The script by which the crowd behaves; also an example that users run themselves.
pub const SCRIPT: &str = include_str!("../../../examples/k6/opening.js");

/// The product that everybody wants.
pub const PRODUCT: u64 = 1;

/// A crowd of users.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// How many they are.
    pub users: u64,
    /// How many items there are for them.
    pub items: u64,
}

impl Crowd {
    /// So many users who want 100 items.
    pub fn of(users: u64) -> Self {
        Self { users, items: 100 }
    }

    /// Files that are open at most: each user's connection has two ends here, and there is some more.
    pub fn files(self) -> u64 {
        2 * self.users + 200
    }

    /// The test of the crowd against the shop at this address.
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
