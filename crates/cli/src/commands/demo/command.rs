//! `demo` runs a flash sale three times and shows its figures.

use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;
use flashcrowd_demo::{Crowd, Figures, Page, SCRIPT, Sale, problems};
use flashcrowd_session::{RecordPlace, Settings, raise_file_limit};
use flashcrowd_shop::Lock;

use super::live::Live;
use crate::context::Context;

use crate::exit::Failure;
use crate::run::run as run_session;
use crate::screen::Stream;

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd demo
  flashcrowd demo --users 300 --lang ko
  flashcrowd demo --print-script > opening.js   the load as a k6 script, to edit and run")]
pub struct DemoArgs {
    /// Number of users who want the 100 items, 200 to 5000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(200..=5000))]
    pub users: u32,
    /// Keep the records of the three runs in DIR/none, DIR/mutex and DIR/atomic
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Replace the records of an earlier demo in that folder
    #[arg(long)]
    pub force: bool,
    /// Print the k6 script that the demo runs, and exit
    #[arg(long)]
    pub print_script: bool,
}

/// Runs the demo, or prints its script.
pub fn run(context: &Context, args: &DemoArgs) -> Result<(), Failure> {
    if args.print_script {
        context.console.write(Stream::Out, SCRIPT);
        return Ok(());
    }
    let crowd = Crowd::of(args.users.into());
    enough_files(crowd, raise_file_limit())?;
    let page = Page {
        lang: context.ui.lang(),
        columns: context.console.terminal().width.into(),
        color: context.console.color(Stream::Out),
    };
    if !context.ui.quiet() {
        context.console.write(Stream::Out, &page.opening(crowd));
    }
    let sales = Lock::IN_MEMORY.iter().map(|lock| {
        let record = args.record.as_ref().map(|folder| folder.join(lock.name()));
        let record = record.map_or(RecordPlace::None, RecordPlace::Folder);
        let settings = Settings { record, replaces_record: args.force, ..context.settings() };
        sell(context, crowd, *lock, settings)
    });
    let all: Vec<Figures> = sales.collect::<Result<_, Failure>>()?;
    show(context, page, &all)
}

/// Opens a sale and shows it until everybody is done.
fn sell(context: &Context, crowd: Crowd, lock: Lock, settings: Settings) -> Result<Figures, Failure> {
    let sale = Sale::open(crowd, lock, settings)?;
    let live = Live::new(lock, crowd, context.ui.lang(), sale.shop());
    let finished = run_session(context, sale.test(), sale.session()?, (Rc::new(live), &mut []))?;
    let (results, failure) = (finished.results, finished.failure);
    Ok(sale.close(&results, failure)?)
}

/// Refuses a crowd that needs more sockets than this process may open.
fn enough_files(crowd: Crowd, limit: Option<u64>) -> Result<(), Failure> {
    let needed = crowd.files();
    match limit {
        Some(limit) if limit < needed => Err(anyhow::anyhow!(
            "{} users need {needed} open files, but this process may open only {limit}: \
             reduce --users, or raise the limit with ulimit -n {needed}",
            crowd.users
        )
        .into()),
        _ => Ok(()),
    }
}

/// Shows the figures. It is a failure if the two sides' counts differ.
fn show(context: &Context, page: Page, all: &[Figures]) -> Result<(), Failure> {
    let problems = problems(page.lang, all);
    let out = |text: &str| context.console.write(Stream::Out, text);
    if context.ui.quiet() {
        out(&page.table(all));
    } else {
        let gap = if context.console.progress_stream() == Stream::Out { "\n" } else { "" };
        out(&format!("{gap}{}\n{}", page.picture(all), page.table(all)));
    }
    if !problems.is_empty() {
        out(&page.contradictions(&problems));
        return Err(anyhow::anyhow!("the figures of the demo contradict each other: see above").into());
    }
    if !context.ui.quiet() {
        out(&format!("\n{}", page.story(all)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_needs_two_files() {
        let crowd = Crowd::of(1000);
        assert!(enough_files(crowd, None).is_ok() && enough_files(crowd, Some(2200)).is_ok());
        assert_eq!(
            enough_files(crowd, Some(1024)).unwrap_err().to_string(),
            "1000 users need 2200 open files, but this process may open only 1024: reduce --users, or raise the limit \
             with ulimit -n 2200"
        );
    }
}
