//! A specifier is what stands in quotes after `from`; resolved, it is the name of a module.

use std::path::{Component, Path, PathBuf};

use flashcrowd_text::nearest;
use url::{Host, Url};

use crate::error::SourceError;

/// The modules that are part of the program.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// The names of those there are.
    pub names: &'static [&'static str],
    /// Those that scripts of k6 use and that are not supported, each with the reason; a name that ends in `*` stands
    /// for all that begin so.
    pub unsupported: &'static [(&'static str, &'static str)],
}

/// Prefix of the names under which files are known to the VM, and shown in stack traces.
const SCHEME: &str = "file://";

/// How the names of built-in modules begin.
const OURS: [&str; 2] = ["flashcrowd/", "k6/"];

/// The path of a file by its module name.
pub fn path_of(name: &str) -> &Path {
    Path::new(name.strip_prefix(SCHEME).unwrap_or(name))
}

/// The module name of a file.
pub fn name_of(path: &Path) -> String {
    format!("{SCHEME}{}", path.display())
}

/// Whether a module is on the network.
pub fn is_remote(name: &str) -> bool {
    name.starts_with("https://") || name.starts_with("http://")
}

impl Builtin {
    /// Whether there is a built-in module of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    fn find(&self, name: &str) -> Result<String, SourceError> {
        if self.has(name) {
            return Ok(name.to_owned());
        }
        let is = |known: &str| match known.strip_suffix('*') {
            Some(family) => name.starts_with(family),
            None => name == known,
        };
        if let Some((_, reason)) = self.unsupported.iter().find(|(known, _)| is(known)) {
            return Err(SourceError::Unsupported { name: name.to_owned(), reason: (*reason).to_owned() });
        }
        let known = match nearest(name, self.names.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("this version has {}", self.names.join(", ")),
        };
        Err(SourceError::UnknownModule { name: name.to_owned(), known })
    }
}

/// Finds the module name that a specifier means inside the file `base`.
pub fn resolve(base: &str, specifier: &str, builtin: Builtin) -> Result<String, SourceError> {
    if specifier == "k6" || OURS.iter().any(|family| specifier.starts_with(family)) {
        return builtin.find(specifier);
    }
    let lower = specifier.get(..8).unwrap_or(specifier).to_ascii_lowercase();
    if is_remote(&lower) {
        return remote(specifier, Url::parse(specifier));
    }
    let is_file = specifier.starts_with(SCHEME);
    if specifier.contains("://") && !is_file {
        return Err(SourceError::Scheme(specifier.to_owned()));
    }
    let path = Path::new(specifier.strip_prefix(SCHEME).unwrap_or(specifier));
    if !(path.is_absolute() || specifier.starts_with("./") || specifier.starts_with("../")) {
        let (first, rest) = specifier.split_once('/').unwrap_or((specifier, ""));
        let named = !rest.is_empty() && first.contains('.') && !first.starts_with('@');
        let error = if named { SourceError::Schemeless } else { SourceError::Bare };
        return Err(error(specifier.to_owned()));
    }
    if is_remote(base) {
        if is_file {
            let (specifier, base) = (specifier.to_owned(), base.to_owned());
            return Err(SourceError::LocalFromRemote { specifier, base });
        }
        return remote(specifier, Url::parse(base).and_then(|base| base.join(specifier)));
    }
    let folder = path_of(base).parent().unwrap_or(Path::new("/"));
    Ok(name_of(&normalise(&folder.join(path))))
}

fn remote(specifier: &str, parsed: Result<Url, url::ParseError>) -> Result<String, SourceError> {
    let mut url = parsed.map_err(|error| SourceError::Address {
        url: specifier.to_owned(),
        reason: error.to_string().to_lowercase(),
    })?;
    if !is_allowed(&url) {
        return Err(SourceError::Insecure(specifier.to_owned()));
    }
    url.set_fragment(None);
    Ok(url.into())
}

/// Whether modules may come from there: https, or http without leaving this machine.
pub(crate) fn is_allowed(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        },
        _ => false,
    }
}

/// Takes `.` and `..` out of an absolute path, without asking the file system.
pub fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILTIN: Builtin = Builtin {
        names: &["flashcrowd/dynamodb", "k6", "k6/http"],
        unsupported: &[("k6/browser", "no browser"), ("k6/x/*", "no extensions")],
    };

    fn check(base: &str, specifier: &str, expected: &str) {
        let found = resolve(base, specifier, BUILTIN).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected, "{specifier} in {base}");
    }

    #[test]
    fn files_and_built_in_modules() {
        let base = "file:///a/b/c.js";
        check(base, "./d.js", "file:///a/b/d.js");
        check(base, "../common/./d.js", "file:///a/common/d.js");
        check(base, "/x/y.js", "file:///x/y.js");
        check(base, "file:///x/y.js", "file:///x/y.js");
        check(base, "k6/http", "k6/http");
        check(base, "k6/browser", "module 'k6/browser' is not supported: no browser");
        check(base, "k6/x/sql/driver", "module 'k6/x/sql/driver' is not supported: no extensions");
        check(base, "k6/htp", "unknown module 'k6/htp': did you mean 'k6/http'?");
        check(
            base,
            "k6/no/such/thing",
            "unknown module 'k6/no/such/thing': this version has flashcrowd/dynamodb, k6, k6/http",
        );
        check(
            base,
            "lodash",
            "cannot import 'lodash': write './lodash' for a local file; packages are not looked up",
        );
    }

    #[test]
    fn modules_on_the_network() {
        let base = "https://jslib.k6.io/lib/1.0.0/index.js";
        check("file:///a.js", "https://JSLIB.k6.io/a/../b.js#top", "https://jslib.k6.io/b.js");
        check("file:///a.js", "HTTPS://x.test/a.js?v=1", "https://x.test/a.js?v=1");
        check(base, "./other.js", "https://jslib.k6.io/lib/1.0.0/other.js");
        check(base, "../2.0.0/other.js", "https://jslib.k6.io/lib/2.0.0/other.js");
        check(base, "/root.js", "https://jslib.k6.io/root.js");
        check(base, "k6/http", "k6/http");
        check("file:///a.js", "http://127.0.0.1:8000/a.js", "http://127.0.0.1:8000/a.js");
        check("file:///a.js", "http://localhost/a.js", "http://localhost/a.js");
        check(
            base,
            "http://jslib.k6.io/a.js",
            "cannot import 'http://jslib.k6.io/a.js': write https://, or download the file; \
             http:// is for this machine alone",
        );
        check(
            base,
            "file:///etc/passwd",
            "cannot import 'file:///etc/passwd': 'https://jslib.k6.io/lib/1.0.0/index.js' is on the network, and may \
             not read local files",
        );
        check(base, "ftp://x/a.js", "cannot import 'ftp://x/a.js': modules are files or https:// addresses");
        check(base, "https://", "cannot import 'https://': empty host");
        check(
            "file:///a.js",
            "github.com/x/y.js",
            "cannot import 'github.com/x/y.js': write 'https://github.com/x/y.js' for a module on the network, or \
             './github.com/x/y.js' for a local file",
        );
    }
}
