//! The page in a browser: on a desk and on a phone, in light and dark, with its buttons, up to the report.

use super::browser::{Browser, Look};
use super::{Served, script, shop};
use crate::run::{Run, Signal};

#[test]
fn a_run_is_watched_and_steered_until_it_is_a_report() {
    for (look, background) in [
        (Look { width: 1280, scheme: "light" }, "rgb(255, 255, 255)"),
        (Look { width: 390, scheme: "dark" }, "rgb(18, 22, 28)"),
    ] {
        let Some(mut browser) = Browser::get(look) else { return };
        let target = shop();
        let users = r#"{
            users: { executor: "externally-controlled", vus: 2, maxVUs: 4, duration: "0" },
            few: { executor: "externally-controlled-arrival-rate", rate: 1, preAllocatedVUs: 1, duration: "0" },
        }"#;
        let text = script(&target, users).replace("group(\"buying\"", "sleep(0.02);\n  group(\"buying\"");
        let run = Run::new().script(&text).args("--web=127.0.0.1:0 --paused --linger");
        let run = Served::of(run, "page");
        browser.open(&format!("http://{}/", run.address));
        browser.wait("document.getElementById('state')?.textContent === 'paused'");
        assert_eq!(target.requests(), 0);
        browser.wait("document.getElementById('resume').textContent === 'Start'");
        browser.value("document.getElementById('resume').click()");
        browser.wait("document.getElementById('state').textContent === 'running'");
        browser.wait("document.querySelectorAll('#requests tbody tr').length === 2");
        browser.wait("document.querySelectorAll('#charts figure').length === 4");
        browser.wait("Number(document.getElementById('count').textContent.replaceAll(',', '')) > 20");
        assert_eq!(browser.value("getComputedStyle(document.body).backgroundColor"), background);
        let fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(browser.value(fits), true, "nothing stands out");
        assert_eq!(browser.value("String(document.hacked)"), "undefined", "names stay text");
        let name = browser.value("[...document.querySelectorAll('#requests td:nth-child(2)')].map((cell) => cell.textContent).sort()[0]");
        assert_eq!(name, "<img src=x onerror=document.hacked=1>");
        browser.value(
            "document.getElementById('scale-vus').value = 4; document.querySelector('#scale button').click()",
        );
        browser.wait("/^[45] \\/ 5$/.test(document.getElementById('vus').textContent)");
        browser.value(
            "document.getElementById('rate-value').value = 2.5; document.querySelector('#pace button').click()",
        );
        browser.wait(
            "[...document.querySelectorAll('#scenarios tbody td')].some((cell) => cell.textContent === '2.5/s')",
        );
        browser.value("document.getElementById('pause').click()");
        browser.wait("document.getElementById('state').textContent === 'paused'");
        browser.wait("document.getElementById('resume').textContent === 'Resume'");
        browser.value("document.getElementById('resume').click()");
        browser.wait("document.getElementById('state').textContent === 'running'");
        browser.value("window.confirm = () => true; document.getElementById('stop').click()");
        browser.wait("document.querySelector('h1') && !document.getElementById('state')");
        assert!(browser.value("document.body.textContent").as_str().unwrap().contains("users"));
        assert_eq!(browser.value("String(document.hacked)"), "undefined");
        assert_eq!(browser.complaints, Vec::<String>::new());
        run.started.err_line("lingering");
        run.started.signal(Signal::INT);
        assert_eq!(run.started.end().code, Some(103));
    }
}
