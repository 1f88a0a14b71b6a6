//! Deep in the stack: a script that recurses to the end of it gets an error that it can catch, whatever it calls there.

use crate::run::Run;
use crate::target::mirror;

/// Calls everything in a list with the least stack that is left, and again in each of forty frames above.
const SCRIPT: &str = r"
import http from 'k6/http';
import crypto, * as hashes from 'k6/crypto';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { check, group, fail, sleep, randomSeed } from 'k6';
import { SharedArray } from 'k6/data';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

export const options = { iterations: 1, batch: 4 };
const shared = new SharedArray('rows', () => [{ a: 1 }, { b: [2] }]);
const metrics = [new Counter('one'), new Gauge('two'), new Rate('three'), new Trend('four')];
const nested = JSON.stringify(Array.from({ length: 50 }).reduce((inner) => [inner], 1));
const url = `${__ENV.T}/`;
const body = 'abc'.repeat(1000);
const form = { field: 'value', file: http.file(body, 'a.txt', 'text/plain') };
const answer = () => http.get(url);

const calls = {
  ...Object.fromEntries(['gzip', 'deflate', 'br', 'zstd'].map((compression) => [compression, () => http.post(url, body, { compression })])),
  ...Object.fromEntries(['get', 'head', 'options', 'del', 'post', 'put', 'patch'].map((method) => [method, () => http[method](url)])),
  request: () => http.request('GET', url, null, { headers: { a: 'b' }, cookies: { c: 'd' }, tags: { e: 'f' } }),
  batch: () => http.batch([url, ['GET', url], { method: 'GET', url }]),
  form: () => http.post(url, form),
  url: () => http.url`${url}${1}`,
  statuses: () => http.setResponseCallback(http.expectedStatuses(200, { min: 300, max: 399 })),
  jar: () => http.cookieJar().set(url, 'a', 'b'),
  cookies: () => http.cookieJar().cookiesForURL(url),
  json: () => answer().json('headers'),
  async: () => http.asyncRequest('GET', url),
  bad: () => http.get('nonsense://'),
  check: () => check({ a: 1 }, { deep: (it) => it.a === 1 }),
  group: () => group('deep', () => 1),
  fail: () => fail('deep'),
  sleep: () => sleep(0),
  seed: () => randomSeed(1),
  shared: () => shared.map((row) => JSON.stringify(row)).length,
  ...Object.fromEntries(metrics.map((metric, at) => [`metric ${at}`, () => metric.add(1, { a: 'b' })])),
  ...Object.fromEntries(['md4', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160'].map((name) => [name, () => hashes[name](body, 'hex')])),
  hmac: () => crypto.hmac('sha256', 'secret', body, 'hex'),
  bytes: () => crypto.randomBytes(16),
  b64: () => encoding.b64decode(encoding.b64encode(body)),
  exec: () => [exec.vu.idInTest, exec.scenario.name, exec.instance.vusActive, exec.test.options, exec.vu.tags],
  timers: () => clearTimeout(setTimeout(() => 1, 1)),
  log: () => console.debug({ a: [1, { b: 2 }] }),
  parse: () => JSON.parse(nested),
  stringify: () => JSON.stringify(JSON.parse(nested)),
  match: () => /^(a|b|c)*(abc){3,}$/.test(body),
  replace: () => body.replace(/b/g, (it) => it.toUpperCase()),
  sort: () => [3, 1, 2].sort((a, b) => a - b),
  date: () => new Date().toISOString(),
  promise: () => Promise.resolve(1).then((it) => it + 1),
  text: () => (0.1).toFixed(20) + body.normalize() + parseFloat('1e400'),
  open: () => open('nothing.txt'),
  require: () => require('k6/http'),
};

export default function () {
  const reached = {};
  for (const [name, call] of Object.entries(calls)) {
    let left = 40;
    const descend = () => {
      try { descend(); } catch (error) { if (!(error instanceof RangeError)) throw error; }
      if (left > 0) { left -= 1; try { call(); reached[name] = true; } catch (error) { /* what it lacks is stack, or an argument */ } }
    };
    descend();
  }
  console.log(`REACHED ${Object.keys(reached).length} of ${Object.keys(calls).length}, not ${Object.keys(calls).filter((name) => !reached[name])}`);
}
";

#[test]
fn whatever_is_called_at_the_end_of_the_stack_returns_or_throws() {
    let target = mirror();
    let outcome = Run::new().script(SCRIPT).env("T", &target.url()).args("-q --no-summary").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let told = outcome.stderr.lines().find(|line| line.contains("REACHED")).unwrap_or_default();
    // These throw anywhere: fail(), and what only the top level of a script may call.
    assert!(told.contains("not fail,open,require"), "{told}");
}

/// Calls every function that the modules export, methods of what is exported included, with the least stack that is left.
const WALK: &str = r"
export const options = { iterations: 1 };
const ENDS_THE_TEST = ['abort', 'fail'];
const found = [];
const walk = (path, value, depth) => {
  if (typeof value === 'function' && !ENDS_THE_TEST.some((name) => path.endsWith(`.${name}`))) found.push([path, value]);
  if (depth === 0 || value === null || (typeof value !== 'object' && typeof value !== 'function')) return;
  for (const name of Object.getOwnPropertyNames(value)) {
    let member;
    try { member = value[name]; } catch { continue; }
    walk(`${path}.${name}`, member, depth - 1);
  }
};
export default function () {
  for (const [name, module] of Object.entries(modules)) walk(name, module, 2);
  const globals = ['open', 'require', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'console', 'TextEncoder', 'crypto', 'URL'];
  for (const name of globals) walk(name, globalThis[name], 1);
  let calls = 0;
  for (const [, callee] of found) {
    for (const given of [[], ['a', 'b', 'c'], [{}, [1]], [new ArrayBuffer(8)]]) {
      let left = 8;
      const descend = () => {
        try { descend(); } catch (error) { if (!(error instanceof RangeError)) throw error; }
        if (left > 0) {
          left -= 1;
          try { const made = callee(...given); if (made && made.catch) made.catch(() => {}); } catch { /* an argument or stack is missing */ }
          try { new callee(...given); } catch { /* it is no class */ }
          calls += 1;
        }
      };
      descend();
    }
  }
  console.log(`CALLED ${found.length} functions, ${calls} times`);
}
";

#[test]
fn every_export_can_be_called_at_the_end_of_the_stack() {
    let unknown = Run::new().script("import 'k6/none'; export default () => {};").args("-q").go();
    let names = unknown.stderr.split("this version has ").nth(1).unwrap_or_default();
    let names: Vec<&str> = names.split([',', '"', '\\']).map(str::trim).collect();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| *name == "k6" || name.starts_with("k6/") || name.contains("crowd/"))
        .collect();
    assert!(names.contains(&"k6/http") && names.len() >= 8, "{unknown:?}");
    let mut script = String::new();
    for (at, name) in names.iter().enumerate() {
        script += &format!("import * as m{at} from '{name}';\n");
    }
    let entries: Vec<String> =
        names.iter().enumerate().map(|(at, name)| format!("'{name}': m{at}")).collect();
    script += &format!("const modules = {{ {} }};\n{WALK}", entries.join(", "));
    let outcome = Run::new().script(&script).args("-q --no-summary").go();
    let told = outcome.stderr.lines().find(|line| line.contains("CALLED")).unwrap_or_default();
    assert!(!told.is_empty() && !outcome.stderr.contains("panicked"), "{outcome:?}");
}

#[test]
fn functions_may_nest_thousands_deep() {
    let script = "const sum = (n) => (n === 0 ? 0 : n + sum(n - 1));
        const depth = (list) => (Array.isArray(list) ? 1 + Math.max(...list.map(depth)) : 0);
        export default function () {
          let list = 1; for (let i = 0; i < 1000; i++) list = [list];
          console.log(`${sum(4000)} ${depth(list)}`);
        }";
    let outcome = Run::new().script(script).args("-q --no-summary").go();
    assert!(outcome.stderr.contains("8002000 1000"), "{outcome:?}");
}

#[test]
fn a_rejection_within_a_rejection_is_one_more() {
    let script = "export const options = { iterations: 2 };
        export default function () {
          const error = new Error('outer');
          Object.defineProperty(error, 'name', { get() { Promise.reject(1); return 'named'; } });
          Promise.reject(error);
        }";
    let outcome = Run::new().script(script).args("-q --no-summary").go();
    assert_eq!(outcome.stderr.matches("Uncaught (in promise)").count(), 2, "{outcome:?}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
}
