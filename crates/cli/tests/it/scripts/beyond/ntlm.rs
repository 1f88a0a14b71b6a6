//! NTLM, against a server with the library that most have in Python.

use std::process::Command;

use crate::peers::{Server, python};
use crate::run::Run;

const PACKAGES: [&str; 1] = ["pyspnego==0.12.4"];

/// A server that asks for NTLM on each connection, by its own name or as `/negotiate`.
const SERVER: &str = r#"
import base64, os, sys, tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
users = tempfile.NamedTemporaryFile('w', suffix='.users', delete=False)
users.write('SHOP:anna:pa-ss@1\n')
users.close()
os.environ['NTLM_USER_FILE'] = users.name
import spnego

class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    context = None
    def log_message(self, *args):
        pass
    def answer(self, status, body=b'', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        scheme = 'Negotiate' if self.path == '/negotiate' else 'NTLM'
        given = self.headers.get('Authorization', '')
        if not given.startswith(scheme + ' '):
            return self.answer(401, WWW_Authenticate=scheme)
        if self.context is None:
            self.context = spnego.server(protocol='ntlm', options=spnego.NegotiateOptions.use_ntlm)
        try:
            token = self.context.step(base64.b64decode(given.split(' ')[1]))
        except Exception as error:
            self.context = None
            return self.answer(401, str(error).encode(), WWW_Authenticate=scheme)
        if self.context.complete:
            who = self.context.client_principal
            self.context = None
            return self.answer(200, f'{who} {body.decode()}'.encode())
        self.answer(401, WWW_Authenticate=scheme + ' ' + base64.b64encode(token).decode())
    do_GET = do_POST

server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(f'127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
"#;

#[test]
fn a_user_is_who_the_server_says() {
    let Some(python) = python("ntlm", &PACKAGES) else { return };
    let server = Server::start(Command::new(python).args(["-c", SERVER]));
    let script = "import http from 'k6/http';
        export const options = { thresholds: { http_reqs: ['count==14'], http_req_failed: ['rate<1'] } };
        export default function () {
          const at = (who, path) => `http://${who}@${__ENV.AT}${path}`;
          for (const [url, body] of [[at('SHOP%5Canna:pa-ss%401', '/ntlm'), 'order'], [at('SHOP%5Canna:pa-ss%401', '/negotiate')], [at('shop%5CANNA:pa-ss%401', '/ntlm')], [at('SHOP%5Canna:wrong', '/ntlm')]]) {
            const res = http.request(body ? 'POST' : 'GET', url, body, { auth: 'ntlm' });
            console.log(res.status, res.status === 200 ? res.body : '');
          }
          console.log(http.get(`http://${__ENV.AT}/ntlm`, { auth: 'ntlm' }).status, http.get(at('a:b', '/ntlm')).status);
        }";
    let outcome = Run::new().script(script).env("AT", &server.said).args("--no-color").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for words in ["200 SHOP\\\\\\\\anna order", "200 SHOP\\\\\\\\anna ", "401 401"] {
        assert!(
            outcome.stderr.contains(words) || outcome.stderr.contains(&words.replace("\\\\\\\\", "\\\\")),
            "{words}: {outcome:?}"
        );
    }
}
