//! TypeScript becomes JavaScript: types are taken out, enums and namespaces are written out. Nothing is checked.

use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};

use crate::imports::PARSING;
use crate::positions::{Place, Positions};
use crate::room::with_room;

/// Bytes of stack that all passes over a text need for a token at most.
const TRANSFORMING: usize = 32 << 10;

/// Whether a text can be read as JavaScript, as an ES module or not.
pub(crate) fn is_javascript(text: &str) -> bool {
    with_room(text, PARSING, || reads(text)).unwrap_or(true)
}

fn reads(text: &str) -> bool {
    let allocator = Allocator::default();
    let reads = |kind| !Parser::new(&allocator, text, kind).parse().panicked;
    let clean = |kind| Parser::new(&allocator, text, kind).parse().diagnostics.is_empty();
    reads(SourceType::mjs()) && clean(SourceType::mjs()) || clean(SourceType::cjs())
}

/// The JavaScript of a TypeScript text and where its parts come from, or what is wrong with it.
pub(crate) fn to_javascript(text: &str) -> Result<(String, Positions), String> {
    let made = with_room(text, TRANSFORMING, || transform(text));
    made.unwrap_or_else(|| Err("it is nested too deeply".to_owned()))
}

fn transform(text: &str) -> Result<(String, Positions), String> {
    let allocator = Allocator::default();
    let path = Path::new("script.ts");
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    if let Some(error) = parsed.diagnostics.iter().next() {
        let place = error.labels.as_ref().first();
        let place = place.map_or_else(String::new, |label| {
            let Place { line, column } = Place::of_offset(text, label.offset() as usize);
            format!(" at line {line}, column {column}")
        });
        return Err(format!("{}{place}", error.message.trim_end_matches('.')));
    }
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new().with_excess_capacity(2.0).with_enum_eval(true).build(&program);
    let scoping = semantic.semantic.into_scoping();
    let options = TransformOptions::default();
    let done = Transformer::new(&allocator, path, &options).build_with_scoping(scoping, &mut program);
    if let Some(error) = done.diagnostics.iter().next() {
        return Err(error.message.to_string());
    }
    let options = CodegenOptions { source_map_path: Some(PathBuf::from(path)), ..CodegenOptions::default() };
    let written = Codegen::new().with_options(options).with_source_text(text).build(&program);
    let map = written.map.ok_or("it has no positions")?;
    Ok((written.code, Positions::of_map(&map, |_| String::new())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let (code, _) = to_javascript(text).unwrap();
        let code: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(code.join(" "), expected, "{text}");
    }

    #[test]
    fn types_are_taken_out() {
        check("const a: number = f<string>(1 as any)!;", "const a = f(1);");
        check("interface A { b: string } type C = A | null; export {};", "export {};");
        check(
            "import type { Options } from 'k6/options'; import http, { type Params } from 'k6/http'; http.get('');",
            "import http from \"k6/http\"; http.get(\"\");",
        );
        check(
            "import { Options } from 'k6/options'; export const options: Options = { vus: 1 };",
            "export const options = { vus: 1 };",
        );
        check(
            "function f(this: Window, a?: string, ...b: number[]): asserts a is string { }",
            "function f(a, ...b) {}",
        );
        check(
            "abstract class A<T> implements B { private x?: T; declare y: T; readonly z = 1; }",
            "class A { x; z = 1; }",
        );
        check("const a = b satisfies C;", "const a = b;");
    }

    #[test]
    fn enums_namespaces_and_parameter_properties_are_written_out() {
        let (code, _) =
            to_javascript("export enum A { B, C = 'c', D = 1 << 2 } const enum E { F = 3 } use(E.F);")
                .unwrap();
        for part in ["A[A[\"B\"] = 0] = \"B\"", "A[\"C\"] = \"c\"", "A[A[\"D\"] = 4] = \"D\""] {
            assert!(code.contains(part), "{part}: {code}");
        }
        let (code, _) = to_javascript("namespace N { export const x = 1; }").unwrap();
        assert!(code.contains("N.x = 1"), "{code}");
        let (code, _) = to_javascript("class A { constructor(private readonly b: string) {} }").unwrap();
        assert!(code.contains("this.b = b"), "{code}");
    }

    #[test]
    fn positions_are_those_of_the_text() {
        let text = "interface Long {\n  a: string;\n  b: string;\n}\n\nexport default function (x: Long): void {\n  throw new Error('here');\n}\n";
        let (code, positions) = to_javascript(text).unwrap();
        let line = code.lines().position(|line| line.contains("throw")).unwrap();
        let column = code.lines().nth(line).unwrap().find("new Error").unwrap();
        let place = Place { line: line as u32 + 1, column: column as u32 + 1 };
        let (_, written) = positions.written(place).unwrap();
        assert_eq!((written.line, written.column), (7, 9), "{code}");
    }

    #[test]
    fn javascript_is_told_from_typescript() {
        for (text, expected) in [
            ("export const a = 1;", true),
            ("return 1;", true),
            ("const a: number = 1;", false),
            ("enum A { B }", false),
            ("const f = <T>(a: T) => a;", false),
        ] {
            assert_eq!(is_javascript(text), expected, "{text}");
        }
    }

    /// Stack that was needed for a level of each was 0.1 to 6 KiB for the parser alone and 1 to 83 KiB for all passes, at
    /// most 2.6 and 21 KiB a token.
    #[test]
    fn texts_of_nothing_but_levels_have_room() {
        for (open, inside, close) in [
            ("[", "", "]"),
            ("(", "1", ")"),
            ("{", "", "}"),
            ("!", "1", ""),
            ("a=>", "1", ""),
            ("a?b:", "1", ""),
            ("if(a){}else ", "{}", ""),
            ("`${", "1", "}`"),
            ("class A{static{", "", "}}"),
            ("(async()=>{", "", "})"),
        ] {
            let text = format!("{}{inside}{}", open.repeat(5000), close.repeat(5000));
            let _ = crate::imports::imports(&text);
            let _ = is_javascript(&text);
            assert!(to_javascript(&text).is_ok(), "{open}");
        }
    }
}
