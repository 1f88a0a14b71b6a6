//! Proxies between a script and its target: tinyproxy, with a name and a password.

use crate::peers::Debian;
use crate::run::Run;
use crate::target::{Target, answer};

fn proxy(folder: &std::path::Path) -> Option<Debian> {
    Debian::start("tinyproxy", "tinyproxy-bin", |command, port| {
        let config = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nBasicAuth shop pa55\nLogFile \"{}\"\nLogLevel Connect\n",
            folder.join("log").display()
        );
        std::fs::write(folder.join("conf"), config).unwrap();
        command.arg("-d").arg("-c").arg(folder.join("conf"));
    })
}

const SCRIPT: &str = "import http from 'k6/http';
    export const options = { vus: 2, iterations: 10 };
    export default function () { const r = http.get(__ENV.URL); console.log('got', r.status, r.body, r.error); }";

#[test]
fn requests_go_through_the_proxy_with_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let Some(proxy) = proxy(folder.path()) else { return };
    let target = Target::answering(|request| answer(200, &[], request.header("Via").unwrap_or("direct")));
    // No proxy is asked for this machine; this address is it, and is not known to be.
    let url = target.url().replace("127.0.0.1", "0.0.0.0");
    let run = |user: &str| {
        let proxy = format!("http://{user}@127.0.0.1:{}", proxy.port);
        let run = Run::new().script(SCRIPT).args("--no-fail-fast").env("HTTP_PROXY", &proxy);
        run.env("URL", &url).talk_only().go()
    };
    let through = run("shop:pa55");
    assert_eq!(through.stdout.matches("got 200 1.1 ").count(), 10, "{through:?}");
    assert_eq!(target.requests(), 10);
    let refused = run("shop:wrong");
    assert!(refused.stdout.contains("got 401") || refused.stdout.contains("got 407"), "{refused:?}");
    assert!(!refused.stderr.contains("wrong") && !refused.stdout.contains("wrong"), "{refused:?}");
    assert_eq!(target.requests(), 10);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log.matches("Request (file descriptor").count(), 20, "{log}");
}
