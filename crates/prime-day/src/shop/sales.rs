//! The sales of a run: its orders, counted where they are placed, with amounts exact to the last digit.

use flashcrowd_dynamodb::Decimal;
use serde_json::{Value, json};

use super::order::Order;

/// The orders of a run.
///
/// Every order that was sent is in exactly one of `orders`, `sold_out`, `refused` and `unsettled`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sales {
    /// Orders that were accepted.
    pub orders: u64,
    /// Their lines.
    pub lines: u64,
    /// Items sold by them.
    pub items: u64,
    /// The total amount of accepted orders.
    pub total: Decimal,
    /// Orders refused because a product was sold out.
    pub sold_out: u64,
    /// Orders that were certainly not accepted: throttled on every attempt, or failed before they took effect.
    pub refused: u64,
    /// Orders with unknown outcome: the response was lost.
    pub unsettled: u64,
}

impl Sales {
    /// It as JSON; the amount is a text.
    pub fn json(&self) -> Value {
        json!({
            "orders": self.orders,
            "lines": self.lines,
            "items": self.items,
            "total": self.total.money(),
            "sold_out": self.sold_out,
            "refused": self.refused,
            "unsettled": self.unsettled,
        })
    }

    /// Adds an order that was accepted.
    pub fn accept(&mut self, order: &Order) {
        self.orders += 1;
        self.lines += order.lines.len() as u64;
        self.items += order.items();
        self.total = std::mem::take(&mut self.total) + &order.total;
    }

    /// Adds other sales.
    pub fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.lines += other.lines;
        self.items += other.items;
        self.total = std::mem::take(&mut self.total) + &other.total;
        self.sold_out += other.sold_out;
        self.refused += other.refused;
        self.unsettled += other.unsettled;
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::UNIX_EPOCH;

    use fastrand::Rng;

    use super::super::catalogue::Catalogue;
    use super::super::popularity::Popularity;
    use super::*;

    #[test]
    fn parts_add_up_to_the_whole() {
        let (catalogue, popularity, mut rng) =
            (Catalogue::new(100, 1), Popularity::zipf(100, 1.0), Rng::with_seed(5));
        let (mut all, mut parts) = (Sales::default(), [Sales::default(), Sales::default()]);
        for number in 0..1_000 {
            let order =
                Order::draw(&catalogue, &popularity, &mut rng, number.to_string(), UNIX_EPOCH).unwrap();
            all.accept(&order);
            parts[number % 2].accept(&order);
        }
        (all.sold_out, all.refused, all.unsettled) = (3, 5, 7);
        (parts[0].sold_out, parts[1].refused, parts[0].unsettled) = (3, 5, 7);
        let [mut sum, other] = parts;
        sum.add(&other);
        assert_eq!(sum, all);
        assert!(sum.orders == 1_000 && sum.lines > 1_500 && sum.items > sum.lines);
    }

    fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path, found) } else { found.push(path) }
        }
    }

    #[test]
    fn no_file_that_knows_money_knows_a_float() {
        let mut files = Vec::new();
        for folder in ["src", "../dynamodb/src"] {
            files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
        }
        let mut checked = 0;
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            // Capacity units are not money; what they cost is computed in decimals.
            let is_capacity =
                path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("capacity"));
            let words = |line: &'_ str| {
                line.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
            };
            let words: Vec<String> = code.iter().flat_map(|line| words(line)).collect();
            let knows_money =
                ["Decimal", "Sales", "Order"].iter().any(|word| words.iter().any(|other| other == word));
            if is_capacity || !knows_money {
                continue;
            }
            checked += 1;
            let float = code.iter().find(|line| line.contains("f32") || line.contains("f64"));
            assert_eq!(float, None, "{}", path.display());
        }
        assert!(checked >= 7, "{checked}");
    }
}
