//! The charts of the page: each with its title, unit and legend around the drawing.

use flashcrowd_text::{Lang, messages};
use maud::{Markup, PreEscaped, html};

use crate::chart::{self, Course, Over, Picture, Shape};
use crate::measures::Measures;
use crate::model::Report;

messages! {
    fn trials_heading() { en: "What was tried", ko: "시험한 부하" }
    fn load_heading() { en: "Over the course of the run", ko: "시간에 따른 변화" }
    fn capacity_heading() { en: "Capacity over the course of the run", ko: "시간에 따른 용량 소비" }
    fn whole_heading() { en: "Distribution and scalability", ko: "분포와 확장성" }
    fn target_heading() { en: "The target", ko: "대상" }
    fn generator_heading() { en: "The load generator", ko: "부하 발생기" }
    fn no_errors() {
        en: "No request failed, so there is no chart of errors.",
        ko: "실패한 요청이 없어 오류 그래프는 생략했습니다.",
    }
    fn too_short() {
        en: "The run was too short for charts over time.",
        ko: "실행 시간이 짧아 시간별 그래프를 그리지 않았습니다.",
    }
    pub(crate) fn elapsed() { en: "time since the start", ko: "시작 후 경과 시간" }
    pub(crate) fn thinned(intervals: usize) {
        en: "The charts over time show the smallest and the largest value of every {intervals} intervals.",
        ko: "시간별 그래프에는 구간 {intervals}개마다 최솟값과 최댓값을 표시했습니다.",
    }
}

/// A group of charts under one heading.
pub(crate) struct Group {
    /// The heading's id.
    pub id: &'static str,
    /// The heading.
    pub heading: String,
    /// The charts.
    pub pictures: Vec<Picture>,
    /// What else is to be said.
    pub note: Option<String>,
}

/// All charts before they are drawn.
pub(crate) fn groups(report: &Report, lang: Lang) -> Vec<Group> {
    let course = Course::of(&report.record);
    let measures = Measures::of_what_was_sent(report);
    let note = if course.is_empty() {
        Some(too_short(lang))
    } else {
        (measures.failed == 0 && measures.requests > 0).then(|| no_errors(lang))
    };
    let over_time = [
        chart::throughput(&course, lang),
        chart::latency(&course, lang),
        chart::users(&course, lang),
        chart::rate(&course, lang),
        chart::errors(&course, lang),
    ];
    let whole = chart::distribution(&report.record, measures.times.as_ref(), lang);
    let mut whole: Vec<Picture> = whole.into_iter().collect();
    whole.extend(chart::scalability(&report.judgement, lang));
    let cpus = report.record.run.host.cpus;
    let duet = report.results.duet.as_ref().and_then(|duet| chart::duet(duet, lang));
    let searched = report.results.search.as_ref().map(|search| chart::search(search, lang));
    [
        Group {
            id: "duet-course",
            heading: crate::sections::duet::heading(lang),
            pictures: duet.into_iter().collect(),
            note: None,
        },
        Group {
            id: "trials",
            heading: trials_heading(lang),
            pictures: searched.unwrap_or_default(),
            note: None,
        },
        Group {
            id: "course",
            heading: load_heading(lang),
            pictures: over_time.into_iter().flatten().collect(),
            note,
        },
        Group {
            id: "capacity-course",
            heading: capacity_heading(lang),
            pictures: chart::capacity(&course, &report.results, lang),
            note: None,
        },
        Group {
            id: "target",
            heading: target_heading(lang),
            pictures: chart::asked(&course, &report.record, lang)
                .into_iter()
                .chain(chart::target(&course, lang))
                .collect(),
            note: chart::not_seen(&report.record, lang),
        },
        Group { id: "whole", heading: whole_heading(lang), pictures: whole, note: None },
        Group {
            id: "generator",
            heading: generator_heading(lang),
            pictures: chart::generator(&course, cpus, lang),
            note: None,
        },
    ]
    .into_iter()
    .filter(|group| !group.pictures.is_empty() || group.note.is_some())
    .collect()
}

/// A group of charts, drawn; `first` is the number of the first of them on the page.
pub(crate) fn group(group: &Group, first: usize, lang: Lang) -> Markup {
    let small = group.id == "generator";
    html! {
        section aria-labelledby=(group.id) {
            h2 id=(group.id) { (group.heading) }
            div class=(if small { "charts small" } else { "charts" }) {
                @for (at, picture) in group.pictures.iter().enumerate() { (figure(picture, first + at, lang)) }
            }
            @if let Some(note) = &group.note { p .note { (note) } }
        }
    }
}

fn figure(picture: &Picture, number: usize, lang: Lang) -> Markup {
    let id = format!("chart-{number}");
    let axis = match &picture.over {
        Over::Time => elapsed(lang),
        Over::Other { name, .. } => name.clone(),
    };
    html! {
        figure {
            figcaption {
                h3 { (picture.title) " " span .unit { (picture.unit) } }
                @if has_legend(picture) {
                    ul .legend { @for layer in picture.layers.iter().rev() {
                        li { span class={ "swatch " (layer.ink.class()) (line(&layer.shape)) } {} (layer.name) }
                    } }
                }
            }
            div .plot data-chart=(number) {
                svg .chart viewBox=(chart::view_box()) role="img"
                    aria-labelledby={ (id) "-title " (id) "-about" } {
                    title id={ (id) "-title" } { (picture.title) ", " (picture.unit) }
                    desc id={ (id) "-about" } { (picture.about) }
                    (PreEscaped(chart::draw(picture)))
                }
            }
            p .axis { (axis) }
        }
    }
}

/// One series needs no legend, unless its name says which of several things it could be.
fn has_legend(picture: &Picture) -> bool {
    let is_one_of_many = |shape: &Shape| matches!(shape, Shape::Stacked(_));
    picture.layers.len() > 1 || picture.layers.iter().any(|layer| is_one_of_many(&layer.shape))
}

/// The class of a swatch for what is a line, and not an area.
fn line(shape: &Shape) -> &'static str {
    match shape {
        Shape::Line | Shape::Curve(_) | Shape::Dots => " line",
        Shape::Stacked(_) | Shape::Bars(_) => "",
    }
}
