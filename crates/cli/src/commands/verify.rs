//! `verify` checks that a record is what its run wrote, and that its verdict follows from it.

use std::path::PathBuf;

use clap::Args;
use flashcrowd_diagnosis::{Difference, Verification, verify};
use flashcrowd_record::{Integrity, Record, Tampering, integrity};
use flashcrowd_text::{Lang, messages, one_line};

use crate::args::verdict_word;
use crate::context::Context;
use crate::exit::Failure;
use crate::run::SEAL_DIGITS;
use crate::screen::{Ink, Stream};

const EXAMPLES: &str = "\
Examples:
  flashcrowd verify results/black-friday
  flashcrowd verify results/black-friday --seal 3f2a9c1d52e0b7aa

First the files: every line of the timeline is chained to the one before it, and seal.json has the
digests of all files. Then the verdict: it is computed again from the record and compared with the
one that the record holds. Note the seal somewhere else, such as the log of the build: someone who
can write the record can also seal it again, but not with the same seal.

Exit codes: 0 the record is intact and its verdict follows from it; 99 it is not, or it cannot be
told; 255 the record does not exist or could not be read.";

/// How many differences are shown.
const SHOWN: usize = 10;

/// `verify`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The folder of a record
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// The seal that was noted when the run ended: its first 16 digits or more
    #[arg(long, value_name = "HEX", value_parser = seal)]
    pub seal: Option<String>,
}

messages! {
    fn files() { en: "files", ko: "파일", }
    fn verdict() { en: "verdict", ko: "판정", }
    fn intact(seal: &str) {
        en: "intact, seal {seal}",
        ko: "변경 없음, 봉인 {seal}",
    }
    fn another_seal(seal: &str) {
        en: "another seal than the one given: {seal}",
        ko: "지정한 봉인과 다름: {seal}",
    }
    fn cut(lines: usize) {
        en: "the run was cut short and has no seal; whole and intact lines of the timeline: {lines}",
        ko: "실행이 중간에 끊겨 봉인이 없음. 타임라인 {lines}줄은 변경 없음",
    }
    fn unsealed() {
        en: "no seal: written by a version without seals, so changes cannot be detected",
        ko: "봉인 없음: 봉인을 지원하지 않는 버전의 기록이라 변경 여부를 확인할 수 없음",
    }
    fn file_changed(name: &str) { en: "{name} was changed", ko: "{name} 파일이 변경됨", }
    fn file_missing(name: &str) { en: "{name} is missing", ko: "{name} 파일이 없음", }
    fn line_changed(line: usize) {
        en: "timeline.jsonl was changed at line {line}",
        ko: "timeline.jsonl {line}번째 줄이 변경됨",
    }
    fn lines_missing() {
        en: "timeline.jsonl lacks lines at its end",
        ko: "timeline.jsonl 끝부분의 줄이 없음",
    }
    fn same(verdict: &str, definitions: u32) {
        en: "{verdict}, computed again by definitions {definitions}: identical",
        ko: "{verdict}, 정의 {definitions}판으로 다시 계산한 결과와 같음",
    }
    fn reworded(verdict: &str, definitions: u32) {
        en: "{verdict}, computed again by definitions {definitions}: identical but for the wording of sentences",
        ko: "{verdict}, 정의 {definitions}판으로 다시 계산한 결과와 같음(문장 표현만 다름)",
    }
    fn different(count: usize) {
        en: "does not follow from the record, values that differ: {count}",
        ko: "기록에서 다시 계산한 결과와 다른 값이 {count}개 있음",
    }
    fn other_definitions(record: u32, here: u32) {
        en: "judged by definitions {record}; this version has {here}: use the version that wrote the record",
        ko: "정의 {record}판으로 판정된 기록이고 이 버전은 {here}판을 사용함. 기록을 작성한 버전으로 확인하세요",
    }
    fn not_judged() {
        en: "none: the run was cut short, or was not judged",
        ko: "없음: 실행이 중간에 끊겼거나 판정되지 않음",
    }
    fn difference(place: &str, recorded: &str, computed: &str) {
        en: "{place}: {recorded} in the record, {computed} computed",
        ko: "{place}: 기록 {recorded}, 계산 {computed}",
    }
    fn more(count: usize) { en: "and {count} more", ko: "그 외 {count}개", }
}

/// Verifies the record. What is not verified is a failure.
pub fn run(context: &Context, args: &VerifyArgs) -> Result<(), Failure> {
    let lang = context.ui.lang();
    let files = of_files(lang, &integrity(&args.record).map_err(anyhow::Error::new)?, args.seal.as_deref());
    // A changed file may not even be read any more; that it was changed is what has to be said.
    let judged = match Record::read(&args.record) {
        Ok(record) => of_verdict(lang, &record),
        Err(error) if files.holds => return Err(anyhow::Error::new(error).into()),
        Err(error) => Part { name: verdict(lang), holds: false, lines: vec![error.to_string()] },
    };
    let parts = [files, judged];
    let color = context.console.color(Stream::Out);
    context.console.write(Stream::Out, &parts.iter().map(|part| part.shown(color)).collect::<String>());
    if parts.iter().all(|part| part.holds) { Ok(()) } else { Err(Failure::NotVerified) }
}

/// One thing that was verified.
struct Part {
    name: String,
    holds: bool,
    /// What to say of it, and details.
    lines: Vec<String>,
}

impl Part {
    fn shown(&self, color: bool) -> String {
        let mark = if self.holds { Ink::Green.on("✓", color) } else { Ink::Red.on("✗", color) };
        let mut lines = self.lines.iter();
        let first = lines.next().map(String::as_str).unwrap_or_default();
        let mut text = format!("{mark} {}: {first}\n", self.name);
        lines.for_each(|line| text.push_str(&format!("    {line}\n")));
        text
    }
}

fn of_files(lang: Lang, found: &Integrity, wanted: Option<&str>) -> Part {
    let (holds, lines) = match found {
        Integrity::Intact(seal) if wanted.is_none_or(|wanted| seal.starts_with(wanted)) => {
            (true, vec![intact(lang, seal)])
        }
        Integrity::Intact(seal) => (false, vec![another_seal(lang, seal)]),
        Integrity::Cut { lines } => (false, vec![cut(lang, *lines)]),
        Integrity::Unsealed => (false, vec![unsealed(lang)]),
        Integrity::Changed(changes) => (false, changes.iter().map(|change| changed(lang, change)).collect()),
    };
    Part { name: files(lang), holds, lines }
}

fn changed(lang: Lang, change: &Tampering) -> String {
    match change {
        Tampering::File(name) => file_changed(lang, name),
        Tampering::Missing(name) => file_missing(lang, name),
        Tampering::Line(line) => line_changed(lang, *line),
        Tampering::Lines => lines_missing(lang),
    }
}

fn of_verdict(lang: Lang, record: &Record) -> Part {
    let judgement =
        record.results.as_ref().and_then(flashcrowd_record::Results::judgement).unwrap_or_default();
    let word = verdict_word(judgement.verdict);
    let definitions = judgement.definitions;
    let (holds, lines) = match verify(record) {
        Verification::Same { reworded: false } => (true, vec![same(lang, word, definitions)]),
        Verification::Same { reworded: true } => (true, vec![reworded(lang, word, definitions)]),
        Verification::Different(found) => (false, differences(lang, &found)),
        Verification::OtherDefinitions { record, here } => {
            (false, vec![other_definitions(lang, record, here)])
        }
        Verification::NotJudged => (false, vec![not_judged(lang)]),
    };
    Part { name: verdict(lang), holds, lines }
}

fn differences(lang: Lang, found: &[Difference]) -> Vec<String> {
    let shown = found.iter().take(SHOWN).map(|one| {
        let [place, recorded, computed] =
            [&one.place, &one.recorded, &one.computed].map(|text| one_line(text).into_owned());
        difference(lang, &place, &recorded, &computed)
    });
    let rest = found.len().saturating_sub(SHOWN);
    let rest = (rest > 0).then(|| more(lang, rest));
    std::iter::once(different(lang, found.len())).chain(shown).chain(rest).collect()
}

/// The beginning of a seal, in small letters.
fn seal(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    match text.len() >= SEAL_DIGITS && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text),
        false => Err(format!("a seal is {SEAL_DIGITS} to 64 hexadecimal digits")),
    }
}
