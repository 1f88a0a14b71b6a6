//! The script of a sketch: a text that its readers would have written themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use url::Url;

use crate::literal::{json, key, string, text};
use crate::sketch::{Body, Call, Part, Piece, Sketch, Text, name_of};

/// The longest pause that users are given, in seconds.
const LONGEST_PAUSE: f64 = 10.0;

/// Origins of requests, each with the name of its constant.
type Origins = Vec<(String, String)>;

impl Sketch {
    /// The script. `source` is what it was made of, for its first line.
    pub fn script(&self, source: &str) -> String {
        let origins = self.origins();
        let (mut files, mut body) = (Vec::new(), String::new());
        self.write_calls(&origins, &mut files, &mut body);
        let mut script = self.head(source);
        script.push_str(&imports(&self.calls, &body));
        let constants = self.constants(&origins);
        if !constants.is_empty() {
            let _ = write!(script, "\n{constants}");
        }
        for (index, file) in files.iter().enumerate() {
            let _ = writeln!(script, "const file{} = open({}, 'b');", index + 1, string(file));
        }
        script.push_str(
            "\nexport const options = {\n  vus: 1,\n  duration: '10s',\n  thresholds: {\n    http_req_failed: ['rate<0.01'],\n    http_req_duration: ['p(95)<500'],\n  },\n};\n",
        );
        let _ = write!(script, "\nexport default function () {{\n{body}}}\n");
        script
    }

    fn head(&self, source: &str) -> String {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut head =
            format!("// {}, made of {} by flashcrowd import.\n", one_line(&self.title), one_line(source));
        for note in &self.notes {
            let _ = writeln!(head, "// {}", one_line(note));
        }
        head.push('\n');
        head
    }

    /// The origins of the requests, the most frequent first.
    fn origins(&self) -> Origins {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (index, call) in self.calls.iter().enumerate() {
            if let Some(origin) = origin_of(&call.url) {
                counts.entry(origin).or_insert((0, index)).0 += 1;
            }
        }
        let mut found: Vec<(String, (usize, usize))> = counts.into_iter().collect();
        found.sort_by_key(|(_, (count, first))| (std::cmp::Reverse(*count), *first));
        let mut names: Vec<String> = self.variables.keys().cloned().collect();
        let mut origins = Origins::new();
        for (index, (origin, _)) in found.into_iter().enumerate() {
            let host = Url::parse(&origin).ok().and_then(|url| url.host_str().map(str::to_owned));
            let mut name = match index {
                0 => "BASE_URL".to_owned(),
                _ => name_of(&host.unwrap_or_default().to_uppercase()),
            };
            while names.contains(&name) {
                name.push('_');
            }
            names.push(name.clone());
            origins.push((origin, name));
        }
        origins
    }

    fn constants(&self, origins: &Origins) -> String {
        let mut constants = String::new();
        for (origin, name) in origins {
            let _ = writeln!(constants, "const {name} = __ENV.{name} || {};", string(origin));
        }
        let used: Vec<&str> = self.calls.iter().flat_map(used).collect();
        for (name, value) in &self.variables {
            if !used.contains(&name.as_str()) {
                continue;
            }
            let _ = match value {
                Some(value) => writeln!(constants, "const {name} = __ENV.{name} || {};", string(value)),
                None => {
                    writeln!(constants, "const {name} = __ENV.{name} || ''; // give it with -e {name}=...")
                }
            };
        }
        constants
    }

    fn write_calls(&self, origins: &Origins, files: &mut Vec<String>, body: &mut String) {
        let mut open: Vec<&str> = Vec::new();
        for (index, call) in self.calls.iter().enumerate() {
            let groups: Vec<&str> = call.groups.iter().map(String::as_str).collect();
            let kept = open.iter().zip(&groups).take_while(|(one, other)| one == other).count();
            while open.len() > kept {
                open.pop();
                let _ = writeln!(body, "{}}});", pad(open.len()));
            }
            pause(call.pause, open.len(), body);
            if index > 0 && kept == groups.len() {
                body.push('\n');
            }
            for group in &groups[kept..] {
                let _ = writeln!(body, "{}group({}, () => {{", pad(open.len()), string(group));
                open.push(group);
            }
            write_call(call, index + 1, open.len(), origins, files, body);
        }
        while open.pop().is_some() {
            let _ = writeln!(body, "{}}});", pad(open.len()));
        }
        if self.calls.iter().all(|call| call.pause <= 0.0) {
            body.push_str("\n  sleep(1);\n");
        }
    }
}

fn pad(depth: usize) -> String {
    "  ".repeat(depth + 1)
}

fn pause(seconds: f64, depth: usize, body: &mut String) {
    if seconds >= 0.1 {
        let _ = writeln!(body, "{}sleep({:.1});", pad(depth), seconds.min(LONGEST_PAUSE));
    }
}

fn write_call(
    call: &Call,
    number: usize,
    depth: usize,
    origins: &Origins,
    files: &mut Vec<String>,
    body: &mut String,
) {
    let pad = pad(depth);
    let variable = |name: &str| name.to_owned();
    let url = text(&based(&call.url, origins), &variable);
    let payload = payload(&call.body, depth + 1, files);
    let mut fields = Vec::new();
    if !call.headers.is_empty() {
        let headers =
            call.headers.iter().map(|(name, value)| format!("{}: {}", key(name), text(value, &variable)));
        fields.push(block("headers", &headers.collect::<Vec<_>>(), depth + 2));
    }
    if call.url.0.iter().any(|piece| !matches!(piece, Piece::Plain(_)))
        || call.url.as_plain().is_some_and(|url| url.contains('?'))
    {
        fields.push(format!("tags: {{ name: {} }}", string(&call.name)));
    }
    let params = (!fields.is_empty()).then(|| {
        let one_line = format!("{{ {} }}", fields.join(", "));
        match one_line.len() <= 80 && !one_line.contains('\n') {
            true => one_line,
            false => {
                let lines: Vec<String> = fields.iter().map(|field| format!("{pad}    {field},\n")).collect();
                format!("{{\n{}{pad}  }}", lines.concat())
            }
        }
    });
    let method = call.method.to_ascii_uppercase();
    let function = match method.as_str() {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "OPTIONS" => method.to_ascii_lowercase(),
        "DELETE" => "del".to_owned(),
        _ => "request".to_owned(),
    };
    let takes_body = !matches!(method.as_str(), "GET" | "HEAD");
    let (function, mut arguments) = match (takes_body, &payload) {
        (false, Some(_)) => ("request".to_owned(), vec![string(&method), url]),
        _ if function == "request" => (function, vec![string(&method), url]),
        _ => (function, vec![url]),
    };
    if takes_body || payload.is_some() {
        match (payload, &params) {
            (Some(payload), _) => arguments.push(payload),
            (None, Some(_)) => arguments.push("null".to_owned()),
            (None, None) => {}
        }
    }
    arguments.extend(params);
    let one_line = format!("{pad}const res{number} = http.{function}({});", arguments.join(", "));
    if one_line.len() <= 120 && !one_line.contains('\n') {
        let _ = writeln!(body, "{one_line}");
    } else {
        let lines: Vec<String> = arguments.iter().map(|argument| format!("{pad}  {argument},\n")).collect();
        let _ = writeln!(body, "{pad}const res{number} = http.{function}(\n{}{pad});", lines.concat());
    }
    let (what, test) = match call.status {
        Some(status) => (format!("{} is {status}", call.name), format!("(r) => r.status === {status}")),
        None => (format!("{} succeeds", call.name), "(r) => r.status >= 200 && r.status < 400".to_owned()),
    };
    let _ = writeln!(body, "{pad}check(res{number}, {{ {}: {test} }});", string(&what.replace("::", ":")));
}

/// A field that is an object, on as many lines as it needs.
fn block(name: &str, fields: &[String], depth: usize) -> String {
    let one_line = format!("{name}: {{ {} }}", fields.join(", "));
    if one_line.len() <= 80 && !one_line.contains('\n') {
        return one_line;
    }
    let lines: Vec<String> = fields.iter().map(|field| format!("{}{field},\n", pad(depth + 1))).collect();
    format!("{name}: {{\n{}{}}}", lines.concat(), pad(depth))
}

/// The body of a request as code; none where it has none.
fn payload(body: &Body, depth: usize, files: &mut Vec<String>) -> Option<String> {
    let variable = |name: &str| name.to_owned();
    let mut file = |path: &str| {
        let index = files.iter().position(|known| known == path).unwrap_or_else(|| {
            files.push(path.to_owned());
            files.len() - 1
        });
        format!("file{}", index + 1)
    };
    match body {
        Body::Nothing => None,
        Body::Text(plain) => Some(text(plain, &variable)),
        Body::Json(value) => Some(format!("JSON.stringify({})", json(value, depth + 1))),
        Body::Form(fields) => {
            let fields =
                fields.iter().map(|(name, value)| format!("{}: {}", key(name), text(value, &variable)));
            Some(format!("{{ {} }}", fields.collect::<Vec<_>>().join(", ")))
        }
        Body::Parts(parts) => {
            let parts = parts.iter().map(|(name, part)| match part {
                Part::Text(value) => format!("{}: {}", key(name), text(value, &variable)),
                Part::File(path) => {
                    let short = path.rsplit(['/', '\\']).next().unwrap_or(path);
                    format!("{}: http.file({}, {})", key(name), file(path), string(short))
                }
            });
            Some(format!("{{ {} }}", parts.collect::<Vec<_>>().join(", ")))
        }
        Body::File(path) => Some(file(path)),
    }
}

/// The scheme and host of a URL that begins with them.
fn origin_of(url: &Text) -> Option<String> {
    let Some(Piece::Plain(start)) = url.0.first() else { return None };
    let (scheme, rest) = start.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    // Where a variable follows at once, the host has not ended.
    (rest.len() > host.len() || url.0.len() == 1).then(|| format!("{scheme}://{host}"))
}

/// A URL whose origin is the value of its constant.
fn based(url: &Text, origins: &Origins) -> Text {
    let Some(origin) = origin_of(url) else { return url.clone() };
    let Some((_, name)) = origins.iter().find(|(known, _)| *known == origin) else { return url.clone() };
    let mut pieces = vec![Piece::Variable(name.clone())];
    for (index, piece) in url.0.iter().enumerate() {
        match piece {
            Piece::Plain(start) if index == 0 => {
                let rest = &start[origin.len()..];
                if !rest.is_empty() {
                    pieces.push(Piece::Plain(rest.to_owned()));
                }
            }
            other => pieces.push(other.clone()),
        }
    }
    Text(pieces)
}

/// The variables that a call uses.
fn used(call: &Call) -> Vec<&str> {
    let mut names: Vec<&str> = call.url.variables().collect();
    names.extend(call.headers.iter().flat_map(|(_, value)| value.variables()));
    match &call.body {
        Body::Text(text) => names.extend(text.variables()),
        Body::Form(fields) => names.extend(fields.iter().flat_map(|(_, value)| value.variables())),
        Body::Parts(parts) => names.extend(parts.iter().flat_map(|(_, part)| match part {
            Part::Text(text) => text.variables().collect::<Vec<_>>(),
            Part::File(_) => Vec::new(),
        })),
        Body::Nothing | Body::Json(_) | Body::File(_) => {}
    }
    names
}

fn imports(calls: &[Call], body: &str) -> String {
    let mut names = vec!["check"];
    if calls.iter().any(|call| !call.groups.is_empty()) {
        names.push("group");
    }
    if body.contains("sleep(") {
        names.push("sleep");
    }
    format!("import http from 'k6/http';\nimport {{ {} }} from 'k6';\n", names.join(", "))
}
