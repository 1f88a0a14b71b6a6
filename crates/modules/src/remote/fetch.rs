//! Fetching is one GET that follows redirects, within bounds of time and size.

use std::time::Duration;

use flashcrowd_http::{
    Client, ClientConfig, Exchange, FetchOptions, HttpError, Proxies, Request, WorkerClient, fetch,
};
use http::{Method, header};
use url::Url;

use super::settings::Mirror;
use crate::specifier::is_allowed;

/// How large a module may be.
const MOST_BYTES: usize = 16 << 20;
/// How long fetching one may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;

/// What an address has.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The address after redirects.
    pub(crate) base: String,
    /// The content.
    pub(crate) content: Vec<u8>,
}

/// The client that modules are fetched with.
pub(crate) fn client() -> Result<Client, String> {
    let config = ClientConfig {
        proxies: Proxies::from_env().map_err(|error| error.to_string())?,
        max_body: MOST_BYTES,
        // One exchange each needs no streams, and no tasks of its own.
        http2: false,
        ..ClientConfig::default()
    };
    let worker = WorkerClient::build(config).map_err(|error| error.to_string())?;
    Ok(Client::new(worker, 1))
}

/// Fetches a module, or says why that cannot be done.
pub(crate) async fn get(client: &Client, mirrors: &[Mirror], url: &str) -> Result<Fetched, String> {
    let mirrored = mirrors.iter().find_map(|mirror| mirror.address(url));
    let asked = mirrored.as_deref().unwrap_or(url);
    let all = follow(client, asked, mirrored.is_some());
    let (base, content) = match tokio::time::timeout(TIMEOUT, all).await {
        Ok(done) => done?,
        Err(_) => return Err(format!("it took more than {} seconds", TIMEOUT.as_secs())),
    };
    // What a mirror has stands for the address that was asked for.
    Ok(Fetched { base: if mirrored.is_some() { url.to_owned() } else { base }, content })
}

async fn follow(client: &Client, url: &str, anywhere: bool) -> Result<(String, Vec<u8>), String> {
    let mut url = Url::parse(url).map_err(|error| error.to_string())?;
    for _ in 0..=MOST_REDIRECTS {
        let exchange = one(client, &url).await.map_err(|error| error.message.to_string())?;
        match exchange.status {
            200 => return content(&exchange).map(|content| (url.to_string(), content)),
            301 | 302 | 303 | 307 | 308 => {
                let location = exchange.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
                let location = location.ok_or("it redirects to nowhere")?;
                url = url.join(location).map_err(|error| format!("it redirects to '{location}': {error}"))?;
                url.set_fragment(None);
                if !is_allowed(&url) && !anywhere {
                    return Err(format!("it redirects to '{url}', which is not https"));
                }
            }
            _ => return Err(format!("the server answered {}", exchange.status_text())),
        }
    }
    Err(format!("it redirects more than {MOST_REDIRECTS} times"))
}

async fn one(client: &Client, url: &Url) -> Result<Box<Exchange>, HttpError> {
    let target = client.worker().target(url.as_str())?;
    let request = Request { timeout: TIMEOUT, ..Request::new(Method::GET, target) };
    let options = FetchOptions { redirects: 0, ..FetchOptions::default() };
    let mut exchange = fetch(client, request, None, &options, |_, _| {}).await.exchange;
    exchange.error.take().map_or(Ok(exchange), Err)
}

fn content(exchange: &Exchange) -> Result<Vec<u8>, String> {
    let kind = exchange.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html")) {
        return Err("the server answered with a web page, not a script".to_owned());
    }
    Ok(exchange.body.to_vec())
}
