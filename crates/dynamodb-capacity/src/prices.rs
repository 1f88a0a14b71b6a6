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

/// A region, when its prices were looked up, a read and a write unit for an hour, a million read and write request units.
type Row = (&'static str, &'static str, [&'static str; 4]);

/// Prices of the standard class, without the free tier, reserved capacity and what is stored, by
/// <https://aws.amazon.com/dynamodb/pricing/>.
///
/// On-demand prices were halved in November 2024. Where a row has that date and is not of the United States, they are half
/// of what they were before; the list rounds them, to within one per cent of these.
const TABLE: [Row; 17] = [
    ("us-east-1", "2024-11", ["0.00013", "0.00065", "0.125", "0.625"]),
    ("us-east-2", "2024-11", ["0.00013", "0.00065", "0.125", "0.625"]),
    ("us-west-2", "2024-11", ["0.00013", "0.00065", "0.125", "0.625"]),
    ("us-west-1", "2024-11", ["0.000145", "0.000725", "0.1394", "0.6971"]),
    ("ap-northeast-2", "2026-06", ["0.00014098", "0.0007049", "0.1355", "0.68"]),
    ("ap-northeast-1", "2026-09", ["0.0001484", "0.000742", "0.1425", "0.715"]),
    ("ap-northeast-3", "2026-09", ["0.0001484", "0.000742", "0.1425", "0.715"]),
    ("ap-southeast-1", "2024-11", ["0.000148", "0.00074", "0.1423", "0.71155"]),
    ("ap-southeast-2", "2024-11", ["0.000148", "0.00074", "0.1423", "0.71155"]),
    ("ap-south-1", "2024-11", ["0.000148", "0.00074", "0.1423", "0.71155"]),
    ("eu-west-1", "2024-11", ["0.000147", "0.000735", "0.14135", "0.70675"]),
    ("eu-west-2", "2024-11", ["0.0001544", "0.000772", "0.14845", "0.7423"]),
    ("eu-west-3", "2024-11", ["0.0001544", "0.000772", "0.14845", "0.7423"]),
    ("eu-central-1", "2024-11", ["0.0001586", "0.000793", "0.1525", "0.7625"]),
    ("eu-north-1", "2024-11", ["0.00014", "0.000698", "0.1343", "0.6714"]),
    ("ca-central-1", "2024-11", ["0.000143", "0.000715", "0.1375", "0.6875"]),
    ("sa-east-1", "2024-11", ["0.000195", "0.000975", "0.1875", "0.9375"]),
];

impl Prices {
    /// The prices of a region. Those that are not in the table are taken to be as in `us-east-1`, and the field `region`
    /// says so.
    pub fn of(region: &str) -> Self {
        let (region, date, amounts) = TABLE.iter().find(|(name, ..)| *name == region).unwrap_or(&TABLE[0]);
        let [read_hour, write_hour, read_million, write_million] =
            amounts.map(|amount| amount.parse::<Decimal>().unwrap_or_default());
        let (date, region) = ((*date).to_owned(), (*region).to_owned());
        Self { date, region, read_hour, write_hour, read_million, write_million }
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
    fn regions_have_their_prices_and_unknown_ones_those_of_virginia() {
        for (region, read_hour, write_hour, read_million, write_million) in [
            ("us-east-1", "0.00013", "0.00065", "0.125", "0.625"),
            ("ap-northeast-2", "0.00014098", "0.0007049", "0.1355", "0.68"),
            ("ap-northeast-1", "0.0001484", "0.000742", "0.1425", "0.715"),
            ("eu-west-1", "0.000147", "0.000735", "0.14135", "0.70675"),
        ] {
            let prices = Prices::of(region);
            assert_eq!(prices.region, region);
            assert_eq!(
                [&prices.read_hour, &prices.write_hour, &prices.read_million, &prices.write_million],
                [read_hour, write_hour, read_million, write_million].map(decimal).each_ref(),
            );
        }
        assert_eq!(Prices::of("mars-north-1"), Prices::of("us-east-1"));
    }

    #[test]
    fn every_row_is_dated_and_writes_cost_about_five_times_what_reads_do() {
        for (region, date, _) in TABLE {
            let prices = Prices::of(region);
            assert_eq!((prices.region.as_str(), date.len()), (region, "2024-11".len()));
            let (four, six) = (Decimal::from(4), Decimal::from(6));
            for (read, write) in
                [(prices.read_hour, prices.write_hour), (prices.read_million, prices.write_million)]
            {
                assert!(write > read.clone() * &four && write < read * &six, "{region}");
            }
        }
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
