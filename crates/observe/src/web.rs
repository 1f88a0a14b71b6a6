//! Pages that sources read over HTTP, with the settings of the test's client.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{
    Client, ClientConfig, Exchange, FetchOptions, Request, Shared, Target, WorkerClient, fetch,
};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use crate::source::SourceError;

/// How long a request may take; the watch gives up earlier.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The pages of one server, and the connection to it.
pub(crate) struct Web {
    client: Client,
    /// In the order in which their addresses were given.
    pub(crate) pages: Vec<Rc<Target>>,
}

impl Web {
    /// A client for these addresses, which reads pages up to a length. Errors are those of the source.
    pub(crate) fn open(
        source: &str,
        addresses: &[String],
        http: &Arc<Shared>,
        longest: usize,
    ) -> Result<Self, SourceError> {
        let wrong = |problem: String| SourceError::of_url(source, problem);
        let config = ClientConfig { max_body: longest, ..http.config().clone() };
        let client = WorkerClient::build(config).map_err(|error| wrong(error.to_string()))?;
        let pages = addresses.iter().map(|address| client.target(address));
        let pages = pages.collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
        Ok(Self { client: Client::new(client, 1), pages })
    }

    /// Reads a page.
    pub(crate) async fn get(&self, page: &Rc<Target>, accept: &'static str) -> Box<Exchange> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        let request = Request { timeout: TIMEOUT, headers, ..Request::new(Method::GET, page.clone()) };
        fetch(&self.client, request, None, &FetchOptions::default(), |_, _| {}).await.exchange
    }

    /// Reads a page of JSON, or tells why it is none. What an error says of itself is at `said`.
    pub(crate) async fn json(&self, page: &Rc<Target>, said: &str) -> Result<Value, String> {
        let answer = self.get(page, "application/json").await;
        if let Some(error) = &answer.error {
            return Err(error.to_string());
        }
        let json = serde_json::from_slice::<Value>(&answer.body);
        if answer.status == 200 {
            return json.map_err(|_| "its answer is not JSON".to_owned());
        }
        let reason = json.ok().and_then(|json| Some(format!(": {}", json.get(said)?.as_str()?)));
        Err(format!("it answers {}{}", answer.status_text(), reason.unwrap_or_default()))
    }
}
