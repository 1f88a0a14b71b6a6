//! `dynamodb teardown` removes the tables that setup has made.

use flashcrowd_prime_day::control::{self, ControlError};

use super::dispatch::lasting;
use super::progress::Shown;
use crate::args::TeardownArgs;
use crate::context::Context;
use crate::dynamodb::{can_ask, remove};
use crate::exit::Failure;
use crate::screen::Stream;

/// Removes them, after a question.
pub async fn run(context: &Context, args: &TeardownArgs) -> Result<(), Failure> {
    if !args.yes && !can_ask(context) {
        let text = "there is no terminal to ask on whether to remove the tables: give --yes";
        return Err(Failure::Config(vec![text.to_owned()]));
    }
    let connection = lasting(context, &args.place).await?;
    let (client, all) = (connection.client(), connection.tables.all());
    let missing = match control::describe(&client, &connection.tables).await {
        Ok(_) => Vec::new(),
        Err(ControlError::Missing(names)) => names,
        Err(other) => return Err(other.into()),
    };
    let there: Vec<&str> =
        all.iter().map(|name| &***name).filter(|name| !missing.iter().any(|gone| gone == name)).collect();
    let out = |text: &str| context.console.write(Stream::Out, text);
    if there.is_empty() {
        out("nothing to remove: none of the tables is there\n");
        return Ok(());
    }
    if !args.yes {
        let endpoint = &connection.service.endpoint;
        out(&format!(
            "at {}, region {}:\n  {}\nThose that setup has made are removed with everything in them; others are left.\n",
            endpoint.url,
            endpoint.region,
            there.join("\n  ")
        ));
        if !remove(context).await? {
            out("Nothing was removed.\n");
            return Ok(());
        }
    }
    let mut shown = Shown::new(context);
    let removed = control::teardown(&client, &connection.tables, &mut |progress| shown.show(&progress)).await;
    shown.finish();
    out(&told(&there, &removed?));
    Ok(())
}

/// What was removed and what was left.
fn told(there: &[&str], removed: &[String]) -> String {
    let is_gone = |name: &str| removed.iter().any(|gone| gone == name);
    let line = |name: &&str| match is_gone(name) {
        true => format!("removed  {name}\n"),
        false => format!("left     {name} (setup has not made it)\n"),
    };
    there.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said() {
        insta::assert_snapshot!(told(&["Products", "Orders"], &["Products".to_owned()]), @r"
        removed  Products
        left     Orders (setup has not made it)
        ");
    }
}
