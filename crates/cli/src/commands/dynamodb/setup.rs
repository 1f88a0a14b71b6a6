//! `dynamodb setup` makes the four tables and fills them.

use flashcrowd_prime_day::Catalogue;
use flashcrowd_prime_day::control::{self, Mode, SetupDone};

use super::dispatch::{lasting, mode};
use super::progress::Shown;
use crate::args::SetupArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// The mode where nobody says another: that of the workshop.
const USUAL: Mode = Mode::Provisioned { read: 2, write: 2 };

/// Makes what is not there.
pub async fn run(context: &Context, args: &SetupArgs) -> Result<(), Failure> {
    let connection = lasting(context, &args.place).await?;
    let products = usize::try_from(args.products).unwrap_or(usize::MAX);
    let (catalogue, mode) = (Catalogue::new(products, args.stock), mode(&args.mode).unwrap_or(USUAL));
    let mut shown = Shown::new(context);
    let done = control::setup(&connection.client(), &connection.tables, &catalogue, mode, &mut |progress| {
        shown.show(&progress)
    })
    .await;
    shown.finish();
    let done = done?;
    context.console.write(Stream::Out, &told(&done, mode));
    Ok(())
}

/// What was made and what was there.
fn told(done: &SetupDone, mode: Mode) -> String {
    let mut text = String::new();
    if !done.created.is_empty() {
        text += &format!("created  {} ({mode})\n", done.created.join(", "));
    }
    if !done.kept.is_empty() {
        text += &format!("kept     {}\n", done.kept.join(", "));
    }
    text + &format!("items    {} written\n", done.items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_told_apart() {
        let done = SetupDone { created: vec!["Orders".into()], kept: vec!["Products".into()], items: 3 };
        insta::assert_snapshot!(told(&done, USUAL), @r"
        created  Orders (provisioned 2 RCU / 2 WCU)
        kept     Products
        items    3 written
        ");
        assert_eq!(told(&SetupDone::default(), USUAL), "items    0 written\n");
    }
}
