//! `dynamodb capacity` shows the capacity of the tables, or changes it.

use flashcrowd_diagnosis::place_name;
use flashcrowd_prime_day::Connection;
use flashcrowd_prime_day::control::{self, Mode, TableState};
use flashcrowd_text::figure::count;
use flashcrowd_text::{Lang, messages};

use super::dispatch::{lasting, mode};
use super::progress::Shown;
use crate::args::CapacityArgs;
use crate::context::Context;
use crate::dynamodb::{Side, can_ask, grid, switch};
use crate::exit::Failure;
use crate::screen::Stream;

messages! {
    fn unchanged(mode: String) {
        en: "nothing to change: all tables are already {mode}",
        ko: "변경할 테이블이 없습니다. 현재 용량 모드: {mode}",
    }
    fn about_to_switch(tables: String, mode: String) {
        en: "not created by setup, and about to be switched to {mode}:\n  {tables}",
        ko: "setup으로 생성하지 않은 다음 테이블을 {mode}(으)로 전환합니다.\n  {tables}",
    }
    fn nothing_switched() { en: "Nothing was switched.", ko: "전환하지 않았습니다." }
    fn head_table() { en: "table", ko: "테이블" }
    fn head_status() { en: "status", ko: "상태" }
    fn head_mode() { en: "mode", ko: "용량 모드" }
    fn head_items() { en: "items", ko: "항목 수" }
    fn head_decreases() { en: "decreases today", ko: "오늘 감소 횟수" }
    fn on_demand() { en: "on-demand", ko: "온디맨드" }
    fn provisioned() { en: "provisioned", ko: "프로비저닝" }
}

/// Switches the tables if a mode was requested, and shows them.
pub async fn run(context: &Context, args: &CapacityArgs) -> Result<(), Failure> {
    let connection = lasting(&args.place).await?;
    let client = connection.client();
    let before = control::describe(&client, &connection.tables).await?;
    let lang = context.ui.lang();
    let out = |text: &str| context.console.write(Stream::Out, text);
    let Some(mode) = mode(&args.mode) else {
        out(&table(lang, &before));
        return Ok(());
    };
    if !args.yes {
        let due = before.iter().filter(|table| !table.is_all(mode)).map(|table| table.name.clone()).collect();
        if !confirmed(context, &connection, due, mode).await? {
            out(&format!("{}\n", nothing_switched(lang)));
            return Ok(());
        }
    }
    let mut shown = Shown::new(context);
    let switched =
        control::switch(&client, &connection.tables, mode, &mut |progress| shown.show(&progress)).await;
    shown.finish();
    let switched = switched?;
    let after = control::describe(&client, &connection.tables).await?;
    out(&format!("{}\n{}", changes(lang, &before, &switched, mode), table(lang, &after)));
    Ok(())
}

/// Whether those of the tables that setup has not created may be switched: somebody else may rely on what they have.
async fn confirmed(
    context: &Context,
    connection: &Connection,
    due: Vec<String>,
    mode: Mode,
) -> Result<bool, Failure> {
    let mut foreign = match due.is_empty() {
        true => Vec::new(),
        false => control::foreign(&connection.client(), &connection.tables).await?,
    };
    foreign.retain(|table| due.contains(table));
    if foreign.is_empty() {
        return Ok(true);
    }
    if !can_ask(context) {
        let text = format!(
            "not created by 'flashcrowd dynamodb setup': {}; there is no terminal to confirm the switch on: use --yes",
            foreign.join(", ")
        );
        return Err(Failure::Config(vec![text]));
    }
    let lang = context.ui.lang();
    let text = about_to_switch(lang, foreign.join("\n  "), mode.text(lang));
    context.console.write(Stream::Out, &format!("{text}\n"));
    switch(context).await
}

/// What was switched, from which mode.
fn changes(lang: Lang, before: &[TableState], switched: &[String], mode: Mode) -> String {
    if switched.is_empty() {
        return format!("{}\n", unchanged(lang, mode.text(lang)));
    }
    let line = |name: &String| {
        let was = before.iter().find(|table| table.name == *name).map(|table| table.mode.text(lang));
        format!("{name}: {} -> {}\n", was.unwrap_or_else(|| "?".to_owned()), mode.text(lang))
    };
    switched.iter().map(line).collect()
}

/// The tables and their indexes, one line each.
fn table(lang: Lang, tables: &[TableState]) -> String {
    let mut rows = vec![vec![
        head_table(lang),
        head_status(lang),
        head_mode(lang),
        "RCU".to_owned(),
        "WCU".to_owned(),
        head_items(lang),
        head_decreases(lang),
    ]];
    for table in tables {
        let (items, decreases) = (count(table.items), count(table.decreases_today));
        rows.push(row(lang, table.name.clone(), &table.status, table.mode, [items, decreases]));
        for index in &table.indexes {
            let name = place_name(&table.name, Some(&index.name));
            rows.push(row(lang, name, &index.status, index.mode, [String::new(), String::new()]));
        }
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Right, Side::Right, Side::Right, Side::Right];
    grid(&rows, &sides)
}

fn row(lang: Lang, name: String, status: &str, mode: Mode, [items, decreases]: [String; 2]) -> Vec<String> {
    let (word, read, write) = match mode {
        Mode::OnDemand => (on_demand(lang), "-".to_owned(), "-".to_owned()),
        Mode::Provisioned { read, write } => (provisioned(lang), count(read), count(write)),
    };
    vec![name, status.to_owned(), word, read, write, items, decreases]
}

#[cfg(test)]
mod tests {
    use flashcrowd_prime_day::control::IndexState;

    use super::*;

    fn tables() -> Vec<TableState> {
        let table = |name: &str, mode, indexes| TableState {
            name: name.into(),
            status: "ACTIVE".into(),
            mode,
            items: 1200,
            indexes,
            decreases_today: 1,
        };
        let mode = Mode::Provisioned { read: 2, write: 2 };
        let index = IndexState { name: "category-index".into(), status: "UPDATING".into(), mode };
        vec![table("Products", mode, vec![index]), table("Orders", Mode::OnDemand, Vec::new())]
    }

    #[test]
    fn each_table_and_each_index_is_one_line() {
        insta::assert_snapshot!(table(Lang::En, &tables()), @r"
          table                    status    mode         RCU  WCU  items  decreases today
          Products                 ACTIVE    provisioned    2    2  1,200                1
          Products/category-index  UPDATING  provisioned    2    2
          Orders                   ACTIVE    on-demand      -    -  1,200                1
        ");
        insta::assert_snapshot!(table(Lang::Ko, &tables()), @r"
        테이블                   상태      용량 모드   RCU  WCU  항목 수  오늘 감소 횟수
        Products                 ACTIVE    프로비저닝    2    2    1,200               1
        Products/category-index  UPDATING  프로비저닝    2    2
        Orders                   ACTIVE    온디맨드      -    -    1,200               1
        ");
    }

    #[test]
    fn a_switch_reports_its_changes() {
        let changed = changes(Lang::En, &tables(), &["Products".to_owned()], Mode::OnDemand);
        assert_eq!(changed, "Products: provisioned 2 RCU / 2 WCU -> on-demand\n");
        let same = changes(Lang::En, &tables(), &[], Mode::OnDemand);
        assert_eq!(same, "nothing to change: all tables are already on-demand\n");
        let changed = changes(Lang::Ko, &tables(), &["Products".to_owned()], Mode::OnDemand);
        assert_eq!(changed, "Products: 프로비저닝 2 RCU / 2 WCU -> 온디맨드\n");
        let same = changes(Lang::Ko, &tables(), &[], Mode::OnDemand);
        assert_eq!(same, "변경할 테이블이 없습니다. 현재 용량 모드: 온디맨드\n");
    }
}
