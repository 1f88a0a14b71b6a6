//! TypeScript and JSON are imported as they are written, and errors name the place in the file that somebody wrote.

use crate::run::{Run, said_by};

#[test]
fn a_script_may_be_typescript() {
    let run = Run::of("run script.ts").file(
        "script.ts",
        "import { check, type Checkers } from 'k6';
         import type { Options } from 'k6/options';
         import { Kind, name, type Item } from './lib.ts';
         import data from './data.json';
         export const options: Options = { iterations: 1 };
         namespace Sizes { export const large = 3; }
         export default function (this: void): void {
           const item: Item = { kind: Kind.Second, size: Sizes.large as number };
           console.log(name(item!), data.items[1], check<number>(1, { one: (n) => n === 1 } satisfies Checkers<number>));
         }",
    );
    let run = run
        .file(
            "lib.ts",
            "export enum Kind { First = 'first', Second = 'second' }
             export interface Item { kind: Kind; size: number }
             export const name = <T extends Item>(item: T): string => `${item.kind} ${item.size}`;",
        )
        .file("data.json", "{\"items\": [1, 2]}");
    assert_eq!(said_by(run), "second 3 2 true\n");
}

#[test]
fn a_script_on_standard_input_may_be_typescript() {
    let script = "const n: number = 4; export default () => console.log(n);";
    assert_eq!(said_by(Run::of("run -").stdin(script)), "4\n");
}

#[test]
fn errors_name_the_line_that_was_written() {
    let thrown = "interface A {\n  b: string;\n}\n\nfunction buy(a: A): never {\n  throw new Error(a.b);\n}\n\n\
                  export default function (): void {\n  buy({ b: 'sold out' } as A);\n}\n";
    let outcome = Run::of("run -q --log-format raw script.ts").file("script.ts", thrown).go();
    let text = &outcome.stderr;
    for place in ["script.ts:6:", "script.ts:10:"] {
        assert!(text.contains(place), "{place}: {text}");
    }
    let wrong = "const a: number = 1;\nlet b: = 2;\nexport default function () {}";
    let outcome = Run::of("run -q --log-format raw script.ts").file("script.ts", wrong).go();
    assert_eq!(outcome.code, Some(107));
    assert!(outcome.stderr.contains("script.ts' as TypeScript: "), "{outcome:?}");
    assert!(outcome.stderr.contains(" at line 2, column 8"), "{outcome:?}");
    let missing = "type A = string;\n\nimport { a } from './none.ts';\nexport default () => a;";
    let outcome = Run::of("run -q --log-format raw script.ts").file("script.ts", missing).go();
    assert!(outcome.stderr.contains("script.ts:3:19"), "{outcome:?}");
}

#[test]
fn bundles_with_a_source_map_name_their_sources() {
    // Line 2 of the bundle is line 5 of ../src/shop.ts, from column 3 on.
    let map = r#"{"version":3,"sources":["../src/shop.ts"],"names":[],"mappings":";AAIE"}"#;
    let bundle =
        "exports.default = () => {\nthrow new Error('here');\n};\n//# sourceMappingURL=bundle.js.map\n";
    let outcome = Run::of("run -q --log-format raw dist/bundle.js")
        .file("dist/bundle.js", bundle)
        .file("dist/bundle.js.map", map)
        .go();
    assert!(outcome.stderr.contains("/src/shop.ts:5:3"), "{outcome:?}");
}

#[test]
fn json_is_a_module() {
    let run = Run::new()
        .script(
            "import users from './users.json'; import again from './users.json' with { type: 'json' };
             const required = require('./users.json');
             export default () => console.log(users[0].name, again === users, required[0].name);",
        )
        .file("users.json", "[{\"name\": \"kim\"}]");
    assert_eq!(said_by(run), "kim true kim\n");
    let outcome = Run::of("run -q --log-format raw script.js")
        .script("import x from './x.json'; export default () => x;")
        .file("x.json", "{,}")
        .go();
    assert_eq!(outcome.code, Some(107));
    assert!(
        outcome.stderr.contains("x.json' as JSON: key must be a string at line 1 column 2"),
        "{outcome:?}"
    );
}

#[test]
fn modules_know_where_they_are() {
    let run = Run::new()
        .script(
            "import { where } from './lib/a.js';
             const text = open(import.meta.resolve('./data.txt'));
             export default () => console.log(text, import.meta.url.slice(-10), where.slice(-9), import.meta.resolve('k6/http'));",
        )
        .file("lib/a.js", "export const where = import.meta.resolve('./b.js');")
        .file("data.txt", "data");
    assert_eq!(said_by(run), "data /script.js /lib/b.js k6/http\n");
}

#[test]
fn a_name_that_a_built_in_module_lacks_is_null() {
    let outcome = Run::new()
        .script(
            "import { check, counter } from 'k6'; import * as all from './c.js'; import { none } from './c.js';
             export default function () { console.log(typeof check, counter, none, all.a); throw new Error('enough'); }",
        )
        .file("c.js", "exports.a = 1;")
        .args("-q --log-format raw")
        .go();
    assert!(outcome.stderr.contains("function null null 1"), "{outcome:?}");
    let warning = "module 'k6' has no export 'counter': it is null in the script, as in k6";
    assert_eq!(outcome.stderr.matches(warning).count(), 1, "{outcome:?}");
}
