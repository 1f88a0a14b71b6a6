//! gRPC, against the server that most have in Python.

mod calls;
mod streams;
mod ways;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::peers::{Server, python};
use crate::run::{Outcome, Run};

const PACKAGES: [&str; 5] = [
    "grpcio==1.85.1",
    "grpcio-tools==1.85.1",
    "grpcio-reflection==1.85.1",
    "grpcio-health-checking==1.85.1",
    "googleapis-common-protos==1.76.0",
];
const SHOP: &str = include_str!("shop.proto");
const ITEM: &str = include_str!("item.proto");

/// The head of scripts: a client that knows the shop, and one way to write down what comes.
const HEAD: &str = "
    import grpc from 'k6/net/grpc';
    const client = new grpc.Client();
    const show = (...all) => console.log(all.map((one) => typeof one === 'string' ? one : JSON.stringify(one)).join(' '));";

/// A shop that runs until it is dropped.
struct Shop {
    server: Server,
    folder: TempDir,
}

impl Shop {
    /// A shop without TLS; none where its packages cannot be had.
    fn plain() -> Option<Self> {
        Self::start(|_| Vec::new())
    }

    /// A shop; `certificates` writes what it needs into its folder and names it.
    fn start(certificates: impl FnOnce(&Path) -> Vec<PathBuf>) -> Option<Self> {
        let python = python("grpc", &PACKAGES)?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("kinds")).unwrap();
        std::fs::write(folder.path().join("shop.proto"), SHOP).unwrap();
        std::fs::write(folder.path().join("kinds/item.proto"), ITEM).unwrap();
        std::fs::write(folder.path().join("server.py"), include_str!("server.py")).unwrap();
        let paths = certificates(folder.path());
        let mut command = Command::new(python);
        let server =
            Server::start(command.arg(folder.path().join("server.py")).arg(folder.path()).args(paths));
        Some(Self { server, folder })
    }

    /// A script below the usual head, with the shop's files beside it.
    fn run(&self, script: &str) -> Run {
        let set = std::fs::read(self.folder.path().join("shop.set")).unwrap();
        let run = Run::new()
            .script(&format!("{HEAD}\n{script}"))
            .env("SHOP", &format!("127.0.0.1:{}", self.server.said));
        run.file("shop.proto", SHOP).file("kinds/item.proto", ITEM).file("shop.set", set)
    }

    /// What a default function with this body says, with the shop's files loaded and connected to.
    fn said(&self, body: &str) -> String {
        let script = format!(
            "client.load([], 'shop.proto');
             export default async function () {{
               client.connect(__ENV.SHOP, {{ plaintext: true }});
               {body}
             }}"
        );
        said(self.run(&script))
    }
}

fn said(run: Run) -> String {
    let Outcome { stdout, .. } = run.talk_only().go();
    stdout.trim().to_owned()
}
