//! Streams of server-sent events, against the server that most have in Python.

use std::process::Command;

use crate::peers::{Server, python};
use crate::run::{Outcome, Run};

const PACKAGES: [&str; 2] = ["sse-starlette==3.7.0", "uvicorn==0.54.0"];

/// A server of events: `/count?n=3&gap=0.05`, `/endless`, `/none`, `/large`.
const SERVER: &str = r#"
import asyncio, socket
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from sse_starlette.sse import EventSourceResponse, ServerSentEvent

async def count(request):
    n, gap = int(request.query_params.get('n', 3)), float(request.query_params.get('gap', 0.05))
    async def events():
        yield ServerSentEvent(comment='hello')
        for i in range(n):
            await asyncio.sleep(gap)
            yield ServerSentEvent(data=f'{request.method} {request.headers.get("x-a")}\nline {i}', event='add', id=str(i))
    return EventSourceResponse(events())

async def endless(request):
    async def events():
        i = 0
        while True:
            yield {'data': i}
            i += 1
            await asyncio.sleep(0.01)
    return EventSourceResponse(events())

async def none(request):
    return PlainTextResponse('no', status_code=404)

async def large(request):
    async def events():
        yield {'data': 'x' * (9 << 20)}
    return EventSourceResponse(events())

routes = [Route('/count', count, methods=['GET', 'POST']), Route('/endless', endless), Route('/none', none), Route('/large', large)]
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
print(f'http://127.0.0.1:{listener.getsockname()[1]}', flush=True)
uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level='error')).run(sockets=[listener])
"#;

fn server() -> Option<Server> {
    let python = python("sse", &PACKAGES)?;
    Some(Server::start(Command::new(python).args(["-c", SERVER])))
}

fn run(server: &Server, head: &str, body: &str) -> Run {
    Run::new().script(&format!(
        "import sse from 'flashcrowd/sse'; const URL = '{}'; {head}
         export default function () {{ {body} }}",
        server.said
    ))
}

#[test]
fn events_come_one_by_one_and_are_measured() {
    let Some(server) = server() else { return };
    let run = run(
        &server,
        "export const options = { iterations: 2, thresholds: { sse_streams: ['count==2'], sse_events: ['count==6'],
           sse_first_byte: ['max<2000'], 'sse_first_event{name:feed}': ['min>=0'], sse_event_gap: ['max>20', 'med<1000'],
           'sse_stream_duration{status:200}': ['min>150'] } };",
        "const got = [];
         const res = sse.open(`${URL}/count?n=3&gap=0.06`, { method: 'post', headers: { 'X-A': 'b' }, tags: { name: 'feed' } }, (client) => {
           client.on('open', ({ status, headers }) => got.push(status, headers['Content-Type']));
           client.on('event', ({ id, name, data, comment }) => got.push([id, name, data, comment].join('|')));
           client.on('error', (e) => got.push(e.error()));
           client.on('close', () => got.push('closed'));
         });
         console.log(JSON.stringify([got, res.status, res.error]));",
    );
    let outcome = run.args("--no-color").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let expected = r#"[[200,"text/event-stream; charset=utf-8","|||hello","0|add|POST b\nline 0|","1|add|POST b\nline 1|","2|add|POST b\nline 2|","closed"],200,""]"#;
    assert!(
        outcome.stderr.contains(&expected.replace('\\', "\\\\").replace('"', "\\\""))
            || outcome.stderr.contains(expected),
        "{outcome:?}"
    );
    assert!(outcome.stdout.contains("SSE\n"), "{outcome:?}");
}

#[test]
fn a_script_ends_a_stream_and_hears_of_failures() {
    let Some(server) = server() else { return };
    let Outcome { stdout, .. } = run(
        &server,
        "",
        "const listen = (url, params, events = 0) => {
           const got = [];
           try {
             const res = sse.open(url, params, (client) => {
               client.on('event', ({ data }) => { got.push(data); if (got.length === events) client.close(); });
               client.on('error', (e) => got.push(e.error()));
               client.on('close', () => got.push('closed'));
             });
             console.log(got.join(), res.status, res.error);
           } catch (e) { console.log(e.message); }
         };
         listen(`${URL}/endless`, {}, 3);
         listen(`${URL}/endless`, { timeout: 60 * 5, tags: { a: 'b' }, timeout: '100ms' }, 1000);
         listen(`${URL}/none`);
         listen(`${URL}/large`);
         listen('http://127.0.0.1:1/');
         listen('nowhere');
         listen(URL, { nobody: 1 });
         try { sse.open(URL); } catch (e) { console.log(e.message); }
         try { sse.open(`${URL}/endless`, (client) => client.on('event', () => { throw new Error('from a handler'); })); } catch (e) { console.log(e.message); }
         try { sse.open(`${URL}/endless`, (client) => client.on('message', () => 1)); } catch (e) { console.log(e.message); }",
    )
    .talk_only()
    .go();
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[1].ends_with("request timeout,closed 0 request timeout"), "{lines:?}");
    let others = [&lines[..1], &lines[2..]].concat().join("\n").replace(&server.said, "URL");
    insta::assert_snapshot!(others, @r#"
    0,1,2,closed 0 
    no stream of events: status 404,closed 404 no stream of events: status 404
    an event is longer than 8 MiB,closed 0 an event is longer than 8 MiB
    dial: connection refused,closed 0 dial: connection refused
    invalid URL: unsupported protocol scheme ""
    unknown param 'nobody': there are method, headers, tags, timeout, body
    the last argument to sse.open must be a function
    from a handler
    unknown event 'message' of a stream: there are open, event, error, close
    "#);
}

#[test]
fn a_stream_is_interrupted_with_its_iteration() {
    let Some(server) = server() else { return };
    let run = run(
        &server,
        "export const options = { scenarios: { s: { executor: 'constant-vus', vus: 3, duration: '1s', gracefulStop: '0s' } }, thresholds: { sse_events: ['count>30'] } };",
        "sse.open(`${URL}/endless`, (client) => client.on('event', () => {}));",
    );
    let outcome = run.args("--no-color").go();
    assert!(outcome.stdout.contains("✓ 'count>30'"), "{outcome:?}");
}

#[test]
fn who_never_answers_serves_nothing() {
    let script = "import sse from 'flashcrowd/sse'; export const options = { iterations: 3, thresholds: { sse_events: ['count<1'] } };
        export default function () { sse.open('http://127.0.0.1:1/', () => {}); }";
    let outcome = Run::new().script(script).args("--no-color").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    assert!(outcome.stdout.contains("FAIL"), "{outcome:?}");
}
