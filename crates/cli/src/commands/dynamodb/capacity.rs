//! `dynamodb capacity` shows the capacity of the tables, and switches it.

use flashcrowd_diagnosis::place_name;
use flashcrowd_prime_day::control::{self, Mode, TableState};
use flashcrowd_text::figure::count;

use super::dispatch::{lasting, mode};
use super::progress::Shown;
use crate::args::CapacityArgs;
use crate::context::Context;
use crate::dynamodb::{Side, grid};
use crate::exit::Failure;
use crate::screen::Stream;

/// Switches the tables if that was asked for, and shows them.
pub async fn run(context: &Context, args: &CapacityArgs) -> Result<(), Failure> {
    let connection = lasting(context, &args.place).await?;
    let client = connection.client();
    let before = control::describe(&client, &connection.tables).await?;
    let out = |text: &str| context.console.write(Stream::Out, text);
    let Some(mode) = mode(&args.mode) else {
        out(&table(&before));
        return Ok(());
    };
    let mut shown = Shown::new(context);
    let switched =
        control::switch(&client, &connection.tables, mode, &mut |progress| shown.show(&progress)).await;
    shown.finish();
    let switched = switched?;
    let after = control::describe(&client, &connection.tables).await?;
    out(&format!("{}\n{}", changes(&before, &switched, mode), table(&after)));
    Ok(())
}

/// What was switched, from which mode.
fn changes(before: &[TableState], switched: &[String], mode: Mode) -> String {
    if switched.is_empty() {
        return format!("nothing to change: all tables are {mode} already\n");
    }
    let line = |name: &String| {
        let was = before.iter().find(|table| table.name == *name).map(|table| table.mode.to_string());
        format!("{name}: {} -> {mode}\n", was.unwrap_or_else(|| "?".to_owned()))
    };
    switched.iter().map(line).collect()
}

/// The tables and their indexes, a line each.
fn table(tables: &[TableState]) -> String {
    let heads = ["table", "status", "mode", "RCU", "WCU", "items", "decreases today"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for table in tables {
        let (items, decreases) = (count(table.items), count(table.decreases_today));
        rows.push(row(table.name.clone(), &table.status, table.mode, [items, decreases]));
        for index in &table.indexes {
            let name = place_name(&table.name, Some(&index.name));
            rows.push(row(name, &index.status, index.mode, [String::new(), String::new()]));
        }
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Right, Side::Right, Side::Right, Side::Right];
    grid(&rows, &sides)
}

fn row(name: String, status: &str, mode: Mode, [items, decreases]: [String; 2]) -> Vec<String> {
    let (word, read, write) = match mode {
        Mode::OnDemand => ("on-demand", "-".to_owned(), "-".to_owned()),
        Mode::Provisioned { read, write } => ("provisioned", count(read), count(write)),
    };
    vec![name, status.to_owned(), word.to_owned(), read, write, items, decreases]
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
    fn each_table_is_a_line_and_so_is_each_index() {
        insta::assert_snapshot!(table(&tables()), @r"
          table                    status    mode         RCU  WCU  items  decreases today
          Products                 ACTIVE    provisioned    2    2  1,200                1
          Products/category-index  UPDATING  provisioned    2    2
          Orders                   ACTIVE    on-demand      -    -  1,200                1
        ");
    }

    #[test]
    fn a_switch_says_what_it_changed() {
        let changed = changes(&tables(), &["Products".to_owned()], Mode::OnDemand);
        assert_eq!(changed, "Products: provisioned 2 RCU / 2 WCU -> on-demand\n");
        let same = changes(&tables(), &[], Mode::OnDemand);
        assert_eq!(same, "nothing to change: all tables are on-demand already\n");
    }
}
