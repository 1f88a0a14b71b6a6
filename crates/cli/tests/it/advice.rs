//! `advise` makes two short texts of a record, whose numbers are the record's.

use serde_json::Value;

use crate::records::{crossed, printed};

#[test]
fn both_texts_keep_to_their_limits() {
    for lang in ["en", "ko"] {
        let json: Value =
            serde_json::from_str(&printed("advise", crossed(), &format!("--format json --lang {lang}")))
                .unwrap();
        let part = |value: &Value| value.as_str().unwrap().to_owned();
        let (title, text) = (part(&json["support_case"]["title"]), part(&json["support_case"]["text"]));
        let operator = part(&json["operator"]);
        let (length, case) = (operator.chars().count(), title.chars().count() + text.chars().count());
        assert!((50..=300).contains(&length), "{length}: {operator}");
        assert!(
            (50..=200).contains(&case) && !title.is_empty() && !text.is_empty(),
            "{case}: {title}: {text}"
        );
        let keys: Vec<_> = json.as_object().unwrap().keys().collect();
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
