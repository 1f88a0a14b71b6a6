//! How a result came about, in words.

use flashcrowd_record::{ExpectationResult, Mark};
use flashcrowd_text::{Lang, messages};

use super::case::RAMPS;
use crate::words::{megabytes, number, percent, time};

/// What a result says of itself, ready for a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a>(pub(super) &'a ExpectationResult);

impl<'a> Said<'a> {
    /// Which text it is.
    pub(super) fn note(self) -> &'a str {
        &self.0.note
    }

    pub(super) fn figure(self, name: &str) -> f64 {
        self.0.figures.get(name).copied().unwrap_or_default()
    }

    /// A figure that may not be there.
    pub(super) fn known(self, name: &str) -> Option<f64> {
        self.0.figures.get(name).copied()
    }

    pub(super) fn number(self, name: &str) -> String {
        number(self.figure(name))
    }

    /// A time that is kept in milliseconds.
    pub(super) fn time(self, lang: Lang, name: &str) -> String {
        time(lang, self.figure(name))
    }

    pub(super) fn percent(self, name: &str) -> String {
        percent(self.figure(name))
    }

    pub(super) fn megabytes(self, name: &str) -> String {
        megabytes(self.figure(name))
    }

    /// Whether there were ramps, and what was measured leaves them out.
    pub(super) fn leaves_ramps_out(self) -> bool {
        self.figure(RAMPS) > 0.0
    }

    /// Whether the target was missed, if by little.
    pub(super) fn is_missed(self) -> bool {
        matches!(self.0.result, Mark::Fail | Mark::Warn)
    }

    pub(super) fn label(self, name: &str) -> &'a str {
        self.0.labels.get(name).map_or("", String::as_str)
    }
}

messages! {
    fn no_step(step: &str, steps: &str) {
        en: "not measured: the test has {steps} steps; step {step} does not exist",
        ko: "측정되지 않았습니다. 테스트의 단계는 {steps}개이며 {step}단계는 없습니다",
    }
    fn no_time() {
        en: "not measured: the run ended before this part of it",
        ko: "측정되지 않았습니다. 이 구간에 이르기 전에 테스트가 끝났습니다",
    }
    fn no_request() { en: "not measured: no request was made", ko: "측정되지 않았습니다. 요청이 없었습니다" }
    fn no_request_then(request: &str) {
        en: "not measured: there was no '{request}' in this part of the run",
        ko: "측정되지 않았습니다. 이 구간에 '{request}' 요청이 없었습니다",
    }
    fn no_request_named(request: &str, known: &str) {
        en: "not measured: no request is named '{request}'; known: {known}",
        ko: "측정되지 않았습니다. '{request}'라는 요청은 없습니다. 기록된 요청: {known}",
    }
    fn not_understood(problem: &str) {
        en: "not measured: {problem}",
        ko: "측정되지 않았습니다. 기대 조건을 해석할 수 없습니다: {problem}",
    }
    fn soak_too_short(seconds: &str, needed: &str) {
        en: "not measured: a steady load of {seconds} s after warm-up is too short for a trend; {needed} s are needed",
        ko: "측정되지 않았습니다. 워밍업 이후 일정 부하 구간이 {seconds}초로, 추세를 판단하려면 {needed}초가 필요합니다",
    }
}

/// The texts that all families share.
pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    Some(match said.note() {
        "no-step" => no_step(lang, &said.number("step"), &said.number("steps")),
        "no-time" => no_time(lang),
        "no-request" => no_request(lang),
        "no-request-then" => no_request_then(lang, said.label("request")),
        "no-request-named" => no_request_named(lang, said.label("request"), said.label("known")),
        "not-understood" => not_understood(lang, said.label("problem")),
        "soak-too-short" => soak_too_short(lang, &said.number("seconds"), &said.number("needed")),
        _ => return None,
    })
}
