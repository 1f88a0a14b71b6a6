//! The charts of what was read beside the target: this machine, control groups, Redis, databases.

use flashcrowd_record::TimelineLine;
use flashcrowd_text::{Lang, messages};

use super::course::Course;
use super::palette::Ink;
use super::picture::{Layer, Picture};
use super::target::series;

messages! {
    fn machine_title() { en: "CPU of this machine", ko: "이 머신의 CPU" }
    fn machine_about() {
        en: "CPU cores that were busy on the machine that made the load, everything on it included.",
        ko: "부하를 만든 머신에서 사용 중이던 CPU 코어 수입니다. 머신의 모든 프로세스를 포함합니다.",
    }
    fn busy() { en: "Busy", ko: "사용" }
    fn stolen() { en: "Taken by other machines", ko: "다른 가상 머신이 가져간 몫(steal)" }
    fn cores() { en: "cores", ko: "코어" }
    fn queue_title() { en: "Run queue", ko: "실행 대기열" }
    fn queue_about() {
        en: "Threads of this machine that were running or waited for a core.",
        ko: "이 머신에서 실행 중이거나 코어를 기다리던 스레드 수입니다.",
    }
    fn threads() { en: "threads", ko: "스레드" }
    fn running() { en: "Running", ko: "실행" }
    fn throttled_title() { en: "CPU throttling", ko: "CPU 스로틀링" }
    fn throttled_about() {
        en: "Time for which the control group was not allowed to run, in seconds per second.",
        ko: "컨트롤 그룹이 실행을 제한받은 시간(초당 초)입니다.",
    }
    fn throttled() { en: "Throttled", ko: "제한" }
    fn redis_title() { en: "Redis", ko: "Redis" }
    fn redis_about() { en: "Commands that Redis processed.", ko: "Redis가 처리한 명령 수입니다." }
    fn commands() { en: "Commands", ko: "명령" }
    fn keys_title() { en: "Keys in Redis", ko: "Redis 키" }
    fn keys_about() {
        en: "Keys that match the pattern, such as locks that are held.",
        ko: "패턴과 일치하는 키 수입니다(예: 점유 중인 락).",
    }
    fn keys() { en: "keys", ko: "키" }
    fn database_title() { en: "Database", ko: "데이터베이스" }
    fn database_about() {
        en: "Sessions of the database that did something, and those that waited for a lock.",
        ko: "데이터베이스에서 작업 중인 세션과 락을 기다리는 세션 수입니다.",
    }
    fn sessions() { en: "sessions", ko: "세션" }
    fn active() { en: "Active", ko: "작업 중" }
    fn waiting() { en: "Waiting for a lock", ko: "락 대기" }
}

/// Modes in which a core does something.
const BUSY: [&str; 6] = ["user", "nice", "system", "irq", "softirq", "steal"];

/// The charts for which there are figures.
pub(super) fn sources(course: &Course<'_>, lang: Lang) -> Vec<Picture> {
    let gauge = |name: &str| course.values(|line| series(line, name));
    let growth = |name: &str| course.growth(|line| series(line, name));
    let found = [
        machine(course, lang),
        course.picture(
            (queue_title(lang), queue_about(lang)),
            threads(lang),
            vec![Layer::line(running(lang), Ink::Teal, gauge("node_procs_running"))],
        ),
        course.picture(
            (throttled_title(lang), throttled_about(lang)),
            "s/s".to_owned(),
            vec![Layer::line(
                throttled(lang),
                Ink::Amber,
                growth("container_cpu_cfs_throttled_seconds_total"),
            )],
        ),
        course.picture(
            (redis_title(lang), redis_about(lang)),
            "/s".to_owned(),
            vec![Layer::line(commands(lang), Ink::Teal, growth("redis_commands_processed_total"))],
        ),
        course.picture(
            (keys_title(lang), keys_about(lang)),
            keys(lang),
            vec![Layer::line(keys(lang), Ink::Teal, gauge("redis_keys_count"))],
        ),
        database(course, lang),
    ];
    found.into_iter().flatten().collect()
}

fn machine(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let mode = |line: &TimelineLine, mode: &str| {
        line.target.get(&format!("node_cpu_seconds_total{{mode=\"{mode}\"}}")).copied()
    };
    let busy_cores = course.growth(|line| {
        mode(line, "user")?;
        Some(BUSY.iter().filter_map(|name| mode(line, name)).sum())
    });
    let stolen_cores = course.growth(|line| mode(line, "steal"));
    let mut layers = vec![Layer::line(busy(lang), Ink::Teal, busy_cores)];
    let steal = Layer::line(stolen(lang), Ink::Amber, stolen_cores);
    if steal.most() > 0.0 {
        layers.push(steal);
    }
    course.picture((machine_title(lang), machine_about(lang)), cores(lang), layers)
}

fn database(course: &Course<'_>, lang: Lang) -> Option<Picture> {
    let first = |names: [&str; 2]| {
        course.values(|line| names.iter().find_map(|name| line.target.get(*name)).copied())
    };
    let layers = vec![
        Layer::line(
            active(lang),
            Ink::Teal,
            first(["mysql_global_status_threads_running", "pg_stat_activity_count{state=\"active\"}"]),
        ),
        Layer::line(
            waiting(lang),
            Ink::Amber,
            first(["mysql_global_status_innodb_row_lock_current_waits", "pg_stat_activity_lock_waits"]),
        ),
    ];
    course.picture((database_title(lang), database_about(lang)), sessions(lang), layers)
}
