//! A browser that a test drives: Chromium without a screen, over a pair of named pipes.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peers::unless_in_ci;

/// Where Debian's package `chromium` has it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// A browser with one page.
pub struct Browser {
    process: Child,
    asks: File,
    answers: BufReader<File>,
    session: String,
    asked: u64,
    /// What the page complained of.
    pub complaints: Vec<String>,
    _folder: TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub scheme: &'static str,
}

impl Browser {
    /// A browser; none where there is no Chromium, which is a failure in CI.
    pub fn get(look: Look) -> Option<Self> {
        let there = Path::new(CHROMIUM).exists().then_some(());
        unless_in_ci(there.ok_or_else(|| "chromium is missing (Debian package chromium)".to_owned()))?;
        let folder = tempfile::tempdir().unwrap();
        let pipe = |name: &str| {
            let path = folder.path().join(name);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            path
        };
        let (asks, answers) = (pipe("asks"), pipe("answers"));
        let process = Command::new("sh")
            .args(["-c", r#"exec "$0" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --remote-debugging-pipe --user-data-dir="$1/profile" about:blank 3<"$1/asks" 4>"$1/answers""#, CHROMIUM])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let asks = OpenOptions::new().write(true).open(asks).unwrap();
        let answers = BufReader::new(File::open(answers).unwrap());
        let mut browser = Self {
            process,
            asks,
            answers,
            session: String::new(),
            asked: 0,
            complaints: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session =
            browser.call("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        browser.call("Runtime.enable", json!({}));
        browser.call("Log.enable", json!({}));
        let size =
            json!({ "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": look.width < 600 });
        browser.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": look.scheme }] });
        browser.call("Emulation.setEmulatedMedia", scheme);
        Some(browser)
    }

    /// Opens an address.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
    }

    /// The value of an expression on the page; none while the page is being loaded.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        self.call("Runtime.evaluate", asked)["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        crate::run::wait_until(expression, || self.value(expression) == true);
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut asked = json!({ "id": self.asked, "method": method, "params": params });
        if !self.session.is_empty() {
            asked["sessionId"] = self.session.clone().into();
        }
        self.asks.write_all(format!("{asked}\0").as_bytes()).unwrap();
        loop {
            let mut message = Vec::new();
            assert!(self.answers.read_until(0, &mut message).unwrap() > 0, "the browser ended: {method}");
            message.pop();
            let mut message: Value = serde_json::from_slice(&message).unwrap();
            match message["method"].as_str() {
                Some("Runtime.exceptionThrown") => self.complaints.push(message["params"].to_string()),
                Some("Log.entryAdded") if message["params"]["entry"]["level"] == "error" => {
                    self.complaints.push(message["params"]["entry"].to_string());
                }
                _ => {}
            }
            if message["id"] == self.asked {
                return message["result"].take();
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has ended already, unless its test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
