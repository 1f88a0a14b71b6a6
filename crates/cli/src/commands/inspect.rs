//! `inspect` shows the options that a script would be run with.

use flashcrowd_engine::config::needs;
use flashcrowd_engine::duration;
use flashcrowd_k6::Options;
use serde_json::{Value, json};

use super::Context;
use crate::args::InspectArgs;
use crate::exit::Failure;
use crate::run::{Config, FrontEnd as _, Loaded, Planned};
use crate::screen::Stream;

/// Resolves what is to be inspected.
pub fn run(context: &Context, args: &InspectArgs) -> Result<(), Failure> {
    let (config, warnings) = Config::inspect(args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let shown = match config.script().is_plan() {
        true => plans(&Planned::load(&config, &context.log)?, args.execution_requirements),
        false => {
            let loaded = Loaded::load(&config, &context.log)?;
            format!("{:#}\n", describe(&loaded.options, args.execution_requirements))
        }
    };
    context.console.write(Stream::Out, &shown);
    Ok(())
}

/// Every plan's name, host and options, one object a plan.
fn plans(plans: &[Planned], requirements: bool) -> String {
    let shown = plans.iter().map(|planned| {
        let mut json = describe(planned.options(), requirements);
        if let (Some(object), Some(plan)) = (json.as_object_mut(), planned.plan()) {
            object.insert("name".to_owned(), plan.name.clone().into());
            object.insert("host".to_owned(), plan.host.clone().into());
            let expected = plan.expected.iter().map(|one| json!({ &one.name: one.target }));
            object.insert("expected".to_owned(), expected.collect::<Vec<_>>().into());
        }
        format!("{json:#}\n")
    });
    shown.collect()
}

/// The options as `inspect` prints them; with what the run needs, if that was asked for.
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
    use flashcrowd_k6::{OptionLayer, Tier};

    #[test]
    fn requirements_are_added_on_request() {
        let (layer, ..) = OptionLayer::from_json(&json!({"vus": 7, "duration": "2s"}));
        let options = Options::consolidate(&[(Tier::Script, layer)]).unwrap().options;
        let shown = |requirements| describe(&options, requirements);
        assert_eq!(shown(false)["maxVUs"], Value::Null);
        assert_eq!((&shown(true)["maxVUs"], shown(true)["totalDuration"].as_str()), (&json!(7), Some("32s")));
    }
}
