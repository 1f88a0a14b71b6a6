//! The store is the shop's data: products, users and booths, all numbered from 1.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::config::Seed;
use crate::state::account::{Account, Key};
use crate::state::queue::Queue;
use crate::state::servers::Item;

/// The price of product 1; the others cost as many times that as their number says.
const BASE_PRICE: u64 = 150;

/// The shop's data.
#[derive(Debug)]
pub(crate) struct Store {
    products: Vec<Product>,
    users: Vec<Account>,
    booths: Vec<Queue>,
    last_order: AtomicU64,
}

/// Something on sale.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) id: u64,
    pub(crate) stock: Account,
    /// Counted apart from the stock and always right, so that the two can be compared.
    sold: AtomicU64,
}

impl Store {
    pub(crate) fn new(seed: &Seed) -> Self {
        let product = |id| Product {
            id,
            stock: Account::new(Key::Stock(id), seed.stock_of(id)),
            sold: AtomicU64::default(),
        };
        Self {
            products: (1..=seed.products).map(product).collect(),
            users: (1..=seed.users).map(|id| Account::new(Key::Balance(id), seed.balance)).collect(),
            booths: (1..=seed.booths).map(|_| Queue::default()).collect(),
            last_order: AtomicU64::default(),
        }
    }

    /// Every product as it is now.
    pub(crate) fn items(&self) -> Vec<Item> {
        let item = |product: &Product| Item {
            id: product.id,
            seeded: product.stock.opening(),
            stock: product.stock.value(),
            sold: product.sold(),
        };
        self.products.iter().map(item).collect()
    }

    pub(crate) fn product(&self, id: u64) -> Option<&Product> {
        numbered(&self.products, id)
    }

    pub(crate) fn user(&self, id: u64) -> Option<&Account> {
        numbered(&self.users, id)
    }

    pub(crate) fn booth(&self, id: u64) -> Option<&Queue> {
        numbered(&self.booths, id)
    }

    pub(crate) fn next_order(&self) -> u64 {
        self.last_order.fetch_add(1, Relaxed) + 1
    }

    /// Back to the data the shop opened with. Requests that are under way may still change it afterwards.
    pub(crate) fn reset(&self) {
        for product in &self.products {
            product.stock.reset();
            product.sold.store(0, Relaxed);
        }
        self.users.iter().for_each(Account::reset);
        self.booths.iter().for_each(Queue::clear);
        self.last_order.store(0, Relaxed);
    }
}

impl Product {
    pub(crate) fn price(&self) -> u64 {
        BASE_PRICE * self.id
    }

    pub(crate) fn sell(&self, quantity: u64) {
        self.sold.fetch_add(quantity, Relaxed);
    }

    pub(crate) fn sold(&self) -> u64 {
        self.sold.load(Relaxed)
    }
}

/// The row with this number, counted from 1.
fn numbered<T>(rows: &[T], id: u64) -> Option<&T> {
    rows.get(usize::try_from(id).ok()?.checked_sub(1)?)
}
