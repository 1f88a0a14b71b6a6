//! Sales are what was ordered in a run, counted where the orders are made: exact to the last digit.

use flashcrowd_dynamodb::Decimal;

use super::order::Order;

/// What was ordered.
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
    /// What they come to.
    pub total: Decimal,
    /// Orders refused because a product was sold out.
    pub sold_out: u64,
    /// Orders that were surely not accepted: throttled to the end, or failed otherwise before they took effect.
    pub refused: u64,
    /// Orders of which is not known whether they were accepted: the answer got lost.
    pub unsettled: u64,
}

impl Sales {
    /// Adds an order that was accepted.
    pub fn accept(&mut self, order: &Order) {
        self.orders += 1;
        self.lines += order.lines.len() as u64;
        self.items += order.items();
        self.total = std::mem::take(&mut self.total) + &order.total;
    }

    /// Adds those of somebody else.
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
}
