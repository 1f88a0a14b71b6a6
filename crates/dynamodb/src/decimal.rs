//! A decimal is an exact number of up to 38 digits, as DynamoDB keeps them: what every amount of money is.
//!
//! There is no way from or to a binary floating-point number:
//!
//! ```
//! use flashcrowd_dynamodb::Decimal;
//!
//! let price: Decimal = "19.90".parse()?;
//! assert_eq!((price.to_string(), price.money()), ("19.9".to_owned(), "19.90".to_owned()));
//! # Ok::<(), flashcrowd_dynamodb::DecimalError>(())
//! ```
//!
//! ```compile_fail,E0277
//! flashcrowd_dynamodb::Decimal::from(1.5_f64);
//! ```
//!
//! ```compile_fail,E0277
//! flashcrowd_dynamodb::Decimal::from(1.5_f32);
//! ```
//!
//! ```compile_fail,E0277
//! flashcrowd_dynamodb::Decimal::try_from(1.5_f64);
//! ```
//!
//! ```compile_fail,E0277
//! let price: f64 = flashcrowd_dynamodb::Decimal::from_cents(1990).into();
//! ```
//!
//! ```compile_fail,E0308
//! let price = flashcrowd_dynamodb::Decimal::from_cents(1990) + 1.5_f64;
//! ```

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use bigdecimal::{BigDecimal, RoundingMode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use thiserror::Error;

/// Significant digits that DynamoDB keeps.
const DIGITS: usize = 38;

/// The power of ten of the smallest and of the largest first digit that DynamoDB keeps.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;

/// An exact decimal number.
///
/// What is read is one that DynamoDB keeps, or it is an error; nothing is ever rounded unasked. Sums and products are exact
/// as well, and may leave DynamoDB's range: then they are refused when they are to be sent.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(BigDecimal);

/// Why a text is no decimal that DynamoDB keeps.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// It is no number.
    #[error("'{0}' is not a decimal number: write one such as 19.90")]
    Text(String),
    /// It has more digits than 38, or is too large or too small.
    #[error("'{0}' is out of range: DynamoDB keeps 38 digits from 1E-130 to 9.99E+125")]
    Range(String),
}

impl Decimal {
    /// An amount of cents: 1990 is 19.90.
    pub fn from_cents(cents: i64) -> Self {
        Self(BigDecimal::new(cents.into(), 2))
    }

    /// Rounded half up to so many decimal places.
    #[must_use]
    pub fn round(&self, places: u32) -> Self {
        Self(self.0.with_scale_round(i64::from(places), RoundingMode::HalfUp))
    }

    /// With exactly two decimal places, for people.
    pub fn money(&self) -> String {
        self.round(2).0.to_plain_string()
    }

    /// Whether DynamoDB keeps it as it is; what was read always is, what was computed may not be.
    pub fn is_kept(&self) -> bool {
        let number = self.0.normalized();
        let (digits, scale) = (number.digits(), number.fractional_digit_count());
        let magnitude = i64::try_from(digits).unwrap_or(i64::MAX).saturating_sub(1).saturating_sub(scale);
        self.0 == BigDecimal::default() || (digits <= DIGITS as u64 && MAGNITUDES.contains(&magnitude))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let parts = Parts::of(text).ok_or_else(|| DecimalError::Text(shortened(text)))?;
        parts.number().map(Self).ok_or_else(|| DecimalError::Range(shortened(text)))
    }
}

/// The parts of a number's text: `-12.50e3` is `-`, `12`, `50`, `3`.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// None if it does not even fit in here.
    exponent: Option<i64>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent),
            None => (unsigned, "0"),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let power = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let is_number = (!whole.is_empty() || !fraction.is_empty())
            && all_digits(whole)
            && all_digits(fraction)
            && !power.is_empty()
            && all_digits(power);
        is_number.then(|| Self {
            negative: text.starts_with('-'),
            whole,
            fraction,
            exponent: exponent.parse().ok(),
        })
    }

    /// None if DynamoDB does not keep it.
    fn number(&self) -> Option<BigDecimal> {
        let mut coefficient = 0_u128;
        let mut digits = 0;
        // Zeros of which is not known yet whether another digit follows.
        let mut zeros: i64 = 0;
        for byte in self.whole.bytes().chain(self.fraction.bytes()) {
            if byte == b'0' {
                zeros += 1;
                continue;
            }
            if coefficient != 0 {
                digits += usize::try_from(zeros).ok()?;
                coefficient = coefficient.checked_mul(10_u128.checked_pow(u32::try_from(zeros).ok()?)?)?;
            }
            (digits, zeros) = (digits + 1, 0);
            coefficient = coefficient.checked_mul(10)?.checked_add(u128::from(byte - b'0'))?;
        }
        if coefficient == 0 {
            return Some(BigDecimal::default());
        }
        let scale =
            i64::try_from(self.fraction.len()).ok()?.checked_sub(self.exponent?)?.checked_sub(zeros)?;
        let magnitude = i64::try_from(digits).ok()?.checked_sub(1)?.checked_sub(scale)?;
        if digits > DIGITS || !MAGNITUDES.contains(&magnitude) {
            return None;
        }
        let number = BigDecimal::new(coefficient.into(), scale);
        Some(if self.negative { -number } else { number })
    }
}

/// Enough of a text to know it again.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.normalized().to_plain_string();
        match text.strip_prefix('-') {
            Some(digits) => f.pad_integral(false, "", digits),
            None => f.pad_integral(true, "", &text),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.is_kept() {
            return Err(ser::Error::custom(DecimalError::Range(shortened(&self.0.to_scientific_notation()))));
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number as a text, such as \"19.90\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        text.parse().map_err(E::custom)
    }
}

impl From<u64> for Decimal {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl Add<&Decimal> for Decimal {
    type Output = Self;

    fn add(self, other: &Self) -> Self {
        Self(self.0 + &other.0)
    }
}

impl Sub<&Decimal> for Decimal {
    type Output = Self;

    fn sub(self, other: &Self) -> Self {
        Self(self.0 - &other.0)
    }
}

impl Mul<&Decimal> for Decimal {
    type Output = Self;

    fn mul(self, other: &Self) -> Self {
        Self(self.0 * &other.0)
    }
}

impl<'a> Sum<&'a Decimal> for Decimal {
    fn sum<I: Iterator<Item = &'a Decimal>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| sum + one)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, DecimalError> {
        text.parse::<Decimal>().map(|number| number.to_string())
    }

    #[test]
    fn texts_are_read_and_printed_as_dynamodb_does() {
        for (text, printed) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("0e999999999999999999999", "0"),
            ("19.90", "19.9"),
            ("00100", "100"),
            ("100.0", "100"),
            ("1e2", "100"),
            ("+1.5E-3", "0.0015"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("0.10", "0.1"),
            ("10203040506070809010.20304050607080901", "10203040506070809010.20304050607080901"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(printed), "{text}");
        }
        for text in [
            "", " 1", "1 ", "-", ".", "1_000", "1,5", "1e", "1e+", "e5", "1.2.3", "NaN", "Infinity", "0x10",
            "--1", "１",
        ] {
            assert_eq!(read(text), Err(DecimalError::Text(text.to_owned())));
        }
    }

    #[test]
    fn what_dynamodb_does_not_keep_is_refused_and_never_rounded() {
        let nines = "9".repeat(38);
        let padded = format!("000{nines}000");
        for text in [&nines, &padded, "1E-130", "-1E-130", "9.99E+125", "-9.99E125", &format!("0.{nines}")] {
            assert!(read(text).is_ok(), "{text}");
            assert!(text.parse::<Decimal>().unwrap().is_kept(), "{text}");
        }
        assert_eq!(read(&padded).unwrap(), format!("{nines}000"));
        assert_eq!(read(&format!("9.{}e125", &nines[1..])).unwrap().len(), 126);
        let more = "9".repeat(39);
        for text in [
            more.as_str(),
            &format!("0.{more}"),
            &format!("1{}1", "0".repeat(37)),
            &format!("1.{}1", "0".repeat(100)),
            "1E-131",
            "1E126",
            "0.1E-130",
            "1e99999999999999999999",
            "1e-99999999999999999999",
        ] {
            assert_eq!(read(text), Err(DecimalError::Range(shortened(text))), "{text}");
        }
        let long = "1".repeat(1_000_000);
        assert!(read(&long).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn money_has_two_places_and_is_rounded_half_up() {
        for (text, money) in [
            ("0", "0.00"),
            ("19.9", "19.90"),
            ("100", "100.00"),
            ("1e3", "1000.00"),
            ("0.005", "0.01"),
            ("0.00499999", "0.00"),
            ("1.005", "1.01"),
            ("-0.001", "0.00"),
            ("12345678901234567890.125", "12345678901234567890.13"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().money(), money);
        }
        assert_eq!(
            format!("[{:>8}] [{:<6}]", Decimal::from_cents(-1990), Decimal::from(5)),
            "[   -19.9] [5     ]"
        );
        assert_eq!(format!("{:.1}", Decimal::from_cents(1999)), "19.99", "a precision cuts nothing off");
    }

    #[test]
    fn json_has_texts_only() {
        let price: Decimal = serde_json::from_str("\"19.90\"").unwrap();
        assert_eq!(serde_json::to_string(&price).unwrap(), "\"19.9\"");
        for number in ["19.90", "19", "-1"] {
            let error = serde_json::from_str::<Decimal>(number).unwrap_err().to_string();
            assert!(error.contains("expected a decimal number as a text"), "{error}");
        }
        let huge: Decimal = "1e100".parse().unwrap();
        let product = huge.clone() * &huge;
        assert_eq!(product.to_string(), format!("1{}", "0".repeat(200)));
        assert!(serde_json::to_string(&product).is_err());
        let precise = "0.1".parse::<Decimal>().unwrap() + &huge;
        assert!(!precise.is_kept() && (precise - &huge).is_kept());
    }

    /// A text of so many digits with a point somewhere.
    fn digits(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = (String, usize)> {
        (proptest::collection::vec(0..=9_u8, count), any::<prop::sample::Index>()).prop_map(
            |(digits, point)| {
                let point = point.index(digits.len() + 1);
                let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
                (format!("{}.{}0", &text[..point], &text[point..]), digits.len())
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_the_same((text, _) in digits(1..=38), exponent in -80..=80_i32, minus: bool) {
            let text = format!("{}{text}e{exponent}", if minus { "-" } else { "" });
            let number: Decimal = text.parse().unwrap();
            let printed = number.to_string();
            prop_assert_eq!(&printed.parse::<Decimal>().unwrap(), &number);
            prop_assert_eq!(printed.parse::<Decimal>().unwrap().to_string(), printed);
            // The crate underneath reads the same number.
            prop_assert_eq!(text.parse::<BigDecimal>().unwrap(), number.0.clone());
            prop_assert!(number.is_kept());
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,50}") {
            if let Ok(number) = text.parse::<Decimal>() {
                prop_assert!(number.is_kept());
            }
        }

        #[test]
        fn reading_and_keeping_agree(digits in "[1-9][0-9]{0,45}", exponent in -180..=180_i32) {
            let text = format!("{digits}e{exponent}");
            let computed = Decimal(text.parse().unwrap());
            prop_assert_eq!(text.parse::<Decimal>().is_ok(), computed.is_kept());
        }

        #[test]
        fn sums_are_those_of_cents(amounts in proptest::collection::vec(-1_000_000_000_000..1_000_000_000_000_i64, 0..200)) {
            let decimals: Vec<Decimal> = amounts.iter().copied().map(Decimal::from_cents).collect();
            let (sum, cents) = (decimals.iter().sum::<Decimal>(), amounts.iter().sum::<i64>());
            prop_assert_eq!(&sum, &Decimal::from_cents(cents));
            let minus = if cents < 0 { "-" } else { "" };
            prop_assert_eq!(sum.money(), format!("{minus}{}.{:02}", cents.abs() / 100, cents.abs() % 100));
            let back = decimals.iter().fold(sum, |rest, one| rest - one);
            prop_assert_eq!(back, Decimal::default());
        }

        #[test]
        fn products_are_those_of_cents(cents in 0..1_000_000_000_i64, factor in 0..1_000_000_u64) {
            let product = Decimal::from_cents(cents) * &Decimal::from(factor);
            prop_assert_eq!(product, Decimal::from_cents(cents * i64::try_from(factor).unwrap()));
        }

        #[test]
        fn values_of_38_digits_are_exact(a in 0..10_u128.pow(37), b in 0..10_u128.pow(37)) {
            let decimal = |number: u128| number.to_string().parse::<Decimal>().unwrap();
            prop_assert_eq!(decimal(a) + &decimal(b), decimal(a + b));
        }
    }
}
