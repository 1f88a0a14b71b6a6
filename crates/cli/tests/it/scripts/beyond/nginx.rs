//! What scripts do with nginx: HTTP/2, TLS with certificates of clients, connections that are kept, compressed bodies.

use std::path::Path;

use rcgen::{CertificateParams, KeyPair};

use crate::peers::Debian;
use crate::run::{Run, wait_until};

/// An nginx that serves this, in a folder that has its log of requests.
struct Nginx {
    server: Debian,
    folder: tempfile::TempDir,
}

impl Nginx {
    fn start(serve: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let server = Debian::start("nginx", "nginx-light", |command, port| {
            let config = format!(
                "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log; events {{}}
                 http {{
                   log_format counted '$request_method $uri $status $server_protocol $connection';
                   access_log {path}/access.log counted; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
                   fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
                   server {{ {} }}
                 }}",
                serve.replace("FOLDER", &path.to_string()).replace("PORT", &port.to_string())
            );
            std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
            for (name, identity) in [("server", identity("localhost")), ("client", identity("shopper"))] {
                std::fs::write(folder.path().join(format!("{name}.pem")), identity.0).unwrap();
                std::fs::write(folder.path().join(format!("{name}.key")), identity.1).unwrap();
            }
            command.arg("-c").arg(folder.path().join("nginx.conf"));
        });
        Some(Self { server: server?, folder })
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.server.port)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The lines of its log, once there are as many as this.
    fn log(&self, lines: usize) -> Vec<String> {
        let read = || std::fs::read_to_string(self.path().join("access.log")).unwrap_or_default();
        wait_until("the log of nginx", || read().lines().count() >= lines);
        read().lines().map(str::to_owned).collect()
    }
}

fn identity(name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

const SECURE: &str = "listen 127.0.0.1:PORT ssl http2; ssl_certificate FOLDER/server.pem; ssl_certificate_key FOLDER/server.key;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_client_certificate FOLDER/client.pem; ssl_verify_client optional_no_ca;
    location / { default_type text/plain; return 200 '$ssl_client_verify $ssl_protocol $http2'; }";

#[test]
fn a_certificate_is_shown_to_whom_it_is_for_over_http_2() {
    let Some(nginx) = Nginx::start(SECURE) else { return };
    let script = "import http from 'k6/http';
        const own = { cert: open('client.pem'), key: open('client.key') };
        export const options = { vus: 4, iterations: 40, insecureSkipTLSVerify: true, tlsAuth: [{ ...own, domains: [__ENV.DOMAIN] }],
          thresholds: { checks: ['rate==1'] } };
        import { check } from 'k6';
        export default function () {
          const [one, two] = http.batch([`${__ENV.URL}/a`, `${__ENV.URL}/b`]);
          for (const r of [one, two])
            check(r, { protocol: () => r.proto === 'HTTP/2.0', version: () => r.tls_version === 'tls1.3', status: () => r.status === 200,
              body: () => r.body === __ENV.SAID });
        }";
    let mut all = 0;
    for (domain, said) in [("localhost", "SUCCESS TLSv1.3 h2"), ("elsewhere.test", "NONE TLSv1.3 h2")] {
        let outcome = Run::new()
            .script(script)
            .file("client.pem", std::fs::read(nginx.path().join("client.pem")).unwrap())
            .file("client.key", std::fs::read(nginx.path().join("client.key")).unwrap())
            .env("URL", &nginx.url("https"))
            .env("DOMAIN", domain)
            .env("SAID", said)
            .args("--no-color")
            .go();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        all += 80;
        let log = nginx.log(all);
        assert_eq!(log.len(), all);
        assert!(log.iter().all(|line| line.contains(" 200 HTTP/2.0 ")), "{log:?}");
        // A connection for each virtual user carries both requests of a batch.
        let connections: std::collections::BTreeSet<_> =
            log[all - 80..].iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(connections.len(), 4, "{log:?}");
    }
}

#[test]
fn whom_nginx_does_not_know_is_refused() {
    let Some(nginx) = Nginx::start(&SECURE.replace("optional_no_ca", "on")) else { return };
    let script = "import http from 'k6/http';
        export const options = { insecureSkipTLSVerify: true };
        export default function () { const r = http.get(__ENV.URL); console.log(r.status, r.body.includes('No required SSL certificate')); }";
    let outcome = Run::new().script(script).env("URL", &nginx.url("https")).talk_only().go();
    assert!(outcome.stdout.contains("400 true"), "{outcome:?}");
}

#[test]
fn connections_are_kept_and_bodies_unpacked() {
    let serve = "listen 127.0.0.1:PORT; gzip on; gzip_types text/plain; gzip_min_length 20;
        location / { default_type text/plain; return 200 'stock stock stock stock stock stock stock stock'; }
        location /short { keepalive_requests 2; return 200 'short'; }";
    let Some(nginx) = Nginx::start(serve) else { return };
    let script = "import http from 'k6/http'; import { check } from 'k6';
        export const options = { vus: 3, iterations: 60, thresholds: { checks: ['rate==1'] } };
        export default function () {
          const r = http.get(`${__ENV.URL}${__ENV.PATH_}`, { headers: { 'Accept-Encoding': 'gzip' } });
          check(r, { body: () => r.body === __ENV.SAID, packed: () => __ENV.PATH_ !== '/' || r.headers['Content-Encoding'] === 'gzip' });
        }";
    let mut all = 0;
    for (path, said, connections) in
        [("/", "stock stock stock stock stock stock stock stock", 3..=3), ("/short", "short", 30..=33)]
    {
        let run =
            Run::new().script(script).env("URL", &nginx.url("http")).env("PATH_", path).env("SAID", said);
        let outcome = run.args("--no-color").go();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        all += 60;
        let log = nginx.log(all);
        let seen: std::collections::BTreeSet<_> =
            log[all - 60..].iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert!(log.len() == all && connections.contains(&seen.len()), "{}: {log:?}", seen.len());
    }
}
