//! The language is what text for people is printed in; the summary itself is data and stays as it is.

use std::str::FromStr;

/// A language that text for people exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

/// A language that no text exists in.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown language '{0}': use en or ko")]
pub struct UnknownLang(pub String);

impl Lang {
    /// The language chosen, else that of the locale: the first of LC_ALL, LC_MESSAGES and LANG that is set and
    /// not empty decides, and what is not Korean there is English.
    pub fn detect(chosen: Option<Lang>, locale: [Option<&str>; 3]) -> Self {
        let set = || locale.into_iter().flatten().find(|value| !value.is_empty());
        chosen.unwrap_or_else(|| if set().is_some_and(is_korean) { Self::Ko } else { Self::En })
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(text: &str) -> Result<Self, UnknownLang> {
        match text {
            "en" => Ok(Self::En),
            "ko" => Ok(Self::Ko),
            _ => Err(UnknownLang(text.to_owned())),
        }
    }
}

/// `ko`, `ko_KR.UTF-8`, but not `kok_IN` (Konkani).
fn is_korean(locale: &str) -> bool {
    locale.split(['_', '.', '@', '-']).next().is_some_and(|language| language.eq_ignore_ascii_case("ko"))
}

/// Defines messages as functions of a [`Lang`]; each has its text in all languages, so none can be forgotten.
/// They need no comment: the text says what they are, and they are left out of the documentation.
///
/// ```
/// use flashcrowd_text::{Lang, messages};
///
/// messages! {
///     /// Says how many requests were made.
///     pub fn requests(count: u64) {
///         en: "{count} requests were made",
///         ko: "요청 {count}건을 보냈습니다",
///     }
/// }
///
/// assert_eq!(requests(Lang::Ko, 3), "요청 3건을 보냈습니다");
/// ```
#[macro_export]
macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) { en: $en:literal, ko: $ko:literal $(,)? }
    )*) => {$(
        $(#[$meta])*
        #[doc(hidden)]
        $vis fn $name(lang: $crate::Lang $(, $arg: $type)*) -> ::std::string::String {
            match lang {
                $crate::Lang::En => ::std::format!($en),
                $crate::Lang::Ko => ::std::format!($ko),
            }
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_setting_decides() {
        for (chosen, locale, expected) in [
            (None, [None, None, None], Lang::En),
            (None, [None, None, Some("ko_KR.UTF-8")], Lang::Ko),
            (None, [None, Some("en_US"), Some("ko_KR")], Lang::En),
            (None, [Some(""), None, Some("ko")], Lang::Ko),
            (None, [Some("C"), None, Some("ko")], Lang::En),
            (None, [None, None, Some("kok_IN")], Lang::En),
            (Some(Lang::En), [Some("ko_KR"), None, None], Lang::En),
            (Some(Lang::Ko), [None, None, None], Lang::Ko),
        ] {
            assert_eq!(Lang::detect(chosen, locale), expected, "{chosen:?} {locale:?}");
        }
    }

    #[test]
    fn names_are_read_and_others_are_refused() {
        assert_eq!("ko".parse(), Ok(Lang::Ko));
        assert_eq!("fr".parse::<Lang>().unwrap_err().to_string(), "unknown language 'fr': use en or ko");
    }
}
