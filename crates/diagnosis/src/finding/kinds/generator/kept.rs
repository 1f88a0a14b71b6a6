//! `responses-not-kept`: responses took more memory than this client gives them, so that nothing was kept of them.
//!
//! Any (`http_reqs_not_kept`). They count as failed, and say nothing of the target: whether their bodies would have come to an
//! end is not known. A warning where these are at least 1% of the requests.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure};
use crate::finding::support::kind::FindingText;
use crate::words::{number, percent};

pub(crate) const ID: &str = "responses-not-kept";

const SHARE: f64 = 0.01;

messages! {
    fn title(count: &str) {
        en: "{count} responses were too large for this machine to keep",
        ko: "응답 {count}건이 이 장비가 보관할 수 있는 크기를 넘었습니다",
    }
    fn seen(share: &str, requests: &str) {
        en: "{share}% of {requests} requests were ended by the bounds of this client's memory. They count as failed, and their bodies were not read to the end.",
        ko: "요청 {requests}건 중 {share}%가 이 클라이언트의 메모리 한도에서 끝났습니다. 이 요청은 실패로 집계되며 본문은 끝까지 읽지 않았습니다.",
    }
    fn discard() {
        en: "Keep no bodies that the test does not look at, with discardResponseBodies or responseType: 'none': without them there is no bound.",
        ko: "테스트에서 사용하지 않는 본문은 discardResponseBodies나 responseType: 'none'으로 버리십시오. 이때는 한도가 없습니다.",
    }
    fn endless() {
        en: "If no response should be that large, see whether the target ever ends its bodies.",
        ko: "응답이 이렇게 클 이유가 없다면 대상이 본문을 끝까지 보내는지 확인하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let results = context.evidence.results?;
    let sum = |name: &str| results.metric(name).map_or(0.0, |metric| metric.stats.value("count"));
    let (count, requests) = (sum(metric::HTTP_REQS_NOT_KEPT), sum(metric::HTTP_REQS));
    let severity = if count < SHARE * requests { Severity::Info } else { Severity::Warning };
    let draft = Draft::new(ID, severity).figure("not_kept", count).figure("requests", requests);
    (count > 0.0).then(|| draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let (count, requests) = (figure(finding, "not_kept"), figure(finding, "requests"));
    let share = percent(100.0 * count / requests.max(1.0));
    FindingText {
        title: title(lang, &number(count)),
        evidence: seen(lang, &share, &number(requests)),
        remedies: vec![discard(lang), endless(lang)],
    }
}
