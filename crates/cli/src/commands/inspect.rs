//! `inspect` shows the options that a test would run with.

use std::sync::Arc;

use flashcrowd_engine::config::needs;
use flashcrowd_engine::duration;
use flashcrowd_record::RunInfo;
use flashcrowd_test::{Log as _, Options, Test};
use flashcrowd_text::visible_json;
use serde_json::{Value, json};

pub use crate::args::InspectArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::{Config, load};
use crate::screen::Stream;

/// Loads the tests and prints their options.
pub fn run(context: &Context, args: &InspectArgs) -> Result<(), Failure> {
    let (config, warnings) = Config::inspect(args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let log = Arc::new(TestLog::new(context.log.clone()));
    let tests = load(context, &config, &log)?;
    let document = |test: &dyn Test| {
        let info =
            RunInfo { options: test.options().to_json(), secrets: log.secrets(), ..RunInfo::default() };
        info.redacted_json(shown(test, args.execution_requirements))
    };
    let shown =
        tests.iter().map(|test| visible_json(&format!("{:#}\n", document(test.as_ref()))).into_owned());
    context.console.write(Stream::Out, &shown.collect::<String>());
    Ok(())
}

/// The test's options; for a test with one target also its name, the target and the expectations.
fn shown(test: &dyn Test, requirements: bool) -> Value {
    let mut json = describe(test.options(), requirements);
    if let (Some(object), Some(host)) = (json.as_object_mut(), test.target()) {
        object.insert("name".to_owned(), test.info().name.into());
        object.insert("host".to_owned(), host.into());
        let expected = test.expected().into_iter().map(|one| json!({ one.name: one.target }));
        object.insert("expected".to_owned(), expected.collect::<Vec<_>>().into());
    }
    json
}

/// The options as `inspect` prints them; with the requirements of the run on request.
fn describe(options: &Options, requirements: bool) -> Value {
    let mut json = options.to_json();
    if let Some(object) = json.as_object_mut().filter(|_| requirements) {
        let needs = needs(options.scenarios(), options.share());
        object.insert("maxVUs".to_owned(), needs.possible.into());
        object.insert("totalDuration".to_owned(), duration::format(needs.end).into());
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use flashcrowd_test::{OptionLayer, Tier};

    #[test]
    fn requirements_are_added_on_request() {
        let (layer, ..) = OptionLayer::from_json(&json!({"vus": 7, "duration": "2s"}));
        let options = Options::consolidate(&[(Tier::Script, layer)]).unwrap().options;
        let shown = |requirements| describe(&options, requirements);
        assert_eq!(shown(false)["maxVUs"], Value::Null);
        assert_eq!((&shown(true)["maxVUs"], shown(true)["totalDuration"].as_str()), (&json!(7), Some("32s")));
    }
}
