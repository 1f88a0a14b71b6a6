//! To ask a run is to send a request to its REST API, and to print what it answers.

use clap::Args;
use flashcrowd_live::Client;
use http::Method;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// Where a run listens unless something else is said.
const USUAL: &str = "localhost:6565";

/// Where the run is that is asked.
#[derive(Debug, Default, Args)]
pub struct RunAddress {
    /// Where the run listens, its --address or --web [default: FLASHCROWD_ADDRESS, K6_ADDRESS or localhost:6565]
    #[arg(short, long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The token of the run, if it needs one
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
}

/// Asks a run for a path.
pub(super) fn ask(
    context: &Context,
    at: &RunAddress,
    (method, path): (Method, &str),
    document: Option<&Value>,
) -> Result<Value, Failure> {
    let set = context.environment.setting("ADDRESS").map(|(_, address)| address.to_owned());
    let address = at.address.clone().or(set).unwrap_or_else(|| USUAL.to_owned());
    let address = if address.starts_with(':') { format!("localhost{address}") } else { address };
    let client = Client { address, token: at.token.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(anyhow::Error::new)?;
    let answer = runtime.block_on(context.interrupt.or(client.ask(method, path, document)));
    Ok(answer.ok_or(Failure::SIGNAL)?.map_err(anyhow::Error::new)?)
}

/// Changes the status of a run, and prints what it is then.
pub(super) fn change(context: &Context, at: &RunAddress, attributes: &Value) -> Result<(), Failure> {
    let document = json!({ "data": { "type": "status", "id": "default", "attributes": attributes } });
    let answer = ask(context, at, (Method::PATCH, "/v1/status"), Some(&document))?;
    print_attributes(context, &answer["data"]["attributes"], "");
    Ok(())
}

/// Prints attributes as YAML, as k6 does.
pub(super) fn print_attributes(context: &Context, attributes: &Value, indent: &str) {
    let empty = Map::new();
    let lines =
        attributes.as_object().unwrap_or(&empty).iter().map(|(name, value)| match value.as_object() {
            None => format!("{indent}{name}: {value}\n"),
            Some(values) => {
                let inner = values.iter().map(|(name, value)| format!("{indent}  {name}: {value}\n"));
                format!("{indent}{name}:\n{}", inner.collect::<String>())
            }
        });
    context.console.write(Stream::Out, &lines.collect::<String>());
}
