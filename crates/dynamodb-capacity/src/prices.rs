//! Prices are what units cost: one dated table, which a file can take the place of.

use flashcrowd_dynamodb::Decimal;
use flashcrowd_record::CapacityKind;
use serde::Deserialize;
use thiserror::Error;

/// What units cost: one dated table, in US dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// When they were looked up.
    pub date: String,
    /// The region.
    pub region: String,
    /// A read unit for an hour.
    pub read_hour: Decimal,
    /// A write unit for an hour.
    pub write_hour: Decimal,
    /// A million read request units.
    pub read_million: Decimal,
    /// A million write request units.
    pub write_million: Decimal,
}

/// Why a text does not tell prices.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "prices are written as {{\"date\": \"2026-11-20\", \"region\": \"us-east-1\", \"read_hour\": \"0.00013\", \"write_hour\": \
     \"0.00065\", \"read_million\": \"0.125\", \"write_million\": \"0.625\"}}, in US dollars: {0}"
)]
pub struct PricesError(String);

impl Prices {
    /// The prices of a region. Those that are not in the table are taken to be as in `us-east-1`, and the field `region`
    /// says so.
    ///
    /// Tables of the standard class, without the free tier, reserved capacity and what is stored:
    /// <https://aws.amazon.com/dynamodb/pricing/>. On-demand prices have been these since November 2024.
    pub fn of(region: &str) -> Self {
        // Regions that cost the same. Others go here when somebody has looked them up.
        const SAME: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];
        // Digits after the point: 13 of five are 0.00013.
        let price = |number: u64, digits: u32| {
            let tenth = Decimal::from_cents(10);
            (0..digits).fold(Decimal::from(number), |price, _| price * &tenth)
        };
        let region = SAME.into_iter().find(|same| *same == region).unwrap_or(SAME[0]);
        Self {
            date: "2024-11".to_owned(),
            region: region.to_owned(),
            read_hour: price(13, 5),
            write_hour: price(65, 5),
            read_million: price(125, 3),
            write_million: price(625, 3),
        }
    }

    /// Reads them from JSON, all amounts as texts.
    pub fn from_json(text: &str) -> Result<Self, PricesError> {
        let prices: Self = serde_json::from_str(text).map_err(|error| PricesError(error.to_string()))?;
        let amounts = [&prices.read_hour, &prices.write_hour, &prices.read_million, &prices.write_million];
        match amounts.iter().find(|amount| **amount < &Decimal::default()) {
            Some(amount) => Err(PricesError(format!("{amount} is below zero"))),
            None => Ok(prices),
        }
    }

    /// So many read or write units for an hour.
    pub(crate) fn provisioned_hour(&self, kind: CapacityKind, units: u64) -> Decimal {
        let price = match kind {
            CapacityKind::Read => &self.read_hour,
            CapacityKind::Write => &self.write_hour,
        };
        Decimal::from(units) * price
    }

    /// So many units by request.
    pub fn by_request(&self, kind: CapacityKind, units: f64) -> Decimal {
        let price = match kind {
            CapacityKind::Read => &self.read_million,
            CapacityKind::Write => &self.write_million,
        };
        // A half is 50 hundredths, a millionth is a hundredth of a hundredth of a hundredth.
        let (half, hundredth) = (Decimal::from_cents(50), Decimal::from_cents(1));
        Decimal::from(half_units(units)) * &half * &hundredth * &hundredth * &hundredth * price
    }
}

/// Units as a whole number of halves, which is what they are counted in: the only way from them to money.
fn half_units(units: f64) -> u64 {
    (units * 2.0).round() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_is_that_of_us_east_1() {
        let prices = Prices::of("us-east-1");
        assert_eq!(
            [&prices.read_hour, &prices.write_hour, &prices.read_million, &prices.write_million],
            [&decimal("0.00013"), &decimal("0.00065"), &decimal("0.125"), &decimal("0.625")],
        );
        assert_eq!(Prices::of("us-west-2").region, "us-west-2");
        assert_eq!(Prices::of("ap-northeast-2"), prices);
    }

    #[test]
    fn units_cost_what_the_table_says() {
        let prices = Prices::of("us-east-1");
        assert_eq!(prices.by_request(CapacityKind::Read, 1_000_000.5), decimal("0.1250000625"));
        assert_eq!(prices.by_request(CapacityKind::Write, 3.0), decimal("0.000001875"));
        assert_eq!(prices.provisioned_hour(CapacityKind::Write, 2), decimal("0.0013"));
    }

    #[test]
    fn a_file_takes_the_place_of_the_table() {
        let file = |hour: &str| {
            format!(
                r#"{{"date": "2026-11-20", "region": "ap-northeast-2", "read_hour": {hour}, "write_hour": "0.0007",
                     "read_million": "0.14", "write_million": "0.68"}}"#
            )
        };
        let prices = Prices::from_json(&file(r#""0.00014""#)).unwrap();
        assert_eq!((prices.region.as_str(), prices.read_hour), ("ap-northeast-2", decimal("0.00014")));
        for wrong in [file("0.00014"), file(r#""-0.1""#), file(r#""a""#), "{}".to_owned(), "x".to_owned()] {
            let error = Prices::from_json(&wrong).unwrap_err().to_string();
            assert!(error.contains("\"read_million\": \"0.125\""), "{error}");
        }
    }

    proptest! {
        #[test]
        fn halves_are_whole_and_exact(halves in 0..=(1_u64 << 52)) {
            prop_assert_eq!(half_units(halves as f64 / 2.0), halves);
        }
    }

    #[test]
    fn what_is_no_amount_of_units_costs_nothing() {
        assert_eq!([f64::NAN, -1.0, 0.2].map(half_units), [0, 0, 0]);
        assert_eq!(half_units(f64::INFINITY), u64::MAX);
    }
}
