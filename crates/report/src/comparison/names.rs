//! The names of figures for people: what a comparison names itself is in their language, metrics are as they are called.

use flashcrowd_text::{Lang, messages};

messages! {
    fn memory() { en: "target memory", ko: "대상 메모리" }
    fn cpu() { en: "target CPU", ko: "대상 CPU" }
    fn cpu_of_request() { en: "target CPU per request", ko: "요청당 대상 CPU" }
    fn errors() { en: "error rate", ko: "오류율" }
    fn throttles() { en: "throttle rate", ko: "스로틀링 비율" }
    fn back_off() { en: "back-off per iteration", ko: "반복당 백오프" }
    fn given_up() { en: "calls given up", ko: "포기한 호출" }
    fn read_units() { en: "read units", ko: "읽기 단위" }
    fn write_units() { en: "write units", ko: "쓰기 단위" }
}

/// A name in a language.
type Name = fn(Lang) -> String;

/// The names, as they stand alone or behind the name of a request or a table.
const NAMES: [(&str, Name); 9] = [
    ("target memory", memory),
    ("target CPU per request", cpu_of_request),
    ("target CPU", cpu),
    ("error rate", errors),
    ("throttle rate", throttles),
    ("back-off per iteration", back_off),
    ("calls given up", given_up),
    ("read units", read_units),
    ("write units", write_units),
];

/// The name of a figure for people.
pub(super) fn figure_name(name: &str, lang: Lang) -> String {
    let shown = NAMES.iter().find_map(|(known, shown)| {
        let before = name.strip_suffix(known)?;
        (before.is_empty() || before.ends_with(' ')).then(|| format!("{before}{}", shown(lang)))
    });
    shown.unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_language_of_the_reader_and_metrics_are_not() {
        for (name, korean) in [
            ("target memory", "대상 메모리"),
            ("target CPU per request", "요청당 대상 CPU"),
            ("POST /purchase/{id} error rate", "POST /purchase/{id} 오류율"),
            ("Orders write units", "Orders 쓰기 단위"),
            ("http_req_duration p(95)", "http_req_duration p(95)"),
            ("myerror rate", "myerror rate"),
        ] {
            assert_eq!(figure_name(name, Lang::Ko), korean);
            assert_eq!(figure_name(name, Lang::En), name);
        }
    }
}
