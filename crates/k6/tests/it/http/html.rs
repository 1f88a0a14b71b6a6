//! Pages of responses: selections, forms that are submitted and links that are followed.

use crate::harness::Script;
use crate::target::Target;

fn page() -> Target {
    Target::answering(|request| {
        let line = request.head.lines().next().unwrap_or_default().to_owned();
        let body = match line.split(' ').nth(1) {
            Some("/form") => "<form action='/login?old=1' method=POST><input name=user value=kim><input name=pw>\
                <input type=submit name=go value=Go></form><form id=q action=find><input name=q value='a b'></form>\
                <p><a href='../next#x'>next</a> <a class=none>none</a></p>"
                .to_owned(),
            _ => format!("{line}\n{}", String::from_utf8_lossy(&request.body)),
        };
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .into_bytes()
    })
}

#[test]
fn forms_are_submitted_and_links_followed() {
    let target = page();
    let ran = Script::of_body(
        "import http from 'k6/http'; import { parseHTML } from 'k6/html';",
        "const res = http.get(`${__ENV.T}/form`);
         const first = (res) => res.body.split('\\n').join(' | ');
         console.log(res.html().find('input').size(), res.html('p a').first().text(), parseHTML('<b>x</b>').find('b').text());
         console.log(first(res.submitForm({ fields: { pw: 's&cret' } })));
         console.log(first(res.submitForm({ formSelector: '#q', params: { headers: { 'X-A': 1 } } })));
         console.log(first(res.clickLink()));
         for (const f of [() => res.submitForm({ formSelector: '#no' }), () => res.clickLink({ selector: '.none' }), () => http.head(`${__ENV.T}/x`, { responseType: 'none' }).html()]) {
           try { f(); } catch (e) { console.log(e.message.replace(__ENV.T, '')); }
         }",
    )
    .env("T", &target.url())
    .run();
    assert_eq!(
        ran.said,
        [
            "4 next x",
            "POST /login?old=1 HTTP/1.1 | go=Go&pw=s%26cret&user=kim",
            "GET /find?q=a+b HTTP/1.1 | ",
            "GET /next HTTP/1.1 | ",
            "no form found for selector '#no' in response '/form'",
            "no href attribute in the element for selector '.none'",
            "the response has no body that could be read as HTML",
        ]
    );
}
