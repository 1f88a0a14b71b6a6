//! `import` makes a first script of what others recorded or described.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use flashcrowd_sketch::{Kind, sketch};

use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// How large a file may be.
const LARGEST: u64 = 512 << 20;

/// `import`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd import har shop.har -o shop.js      what a browser recorded
  flashcrowd import openapi shop.yaml > shop.js  what a service says of itself, version 3 or 2
  flashcrowd import postman shop.json -o shop.js a collection
  flashcrowd import curl - < commands.txt        commands, as browsers copy them

The script runs at once, with one user for ten seconds. Secrets in headers become variables, to be given with -e.

Exit codes: 0 the script was written, 255 it was not.")]
pub struct ImportArgs {
    /// What the file is
    #[arg(value_name = "KIND")]
    pub kind: FileKind,
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The script to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the script if it exists
    #[arg(short, long)]
    pub force: bool,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// A recording of a browser (HTTP archive)
    Har,
    /// An OpenAPI or Swagger document, as JSON or YAML
    Openapi,
    /// A Postman collection, version 2
    Postman,
    /// Commands of curl
    Curl,
}

/// Reads the file, and writes the script.
pub fn run(context: &Context, args: &ImportArgs) -> Result<(), Failure> {
    let kind = match args.kind {
        FileKind::Har => Kind::Har,
        FileKind::Openapi => Kind::OpenApi,
        FileKind::Postman => Kind::Postman,
        FileKind::Curl => Kind::Curl,
    };
    let shown = args.file.display();
    let text = read(&args.file).with_context(|| format!("cannot read '{shown}'")).map_err(Failure::Other)?;
    let sketch =
        sketch(kind, &text).with_context(|| format!("cannot import '{shown}'")).map_err(Failure::Other)?;
    let source =
        if args.file == Path::new("-") { "standard input".to_owned() } else { file_name(&args.file) };
    let script = sketch.script(&source);
    let Some(output) = &args.output else {
        context.console.write(Stream::Out, &script);
        return Ok(());
    };
    let shown = output.display();
    let file = if args.force { File::create(output) } else { File::create_new(output) };
    let written = file.and_then(|mut file| file.write_all(script.as_bytes()));
    if let Err(error) = &written
        && error.kind() == std::io::ErrorKind::AlreadyExists
    {
        let text = format!("'{shown}' exists already: give another name, or --force to replace it");
        return Err(Failure::Other(anyhow::Error::msg(text)));
    }
    written.with_context(|| format!("cannot write '{shown}'")).map_err(Failure::Other)?;
    let calls = sketch.calls.len();
    let noun = if calls == 1 { "request" } else { "requests" };
    let said = format!(
        "{shown} is written, with {calls} {noun}: run it with flashcrowd check {shown}, then flashcrowd run {shown}\n"
    );
    context.console.write(Stream::Out, &said);
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The text of a file; what is not Unicode is replaced.
fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    }
    anyhow::ensure!(bytes.len() as u64 <= LARGEST, "it has more than 512 MiB");
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
