//! A fetch is what a script calls one request: as many exchanges as redirects and digest authentication need.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderValue, header};
use tokio::time::Instant;

use crate::auth::digest::{self, Challenge};
use crate::auth::ntlm::Scheme;
use crate::client::{Client, deadline};
use crate::connection::trace::Trace;
use crate::cookies::{Jar, RequestCookie};
use crate::exchange::{Exchange, Request};
use crate::redirect::{self, Follow};
use crate::target::{Origin, Target, strange_scheme};
use crate::traced::TRACEPARENT;
use crate::under_way::UnderWay;

/// How a request proves who it is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Basic authentication, if the URL has credentials.
    #[default]
    Basic,
    /// Digest authentication with the URL's credentials.
    Digest,
    /// NTLM with the URL's credentials, `DOMAIN\\user` or `user`.
    Ntlm,
}

/// What a fetch does beyond sending its request once.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// How many redirects are followed.
    pub redirects: u32,
    /// How the credentials of the URL are used.
    pub auth: Auth,
    /// Cookies of this request alone.
    pub cookies: Vec<RequestCookie>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self { redirects: 10, auth: Auth::Basic, cookies: Vec::new() }
    }
}

/// The last exchange of a fetch.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// What came back.
    pub exchange: Box<Exchange>,
    /// The request it is the answer to: after redirects, not the one that was given. Its headers have the cookies,
    /// but not what the client adds on the wire (`Host`, `User-Agent`, `Content-Length`).
    pub request: Request,
    /// How many cookies the jar did not keep, because there were too many.
    pub dropped_cookies: u64,
    /// Whether there was one more redirect than allowed, which is what `exchange` holds then.
    pub redirect_limit_reached: bool,
}

/// Sends `request` and follows where it leads, all within the request's timeout. Every exchange is told to
/// `on_exchange` with its own request as soon as it is over, or given up after it had been sent; cookies go into and come out of the jar at each.
pub async fn fetch(
    client: &Client,
    request: Request,
    jar: Option<&RefCell<Jar>>,
    options: &FetchOptions,
    on_exchange: impl FnMut(&Exchange, &Request),
) -> Fetched {
    let started = Instant::now();
    let deadline = deadline(started, request.timeout);
    let mut hops = Hops { client, jar, options, deadline, on_exchange };
    let fetched = hops.run(started, request).await;
    Fetched { dropped_cookies: jar.map_or(0, |jar| jar.borrow_mut().take_dropped()), ..fetched }
}

struct Hops<'a, F> {
    client: &'a Client,
    jar: Option<&'a RefCell<Jar>>,
    options: &'a FetchOptions,
    deadline: Instant,
    on_exchange: F,
}

impl<F: FnMut(&Exchange, &Request)> Hops<'_, F> {
    async fn run(&mut self, started: Instant, mut request: Request) -> Fetched {
        let mut left = self.options.redirects;
        let mut first: Option<Rc<Origin>> = None;
        let mut exchange = self.hop(started, &mut request).await;
        while let Some((follow, location)) = redirection(&exchange) {
            if left == 0 {
                return Fetched { exchange, request, dropped_cookies: 0, redirect_limit_reached: true };
            }
            left -= 1;
            let origin = first.get_or_insert_with(|| Rc::clone(&request.target.origin));
            self.turn(&mut request, follow, &location, origin);
            exchange = self.hop(Instant::now(), &mut request).await;
        }
        Fetched { exchange, request, dropped_cookies: 0, redirect_limit_reached: false }
    }

    /// Makes `request` the one that a redirect asks for; one that fails where it leads nowhere.
    fn turn(&self, request: &mut Request, follow: Follow, location: &str, first: &Origin) {
        let next = match request.target.join(location) {
            Ok(url) => match strange_scheme(&url) {
                Some(error) => Rc::new(Target::refusing(&url, error)),
                None => self.client.worker().target_or_refusal(&url),
            },
            Err(error) => Rc::new(Target::refusing(location, error)),
        };
        redirect::headers(&mut request.headers, follow, first, &request.target, &next);
        request.method = redirect::method(follow, &request.method);
        if follow == Follow::AsGet {
            request.body = Bytes::new();
        }
        request.target = next;
    }

    /// One request, with the answer to a challenge if there is one.
    async fn hop(&mut self, started: Instant, request: &mut Request) -> Box<Exchange> {
        let proves = self.options.auth != Auth::Basic && request.target.credentials.is_some();
        request.basic_auth = !proves;
        let own = request.headers.remove(header::COOKIE);
        let exchange = self.send(started, request, own.as_ref()).await;
        if !proves || exchange.status != 401 {
            return exchange;
        }
        match self.options.auth {
            Auth::Ntlm => self.ntlm(exchange, request, own.as_ref()).await,
            Auth::Basic | Auth::Digest => self.digest(exchange, request, own.as_ref()).await,
        }
    }

    /// Answers a digest challenge.
    async fn digest(
        &mut self,
        exchange: Box<Exchange>,
        request: &mut Request,
        own: Option<&HeaderValue>,
    ) -> Box<Exchange> {
        let target = &request.target;
        let answer = Challenge::of(&exchange.headers).zip(target.credentials.as_ref()).and_then(
            |(challenge, (user, password))| {
                let uri = target.wire.to_string();
                challenge.answer(request.method.as_str(), &uri, (user, password), &digest::cnonce())
            },
        );
        let Some(answer) = answer else { return exchange };
        request.headers.insert(header::AUTHORIZATION, answer);
        let exchange = self.send(Instant::now(), request, own).await;
        request.headers.remove(header::AUTHORIZATION);
        exchange
    }

    /// Goes the two steps of NTLM.
    async fn ntlm(
        &mut self,
        exchange: Box<Exchange>,
        request: &mut Request,
        own: Option<&HeaderValue>,
    ) -> Box<Exchange> {
        let offered = Scheme::offered(&exchange.headers);
        let Some((scheme, first)) = offered.and_then(|scheme| Some((scheme, scheme.first()?))) else {
            return exchange;
        };
        request.headers.insert(header::AUTHORIZATION, first);
        let mut exchange = self.send(Instant::now(), request, own).await;
        let credentials = request.target.credentials.as_ref();
        let second = credentials.and_then(|credentials| scheme.second(&exchange.headers, credentials));
        if let Some(second) = second.filter(|_| exchange.status == 401) {
            request.headers.insert(header::AUTHORIZATION, second);
            exchange = self.send(Instant::now(), request, own).await;
        }
        request.headers.remove(header::AUTHORIZATION);
        exchange
    }

    /// One exchange, with the script's own `Cookie` header and the cookies that join it.
    async fn send(
        &mut self,
        started: Instant,
        request: &mut Request,
        own: Option<&HeaderValue>,
    ) -> Box<Exchange> {
        let cookies = {
            let jar = self.jar.map(RefCell::borrow);
            let jar = jar.as_deref().filter(|jar| !jar.is_empty());
            match (jar, self.options.cookies.as_slice()) {
                (None, []) => own.cloned(),
                (jar, cookies) => Jar::header(jar, &request.target, own, cookies),
            }
        };
        if let Some(value) = cookies {
            request.headers.insert(header::COOKIE, value);
        }
        let trace = Trace::start(started);
        let span = self.client.begin_request(request);
        let on_exchange = &mut self.on_exchange;
        let told = &*request;
        let under_way = UnderWay::new(&trace, |exchange| {
            if let Some(span) = &span {
                span.end(exchange, told);
            }
            on_exchange(exchange, told);
        });
        let mut exchange = self.client.send_until(told, &trace, self.deadline).await;
        if let Some(jar) = self.jar {
            jar.borrow_mut().store_response(&told.target, &exchange.headers);
        }
        self.client.decode(told, &mut exchange, self.deadline).await;
        under_way.end(&exchange);
        if span.is_some() {
            // The next one has its own.
            request.headers.remove(TRACEPARENT);
        }
        exchange
    }
}

/// Where an answer says to go on, if it does.
fn redirection(exchange: &Exchange) -> Option<(Follow, String)> {
    let follow = redirect::follow(exchange.status)?;
    let location = exchange.headers.get(header::LOCATION)?;
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    (!location.is_empty()).then_some((follow, location))
}
