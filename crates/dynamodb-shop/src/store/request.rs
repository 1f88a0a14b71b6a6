//! A request is read from JSON into the engine's own types, a response written from them.

use bytes::Bytes;
use dynoxide::DynoxideError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::operation::Operation;
use super::refusal::Refusal;

/// Operations whose complaints about single members the service counts, with such words before them.
const ENVELOPED: [Operation; 3] = [Operation::DeleteItem, Operation::PutItem, Operation::UpdateItem];

/// Reads a request.
pub fn read<T: DeserializeOwned>(operation: Operation, body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Refusal::Engine(complaint(operation, &error.to_string())),
        Category::Io | Category::Syntax | Category::Eof => Refusal::Malformed,
    })
}

/// Writes a response.
pub fn write<T: Serialize>(response: &T) -> Result<Bytes, Refusal> {
    match serde_json::to_vec(response) {
        Ok(body) => Ok(Bytes::from(body)),
        Err(error) => Err(Refusal::Engine(DynoxideError::InternalServerError(error.to_string()))),
    }
}

/// The engine's types put the class of a complaint before its words.
fn complaint(operation: Operation, text: &str) -> DynoxideError {
    if let Some(as_read) = text.strip_prefix("SERIALIZATION_AS_READ:") {
        return DynoxideError::SerializationException(as_read.to_owned());
    }
    if let Some(as_read) = text.strip_prefix("VALIDATION_AS_READ:") {
        return DynoxideError::ValidationException(as_read.to_owned());
    }
    let text = without_position(text);
    if let Some(words) = text.strip_prefix("SERIALIZATION:") {
        return DynoxideError::SerializationException(words.to_owned());
    }
    if let Some(words) = text.strip_prefix("VALIDATION_REQUEST:") {
        let counted = ENVELOPED.contains(&operation);
        let envelope = if counted { "1 validation error detected: " } else { "" };
        return DynoxideError::ValidationException(format!("{envelope}{words}"));
    }
    if let Some(words) = text.strip_prefix("VALIDATION:") {
        return DynoxideError::ValidationException(words.to_owned());
    }
    if text.contains("empty AttributeValue") {
        return DynoxideError::ValidationException(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
                .to_owned(),
        );
    }
    let is_invalid = ["missing field", "unknown variant", "invalid type: null", "Supplied AttributeValue"];
    if is_invalid.iter().any(|sign| text.contains(sign)) {
        DynoxideError::ValidationException(text.to_owned())
    } else {
        DynoxideError::SerializationException(text.to_owned())
    }
}

fn without_position(text: &str) -> &str {
    match text.rfind(" at line ") {
        Some(at) if text[at..].contains(" column ") => &text[..at],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use dynoxide::actions::get_item::GetItemRequest;
    use dynoxide::actions::put_item::PutItemRequest;

    use super::*;

    fn refused<T: DeserializeOwned>(operation: Operation, body: &str) -> String {
        let refusal = read::<T>(operation, body.as_bytes()).err().expect("it is wrong");
        String::from_utf8(refusal.response("here").body.to_vec()).unwrap()
    }

    #[test]
    fn what_is_wrong_with_a_request_is_told_in_the_services_words() {
        assert_eq!(
            refused::<GetItemRequest>(Operation::GetItem, "{\"TableName\""),
            r##"{"__type":"com.amazon.coral.service#SerializationException"}"##
        );
        assert_eq!(
            refused::<GetItemRequest>(Operation::GetItem, r#"{"TableName":"Products"}"#),
            r##"{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null"}"##
        );
        let nothing = r#"{"TableName":"Products","Item":{"a":{}}}"#;
        let text = refused::<PutItemRequest>(Operation::PutItem, nothing);
        assert!(text.contains("ValidationException") && text.contains("Supplied AttributeValue"), "{text}");
        let wrong = r#"{"TableName":7,"Item":{}}"#;
        assert!(refused::<PutItemRequest>(Operation::PutItem, wrong).contains("#SerializationException"));
    }
}
