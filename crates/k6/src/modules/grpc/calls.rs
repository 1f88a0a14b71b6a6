//! Calls with one message each way, and what scripts see of their answers.

use std::rc::Rc;

use flashcrowd_grpc::{
    Answer, Connection, DynamicMessage, Metadata, MetadataValue, Schema, Status, from_json, to_json,
};
use flashcrowd_http::Client;
use rquickjs::{Array, Ctx, Exception, Object, Value};

use super::measure::Measure;
use super::params::Params;
use crate::state::VuState;

/// A call that is ready to be made.
pub struct Prepared {
    /// The virtual user.
    pub vu: Rc<VuState>,
    /// The way to the server.
    pub connection: Rc<Connection>,
    /// What is known of the server's messages.
    pub schema: Schema,
    /// What the call has beside its message.
    pub params: Params,
    /// The message, as JSON.
    pub request: String,
}

/// What came of a call, in texts of JSON.
pub struct Outcome {
    status: Status,
    message: Option<String>,
    error: Option<String>,
    headers: Metadata,
    trailers: Metadata,
}

impl Prepared {
    /// Makes the call. An error where the request is none of the method's, or the answer cannot be shown.
    pub async fn perform(self) -> Result<Outcome, String> {
        let Self { vu, connection, schema, params, request } = self;
        let Params { call, tags, discard } = params;
        let client: &Client = vu.client.as_ref().ok_or("no connections in the init context")?;
        let message = from_json(call.method.input(), &request)
            .map_err(|error| format!("unable to serialise request object to protocol buffer: {error}"))?;
        drop(request);
        let measure = Measure::begin(&vu, &connection, &call.method, tags.as_ref());
        let answer = connection.unary(client, &call, &message).await;
        measure.end(&answer.status);
        let Answer { status, message, headers, trailers } = answer;
        let shown = message.unwrap_or_else(|| DynamicMessage::new(call.method.output()));
        let message = match discard {
            true => None,
            false => Some(to_json(&shown, &schema).map_err(|error| {
                format!("cannot show the answer of {} as JSON: {error}", call.method.path())
            })?),
        };
        let error = (!status.is_ok()).then(|| status.to_json(&schema));
        Ok(Outcome { status, message, error, headers, trailers })
    }
}

impl Outcome {
    /// What the script is given.
    pub fn response<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let parsed = |text: Option<String>| match text {
            Some(text) => ctx.json_parse(text),
            None => Ok(Value::new_null(ctx.clone())),
        };
        let response = Object::new(ctx.clone())?;
        response.set("status", self.status.code as i32)?;
        response.set("message", parsed(self.message)?)?;
        response.set("headers", metadata(ctx, &self.headers)?)?;
        response.set("trailers", metadata(ctx, &self.trailers)?)?;
        response.set("error", parsed(self.error)?)?;
        Ok(response)
    }
}

/// Metadata as an object of lists; bytes as texts of one character a byte.
fn metadata<'js>(ctx: &Ctx<'js>, metadata: &Metadata) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    for (name, values) in metadata.iter() {
        let list = Array::new(ctx.clone())?;
        for (index, value) in values.into_iter().enumerate() {
            let text = match value {
                MetadataValue::Text(text) => text,
                MetadataValue::Bytes(bytes) => bytes.into_iter().map(char::from).collect(),
            };
            list.set(index, text)?;
        }
        object.set(name, list)?;
    }
    Ok(object)
}

/// Throws what a call could not be made for.
pub fn thrown(ctx: &Ctx<'_>, text: &str) -> rquickjs::Error {
    Exception::throw_message(ctx, text)
}
