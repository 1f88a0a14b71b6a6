//! Reflection asks a server for the schema of its own services.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flashcrowd_http::Client;
use prost::Message as _;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::json::{from_json, to_json};
use crate::metadata::Metadata;
use crate::outcome::Call;
use crate::schema::{ReadFile, Schema};
use crate::status::{Code, Status};
use crate::stream::{Event, Receiver, Sender};

/// How many files a server may have.
const MOST_FILES: usize = 10_000;

/// The part of the protocol that is used, in both of its versions.
fn protocol(package: &str) -> Schema {
    let text = format!(
        r#"syntax = "proto3"; package {package};
        service ServerReflection {{ rpc ServerReflectionInfo(stream Ask) returns (stream Answer); }}
        message Ask {{ oneof ask {{ string file_by_filename = 3; string file_containing_symbol = 4; string list_services = 7; }} }}
        message Answer {{ oneof answer {{ Files file_descriptor_response = 4; Services list_services_response = 6; Failure error_response = 7; }} }}
        message Files {{ repeated bytes file_descriptor_proto = 1; }}
        message Services {{ repeated Service service = 1; }}
        message Service {{ string name = 1; }}
        message Failure {{ int32 error_code = 1; string error_message = 2; }}"#
    );
    let read: ReadFile = Box::new(move |_| Some(Ok(text.as_bytes().into())));
    // The text above is right, which the tests of reflection show.
    Schema::parse(&["reflection.proto".to_owned()], read).unwrap_or_default()
}

/// The two versions of the protocol, the newer one first.
fn protocols() -> &'static [(&'static str, Schema); 2] {
    static PROTOCOLS: OnceLock<[(&str, Schema); 2]> = OnceLock::new();
    PROTOCOLS
        .get_or_init(|| ["grpc.reflection.v1", "grpc.reflection.v1alpha"].map(|name| (name, protocol(name))))
}

/// The schema of all services of a server that reflects.
pub async fn reflect(
    connection: &Connection,
    client: &Client,
    metadata: &Metadata,
) -> Result<Schema, Status> {
    let mut last = Status::new(Code::Unimplemented, "the server does not reflect");
    for (package, schema) in protocols() {
        let path = format!("/{package}.ServerReflection/ServerReflectionInfo");
        let Some(method) = schema.method(&path) else { continue };
        let call = Call { method, metadata: metadata.clone(), timeout: None };
        let (sender, receiver) = connection.stream(client, &call).await?;
        let found = Talk { sender, receiver, schema }.whole().await;
        match found {
            Err(status) if status.code == Code::Unimplemented => last = status,
            other => return other,
        }
    }
    Err(last)
}

struct Talk<'a> {
    sender: Sender,
    receiver: Receiver,
    schema: &'a Schema,
}

impl Talk<'_> {
    async fn whole(mut self) -> Result<Schema, Status> {
        let services = self.ask(&json!({ "listServices": "*" })).await?;
        let services = services["listServicesResponse"]["service"].as_array().cloned().unwrap_or_default();
        let mut files = BTreeMap::new();
        for service in &services {
            let Some(name) = service["name"].as_str() else { continue };
            let answer = self.ask(&json!({ "fileContainingSymbol": name })).await?;
            keep(&answer, &mut files);
        }
        loop {
            let missing = missing(&files);
            if missing.is_empty() || files.len() > MOST_FILES {
                break;
            }
            for name in missing {
                let answer = self.ask(&json!({ "fileByFilename": name })).await?;
                keep(&answer, &mut files);
                if !files.contains_key(&name) {
                    return Err(Status::new(
                        Code::NotFound,
                        format!("the server does not show its file {name:?}"),
                    ));
                }
            }
        }
        // The end of the talk is a matter of form.
        let _ = self.sender.end().await;
        let files: Vec<Vec<u8>> = files.into_values().collect();
        Schema::of_files(&files).map_err(|error| Status::new(Code::Internal, error.to_string()))
    }

    async fn ask(&mut self, question: &Value) -> Result<Value, Status> {
        let internal = |text: String| Status::new(Code::Internal, text);
        let message = from_json(self.sender.method().input(), &question.to_string())
            .map_err(|error| internal(error.to_string()))?;
        if let Err(status) = self.sender.send(&message).await {
            // Why it broke comes the other way.
            return Err(match self.receiver.next().await {
                Event::End(end) if !end.is_ok() => end,
                _ => status,
            });
        }
        let message = match self.receiver.next().await {
            Event::Message(message) => message,
            Event::End(status) if status.is_ok() => {
                return Err(internal("the server stopped reflecting".to_owned()));
            }
            Event::End(status) => return Err(status),
        };
        let text = to_json(&message, self.schema).map_err(|error| internal(error.to_string()))?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| internal(error.to_string()))?;
        match answer.get("errorResponse") {
            None => Ok(answer),
            Some(failure) => {
                let message = failure["errorMessage"].as_str().unwrap_or_default();
                Err(Status::new(Code::of(failure["errorCode"].as_i64().unwrap_or(2)), message))
            }
        }
    }
}

/// Keeps the files of an answer, by their names.
fn keep(answer: &Value, files: &mut BTreeMap<String, Vec<u8>>) {
    let found = answer["fileDescriptorResponse"]["fileDescriptorProto"].as_array();
    for text in found.into_iter().flatten().filter_map(Value::as_str) {
        let Ok(bytes) = BASE64_STANDARD.decode(text) else { continue };
        if let Ok(file) = prost_types::FileDescriptorProto::decode(bytes.as_slice()) {
            files.insert(file.name().to_owned(), bytes);
        }
    }
}

/// The names of files that others import and that have not come.
fn missing(files: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let decoded =
        files.values().filter_map(|bytes| prost_types::FileDescriptorProto::decode(bytes.as_slice()).ok());
    let imported = decoded.flat_map(|file| file.dependency);
    imported.filter(|name| !files.contains_key(name)).collect()
}
