//! A script is made of modules: ES modules, CommonJS files and the built-in ones, in any mixture.

use crate::run::{Run, said, said_by};

#[test]
fn imports_are_relative_to_the_file_that_has_them() {
    let run = Run::new()
        .script("import { a } from './lib/a.js'; export default function () { console.log(a); }")
        .file("lib/a.js", "import b from '../other/b.js'; import './side.js'; export const a = `a+${b}`;")
        .file("lib/side.js", "console.log('side', typeof module);")
        .file("other/b.js", "export default 'b';");
    // The top level runs once to be read, and once for the virtual user.
    assert_eq!(said_by(run), "side object\nside object\na+b\n");
}

#[test]
fn a_file_is_run_once_however_often_it_is_imported() {
    let run = Run::new()
        .script(
            "import { next } from './n.js'; import * as all from './m.js';
             export default function () { console.log(next(), all.again(), all.default, Object.keys(all)); }",
        )
        .file("n.js", "let n = 0; export function next() { return ++n; }")
        .file(
            "m.js",
            "import { next } from './n.js'; export const again = () => next(); export default 'm';",
        );
    assert_eq!(said_by(run), "1 2 m [ 'again', 'default' ]\n");
}

#[test]
fn commonjs_and_es_modules_use_each_other() {
    let run = Run::new()
        .script(
            "import cjs, { named } from './c.js'; import * as all from './c.js'; import fn from './f.js';
             const again = require('./c.js');
             export default function () { console.log(cjs.named, named, all.named, again === cjs, fn(2), cjs.esm); }",
        )
        .file("c.js", "const { x } = require('./e.mjs'); module.exports = { named: 'n', esm: x + require('./d').d };")
        .file("d", "exports.d = this === exports;")
        .file("f.js", "module.exports = function (n) { return n * 2; };")
        .file("e.mjs", "export const x = 'esm:';");
    assert_eq!(said_by(run), "n n n true 4 esm:true\n");
}

#[test]
fn a_script_may_be_commonjs_itself() {
    let script = "const http = require('k6/http'); const { check } = require('k6');
                  module.exports.options = { iterations: 2 };
                  module.exports.default = function () { console.log(typeof http.get, check(1, { one: 1 }), __ITER); };";
    assert_eq!(said(script), "function true 0\nfunction true 1\n");
}

#[test]
fn a_circle_of_imports_is_no_problem() {
    let run = Run::new()
        .script("import { ping } from './a.js'; export default function () { console.log(ping(3)); }")
        .file(
            "a.js",
            "import { pong } from './b.js'; export const ping = (n) => n ? 'i' + pong(n - 1) : '.';",
        )
        .file(
            "b.js",
            "import { ping } from './a.js'; export const pong = (n) => n ? 'o' + ping(n - 1) : '!';",
        );
    assert_eq!(said_by(run), "ioi!\n");
}

#[test]
fn built_in_modules_have_a_default_and_names() {
    for name in
        ["k6", "k6/http", "k6/metrics", "k6/execution", "k6/data", "k6/encoding", "k6/crypto", "k6/timers"]
    {
        let script = format!(
            "import one from '{name}'; import * as all from '{name}'; const again = require('{name}');
             const keys = Object.keys(one);
             export default function () {{
               console.log(keys.length > 0, keys.every((key) => all[key] === one[key]), all.default === one,
                 keys.every((key) => again[key] === one[key]));
             }}"
        );
        assert_eq!(said(&script), "true true true true\n", "{name}");
    }
}

#[test]
fn the_top_level_may_await() {
    let script = "import { setTimeout } from 'k6/timers';
                  const late = await new Promise((resolve) => setTimeout(() => resolve('late'), 5));
                  export default function () { console.log(late); }";
    assert_eq!(said(script), "late\n");
}

#[test]
fn new_modules_are_only_for_the_top_level() {
    let run = Run::new()
        .script("export default function () { require('./late.js'); }")
        .file("late.js", "module.exports = 1;");
    let text = said_by(run);
    assert!(text.starts_with("Error: require() is only available in the init context\n"), "{text}");
}

#[test]
fn files_as_editors_leave_them() {
    for script in [
        "\u{feff}export default () => console.log('fine');",
        "#!/usr/bin/env flashcrowd\nexport default () => console.log('fine');",
        "// one\r\nexport default function () {\r\n  console.log('fine');\r\n}\r\n",
        "const text = `export default ${'`'}`, re = /import \"/; // export\nmodule.exports.default = () => console.log('fine');",
    ] {
        assert_eq!(said(script), "fine\n", "{script}");
        assert_eq!(said_by(Run::of("run -").stdin(script)), "fine\n", "{script}");
    }
    let run = Run::of("run")
        .arg("a b/ü.js")
        .file("a b/ü.js", "import x from './c d.js'; export default () => console.log(x);");
    assert_eq!(said_by(run.file("a b/c d.js", "export default 'fine';")), "fine\n");
}
