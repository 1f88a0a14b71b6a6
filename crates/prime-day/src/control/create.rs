//! Setup makes the tables that are missing and fills in the items that are missing, however often it is cut short.

use std::sync::Arc;

use flashcrowd_dynamodb::{Client, Operation};
use flashcrowd_dynamodb_capacity::Mode;

use crate::control::ask::{Ask, tell};
use crate::control::describe::{all, look_up};
use crate::control::error::ControlError;
use crate::control::form::{self, Form, forms};
use crate::control::owner::{Owner, mark, owner};
use crate::control::seed::{Seed, seed};
use crate::control::state::{Progress, Step};
use crate::control::switch;
use crate::control::wait::{Wanted, until};
use crate::shop::{Catalogue, Tables};

/// What [`setup`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupDone {
    /// Tables that it made.
    pub created: Vec<String>,
    /// Tables that were there.
    pub kept: Vec<String>,
    /// Items that it wrote: those that were missing.
    pub items: u64,
}

/// Makes the tables in that mode and fills them from the catalogue. What is there already is left as it is, tables with
/// their modes and items with their attributes, unless it is somebody else's: then nothing is done at all.
///
/// Whatever a setup that was cut short has left undone, the next one does: tables are tagged when they are finished, and
/// those that are not get their mode.
///
/// New tables are on demand until they are filled: with two write units a second, a thousand products would take eight
/// minutes.
pub async fn setup(
    client: &Client,
    tables: &Tables,
    catalogue: &Catalogue,
    mode: Mode,
    progress: &mut dyn FnMut(Progress),
) -> Result<SetupDone, ControlError> {
    on(client, tables, catalogue, mode, progress).await
}

pub(super) async fn on(
    asked: &impl Ask,
    tables: &Tables,
    catalogue: &Catalogue,
    mode: Mode,
    progress: &mut dyn FnMut(Progress),
) -> Result<SetupDone, ControlError> {
    let kept = kept(asked, tables, progress).await?;
    let created = create(asked, tables, &kept, progress).await?;
    until(Wanted::Active, asked, &tables.all().map(Arc::clone), progress).await?;
    claim(asked, tables, &created).await?;
    let mut items = 0;
    for of_table in Seed::all(tables, catalogue) {
        let is_new = created.contains(of_table.table);
        items += seed(asked, &of_table, is_new, progress).await?;
    }
    let finished = |table: &Arc<str>| kept.iter().any(|kept| kept.finished && kept.table == *table);
    let unfinished: Vec<&Arc<str>> = tables.all().into_iter().filter(|table| !finished(table)).collect();
    switch::on(asked, &unfinished, mode, progress).await?;
    for (table, description) in unfinished.iter().zip(all(asked, &unfinished).await?) {
        mark(asked, table, &description, &form::finished()).await?;
    }
    let kept = kept.iter().map(|kept| kept.table.to_string()).collect();
    Ok(SetupDone { created: created.iter().map(ToString::to_string).collect(), kept, items })
}

/// A table that is there, and ours.
struct Kept {
    table: Arc<str>,
    finished: bool,
}

/// The tables that are there. Those that are about to be gone are waited for.
async fn kept(
    asked: &impl Ask,
    tables: &Tables,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Kept>, ControlError> {
    let (mut ours, mut leaving, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
    for table in tables.all() {
        let Some(description) = look_up(asked, table).await? else { continue };
        if description.state.status == "DELETING" {
            leaving.push(table.clone());
            continue;
        }
        match owner(asked, table, &description).await? {
            Owner::Ours { finished } => ours.push(Kept { table: table.clone(), finished }),
            Owner::Foreign => foreign.push(table.to_string()),
        }
    }
    if !foreign.is_empty() {
        return Err(ControlError::Foreign(foreign));
    }
    if !leaving.is_empty() {
        until(Wanted::Gone, asked, &leaving, progress).await?;
    }
    Ok(ours)
}

/// Makes the tables that are not there, all before the first of them is active.
async fn create(
    asked: &impl Ask,
    tables: &Tables,
    kept: &[Kept],
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Arc<str>>, ControlError> {
    let tag = form::tag(tables);
    let is_missing = |form: &Form<'_>| kept.iter().all(|kept| kept.table != *form.table);
    let due: Vec<_> = forms(tables).into_iter().filter(is_missing).collect();
    let mut created = Vec::new();
    for (at, form) in due.iter().enumerate() {
        let step = Step::Create(form.table.to_string());
        progress(Progress { step, done: at as u64, of: due.len() as u64 });
        match tell(asked, Operation::CreateTable, form.table, &form.create(&tag)).await {
            Ok(_) => {}
            // The answer to the same request got lost a moment ago; or somebody else was faster.
            Err(fault) if switch::is_in_use(&fault) => {
                let found = look_up(asked, form.table).await?;
                let found = found.ok_or_else(|| ControlError::refused(form.table, fault))?;
                if owner(asked, form.table, &found).await? == Owner::Foreign {
                    return Err(ControlError::Foreign(vec![form.table.to_string()]));
                }
            }
            Err(fault) => return Err(ControlError::refused(form.table, fault)),
        }
        created.push(form.table.clone());
    }
    Ok(created)
}

/// Makes sure that the tables that were made are known as ours later on, since not every emulator keeps the tags that a
/// table is made with.
async fn claim(asked: &impl Ask, tables: &Tables, created: &[Arc<str>]) -> Result<(), ControlError> {
    let created: Vec<&Arc<str>> = created.iter().collect();
    for (table, description) in created.iter().zip(all(asked, &created).await?) {
        if owner(asked, table, &description).await? == Owner::Foreign {
            mark(asked, table, &description, &form::tag(tables)).await?;
        }
    }
    Ok(())
}
