//! `k6/ws` and `k6/websockets`, against a server that echoes, closes, drops or denies by path.

use std::net::{TcpListener, TcpStream};

use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, accept_hdr};

use crate::harness::Script;

/// A server on a thread of its own; answers its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    format!("ws://{address}")
}

fn serve(stream: TcpStream) {
    let (mut path, mut told) = (String::new(), String::new());
    #[expect(clippy::result_large_err, reason = "the crate's own type")]
    let look = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        path = request.uri().path().to_owned();
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        told = format!("{} {}", header("x-token").unwrap_or_default(), header("cookie").unwrap_or_default());
        if path == "/denied" {
            let mut denied = ErrorResponse::new(Some("not you".to_owned()));
            *denied.status_mut() = http::StatusCode::FORBIDDEN;
            return Err(denied);
        }
        if let Some(protocols) = header("sec-websocket-protocol") {
            let first = protocols.split(',').next().unwrap().trim().to_owned();
            response.headers_mut().insert("sec-websocket-protocol", first.parse().unwrap());
        }
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr(stream, look) else { return };
    match path.as_str() {
        "/close" => {
            let _ = socket.close(Some(CloseFrame { code: 4001.into(), reason: "bye".into() }));
        }
        "/drop" => return,
        "/ping" => socket.send(Message::Ping("hey".into())).unwrap(),
        "/told" => socket.send(Message::text(told.trim())).unwrap(),
        _ => {}
    }
    while let Ok(message) = socket.read() {
        if message.is_text() || message.is_binary() {
            let _ = socket.send(message);
        }
        let _ = socket.flush();
    }
}

fn run(module: &str, body: &str) -> crate::harness::Ran {
    let head = match module {
        "ws" => "import ws from 'k6/ws'; import http from 'k6/http';",
        _ => "import { WebSocket, Blob } from 'k6/websockets'; import http from 'k6/http';",
    };
    Script::of_body(head, &format!("const url = __ENV.WS;\n{body}")).env("WS", &server()).run()
}

#[test]
fn a_socket_of_k6_ws_blocks_until_it_is_closed() {
    let ran = run(
        "ws",
        "const said = [];
         const res = ws.connect(`${url}/echo`, { tags: { room: 'a' } }, (socket) => {
           socket.on('open', () => { said.push('open'); socket.send('one'); socket.sendBinary(new Uint8Array([1, 2]).buffer); socket.ping(); });
           socket.on('message', (text) => said.push(text));
           socket.on('binaryMessage', (data) => said.push(new Uint8Array(data).join()));
           socket.on('pong', () => { said.push('pong'); socket.setTimeout(() => socket.close(), 20); });
           socket.on('close', (code) => said.push(`close ${code}`));
         });
         console.log(res.status, res.url.slice(-5), res.error === '', res.headers.Upgrade, said.join(' '));",
    );
    assert_eq!(ran.said, ["101 /echo true websocket open one 1,2 pong close 1001"]);
    let sums = [
        "ws_sessions",
        "ws_msgs_sent",
        "ws_msgs_received",
        "ws_ping",
        "ws_connecting",
        "ws_session_duration",
    ]
    .map(|name| ran.sum(name));
    assert_eq!(sums, [1.0, 2.0, 2.0, 1.0, 1.0, 1.0]);
    assert_eq!(ran.sum("http_reqs"), 0.0);
    assert!(ran.sum("data_sent") > 100.0 && ran.sum("data_received") > 100.0);
    assert_eq!(ran.rows("ws_sessions", &["status"])["101"], 1.0);
}

#[test]
fn the_other_side_may_close_drop_or_deny() {
    let script = "const said = [];
        const res = ws.connect(url + PATH, (socket) => {
          for (const name of ['open', 'ping', 'error', 'close']) socket.on(name, (what) => said.push(name, what?.message ?? what));
          socket.setTimeout(() => socket.close(), 2000);
        });
        console.log(res.status, res.error, said.join(' '));";
    for (path, expected) in [
        ("/close", "101  open  close 4001"),
        ("/drop", "101  open  error "),
        ("/denied", "403 websocket: bad handshake error websocket: bad handshake"),
    ] {
        let ran = run("ws", &script.replace("PATH", &format!("'{path}'")));
        let said = ran.said.iter().find(|line| line.starts_with(|c: char| c.is_ascii_digit())).unwrap();
        assert!(said.starts_with(expected), "{path}: {:?}", ran.said);
    }
    let ran = run("ws", &script.replace("url + PATH", "'ws://127.0.0.1:1/'"));
    let said = "0 dial: connection refused error dial: connection refused";
    assert!(ran.said.contains(&said.to_owned()), "{:?}", ran.said);
    assert_eq!(ran.rows("ws_sessions", &["status"])["0"], 1.0);
}

#[test]
fn what_a_handler_throws_ends_the_call() {
    let ran = run(
        "ws",
        "try {
           ws.connect(`${url}/echo`, null, (socket) => socket.on('open', () => { throw new Error('mine'); }));
         } catch (error) { console.log(error.message); }
         try { ws.connect('http://x', () => {}); } catch (error) { console.log(error.message); }
         try { ws.connect(url); } catch (error) { console.log(error.message); }",
    );
    assert_eq!(
        ran.said,
        [
            "mine",
            "invalid WebSocket URL 'http://x': write ws://host/path or wss://host/path",
            "the last argument to ws.connect must be a function"
        ]
    );
}

#[test]
fn headers_cookies_and_hosts_are_those_of_http() {
    let ran = Script::of_body(
        "import ws from 'k6/ws'; import http from 'k6/http';
         export const options = { hosts: { 'chat.test': __ENV.WS.slice(5) } };",
        "http.cookieJar().set('http://chat.test/', 'session', 'abc');
         ws.connect('ws://chat.test/told', { headers: { 'X-Token': 'secret' } }, (socket) => {
           socket.on('message', (text) => { console.log(text); socket.close(); });
         });",
    )
    .env("WS", &server())
    .run();
    assert_eq!(ran.said, ["secret session=abc"]);
}

#[test]
fn the_websocket_of_browsers_runs_on_the_event_loop() {
    let ran = run(
        "websockets",
        "const socket = new WebSocket(`${url}/echo`, ['chat', 'other'], { tags: { room: 'a' } });
         socket.binaryType = 'arraybuffer';
         console.log(socket.readyState, socket.url.slice(-5), socket.onopen);
         socket.onopen = (event) => {
           console.log(event.type, event.target === socket, socket.readyState, socket.protocol);
           socket.send('text'); socket.send(new Uint8Array([1, 2, 3]).subarray(1)); socket.send(new Blob(['blob'])); socket.ping();
         };
         socket.addEventListener('message', ({ data }) => console.log(typeof data === 'string' ? data : new Uint8Array(data).join()));
         socket.onpong = () => socket.close(3001, 'done');
         socket.onclose = ({ code, reason }) => console.log('close', code, reason, socket.readyState);",
    );
    assert_eq!(
        ran.said,
        ["0 /echo null", "open true 1 chat", "text", "2,3", "98,108,111,98", "close 3001 done 3"]
    );
    assert_eq!(ran.sum("ws_msgs_sent"), 3.0);
}

#[test]
fn errors_of_the_websocket_of_browsers() {
    let ran = run(
        "websockets",
        "const thrown = (f) => { try { f(); } catch (e) { return `${e.name}: ${e.message}`; } };
         const socket = new WebSocket(`${url}/denied`);
         socket.onerror = ({ error }) => console.log('error', error);
         socket.onclose = ({ code }) => console.log('close', code);
         console.log(thrown(() => socket.send('x')));
         console.log(thrown(() => socket.close(1001)));
         console.log(thrown(() => new WebSocket(url, null, { header: {} })));
         console.log(thrown(() => { socket.binaryType = 'bytes'; }));",
    );
    let said: Vec<&str> =
        ran.said.iter().map(String::as_str).filter(|line| !line.contains("could not be")).collect();
    assert_eq!(
        said,
        [
            "InvalidStateError: the WebSocket is not open yet",
            "InvalidAccessError: invalid close code 1001: use 1000, or 3000 to 4999",
            "TypeError: unknown option 'header' for WebSocket: there are headers, tags, jar, compression",
            "TypeError: binaryType is 'bytes': use 'blob' or 'arraybuffer'",
            "error websocket: bad handshake",
            "close 1006",
        ]
    );
}
