//! WebSockets, against the server library that most have in Node.js.

use crate::dynamodb::peers::Peers;
use crate::run::Run;

#[test]
fn messages_go_both_ways_and_are_counted() {
    let Some(peers) = Peers::get() else { return };
    let server = peers.websockets();
    let script = "import ws from 'k6/ws';
        import { check } from 'k6';
        export const options = { vus: 3, iterations: 9, thresholds: { ws_msgs_received: ['count==27'], checks: ['rate==1'], ws_sessions: ['count==9'] } };
        export default function () {
          const got = [];
          const res = ws.connect(__ENV.WS, { headers: { 'X-A': 'b' } }, (socket) => {
            socket.on('open', () => { socket.send('a'); socket.send('é'.repeat(70000)); socket.sendBinary(new Uint8Array(300).fill(7).buffer); });
            socket.on('message', (text) => got.push(text.length));
            socket.on('binaryMessage', (data) => { got.push(data.byteLength); socket.close(1000); });
          });
          check(res, { 'is 101': (r) => r.status === 101, 'has all': () => got.join() === '1,70000,300' });
        }";
    let url = server.url().replace("http", "ws");
    let outcome = Run::new().script(script).env("WS", &url).args("--no-color").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for line in
        ["WEBSOCKET", "ws_msgs_sent", "ws_session_duration", "checks_succeeded...: 100.00% 18 out of 18"]
    {
        assert!(outcome.stdout.contains(line), "{line}: {outcome:?}");
    }
}

#[test]
fn what_was_never_opened_is_no_success() {
    let Some(peers) = Peers::get() else { return };
    let server = peers.websockets();
    let script = "import ws from 'k6/ws'; export const options = { iterations: 5 };
        export default function () { ws.connect(`${__ENV.WS}/denied`, (socket) => socket.on('error', (e) => console.log(e.error()))); }";
    let url = server.url().replace("http", "ws");
    for (target, word) in [(url.as_str(), "bad handshake"), ("ws://127.0.0.1:1", "connection refused")] {
        let outcome = Run::new().script(script).env("WS", target).args("--no-color --no-fail-fast").go();
        assert_eq!(outcome.code, Some(99), "{outcome:?}");
        assert!(outcome.stderr.contains(word) && !outcome.stdout.contains("PASS"), "{outcome:?}");
    }
}
