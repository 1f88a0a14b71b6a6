//! The size of an item is what its units are counted by: the bytes of its names and of its values.

use crate::decimal::Decimal;
use crate::value::{Item, Value};

/// What a list or a map takes for itself.
const CONTAINER: u64 = 3;

/// The size of an item in bytes, as capacity is counted by.
pub fn item_size(item: &Item) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + value_size(value)).sum()
}

/// Elements of lists and maps take a byte each besides what is in them; those of sets do not.
fn value_size(value: &Value) -> u64 {
    match value {
        Value::S(text) => text.len() as u64,
        Value::N(number) => number_size(number),
        Value::B(bytes) => bytes.len() as u64,
        Value::Bool(_) | Value::Null => 1,
        Value::L(list) => CONTAINER + list.iter().map(|value| 1 + value_size(value)).sum::<u64>(),
        Value::M(map) => CONTAINER + map.len() as u64 + item_size(map),
        Value::Ss(texts) => texts.iter().map(|text| text.len() as u64).sum(),
        Value::Ns(numbers) => numbers.iter().map(number_size).sum(),
        Value::Bs(all) => all.iter().map(|bytes| bytes.len() as u64).sum(),
    }
}

/// A byte, another for each two significant digits before the point, and for each two after it; one more if it is
/// negative. Zeros at either end are not significant: 100 has one digit, 0.0012 has two.
fn number_size(number: &Decimal) -> u64 {
    let text = number.to_string();
    let negative = text.starts_with('-');
    let (whole, fraction) =
        text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let (whole, fraction) = match (whole.is_empty(), fraction.is_empty()) {
        (true, _) => ("", fraction.trim_start_matches('0')),
        (_, true) => (whole.trim_end_matches('0'), ""),
        _ => (whole, fraction),
    };
    let pairs = |digits: &str| digits.len().div_ceil(2) as u64;
    let is_zero = whole.is_empty() && fraction.is_empty();
    1 + pairs(whole) + pairs(fraction) + u64::from(negative && !is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> u64 {
        number_size(&text.parse().unwrap())
    }

    #[test]
    fn numbers_take_a_byte_for_two_digits() {
        for (text, size) in [
            ("0", 1),
            ("-0", 1),
            ("0.00", 1),
            ("7", 2),
            ("42", 2),
            ("-42", 3),
            ("123", 3),
            ("100", 2),
            ("1E125", 2),
            ("1E-130", 2),
            ("19.90", 3),
            ("1999.90", 4),
            ("-1999.99", 5),
            ("0.0012", 2),
            ("99999999999999999999999999999999999999", 20),
        ] {
            assert_eq!(number(text), size, "{text}");
        }
    }

    #[test]
    fn names_count_and_texts_count_in_bytes() {
        let item: Item = serde_json::from_str(
            r#"{"id": {"S": "a"}, "이름": {"S": "에어컨"}, "on": {"BOOL": true}, "no": {"NULL": true},
                "raw": {"B": "AAAA"}, "set": {"SS": ["ab", "c"]}, "list": {"L": [{"N": "1"}, {"S": "xy"}]},
                "map": {"M": {"k": {"S": "v"}}}, "empty": {"L": []}}"#,
        )
        .unwrap();
        let sizes = [2 + 1, 6 + 9, 2 + 1, 2 + 1, 3 + 3, 3 + 3, 4 + 3 + 2 + 2 + 2, 3 + 3 + 1 + 2, 5 + 3];
        assert_eq!(item_size(&item), sizes.iter().sum::<u64>());
    }
}
