//! `dynamodb setup` creates the four tables and fills them.

use flashcrowd_prime_day::Catalogue;
use flashcrowd_prime_day::control::{self, Mode, SetupDone};
use flashcrowd_text::{Lang, messages};

use super::dispatch::{lasting, mode, only_the_shops};
use super::progress::Shown;
use crate::args::SetupArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// The mode if none is given: that of the workshop.
const USUAL: Mode = Mode::Provisioned { read: 2, write: 2 };

messages! {
    fn created(tables: String, mode: String) {
        en: "created  {tables} ({mode})",
        ko: "생성  {tables} ({mode})",
    }
    fn kept(tables: String) { en: "kept     {tables}", ko: "유지  {tables}" }
    fn items(count: u64) { en: "items    {count} written", ko: "항목  {count}개 기록" }
}

/// Creates the missing tables and items.
pub async fn run(context: &Context, args: &SetupArgs) -> Result<(), Failure> {
    only_the_shops(&args.place)?;
    let connection = lasting(&args.place).await?;
    let products = usize::try_from(args.products).unwrap_or(usize::MAX);
    let (catalogue, mode) = (Catalogue::new(products, args.stock), mode(&args.mode).unwrap_or(USUAL));
    let mut shown = Shown::new(context);
    let done = control::setup(&connection.client(), &connection.tables, &catalogue, mode, &mut |progress| {
        shown.show(&progress)
    })
    .await;
    shown.finish();
    let done = done?;
    context.console.write(Stream::Out, &report(context.ui.lang(), &done, mode));
    Ok(())
}

/// What was created and what existed.
fn report(lang: Lang, done: &SetupDone, mode: Mode) -> String {
    let mut text = String::new();
    if !done.created.is_empty() {
        text += &format!("{}\n", created(lang, done.created.join(", "), mode.text(lang)));
    }
    if !done.kept.is_empty() {
        text += &format!("{}\n", kept(lang, done.kept.join(", ")));
    }
    text + &format!("{}\n", items(lang, done.items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_and_existing_tables_are_listed() {
        let done = SetupDone { created: vec!["Orders".into()], kept: vec!["Products".into()], items: 3 };
        insta::assert_snapshot!(report(Lang::En, &done, USUAL), @r"
        created  Orders (provisioned 2 RCU / 2 WCU)
        kept     Products
        items    3 written
        ");
        insta::assert_snapshot!(report(Lang::Ko, &done, USUAL), @r"
        생성  Orders (프로비저닝 2 RCU / 2 WCU)
        유지  Products
        항목  3개 기록
        ");
        assert_eq!(report(Lang::En, &SetupDone::default(), USUAL), "items    0 written\n");
    }
}
