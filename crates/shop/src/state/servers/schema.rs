//! The tables that a shop keeps in MySQL, all of them called `flashcrowd_...`.

/// Creates what is not there yet.
pub(super) const TABLES: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS flashcrowd_products (
       id BIGINT NOT NULL PRIMARY KEY, seeded BIGINT NOT NULL, stock BIGINT NOT NULL, sold BIGINT NOT NULL DEFAULT 0
     ) ENGINE=InnoDB",
    "CREATE TABLE IF NOT EXISTS flashcrowd_users (id BIGINT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL) ENGINE=InnoDB",
    "CREATE TABLE IF NOT EXISTS flashcrowd_orders (
       id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id BIGINT, amount BIGINT,
       created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
     ) ENGINE=InnoDB",
    "CREATE TABLE IF NOT EXISTS flashcrowd_order_lines (
       order_id BIGINT NOT NULL, product_id BIGINT NOT NULL, quantity BIGINT NOT NULL, PRIMARY KEY (order_id, product_id)
     ) ENGINE=InnoDB",
];

/// Empties all of them.
pub(super) const EMPTY: [&str; 4] = [
    "DELETE FROM flashcrowd_order_lines",
    "DELETE FROM flashcrowd_orders",
    "DELETE FROM flashcrowd_products",
    "DELETE FROM flashcrowd_users",
];

pub(super) const STOCK_FOR_UPDATE: &str = "SELECT stock FROM flashcrowd_products WHERE id = ? FOR UPDATE";
pub(super) const BALANCE_FOR_UPDATE: &str = "SELECT balance FROM flashcrowd_users WHERE id = ? FOR UPDATE";
pub(super) const STOCK: &str = "SELECT stock FROM flashcrowd_products WHERE id = ?";
pub(super) const BALANCE: &str = "SELECT balance FROM flashcrowd_users WHERE id = ?";
pub(super) const TAKE: &str = "UPDATE flashcrowd_products SET stock = ?, sold = sold - ? WHERE id = ?";
pub(super) const PAY: &str = "UPDATE flashcrowd_users SET balance = ? WHERE id = ?";
pub(super) const ORDER: &str = "INSERT INTO flashcrowd_orders (user_id, amount) VALUES (?, ?)";
pub(super) const LINE: &str =
    "INSERT INTO flashcrowd_order_lines (order_id, product_id, quantity) VALUES (?, ?, ?)";
pub(super) const ITEMS: &str = "SELECT id, seeded, stock, sold FROM flashcrowd_products ORDER BY id";
