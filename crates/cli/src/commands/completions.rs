//! `completions` prints a completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd completions bash > ~/.local/share/bash-completion/completions/flashcrowd
  flashcrowd completions fish > ~/.config/fish/completions/flashcrowd.fish")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Prints the script.
#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub fn run(context: &Context, args: &CompletionsArgs) -> Result<(), Failure> {
    context.console.write_bytes(Stream::Out, &script(args));
    Ok(())
}

fn script(args: &CompletionsArgs) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "flashcrowd", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn every_shell_learns_the_commands() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(&CompletionsArgs { shell: *shell })).unwrap();
            for word in ["flashcrowd", "inspect", "execution-segment", "fail-on"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
