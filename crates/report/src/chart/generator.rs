//! The charts of the load generator: what the load cost the machine that made it.

use flashcrowd_text::{Lang, messages};

use super::course::Course;
use super::palette::Ink;
use super::picture::{Layer, Picture};

/// Bytes in a megabyte.
const MEGA: f64 = 1_000_000.0;

messages! {
    fn cpu_title() { en: "CPU", ko: "CPU" }
    fn cpu_about() {
        en: "CPU cores that the load generator used over the course of the run.",
        ko: "시간에 따라 부하 발생기가 사용한 CPU 코어 수입니다.",
    }
    fn cores() { en: "cores", ko: "코어" }
    fn cores_of(count: usize) { en: "of {count} cores", ko: "전체 {count}코어 중" }
    fn memory_title() { en: "Memory", ko: "메모리" }
    fn memory_about() {
        en: "Memory that the load generator used over the course of the run.",
        ko: "시간에 따른 부하 발생기의 메모리 사용량입니다.",
    }
}

/// The charts for which the generator looked at itself; `cpus` is how many cores it had, if that is known.
pub(crate) fn generator(course: &Course<'_>, cpus: usize, lang: Lang) -> Vec<Picture> {
    let cpu = course.growth(|line| Some(line.process?.cpu_seconds));
    let held = course.values(|line| Some(line.process?.rss_bytes as f64 / MEGA));
    let unit = if cpus > 0 { cores_of(lang, cpus) } else { cores(lang) };
    [
        course.picture(
            (cpu_title(lang), cpu_about(lang)),
            unit,
            vec![Layer::line(cpu_title(lang), Ink::Brown, cpu)],
        ),
        course.picture(
            (memory_title(lang), memory_about(lang)),
            "MB".to_owned(),
            vec![Layer::line(memory_title(lang), Ink::Brown, held)],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
