//! The settings of a client: what a script gives to `new Client(...)`, and the environment for what it leaves out.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_dynamodb::{Endpoint, EndpointError, Retry};
use flashcrowd_engine::duration;
use rquickjs::{Ctx, Exception, Object, Value};

use crate::quickjs::convert::{self, Text};

/// Where requests go, who signs them and how patiently they are sent.
#[derive(PartialEq, Eq)]
pub struct Settings {
    /// The region, if it is said.
    pub region: Option<String>,
    /// Where they go, unless to AWS's own endpoint of the region.
    pub url: Option<String>,
    /// Who signs them.
    pub signer: Signer,
    /// How often they are tried.
    pub retry: Retry,
    /// How long one attempt may take.
    pub timeout: Duration,
}

/// Who signs requests.
#[derive(PartialEq, Eq)]
pub enum Signer {
    /// The one that the script names.
    Given(Keys),
    /// The one that AWS's default chain finds, of this profile if it is said.
    Found(Option<String>),
}

/// The keys that a script gives.
#[derive(PartialEq, Eq)]
pub struct Keys {
    /// The access key's id.
    pub access_key: String,
    /// Its secret.
    pub secret: String,
    /// The session token, if there is one.
    pub token: Option<String>,
}

const OPTIONS: [&str; 8] =
    ["region", "endpoint", "credentials", "profile", "attempts", "retryBase", "retryCap", "timeout"];
const KEYS: [&str; 3] = ["accessKeyId", "secretAccessKey", "sessionToken"];

/// More attempts than anybody waits for.
const MOST_ATTEMPTS: f64 = 1000.0;
const TIMEOUT: Duration = Duration::from_secs(60);

/// The region where nobody says another.
pub const REGION: &str = "us-east-1";

impl Settings {
    /// Reads the argument of `new Client(...)`.
    pub fn read<'js>(
        ctx: &Ctx<'js>,
        value: Option<Value<'js>>,
        env: &BTreeMap<String, String>,
    ) -> rquickjs::Result<Self> {
        let options = Fields::read(ctx, "Client", value, &OPTIONS)?;
        let set =
            |names: &[&str]| names.iter().find_map(|name| env.get(*name).filter(|text| !text.is_empty()));
        let defaults = Retry::default();
        let settings = Self {
            region: options.text("region")?.or_else(|| set(&["AWS_REGION", "AWS_DEFAULT_REGION"]).cloned()),
            url: options
                .text("endpoint")?
                .or_else(|| set(&["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"]).cloned()),
            signer: options.signer()?,
            retry: Retry {
                attempts: options.attempts()?.unwrap_or(defaults.attempts),
                base: options.time("retryBase")?.unwrap_or(defaults.base),
                cap: options.time("retryCap")?.unwrap_or(defaults.cap),
            },
            timeout: options.time("timeout")?.unwrap_or(TIMEOUT),
        };
        // Where nobody says the region here, a profile may; what is said is checked now.
        match settings.endpoint(settings.region.as_deref().unwrap_or(REGION)) {
            Ok(_) => Ok(settings),
            Err(error) => Err(Exception::throw_message(ctx, &error.to_string())),
        }
    }

    /// Where requests go if this is the region.
    pub fn endpoint(&self, region: &str) -> Result<Endpoint, EndpointError> {
        match &self.url {
            Some(url) => Endpoint::at(url, region),
            None => Endpoint::aws(region),
        }
    }
}

/// The fields of an object that a script gives.
struct Fields<'a, 'js> {
    ctx: &'a Ctx<'js>,
    of: &'static str,
    object: Option<Object<'js>>,
}

impl<'a, 'js> Fields<'a, 'js> {
    fn read(
        ctx: &'a Ctx<'js>,
        of: &'static str,
        value: Option<Value<'js>>,
        known: &[&str],
    ) -> rquickjs::Result<Self> {
        let Some(value) = value.filter(convert::is_some) else { return Ok(Self { ctx, of, object: None }) };
        let list = known.join(", ");
        let Some(object) = value.into_object() else {
            return Err(Exception::throw_type(ctx, &format!("{of} takes an object with {list}")));
        };
        for key in object.keys::<Text>() {
            let Text(key) = key?;
            if !known.contains(&key.as_str()) {
                let text = format!("{of} does not know '{key}': it takes {list}");
                return Err(Exception::throw_type(ctx, &text));
            }
        }
        Ok(Self { ctx, of, object: Some(object) })
    }

    fn value(&self, name: &str) -> rquickjs::Result<Option<Value<'js>>> {
        let Some(object) = &self.object else { return Ok(None) };
        Ok(Some(object.get::<_, Value<'js>>(name)?).filter(convert::is_some))
    }

    fn wrong(&self, name: &str, what: &str) -> rquickjs::Error {
        Exception::throw_type(self.ctx, &format!("{}: {name} must be {what}", self.of))
    }

    fn text(&self, name: &str) -> rquickjs::Result<Option<String>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let text = value.as_string().map(|text| text.to_string()).transpose()?;
        match text.filter(|text| !text.is_empty()) {
            Some(text) => Ok(Some(text)),
            None => Err(self.wrong(name, "a text")),
        }
    }

    fn needed(&self, name: &str) -> rquickjs::Result<String> {
        self.text(name)?.ok_or_else(|| self.wrong(name, "given"))
    }

    fn time(&self, name: &str) -> rquickjs::Result<Option<Duration>> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let time = match value.as_number() {
            Some(millis) => Duration::try_from_secs_f64(millis / 1000.0).ok(),
            None => duration::parse(&convert::to_text(&value).unwrap_or_default()).ok(),
        };
        match time.filter(|time| !time.is_zero()) {
            Some(time) => Ok(Some(time)),
            None => Err(self.wrong(name, "a time such as '50ms', or milliseconds")),
        }
    }

    fn attempts(&self) -> rquickjs::Result<Option<u32>> {
        let Some(value) = self.value("attempts")? else { return Ok(None) };
        match value.as_number().filter(|n| n.fract() == 0.0 && (1.0..=MOST_ATTEMPTS).contains(n)) {
            Some(attempts) => Ok(Some(attempts as u32)),
            None => Err(self.wrong("attempts", &format!("a whole number from 1 to {MOST_ATTEMPTS}"))),
        }
    }

    fn signer(&self) -> rquickjs::Result<Signer> {
        let profile = self.text("profile")?;
        let Some(given) = self.value("credentials")? else { return Ok(Signer::Found(profile)) };
        if profile.is_some() {
            return Err(Exception::throw_type(self.ctx, "Client takes credentials or a profile, not both"));
        }
        let keys = Fields::read(self.ctx, "credentials", Some(given), &KEYS)?;
        Ok(Signer::Given(Keys {
            access_key: keys.needed("accessKeyId")?,
            secret: keys.needed("secretAccessKey")?,
            token: keys.text("sessionToken")?,
        }))
    }
}
