//! A client calls a service for one virtual user: it signs, sends and retries.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{Client as HttpClient, Exchange, HttpError, Request, Target, WorkerClient};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio::time::Instant;

use crate::answer;
use crate::auth::{Signer, TARGET, host, wall_now};
use crate::call::{Call, Reply};
use crate::fault::Fault;
use crate::retry::Retry;
use crate::service::Service;
use crate::watch::{CallEnd, Watch};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// Says which attempt of how many a request is.
const ATTEMPT: HeaderName = HeaderName::from_static("amz-sdk-request");

/// Is the same in all attempts of a call.
const INVOCATION: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");

/// Calls a service for one virtual user.
pub struct Client {
    service: Arc<Service>,
    http: HttpClient,
    /// What requests are made of, unless the endpoint's URL is wrong.
    form: Result<Form, HttpError>,
}

/// What all requests of a client have in common.
struct Form {
    target: Rc<Target>,
    signer: Signer,
    /// The headers that never change.
    headers: HeaderMap,
    first_attempt: HeaderValue,
    /// The last request, for its memory.
    spare: Cell<Option<Request>>,
}

/// How one attempt ended.
struct Attempt {
    result: Result<Reply, Fault>,
    /// How long the service asks to wait.
    retry_after: Option<Duration>,
    /// The generation of credentials that signed it.
    generation: u64,
}

/// A call that waits before its next attempt; how long is told also when it is dropped meanwhile.
struct Waiting<'a, W: Watch> {
    call: &'a Call,
    watch: &'a W,
    since: Instant,
}

impl<W: Watch> Drop for Waiting<'_, W> {
    fn drop(&mut self) {
        self.watch.waited(self.call, self.since.elapsed());
    }
}

impl Client {
    /// The client of a virtual user, numbered from 1.
    pub fn new(service: Arc<Service>, http: Rc<WorkerClient>, vu: u64) -> Self {
        let form = http.target(&service.endpoint.url).map(|target| Form::new(target, &service));
        Self { service, http: HttpClient::new(http, vu), form }
    }

    /// Gives back the buffers of connections that wait: for when the virtual user goes to sleep.
    pub fn park(&self) {
        self.http.park();
    }

    /// Asks, and asks again while that makes sense and the policy allows it.
    ///
    /// What became of a write is not known when the service fails or the network does; it is tried again all the same.
    /// So a write has to bear being done twice: by a key of its own, a condition, or a transaction's token.
    pub async fn call(&self, call: &Call, watch: &impl Watch) -> Result<Reply, Fault> {
        let (started, id) = (Instant::now(), invocation_id());
        let (mut attempts, mut renewed, mut taken) = (1, false, None);
        let result = loop {
            let attempt = self.attempt(call, (attempts, &id), watch).await;
            let mut fault = match attempt.result {
                Ok(reply) => break Ok(reply),
                Err(fault) => fault,
            };
            if fault.is_expiry() && !renewed {
                renewed = true;
                match self.service.credentials.renew(attempt.generation).await {
                    Ok(()) => {
                        attempts += 1;
                        continue;
                    }
                    Err(error) => fault.message = format!("{} ({error})", fault.message),
                }
            }
            let (retry, draw) = (self.service.retry, (fastrand::f64(), attempt.retry_after));
            let wait = match &self.service.sdk {
                Some(sdk) => sdk.wait(&fault, (attempts, retry.attempts), draw, &mut taken),
                // Patience is for what is busy: where nobody listens, nobody will.
                None if fault.is_refused() && attempts >= Retry::default().attempts => None,
                None if fault.may_pass() => retry.wait(attempts, draw.0, draw.1),
                None => None,
            };
            let Some(wait) = wait else { break Err(fault) };
            watch.back_off(call, wait);
            let waiting = Waiting { call, watch, since: Instant::now() };
            self.rest(wait).await;
            drop(waiting);
            attempts += 1;
        };
        if let (Ok(_), Some(sdk)) = (&result, &self.service.sdk) {
            sdk.succeeded(taken);
        }
        let end = CallEnd { result: result.as_ref(), attempts, took: started.elapsed() };
        watch.end(call, &end);
        result
    }

    async fn attempt(&self, call: &Call, (number, id): (u32, &HeaderValue), watch: &impl Watch) -> Attempt {
        let (exchange, generation) = self.send(call, (number, id), watch).await;
        let result = match exchange {
            Ok(exchange) => {
                let result = answer::read(call.operation, &exchange);
                watch.attempt(call, &exchange, result.as_ref().err());
                let retry_after = result.is_err().then(|| answer::retry_after(&exchange)).flatten();
                return Attempt { result, retry_after, generation };
            }
            Err(fault) => {
                let exchange =
                    Exchange::unsent(HttpError { code: 1000, message: fault.message.clone().into() });
                watch.attempt(call, &exchange, Some(&fault));
                Err(fault)
            }
        };
        Attempt { result, retry_after: None, generation }
    }

    /// Sends one attempt; a fault only if it could not be signed.
    async fn send(
        &self,
        call: &Call,
        (number, id): (u32, &HeaderValue),
        watch: &impl Watch,
    ) -> (Result<Box<Exchange>, Fault>, u64) {
        let form = match &self.form {
            Ok(form) => form,
            Err(error) => return (Ok(Exchange::unsent(error.clone())), 0),
        };
        let mut request = form.request(call, number, id, &self.service);
        let generation = match form.signer.sign(&mut request, &self.service.credentials, wall_now()) {
            Ok(generation) => generation,
            Err(fault) => return (Err(fault), 0),
        };
        let exchange = self.http.send_telling(&request, |exchange| watch.interrupted(call, exchange)).await;
        form.spare.set(Some(request));
        (Ok(exchange), generation)
    }

    /// Sleeps, and gives back the buffers of connections meanwhile if that is worth it.
    pub async fn rest(&self, wait: Duration) {
        self.http.rest(wait).await;
    }
}

impl Form {
    fn new(target: Rc<Target>, service: &Service) -> Self {
        let mut headers = HeaderMap::with_capacity(16);
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        if let Ok(host) = HeaderValue::from_str(&host(&target.origin)) {
            headers.insert(header::HOST, host);
        }
        let signer = Signer::new(&service.endpoint.region, &target.origin);
        let first_attempt = attempt_of(1, service.retry.attempts);
        Self { target, signer, headers, first_attempt, spare: Cell::default() }
    }

    /// The request of an attempt, not signed yet.
    fn request(&self, call: &Call, number: u32, id: &HeaderValue, service: &Service) -> Request {
        let mut request = self.spare.take().unwrap_or_else(|| Request {
            headers: self.headers.clone(),
            basic_auth: false,
            once: false,
            ..Request::new(Method::POST, self.target.clone())
        });
        request.body = call.body.clone();
        request.timeout = service.timeout;
        request.headers.insert(TARGET, HeaderValue::from_static(call.operation.target()));
        request.headers.insert(INVOCATION, id.clone());
        let attempt = match number {
            1 => self.first_attempt.clone(),
            _ => attempt_of(number, service.retry.attempts),
        };
        request.headers.insert(ATTEMPT, attempt);
        request
    }
}

fn attempt_of(number: u32, max: u32) -> HeaderValue {
    HeaderValue::from_str(&format!("attempt={number}; max={max}"))
        .unwrap_or(HeaderValue::from_static("attempt=1"))
}

/// A random UUID.
fn invocation_id() -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut random = fastrand::u128(..);
    let mut text = [b'-'; 36];
    for (at, byte) in text.iter_mut().enumerate() {
        *byte = match at {
            8 | 13 | 18 | 23 => continue,
            14 => b'4',
            19 => b"89ab"[(random & 3) as usize],
            _ => DIGITS[(random & 15) as usize],
        };
        random >>= 4;
    }
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use bytes::Bytes;
    use flashcrowd_http::ClientConfig;
    use tokio::task::LocalSet;

    use super::*;
    use crate::auth::Credentials;
    use crate::call::Operation;
    use crate::endpoint::Endpoint;
    use crate::fake::{Act, Fake};
    use crate::fault::FaultKind;
    use crate::retry::Retry;

    /// Writes down what it is told.
    #[derive(Default)]
    struct Diary {
        attempts: RefCell<Vec<String>>,
        waits: RefCell<Vec<Duration>>,
        waited: RefCell<Vec<Duration>>,
        ends: RefCell<Vec<(u32, Duration)>>,
    }

    impl Watch for Diary {
        fn attempt(&self, _: &Call, exchange: &Exchange, fault: Option<&Fault>) {
            let code = fault.map_or("served", |fault| &fault.code);
            self.attempts.borrow_mut().push(format!("{} {code}", exchange.status));
        }

        fn back_off(&self, _: &Call, wait: Duration) {
            self.waits.borrow_mut().push(wait);
        }

        fn waited(&self, _: &Call, waited: Duration) {
            self.waited.borrow_mut().push(waited);
        }

        fn end(&self, _: &Call, end: &CallEnd<'_>) {
            self.ends.borrow_mut().push((end.attempts, end.took));
        }
    }

    const RETRY: Retry = Retry { attempts: 4, base: Duration::from_millis(2), cap: Duration::from_millis(5) };

    fn client_at(url: &str, credentials: Credentials) -> Client {
        patient_client_at(url, credentials, RETRY)
    }

    fn patient_client_at(url: &str, credentials: Credentials, retry: Retry) -> Client {
        let endpoint = Endpoint::at(url, "us-east-1").unwrap();
        let service = Service { endpoint, credentials, retry, sdk: None, timeout: Duration::from_secs(30) };
        Client::new(Arc::new(service), WorkerClient::build(ClientConfig::default()).unwrap(), 1)
    }

    fn call() -> Call {
        let body = Bytes::from_static(br#"{"TableName":"T"}"#);
        Call { operation: Operation::PutItem, table: "T".into(), name: "PutItem T".into(), body }
    }

    /// Calls once, and says what came of it, what was told and what was seen.
    async fn play_as(credentials: Credentials, script: Vec<Act>) -> (Result<Reply, Fault>, Diary, Fake) {
        let work = async {
            let fake = Fake::start(script).await;
            let (client, diary) = (client_at(&fake.url, credentials), Diary::default());
            let result = client.call(&call(), &diary).await;
            (result, diary, fake)
        };
        LocalSet::new().run_until(work).await
    }

    async fn play(script: Vec<Act>) -> (Result<Reply, Fault>, Diary, Fake) {
        play_as(Credentials::fixed("AKID", "SECRET"), script).await
    }

    #[tokio::test]
    async fn a_request_has_all_that_the_service_wants() {
        let (result, diary, fake) =
            play(vec![Act::ok(r#"{"ConsumedCapacity":{"TableName":"T","CapacityUnits":2}}"#)]).await;
        let reply = result.unwrap();
        assert_eq!((reply.consumed[0].table.as_str(), reply.consumed[0].write), ("T", 2.0));
        assert_eq!(*diary.attempts.borrow(), ["200 served"]);
        assert_eq!(diary.ends.borrow()[0].0, 1);
        let seen = &fake.seen()[0];
        assert_eq!(seen.body, r#"{"TableName":"T"}"#);
        assert_eq!(seen.header("x-amz-target"), "DynamoDB_20120810.PutItem");
        assert_eq!(seen.header("content-type"), "application/x-amz-json-1.0");
        assert_eq!(format!("http://{}", seen.header("host")), fake.url);
        assert_eq!(seen.header("amz-sdk-request"), "attempt=1; max=4");
        assert!(seen.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKID/"));
        assert_eq!(seen.header("x-amz-date").len(), "20261120T061320Z".len());
        assert_eq!(seen.header("x-amz-security-token"), "");
    }

    #[tokio::test]
    async fn throttled_attempts_are_tried_again_after_growing_waits() {
        let script = vec![Act::throttle(), Act::throttle(), Act::throttle(), Act::ok("{}")];
        let (result, diary, fake) = play(script).await;
        assert!(result.is_ok());
        let throttled = "400 ProvisionedThroughputExceededException";
        assert_eq!(*diary.attempts.borrow(), [throttled, throttled, throttled, "200 served"]);
        let waits = diary.waits.borrow();
        let longest = [1, 2, 3].map(|attempts| RETRY.longest(attempts));
        assert!(waits.len() == 3 && waits.iter().zip(longest).all(|(wait, longest)| *wait <= longest));
        let waited = diary.waited.borrow();
        assert!(waited.len() == 3 && waited.iter().zip(&*waits).all(|(waited, wait)| waited >= wait));
        let (attempts, took) = diary.ends.borrow()[0];
        assert!(attempts == 4 && took >= waits.iter().sum::<Duration>(), "{attempts} in {took:?}");
        let seen = fake.seen();
        let ids: Vec<_> = seen.iter().map(|seen| seen.header("amz-sdk-invocation-id")).collect();
        assert!(ids[0].len() == 36 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let numbers: Vec<_> = seen.iter().map(|seen| seen.header("amz-sdk-request")).collect();
        assert_eq!(numbers, ["attempt=1; max=4", "attempt=2; max=4", "attempt=3; max=4", "attempt=4; max=4"]);
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_has_waited_only_until_then() {
        let hour = Duration::from_secs(3600);
        let work = async {
            let fake = Fake::start(vec![Act::throttle()]).await;
            let retry = Retry { attempts: 2, base: hour, cap: hour };
            let (call, diary) = (call(), Diary::default());
            let credentials = Credentials::fixed("AKID", "SECRET");
            let client = patient_client_at(&fake.url, credentials, retry);
            let waits = async {
                while diary.waits.borrow().is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                result = client.call(&call, &diary) => panic!("{result:?}"),
                () = waits => {}
            }
            diary
        };
        let diary = LocalSet::new().run_until(work).await;
        let (waits, waited) = (diary.waits.borrow(), diary.waited.borrow());
        assert!(waits.len() == 1 && waited.len() == 1 && waited[0] < waits[0], "{waited:?} of {waits:?}");
        assert!(diary.ends.borrow().is_empty());
    }

    #[tokio::test]
    async fn a_call_gives_up_after_its_last_attempt() {
        let (result, diary, fake) = play((0..9).map(|_| Act::throttle()).collect()).await;
        let fault = result.unwrap_err();
        assert_eq!((fault.kind, fake.seen().len()), (FaultKind::Throttled, 4));
        assert_eq!(fault.throttled_by(), "TableWriteProvisionedThroughputExceeded");
        assert_eq!((diary.waits.borrow().len(), diary.ends.borrow()[0].0), (3, 4));
    }

    #[tokio::test]
    async fn what_would_fail_again_is_not_tried_again() {
        for (code, kind) in [
            ("ConditionalCheckFailedException", FaultKind::Conditional),
            ("ValidationException", FaultKind::Invalid),
            ("ResourceNotFoundException", FaultKind::NotFound),
            ("AccessDeniedException", FaultKind::Denied),
            ("UnknownOperationException", FaultKind::Unknown),
        ] {
            let (result, _, fake) = play(vec![Act::fault(400, code, "")]).await;
            assert_eq!((result.unwrap_err().kind, fake.seen().len()), (kind, 1), "{code}");
        }
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again() {
        let page = || Act::Answer(503, "", "<html>busy</html>".to_owned());
        let damaged = || Act::Answer(200, "x-amz-crc32: 1\r\n", "{}".to_owned());
        let cancelled = || Act::fault(400, "TransactionConflictException", "");
        let script = [
            vec![Act::Cut, page(), damaged(), Act::ok("{}")],
            vec![Act::fault(500, "InternalServerError", ""), cancelled(), Act::ok("{}")],
        ];
        let mut told = Vec::new();
        for script in script {
            let (result, diary, _) = play(script).await;
            assert!(result.is_ok(), "{result:?}");
            told.extend(diary.attempts.take());
        }
        insta::assert_snapshot!(told.join("\n"), @r"
        0 1000
        503 HTTP503
        200 WrongChecksum
        200 served
        500 InternalServerError
        400 TransactionConflictException
        200 served
        ");
    }

    #[tokio::test]
    async fn a_page_that_is_not_the_services_is_no_answer() {
        let (result, _, fake) = play(vec![Act::Answer(200, "", "<html>log in</html>".to_owned())]).await;
        assert_eq!((result.unwrap_err().kind, fake.seen().len()), (FaultKind::Unreadable, 1));
    }

    #[tokio::test]
    async fn nobody_at_the_endpoint_is_told_after_the_last_attempt() {
        let work = async {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            drop(listener);
            let diary = Diary::default();
            let client = client_at(&url, Credentials::fixed("AKID", "SECRET"));
            let fault = client.call(&call(), &diary).await.unwrap_err();
            assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Network, "1212"));
            assert!(fault.hint().is_some_and(|hint| hint.contains("nobody listens")));
            assert_eq!(*diary.attempts.borrow(), ["0 1212"; 4]);
        };
        LocalSet::new().run_until(work).await;
    }

    #[tokio::test]
    async fn a_wait_that_the_service_asks_for_is_heeded() {
        let body = r#"{"__type":"x#ThrottlingException","message":"later"}"#.to_owned();
        let script = vec![Act::Answer(400, "x-amz-retry-after: 40\r\n", body), Act::ok("{}")];
        let (result, diary, _) = play(script).await;
        assert!(result.is_ok());
        assert_eq!(*diary.waits.borrow(), [Duration::from_millis(40)]);
    }

    #[tokio::test]
    async fn expired_credentials_are_renewed_once() {
        let credentials = Credentials::test(["OLD", "NEW"]);
        let script = vec![Act::fault(400, "ExpiredTokenException", ""), Act::ok("{}")];
        let (result, diary, fake) = play_as(credentials, script).await;
        assert!(result.is_ok());
        let seen = fake.seen();
        let signers: Vec<_> = seen.iter().map(|seen| &seen.header("authorization")[28..31]).collect();
        assert_eq!(signers, ["OLD", "NEW"]);
        assert_eq!((diary.waits.borrow().len(), diary.ends.borrow()[0].0), (0, 2));
    }

    #[tokio::test]
    async fn credentials_that_cannot_be_renewed_end_the_call_with_the_reason() {
        let credentials = Credentials::test(["OLD"]);
        let (result, diary, _) =
            play_as(credentials, vec![Act::fault(400, "ExpiredTokenException", "")]).await;
        let fault = result.unwrap_err();
        insta::assert_snapshot!(fault, @"ExpiredTokenException: because (there are no more keys)");
        assert!(fault.hint().is_some_and(|hint| hint.contains("aws sso login")));
        assert_eq!(diary.ends.borrow()[0].0, 1);
    }

    #[tokio::test]
    async fn one_client_may_carry_several_calls_at_once() {
        let work = async {
            let fake = Fake::start((0..20).map(|_| Act::ok("{}"))).await;
            let client = client_at(&fake.url, Credentials::fixed("AKID", "SECRET"));
            let call = call();
            let calls = (0..20).map(|_| client.call(&call, &()));
            let replies = futures_util::future::join_all(calls).await;
            assert!(replies.iter().all(Result::is_ok));
            let mut ids: Vec<_> =
                fake.seen().iter().map(|seen| seen.header("amz-sdk-invocation-id").to_owned()).collect();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), 20);
        };
        LocalSet::new().run_until(work).await;
    }
}
