//! Duet arguments are the flags of `duet`, besides those of `run`.

use clap::Args;

use super::RunArgs;

const EXAMPLES: &str = "\
Examples:
  flashcrowd duet script.js --a http://old:8080 --b http://new:8080 -u 20 -d 5m
  flashcrowd duet plan.yaml --a http://old:8080 --b http://new:8080
  flashcrowd duet plan.yaml --a http://old:8080 --b http://new:8080 -d 3m --margin 5%
  flashcrowd duet script.js --a URL --b URL --variable API_URL       the script reads __ENV.API_URL
  flashcrowd duet script.js --a URL --b URL --from https://shop.test its URLs are fixed: replace them
  flashcrowd duet script.js --a URL --b URL --record results/duet    then: flashcrowd report results/duet

Each iteration runs at A and at B, with the same data, in random order, within 100 ms. Whatever
disturbs the machine or the network disturbs both, so this is the way to compare on a noisy machine.
The run ends when the answer is certain, when the test is over, or after --duration. It takes at
least 40 seconds: what disturbs one side only, and lasts longer, cannot be told from a difference.
Thresholds and expectations of the test itself are not judged.

Exit codes: 0 B is faster, fails less, or does not differ by more than the margin; 99 B is slower by
more than the margin, or fails more often, or it could not be told; 104 something is wrong with the
options; 105 a signal ended the run. See docs/duet.md for the method.";

/// `duet`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DuetArgs {
    /// Variant A, the reference
    #[arg(long, value_name = "URL", help_heading = "Duet")]
    pub a: String,
    /// Variant B, compared with A
    #[arg(long, value_name = "URL", help_heading = "Duet")]
    pub b: String,
    /// The difference that does not matter
    #[arg(
        long,
        value_name = "PERCENT",
        default_value = "2%",
        allow_hyphen_values = true,
        help_heading = "Duet"
    )]
    pub margin: String,
    /// The probability that the answer is false, at whatever time it is given
    #[arg(
        long,
        value_name = "PROBABILITY",
        default_value = "0.01",
        allow_hyphen_values = true,
        help_heading = "Duet"
    )]
    pub alpha: String,
    /// The variable that tells a script where its target is; it is set to the URL of A and of B
    #[arg(long, value_name = "NAME", default_value = "BASE_URL", help_heading = "Duet")]
    pub variable: String,
    /// The origin in the script's URLs, which is replaced by that of A and of B
    #[arg(long, value_name = "URL", help_heading = "Duet")]
    pub from: Option<String>,
    /// What is run, and how.
    #[command(flatten)]
    pub run: RunArgs,
}
