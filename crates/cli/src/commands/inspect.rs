//! `inspect` shows the options that a script would be run with.

use flashcrowd_engine::config::needs;
use flashcrowd_engine::duration;
use flashcrowd_k6::Options;

use super::Context;
use crate::args::InspectArgs;
use crate::exit::Failure;
use crate::run::{Config, Loaded};
use crate::screen::Stream;

/// Resolves what is to be inspected.
pub fn run(context: &Context, args: &InspectArgs) -> Result<(), Failure> {
    let (config, warnings) = Config::inspect(args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let loaded = Loaded::load(&config, &context.log)?;
    context.console.write(Stream::Out, &describe(&loaded.options, args.execution_requirements));
    Ok(())
}

/// The options as `inspect` prints them; with what the run needs, if that was asked for.
fn describe(options: &Options, requirements: bool) -> String {
    let mut json = options.to_json();
    if let Some(object) = json.as_object_mut().filter(|_| requirements) {
        let needs = needs(options.scenarios(), options.share());
        object.insert("maxVUs".to_owned(), needs.possible.into());
        object.insert("totalDuration".to_owned(), duration::format(needs.end).into());
    }
    format!("{json:#}\n")
}

#[cfg(test)]
mod tests {
    use flashcrowd_k6::{OptionLayer, Tier};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn requirements_are_added_on_request() {
        let (layer, ..) = OptionLayer::from_json(&json!({"vus": 7, "duration": "2s"}));
        let options = Options::consolidate(&[(Tier::Script, layer)]).unwrap().options;
        let parsed = |requirements| serde_json::from_str::<Value>(&describe(&options, requirements)).unwrap();
        assert_eq!(parsed(false)["maxVUs"], Value::Null);
        assert_eq!(
            (&parsed(true)["maxVUs"], parsed(true)["totalDuration"].as_str()),
            (&json!(7), Some("32s"))
        );
    }
}
