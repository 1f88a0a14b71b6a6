//! `advise` summarizes what an operator can do about the results of a record, and drafts a support case.

use std::path::PathBuf;

use clap::Args;
use flashcrowd_record::Record;
use flashcrowd_report::{Advice, Format, HEAVIER, Report, advise};
use flashcrowd_text::{Lang, messages};

use crate::args::format;
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::{Ink, Stream};

const EXAMPLES: &str = "\
Examples:
  flashcrowd advise results/prime-day
  flashcrowd advise results/prime-day --lang ko
  flashcrowd advise results/prime-day --format json | jq -r .support_case.text

The text for the operator has at most 300 characters; title and text of the support case together
have at most 200. Every number in them comes from the record.

Exit codes: 0 success; 255 the record does not exist or could not be read.";

/// `advise`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AdviseArgs {
    /// A folder written by run --record
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// text, with character counts, or json: {operator, support_case: {title, text}}
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format(&["text", "json"]))]
    pub format: Format,
    /// How many times as heavy as the test the real event may be
    #[arg(long, value_name = "FACTOR", default_value_t = HEAVIER, value_parser = factor)]
    pub factor: f64,
}

/// The maximum length of the operator's text, in characters.
const OPERATOR: usize = 300;
/// The maximum length of the support case, title and text together, in characters.
const SUPPORT_CASE: usize = 200;

messages! {
    fn operator(count: usize) {
        en: "For the operator ({count}/{OPERATOR})",
        ko: "운영자 조치 요약 ({count}/{OPERATOR})",
    }
    fn support_case(count: usize) {
        en: "Support case ({count}/{SUPPORT_CASE})",
        ko: "서포트 케이스 문의 ({count}/{SUPPORT_CASE})",
    }
    fn title(text: &str) {
        en: "Title: {text}",
        ko: "제목: {text}",
    }
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse::<f64>().ok().filter(|factor| (1.0..=100.0).contains(factor));
    factor.ok_or_else(|| "write a number from 1 to 100, such as 1.5".to_owned())
}

/// Prints both texts.
pub fn run(context: &Context, args: &AdviseArgs) -> Result<(), Failure> {
    let report = Report::of(Record::read(&args.record).map_err(anyhow::Error::new)?);
    let lang = context.ui.lang();
    let advice = advise(&report, args.factor, lang);
    let text = if args.format == Format::JSON {
        serde_json::to_string_pretty(&advice).map_err(anyhow::Error::new)? + "\n"
    } else {
        shown(&advice, lang, context.console.color(Stream::Out))
    };
    context.console.write(Stream::Out, &text);
    Ok(())
}

/// Both texts, each under a heading with its length in characters.
fn shown(advice: &Advice, lang: Lang, color: bool) -> String {
    let heading = |text: String| Ink::Cyan.on(&text, color);
    let case = &advice.support_case;
    let first = heading(operator(lang, advice.operator.chars().count()));
    let second = heading(support_case(lang, case.title.chars().count() + case.text.chars().count()));
    format!("{first}\n{}\n\n{second}\n{}\n{}\n", advice.operator, title(lang, &case.title), case.text)
}

#[cfg(test)]
mod tests {
    use flashcrowd_report::SupportCase;

    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        let case = SupportCase { title: "한도 상향".into(), text: "확인 부탁드립니다.".into() };
        let advice = Advice { operator: "커넥션 풀을 40으로".into(), support_case: case };
        insta::assert_snapshot!(shown(&advice, Lang::Ko, false), @r"
        운영자 조치 요약 (11/300)
        커넥션 풀을 40으로

        서포트 케이스 문의 (15/200)
        제목: 한도 상향
        확인 부탁드립니다.
        ");
        let english = shown(&advice, Lang::En, true);
        assert!(english.starts_with("\u{1b}[36mFor the operator (11/300)\u{1b}[0m\n"), "{english}");
        assert!(
            english.contains("Support case (15/200)") && english.contains("Title: 한도 상향\n"),
            "{english}"
        );
    }
}
