//! The charts of the target: what it said of itself while it was under load.

use flashcrowd_diagnosis::pools;
use flashcrowd_record::TimelineLine;
use flashcrowd_text::{Lang, messages};

use super::course::Course;
use super::palette::Ink;
use super::picture::{Layer, Picture};
use super::sources::sources;

/// Bytes in a megabyte.
const MEGA: f64 = 1_000_000.0;
/// A pool of which less was in use is not drawn.
const IN_USE: f64 = 0.1;
/// A pool that every process has.
const FILES: &str = "process_open_fds";
/// Locks taken, and those of them that had to be waited for.
const LOCKS: [&str; 2] = ["lock_acquired_total", "lock_contended_total"];

messages! {
    fn cpu_title() { en: "CPU", ko: "CPU" }
    fn cpu_about() {
        en: "CPU cores that the target used over the course of the run.",
        ko: "시간에 따라 대상이 사용한 CPU 코어 수입니다.",
    }
    fn cores() { en: "cores", ko: "코어" }
    fn memory_title() { en: "Memory", ko: "메모리" }
    fn memory_about() {
        en: "Memory that the target used over the course of the run.",
        ko: "시간에 따른 대상 메모리 사용량입니다.",
    }
    fn resident() { en: "Resident memory", ko: "상주 메모리" }
    fn pool_title(name: &str) { en: "Pool: {name}", ko: "풀: {name}" }
    fn pool_about() {
        en: "What of the pool is in use, what waits for it, and its size.",
        ko: "풀에서 사용 중인 수, 대기 중인 수, 풀의 최대 크기입니다.",
    }
    fn in_pool() { en: "in use", ko: "사용 수" }
    fn active() { en: "In use", ko: "사용 중" }
    fn pending() { en: "Waiting", ko: "대기 중" }
    fn maximum() { en: "Size of the pool", ko: "풀 크기" }
    fn locks_title() { en: "Lock contention", ko: "락 경합" }
    fn locks_about() {
        en: "The share of lock acquisitions that had to wait.",
        ko: "획득까지 기다려야 했던 락의 비율입니다.",
    }
    fn of_locks() { en: "% of locks", ko: "락 획득 대비 %" }
    fn contended() { en: "Contended", ko: "경합" }
    fn flight_title() { en: "Requests in flight", ko: "처리 중인 요청" }
    fn flight_about() {
        en: "Requests that the target was processing at the same time.",
        ko: "대상이 동시에 처리 중인 요청 수입니다.",
    }
    fn requests() { en: "requests", ko: "요청 수" }
    fn in_flight() { en: "In flight", ko: "처리 중" }
}

/// The charts for which the target told enough.
pub(crate) fn target(course: &Course<'_>, lang: Lang) -> Vec<Picture> {
    let gauge = |name: &str, scale: f64| course.values(|line| Some(series(line, name)? / scale));
    let one = |ink, name: String, values| vec![Layer::line(name, ink, values)];
    let cpu_use = course.growth(|line| series(line, "process_cpu_seconds_total"));
    let memory = gauge("process_resident_memory_bytes", MEGA);
    let flight = gauge("http_requests_in_flight", 1.0);
    let own = [
        course.picture(
            (cpu_title(lang), cpu_about(lang)),
            cores(lang),
            one(Ink::Teal, cpu_title(lang), cpu_use),
        ),
        course.picture(
            (memory_title(lang), memory_about(lang)),
            "MB".to_owned(),
            one(Ink::Teal, resident(lang), memory),
        ),
        pool(course, lang),
        locks(course, lang),
        course.picture(
            (flight_title(lang), flight_about(lang)),
            requests(lang),
            one(Ink::Teal, in_flight(lang), flight),
        ),
    ];
    own.into_iter().flatten().chain(sources(course, lang)).collect()
}

/// The pool that was fullest.
fn pool(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let names = course.lines().iter().flat_map(|line| line.target.keys().map(String::as_str));
    let gauge = |name: &str| course.values(|line| series(line, name));
    let fullest = |busy: &str, size: &str| {
        let share = |line: &TimelineLine| Some(series(line, busy)? / series(line, size)?);
        course.lines().iter().filter_map(share).filter(|share| share.is_finite()).fold(0.0, f64::max)
    };
    // One pool by its name is shown rather than each with its labels, and none that is nearly empty all the time.
    let known = pools(names).into_iter();
    let known =
        known.filter(|(busy, _, size)| !busy.contains('{') && busy != FILES && fullest(busy, size) >= IN_USE);
    let (busy, waiting, size) =
        known.max_by(|one, other| fullest(&one.0, &one.2).total_cmp(&fullest(&other.0, &other.2)))?;
    let layers = vec![
        Layer::line(maximum(lang), Ink::Reference, gauge(&size)),
        Layer::line(pending(lang), Ink::Amber, waiting.map(|name| gauge(&name)).unwrap_or_default()),
        Layer::line(active(lang), Ink::Teal, gauge(&busy)),
    ];
    course.picture((pool_title(lang, &busy), pool_about(lang)), in_pool(lang), layers)
}

fn locks(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let lines = course.lines();
    let taken = |line: &TimelineLine| series(line, LOCKS[0]);
    let waited = |line: &TimelineLine| series(line, LOCKS[1]);
    let share = |pair: &[TimelineLine]| {
        let acquired = taken(&pair[1])? - taken(&pair[0])?;
        let contended = waited(&pair[1])? - waited(&pair[0])?;
        (acquired > 0.0 && contended >= 0.0).then(|| (contended / acquired * 100.0).min(100.0))
    };
    let shares = [None].into_iter().chain(lines.windows(2).map(share)).take(lines.len()).collect();
    let layer = Layer::line(contended(lang), Ink::Amber, course.thin(shares));
    course.picture((locks_title(lang), locks_about(lang)), of_locks(lang), vec![layer])
}

/// The sum of all series of that name, whatever their labels.
pub(super) fn series(line: &TimelineLine, name: &str) -> Option<f64> {
    let matches = |key: &str| key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'));
    let found = line.target.iter().filter(|(key, _)| matches(key)).map(|(_, value)| *value);
    found.reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_with_labels_are_added_up() {
        let target = [
            ("http_requests_in_flight", 3.0),
            ("hikaricp_connections_active{pool=\"a\"}", 4.0),
            ("hikaricp_connections_active{pool=\"b\"}", 5.0),
            ("hikaricp_connections_active_max", 100.0),
        ];
        let line = TimelineLine {
            target: target.map(|(key, value)| (key.to_owned(), value)).into(),
            ..TimelineLine::default()
        };
        assert_eq!(series(&line, "hikaricp_connections_active"), Some(9.0));
        assert_eq!(series(&line, "http_requests_in_flight"), Some(3.0));
        assert_eq!(series(&line, "process_cpu_seconds_total"), None);
    }
}
