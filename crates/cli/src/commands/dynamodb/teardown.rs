//! `dynamodb teardown` deletes the tables that setup created.

use flashcrowd_prime_day::control::{self, ControlError};

use flashcrowd_text::{Lang, messages};

use super::dispatch::{lasting, only_the_shops};
use super::progress::Shown;
use crate::args::TeardownArgs;
use crate::context::Context;
use crate::dynamodb::{can_ask, remove};
use crate::exit::Failure;
use crate::screen::Stream;

messages! {
    fn nothing_to_delete() {
        en: "nothing to delete: none of the tables exists",
        ko: "삭제할 테이블이 없습니다.",
    }
    fn about_to_delete(url: &str, region: &str, tables: String) {
        en: "at {url}, region {region}:\n  {tables}\nTables that setup created are deleted with all their items; others are kept.",
        ko: "대상: {url}, 리전: {region}\n  {tables}\nsetup으로 생성한 테이블은 항목까지 모두 삭제되고, 나머지는 유지됩니다.",
    }
    fn nothing_deleted() { en: "Nothing was deleted.", ko: "삭제하지 않았습니다." }
    fn deleted(table: &str) { en: "deleted  {table}", ko: "삭제  {table}" }
    fn kept(table: &str) {
        en: "kept     {table} (not created by setup)",
        ko: "유지  {table} (setup으로 생성하지 않은 테이블)",
    }
}

/// Deletes them, after a confirmation.
pub async fn run(context: &Context, args: &TeardownArgs) -> Result<(), Failure> {
    only_the_shops(&args.place)?;
    if !args.yes && !can_ask(context) {
        let text = "there is no terminal to confirm the deletion on: use --yes";
        return Err(Failure::Config(vec![text.to_owned()]));
    }
    let connection = lasting(&args.place).await?;
    let (client, all) = (connection.client(), connection.tables.all());
    let missing = match control::describe(&client, &connection.tables).await {
        Ok(_) => Vec::new(),
        Err(ControlError::Missing(names)) => names,
        Err(other) => return Err(other.into()),
    };
    let there: Vec<&str> =
        all.iter().map(|name| &***name).filter(|name| !missing.iter().any(|gone| gone == name)).collect();
    let lang = context.ui.lang();
    let out = |text: &str| context.console.write(Stream::Out, text);
    if there.is_empty() {
        out(&format!("{}\n", nothing_to_delete(lang)));
        return Ok(());
    }
    if !args.yes {
        let endpoint = &connection.service.endpoint;
        let tables = there.join("\n  ");
        out(&format!("{}\n", about_to_delete(lang, &endpoint.url, &endpoint.region, tables)));
        if !remove(context).await? {
            out(&format!("{}\n", nothing_deleted(lang)));
            return Ok(());
        }
    }
    let mut shown = Shown::new(context);
    let removed = control::teardown(&client, &connection.tables, &mut |progress| shown.show(&progress)).await;
    shown.finish();
    out(&report(lang, &there, &removed?));
    Ok(())
}

/// What was deleted and what was kept.
fn report(lang: Lang, there: &[&str], removed: &[String]) -> String {
    let is_gone = |name: &str| removed.iter().any(|gone| gone == name);
    let line = |name: &&str| match is_gone(name) {
        true => format!("{}\n", deleted(lang, name)),
        false => format!("{}\n", kept(lang, name)),
    };
    there.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_and_kept_tables_are_listed() {
        let report = |lang| report(lang, &["Products", "Orders"], &["Products".to_owned()]);
        insta::assert_snapshot!(report(Lang::En), @r"
        deleted  Products
        kept     Orders (not created by setup)
        ");
        insta::assert_snapshot!(report(Lang::Ko), @r"
        삭제  Products
        유지  Orders (setup으로 생성하지 않은 테이블)
        ");
    }
}
