//! `advise` makes two short texts of a record, whose numbers are the record's.

use serde_json::Value;

use crate::records::{crossed, json, printed};

#[test]
fn both_texts_keep_to_their_limits() {
    for lang in ["en", "ko"] {
        let advice: Value =
            serde_json::from_str(&printed("advise", crossed(), &format!("--format json --lang {lang}")))
                .unwrap();
        let part = |value: &Value| value.as_str().unwrap().to_owned();
        let (title, text) = (part(&advice["support_case"]["title"]), part(&advice["support_case"]["text"]));
        let operator = part(&advice["operator"]);
        let (length, case) = (operator.chars().count(), title.chars().count() + text.chars().count());
        assert!((50..=300).contains(&length), "{length}: {operator}");
        assert!(
            (50..=200).contains(&case) && !title.is_empty() && !text.is_empty(),
            "{case}: {title}: {text}"
        );
        let keys: Vec<_> = advice.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["operator", "support_case"]);

        let shown = printed("advise", crossed(), &format!("--lang {lang}"));
        for line in [&format!("({length}/300)"), &format!("({case}/200)"), &operator, &title, &text] {
            assert!(shown.contains(line.as_str()), "{line}: {shown}");
        }
        for text in [&operator, &title, &text] {
            let is_korean = text.chars().any(|c| ('가'..='힣').contains(&c));
            assert_eq!(is_korean, lang == "ko", "{text}");
        }
    }
}

#[test]
fn every_number_is_one_of_the_record() {
    let record = json(crossed(), "result.json");
    let mut known = Vec::new();
    numbers_of(&record, &mut known);
    // A support case says when it was.
    let start = json(crossed(), "run.json")["start"].as_str().unwrap().to_owned();
    known.extend(start[..10].split('-').map(|part| part.parse::<f64>().unwrap()));
    for lang in ["en", "ko"] {
        let advice: Value =
            serde_json::from_str(&printed("advise", crossed(), &format!("--format json --lang {lang}")))
                .unwrap();
        let texts = [&advice["operator"], &advice["support_case"]["title"], &advice["support_case"]["text"]];
        let told: Vec<String> = texts.iter().flat_map(|text| numbers_in(text.as_str().unwrap())).collect();
        assert!(told.len() > 3, "{advice}");
        for number in told {
            let digits = number.split_once('.').map_or(0, |(_, digits)| digits.len());
            let said = format!("{:.digits$}", number.parse::<f64>().unwrap());
            let is_known = known.iter().any(|value| format!("{value:.digits$}") == said);
            assert!(is_known, "{number} in {advice}");
        }
    }
}

/// All numbers of a JSON text; shares also as percentages.
fn numbers_of(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => {
            found.extend(number.as_f64().into_iter().flat_map(|value| [value, value * 100.0]))
        }
        Value::Array(values) => values.iter().for_each(|value| numbers_of(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| numbers_of(value, found)),
        _ => {}
    }
}

/// The numbers of a text, without those that are part of a word: the 95 of p95.
fn numbers_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == ','));
    let trimmed = words.map(|word| word.trim_matches(['.', ',']).replace(',', ""));
    trimmed.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).collect()
}

#[test]
fn numbers_are_told_from_names() {
    assert_eq!(numbers_in("p95 12.5 ms, 1,234건(8%). 6명, a5."), ["12.5", "1234", "8", "6"]);
}
