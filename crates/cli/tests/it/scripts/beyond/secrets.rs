//! Secrets: where they come from, and that they are shown nowhere.

use crate::run::Run;
use crate::target::{Target, answer};

const SCRIPT: &str = "
    import secrets from 'k6/secrets';
    export default async function () {
      const value = await secrets.get('cool');
      console.log('is right', value === 'some: secret', value.length, `<${value}>`);
    }";

#[test]
fn a_secret_is_had_and_never_shown() {
    let script = "
        import secrets, { source } from 'k6/secrets';
        import { Counter } from 'k6/metrics';
        const counter = new Counter('told');
        export async function setup() { return { token: await secrets.get('token') }; }
        export default async function ({ token }) {
          const cool = await secrets.get('cool');
          console.log('right', cool === 'some: secret', token === 'abcd', await source('other').get('cool') === 'another one');
          console.log('shown', cool, `in ${cool}`, encodeURIComponent(cool), token);
          counter.add(1, { cool });
          throw new Error(`with ${cool}`);
        }
        export function handleSummary(data) { return { 'summary.json': JSON.stringify(data), stdout: 'done' }; }";
    let run = Run::new()
        .script(script)
        .file("secrets.txt", "# those of the test\ncool=some: secret\ntoken=abcd\n")
        .args("--record r --out json=out.json --secret-source=file=secrets.txt,default")
        .arg("--secret-source=mock=name=other,cool=\"another one\"");
    let outcome = run.go();
    assert!(outcome.stderr.contains("right true true true"), "{outcome:?}");
    assert!(outcome.stderr.contains("shown *** in *** *** ***"), "{outcome:?}");
    let mut all = format!("{}{}", outcome.stdout, outcome.stderr);
    for name in ["r/run.json", "r/timeline.jsonl", "r/result.json", "out.json"] {
        all += &std::fs::read_to_string(outcome.path(name)).unwrap();
    }
    for secret in ["some: secret", "another one", "abcd", "some%3A%20secret"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[test]
fn what_is_missing_says_so() {
    let script = "
        import secrets from 'k6/secrets';
        export default async function () {
          for (const ask of [() => secrets.get('nobody'), () => secrets.source('nobody').get('x'), () => secrets.get()])
            try { console.log(await ask()); } catch (e) { console.log(e.message); }
        }";
    let said = |args: &[&str]| {
        let run = args.iter().fold(Run::new().script(script), |run, arg| run.arg(arg));
        run.talk_only().go().stdout
    };
    assert_eq!(
        said(&["--secret-source=mock=cool=1234"]),
        "no secret with key \"nobody\"\nno secret source with name \"nobody\" is configured\nno secret with key \"\"\n"
    );
    assert!(said(&[]).starts_with("no secret sources are configured: "));
    assert!(
        said(&["--secret-source=mock=name=a,cool=1234", "--secret-source=mock=name=b,cool=1234"])
            .starts_with("no default secret source: ")
    );
    for (source, words) in [
        ("vault=x", "unknown kind of secret source 'vault': use file, mock or url"),
        ("file=missing.txt", "cannot read 'missing.txt'"),
        ("url=urlTemplate=http://h/", "give urlTemplate=https://host/path/{key}"),
    ] {
        let outcome = Run::new().script(script).args(&format!("--secret-source={source}")).go();
        assert_eq!(outcome.code, Some(104), "{outcome:?}");
        assert!(
            outcome.stderr.contains(words) && outcome.stderr.contains("--secret-source: "),
            "{outcome:?}"
        );
    }
    let outcome = Run::new().script(SCRIPT).env("K6_SECRET_SOURCE", "mock=cool=some: secret").go();
    assert!(outcome.stderr.contains("is right true 12 <***>"), "{outcome:?}");
}

#[test]
fn an_address_is_asked_once_for_each_secret() {
    let target = Target::answering(|request| {
        let is_known = request.path() == "/secrets/cool"
            && request.head.to_lowercase().contains("authorization: bearer t0ken");
        match is_known {
            true => answer(200, &[], "{\"data\":{\"value\":\"some: secret\"}}"),
            false => answer(404, &[], ""),
        }
    });
    let source = format!(
        "--secret-source=url=urlTemplate={}/secrets/{{key}},headers.Authorization=Bearer t0ken,responsePath=data.value",
        target.url()
    );
    let outcome =
        Run::new().script(SCRIPT).arg(&source).args("-i 20 -u 4 --summary-mode compact --no-color").go();
    assert_eq!(outcome.stderr.matches("is right true 12 <***>").count(), 20, "{outcome:?}");
    assert!(!outcome.stdout.contains("http_reqs"), "{outcome:?}");
    assert!(target.requests() <= 4, "{}", target.requests());
}
