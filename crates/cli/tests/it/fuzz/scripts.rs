//! Files that scripts are made of: archives, `.proto` files, and what scripts are imported from.

use flashcrowd_grpc::Schema;
use flashcrowd_modules::{Archive, throws, variables};
use flashcrowd_sketch::{Kind, sketch};

use super::fuzzer::fuzz;

#[test]
fn drafts() {
    const WORDS: [&str; 12] = [
        "{{",
        "}}",
        "$ref",
        "#/s",
        "`${",
        "'",
        "\\u{",
        "curl ",
        "::",
        "__proto__",
        "-F f=@",
        "data:;base64,",
    ];
    fuzz("drafts", &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        for (_, kind) in Kind::ALL {
            if let Ok(sketch) = sketch(kind, &text) {
                let script = sketch.script("a\nfile");
                // What is written can be read: a script with a fault in it has no imports.
                let imports = flashcrowd_modules::imports(&script);
                assert_eq!(imports.len(), 2, "{script}");
            }
        }
    });
}

#[test]
fn archives() {
    fuzz("archives", &["metadata.json", "file/", "../", "ustar", "\0\0"], |input| {
        if let Ok(archive) = Archive::read(input) {
            let written = archive.write().unwrap();
            assert_eq!(Archive::read(&written).unwrap().files.len(), archive.files.len());
        }
    });
}

#[test]
fn protos() {
    const WORDS: [&str; 12] = [
        "message M {",
        "}",
        "{",
        "[",
        "option (a) = {",
        "oneof",
        "map<",
        "import \"a.proto\";",
        "rpc",
        "max",
        "\"\\x",
        "/*",
    ];
    fuzz("protos", &WORDS, |input| {
        let text: std::sync::Arc<[u8]> = input.into();
        let read = Box::new(move |_: &std::path::Path| Some(Ok(text.clone())));
        if let Ok(schema) = Schema::parse(&["a.proto".to_owned()], read) {
            schema.methods();
        }
        let _ = Schema::decode(input);
        let code = String::from_utf8_lossy(input);
        variables("a.ts", &code);
        throws(&code, flashcrowd_modules::Kind::Module);
    });
}

#[test]
fn nothing_is_nested_too_deep_for_the_stack() {
    let deep = |open: &str, close: &str, head: &str| {
        format!("{head}{}{}", open.repeat(200_000), close.repeat(200_000))
    };
    for proto in [
        deep("message M {", "}", "syntax = \"proto3\";"),
        deep("{ a: ", "}", "syntax = \"proto3\"; option (x) = "),
        deep("group G = 1 { optional ", "}", "message A { optional "),
    ] {
        let bytes: std::sync::Arc<[u8]> = proto.into_bytes().into();
        let read = Box::new(move |_: &std::path::Path| Some(Ok(bytes.clone())));
        assert!(Schema::parse(&["a.proto".to_owned()], read).is_err());
    }
    for (kind, text) in [
        (Kind::Har, deep("[", "]", "")),
        (Kind::OpenApi, deep("{a: ", "}", "")),
        (Kind::OpenApi, deep("[", "]", "a: ")),
        (Kind::Postman, deep("{\"item\":[", "]}", "")),
        (Kind::Curl, deep("'", "'", "curl ")),
    ] {
        assert!(sketch(kind, &text).is_err() || kind == Kind::Curl);
    }
}
