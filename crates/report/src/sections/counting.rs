//! What counts as what, where customers' requests and what was sent are not the same.

use flashcrowd_text::{Lang, figure, messages};

use crate::measures::{Attempts, Measures};
use crate::model::Report;

messages! {
    fn apart(requests: String, length: String, attempts: String) {
        en: "A request is what a customer asked for, with all its attempts and the waits between them: {requests} in {length}, \
             until the last one ended; latencies are of its calls, waits included. DynamoDB was sent {attempts} attempts: throttles and the tables by request and by step \
             count those. The iteration rate counts what ended before the load did.",
        ko: "요청은 고객이 원한 작업 하나로, 모든 재시도와 그 사이의 대기를 포함합니다. 마지막 요청이 끝날 때까지 {length} 동안 {requests}건입니다. \
             응답 시간은 대기를 포함한 호출의 시간입니다. DynamoDB가 받은 시도는 {attempts}건이며, 스로틀링과 요청별·단계별 표는 시도를 셉니다. 초당 반복 수는 부하가 끝나기 전에 완료된 \
             작업만 셉니다.",
    }
}

/// The line that says it; none where every request was sent once.
pub(crate) fn note(lang: Lang, report: &Report) -> Option<String> {
    let measures = Measures::of(report);
    let Attempts { all, .. } = measures.dynamodb.filter(|attempts| attempts.are_apart)?;
    let length = figure::length(lang, measures.seconds);
    Some(apart(lang, figure::count(measures.requests), length, figure::count(all)))
}
