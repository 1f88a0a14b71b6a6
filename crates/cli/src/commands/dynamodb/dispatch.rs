//! What `dynamodb` was asked for: a run, or one of its subcommands.

use anyhow::Context as _;
use flashcrowd_prime_day::Connection;
use flashcrowd_prime_day::control::Mode;
use tokio::task::LocalSet;

use super::{capacity, setup, teardown};
use crate::args::{DynamodbArgs, DynamodbCommand, ModeArgs, PlaceArgs};
use crate::context::Context;
use crate::dynamodb::{self, connection, interruptible, provisioned};
use crate::exit::Failure;

/// Runs the day, or the subcommand.
pub fn run(context: &Context, args: &DynamodbArgs) -> Result<(), Failure> {
    match &args.command {
        None => dynamodb::run(context, args),
        Some(DynamodbCommand::Setup(args)) => wait(context, setup::run(context, args)),
        Some(DynamodbCommand::Capacity(args)) => wait(context, capacity::run(context, args)),
        Some(DynamodbCommand::Teardown(args)) => wait(context, teardown::run(context, args)),
    }
}

/// The connection to tables that last: never the in-process DynamoDB, which ends with this command.
pub async fn lasting(args: &PlaceArgs) -> Result<Connection, Failure> {
    Ok(Connection::open(&connection(args, None)?, None).await?)
}

/// Refuses tables of one's own for commands that create and delete the shop's.
pub fn only_the_shops(args: &PlaceArgs) -> Result<(), Failure> {
    match args.tables {
        None => Ok(()),
        Some(_) => Err(Failure::Config(vec![
            "--tables maps tables of your own, which are neither created nor deleted here: use it for runs and capacity"
                .to_owned(),
        ])),
    }
}

/// The requested capacity mode, if any.
pub fn mode(args: &ModeArgs) -> Option<Mode> {
    let units = args.provisioned.as_deref().and_then(provisioned);
    if args.on_demand { Some(Mode::OnDemand) } else { units }
}

fn wait(context: &Context, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot begin")?;
    LocalSet::new().block_on(&runtime, interruptible(context, work))
}
