//! Parameters of connections and calls, as scripts give them.

use std::time::Duration;

use flashcrowd_grpc::{Call, Endpoint, Metadata, MetadataValue, Method};
use flashcrowd_http::TlsIdentity;
use flashcrowd_metrics::TagSet;
use rquickjs::{Ctx, Exception, Object, Value};

use crate::modules::http::timeout;
use crate::quickjs::convert::{self, Text};
use crate::quickjs::vm;
use crate::tags;

/// How long a call may take that says nothing of it.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// How a script wants to connect.
pub struct Connect {
    /// Where, and how.
    pub endpoint: Endpoint,
    /// Whether the server is asked for its services.
    pub reflect: bool,
    /// What is sent with that question.
    pub metadata: Metadata,
}

/// What a call has beside its message.
pub struct Params {
    /// The call.
    pub call: Call,
    /// Tags of its samples.
    pub tags: Option<TagSet>,
    /// Whether nobody wants the answer's message.
    pub discard: bool,
}

fn wrong(ctx: &Ctx<'_>, text: &str) -> rquickjs::Error {
    Exception::throw_message(ctx, text)
}

impl Connect {
    /// Reads the parameters of `connect`.
    pub fn read<'js>(ctx: &Ctx<'js>, address: &str, params: &Value<'js>) -> rquickjs::Result<Self> {
        let mut connect = Self::plain(ctx, address)?;
        let Some(params) = record(ctx, params, "connect")? else { return Ok(connect) };
        for entry in params.props::<Text, Value<'js>>() {
            let (Text(name), value) = entry?;
            let tls = &mut connect.endpoint.channel;
            match name.as_str() {
                _ if !convert::is_some(&value) && name != "authority" => known(ctx, &name)?,
                "plaintext" => tls.origin.tls = !flag(ctx, &name, &value)?,
                "timeout" => tls.timeout = timeout(ctx, &value)?,
                "reflect" => connect.reflect = flag(ctx, &name, &value)?,
                "reflectMetadata" => connect.metadata = metadata(ctx, &name, &value)?,
                "maxReceiveSize" => connect.endpoint.max_receive = size(ctx, &name, &value)?,
                "maxSendSize" => connect.endpoint.max_send = size(ctx, &name, &value)?,
                "authority" => tls.authority = Some(convert::text(&value)?).filter(|text| !text.is_empty()),
                "tls" => {
                    let (identity, authorities) = self::tls(ctx, &value)?;
                    (tls.identity, tls.authorities) = (identity, authorities);
                }
                _ => known(ctx, &name)?,
            }
        }
        Ok(connect)
    }

    fn plain(ctx: &Ctx<'_>, address: &str) -> rquickjs::Result<Self> {
        let endpoint = Endpoint::new(address, true).map_err(|error| wrong(ctx, &error.to_string()))?;
        Ok(Self { endpoint, reflect: false, metadata: Metadata::default() })
    }
}

/// Refuses a name that is none of a parameter of connections.
fn known(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<()> {
    const NAMES: [&str; 8] = [
        "authority",
        "maxReceiveSize",
        "maxSendSize",
        "plaintext",
        "reflect",
        "reflectMetadata",
        "timeout",
        "tls",
    ];
    match NAMES.contains(&name) {
        true => Ok(()),
        false => {
            Err(wrong(ctx, &format!("unknown connect param: {name:?} (there are {})", NAMES.join(", "))))
        }
    }
}

impl Params {
    /// Those of a call that says nothing.
    pub fn plain(method: Method, streaming: bool) -> Self {
        let timeout = (!streaming).then_some(CALL_TIMEOUT);
        let call = Call { method, metadata: Metadata::default(), timeout };
        Self { call, tags: None, discard: false }
    }

    /// Reads the parameters of a call or a stream.
    pub fn read<'js>(
        ctx: &Ctx<'js>,
        method: Method,
        params: &Value<'js>,
        streaming: bool,
    ) -> rquickjs::Result<Self> {
        let mut read = Self::plain(method, streaming);
        let Some(params) = record(ctx, params, "call")? else { return Ok(read) };
        for entry in params.props::<Text, Value<'js>>() {
            let (Text(name), value) = entry?;
            match name.as_str() {
                "metadata" | "tags" | "timeout" | "discardResponseMessage" if !convert::is_some(&value) => {}
                "metadata" => read.call.metadata = metadata(ctx, &name, &value)?,
                "tags" => read.tags = tags::optional(ctx, Some(value))?,
                "timeout" => {
                    let given = timeout(ctx, &value)?;
                    read.call.timeout = Some(given).filter(|given| !(streaming && given.is_zero()));
                }
                "discardResponseMessage" => read.discard = flag(ctx, &name, &value)?,
                _ => {
                    let text = format!(
                        "unknown param: {name:?} (there are metadata, tags, timeout, discardResponseMessage)"
                    );
                    return Err(wrong(ctx, &text));
                }
            }
        }
        Ok(read)
    }
}

fn record<'js>(ctx: &Ctx<'js>, params: &Value<'js>, of: &str) -> rquickjs::Result<Option<Object<'js>>> {
    match params.as_object().filter(|object| convert::is_record(object)) {
        Some(object) => Ok(Some(object.clone())),
        None if !convert::is_some(params) => Ok(None),
        None => Err(wrong(ctx, &format!("the params of a {of} are an object, not a {}", params.type_name()))),
    }
}

fn flag(ctx: &Ctx<'_>, name: &str, value: &Value<'_>) -> rquickjs::Result<bool> {
    match value.as_bool() {
        Some(flag) => Ok(flag),
        None => Err(wrong(ctx, &format!("invalid {name} value: '{}', it needs to be boolean", shown(value)))),
    }
}

fn size(ctx: &Ctx<'_>, name: &str, value: &Value<'_>) -> rquickjs::Result<usize> {
    let number = value.as_number().filter(|number| number.fract() == 0.0);
    match number {
        Some(number) if number > 0.0 => Ok((number as usize).min(i32::MAX as usize)),
        Some(0.0) if name == "maxReceiveSize" => Ok(Endpoint::MAX_RECEIVE),
        Some(0.0) => Ok(i32::MAX as usize),
        Some(_) => Err(wrong(ctx, &format!("invalid {name} value: it needs to be a positive integer"))),
        None => {
            Err(wrong(ctx, &format!("invalid {name} value: '{}', it needs to be an integer", shown(value))))
        }
    }
}

fn shown(value: &Value<'_>) -> String {
    convert::to_text(value).unwrap_or_default()
}

/// Metadata as an object: texts, and bytes under names that end with `-bin`.
fn metadata<'js>(ctx: &Ctx<'js>, name: &str, value: &Value<'js>) -> rquickjs::Result<Metadata> {
    let mut metadata = Metadata::default();
    let Some(object) = value.as_object().filter(|object| convert::is_record(object)) else {
        return Err(wrong(ctx, &format!("{name} must be an object with key-value pairs")));
    };
    for entry in object.props::<Text, Value<'js>>() {
        let (Text(key), value) = entry?;
        let value = match (vm::binary(&value), value.is_object() || !convert::is_some(&value)) {
            (Some(bytes), _) => MetadataValue::Bytes(bytes),
            (None, false) => MetadataValue::Text(convert::text(&value)?),
            (None, true) => {
                return Err(wrong(
                    ctx,
                    &format!("metadata value of {key:?} must be a string or an ArrayBuffer"),
                ));
            }
        };
        metadata.add(&key, value).map_err(|error| wrong(ctx, &error.to_string()))?;
    }
    Ok(metadata)
}

fn tls<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<(Option<TlsIdentity>, Vec<String>)> {
    let Some(object) = value.as_object() else {
        return Err(wrong(ctx, "invalid tls value: give an object with cert, key and cacerts"));
    };
    let text = |name: &str| -> rquickjs::Result<Option<String>> {
        let value: Value<'js> = object.get(name)?;
        if convert::is_some(&value) { convert::text(&value).map(Some) } else { Ok(None) }
    };
    let identity = match (text("cert")?, text("key")?) {
        (Some(cert), Some(key)) => Some(TlsIdentity { cert, key, domains: Vec::new() }),
        (None, None) => None,
        _ => return Err(wrong(ctx, "invalid tls value: cert and key belong together")),
    };
    let cacerts: Value<'js> = object.get("cacerts")?;
    let authorities = match cacerts.as_array() {
        Some(list) => {
            list.iter::<Text>().map(|text| text.map(|Text(text)| text)).collect::<Result<_, _>>()?
        }
        None if convert::is_some(&cacerts) => vec![convert::text(&cacerts)?],
        None => Vec::new(),
    };
    Ok((identity, authorities))
}
