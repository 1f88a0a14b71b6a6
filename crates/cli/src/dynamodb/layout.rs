//! Tables of one's own: the file that maps them, and what came of checking it.

use std::path::Path;

use flashcrowd_prime_day::Layout;
use flashcrowd_prime_day::control::Checked;
use flashcrowd_text::{Lang, messages};

use super::{Side, grid};
use crate::exit::Failure;

messages! {
    fn heading() { en: "Tables of --tables", ko: "--tables 대조 결과" }
    fn what() { en: "what", ko: "항목" }
    fn name() { en: "name", ko: "이름" }
    fn found() { en: "found", ko: "확인 결과" }
    fn fits() { en: "ok", ko: "일치" }
    fn differs() { en: "DIFFERS", ko: "불일치" }
}

/// The layout in a file, if there is one.
pub fn of_file(path: Option<&Path>) -> Result<Option<Layout>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let wrong = |why: String| Failure::Config(vec![format!("--tables {}: {why}", path.display())]);
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Layout::from_json(&text).map(Some).map_err(|error| wrong(error.to_string()))
}

/// What came of checking tables against a layout, with an empty line at its end.
pub fn shown(lang: Lang, checked: &Checked) -> String {
    let mut rows = vec![vec![what(lang), name(lang), found(lang), String::new()]];
    rows.extend(checked.lines.iter().map(|line| {
        let mark = if line.matches { fits(lang) } else { differs(lang) };
        vec![line.what.to_owned(), line.name.clone(), line.found.clone(), mark]
    }));
    let sides = [Side::Left, Side::Left, Side::Left, Side::Left];
    format!("{}\n{}\n", heading(lang), grid(&rows, &sides))
}

#[cfg(test)]
mod tests {
    use flashcrowd_prime_day::control::CheckLine;

    use super::*;

    #[test]
    fn what_matches_and_what_does_not_is_shown() {
        let line = |what, name: &str, found: &str, matches| CheckLine {
            what,
            name: name.to_owned(),
            found: found.to_owned(),
            matches,
        };
        let checked = Checked {
            lines: vec![
                line("products.table", "shop-items", "ACTIVE", true),
                line("products.key", "sku", "the key is id", false),
            ],
        };
        insta::assert_snapshot!(shown(Lang::En, &checked), @r"
        Tables of --tables
          what            name        found
          products.table  shop-items  ACTIVE         ok
          products.key    sku         the key is id  DIFFERS
        ");
        assert!(shown(Lang::Ko, &checked).contains("불일치"));
    }

    #[test]
    fn a_file_without_a_layout_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tables.json");
        assert!(of_file(Some(&path)).unwrap_err().to_string().starts_with("--tables "));
        std::fs::write(&path, r#"{"product": {}}"#).unwrap();
        assert!(of_file(Some(&path)).unwrap_err().to_string().contains("unknown field `product`"));
        assert_eq!(of_file(None).unwrap(), None);
    }
}
