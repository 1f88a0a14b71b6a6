//! Where imports lead: built-in modules, ES modules and CommonJS files, and what cannot be followed.

use crate::harness::Script;

#[test]
fn built_in_modules_have_a_default_and_names() {
    for name in [
        "k6",
        "k6/crypto",
        "k6/data",
        "k6/encoding",
        "k6/execution",
        "k6/http",
        "k6/metrics",
        "k6/timers",
        "flashcrowd/dynamodb",
    ] {
        let script = format!(
            "import one from '{name}'; import * as all from '{name}'; const again = require('{name}'); const keys = Object.keys(one);
             const names = Object.keys(all).filter((key) => key !== 'default');
             export default () => console.log(keys.length > 0, names.sort().join() === keys.sort().join(), keys.every((key) => all[key] === one[key] && again[key] === one[key]));"
        );
        assert_eq!(Script::new(script).run().said, ["true true true"], "{name}");
    }
}

#[test]
fn files_are_found_from_the_file_that_imports_them_and_run_once() {
    let ran = Script::new("import { a } from './lib/a.js'; import * as b from './b.js'; export default () => console.log(a(), b.default, Object.keys(b));")
        .file("lib/a.js", "import { next } from '../n.js'; import '../b.js'; export const a = () => next();")
        .file("b.js", "import { next } from './n.js'; export const n = next(); export default `b${n}`;")
        .file("n.js", "let n = 0; export const next = () => ++n;")
        .run();
    assert_eq!(ran.said, ["2 b1 [ 'default', 'n' ]"]);
}

#[test]
fn es_modules_and_commonjs_use_each_other() {
    let ran = Script::new(
        "import cjs, { named } from './c.js'; import * as all from './c.js'; import twice from './f.js'; import esm from './marked.js';
         const again = require('./c.js');
         export default () => console.log(cjs.named, named, all.named, again === cjs, twice(2), cjs.seen, esm);",
    )
    .file("c.js", "const { x } = require('./e.mjs'); module.exports = { named: 'n', 'not a name': 1, seen: x + require('./lib/d').d };")
    .file("lib/d", "exports.d = `${this === exports} ${require('./../lib/e.js')}`;")
    .file("lib/e.js", "#!/usr/bin/env node\nmodule.exports = typeof require('k6/http').get;")
    .file("f.js", "module.exports = function (n) { return n * 2; };")
    .file("e.mjs", "export const x = 'esm ';")
    .file("marked.js", "exports.__esModule = true; exports.default = 'marked';")
    .run();
    assert_eq!(ran.said, ["n n n true 4 esm true function marked"]);
}

#[test]
fn the_script_itself_may_be_commonjs() {
    let script = "const { check } = require('k6'); module.exports.options = { iterations: 2 };
      module.exports.setup = () => 7; module.exports.default = (data) => console.log(check(1, { one: 1 }), __ITER, data);";
    assert_eq!(Script::new(script).run().said, ["true 0 7", "true 1 7"]);
    let script = "exports.options = { scenarios: { s: { executor: 'shared-iterations', exec: 'buy' } } }; exports.buy = () => console.log('bought');";
    assert_eq!(Script::new(script).run().said, ["bought"]);
}

#[test]
fn files_may_import_each_other_in_a_circle() {
    let ran = Script::new("import { ping } from './a.js'; const { c } = require('./c.js'); export default () => console.log(ping(3), c());")
        .file("a.js", "import { pong } from './b.js'; export const ping = (n) => n ? 'i' + pong(n - 1) : '.';")
        .file("b.js", "import { ping } from './a.js'; export const pong = (n) => n ? 'o' + ping(n - 1) : '!';")
        .file("c.js", "exports.c = () => d.d(); const d = require('./d.js');")
        .file("d.js", "const c = require('./c.js'); exports.d = () => typeof c.c;")
        .run();
    assert_eq!(ran.said, ["ioi! function"]);
}

#[test]
fn what_cannot_be_imported_is_named_with_its_place() {
    let script = |import: &str| {
        Script::new(format!("\n  {import}\nexport default () => {{}};"))
            .file("a.ts", "const a: = 1;")
            .file("folder/x.js", "")
            .file("binary.js", [0xff, 0xfe])
            .file("wrong.js", "export const a = ;")
            .file("throws.js", "exports.a = 1; throw new Error('at once');")
    };
    for (import, expected, placed) in [
        ("import x from 'k6/browser';", "module 'k6/browser' is not supported: no browser is driven", true),
        (
            "import x from 'http://jslib.k6.io/x.js';",
            "cannot import 'http://jslib.k6.io/x.js': write https://",
            true,
        ),
        ("import x from 'lodash';", "cannot import 'lodash': write './lodash' for a local file", true),
        ("import x from './none.js';", "/none.js': no such file", true),
        ("import x from './folder';", "/folder': it is a folder", true),
        ("import x from './binary.js';", "/binary.js': it is not UTF-8 text", true),
        ("import x from './a.ts';", "as TypeScript: Unexpected token at line 1, column 10", true),
        ("const x = require('k6/browser');", "module 'k6/browser' is not supported", false),
        ("const x = require('./none.js');", "/none.js': no such file", false),
        ("import { nothing } from './folder/../throws.js';", "Error: at once", false),
        ("import x from './wrong.js';", "SyntaxError", false),
    ] {
        let error = script(import).load().err().unwrap_or_else(|| panic!("{import} was taken"));
        assert!(error.contains(expected), "{import}: {error}");
        assert_eq!(
            error.contains("script.js:2:"),
            placed || import.starts_with("const"),
            "{import}: {error}"
        );
    }
}

#[test]
fn new_modules_are_for_the_top_level_alone() {
    let ran = Script::of_body("", "require('./late.js');").file("late.js", "module.exports = 1;").run();
    assert_eq!(ran.said[0], "Error: require() is only available in the init context");
}

#[test]
fn files_are_read_as_editors_leave_them() {
    for script in [
        "\u{feff}export default () => console.log('fine');",
        "#!/usr/bin/env flashcrowd\nexport default () => console.log('fine');",
        "// one\r\nexport default function () {\r\n  console.log('fine');\r\n}\r\n",
        "const text = `export default ${'`'}`, re = /import \"/; module.exports.default = () => console.log('fine');",
    ] {
        assert_eq!(Script::new(script).run().said, ["fine"], "{script}");
    }
}
