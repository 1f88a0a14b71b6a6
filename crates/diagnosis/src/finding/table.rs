//! The table of findings.

use std::cmp::Reverse;

use flashcrowd_record::{Finding, Judgement};
use flashcrowd_text::Lang;

use super::kinds::connections::{resent, slow};
use super::kinds::generator::{bottleneck, kept, late, limit};
use super::kinds::{
    bimodal, breaking, degradation, dropped, dynamodb, errors, leak, lock, outage, oversold, pool, tail,
    target_cpu, throttling, warm_up,
};
use super::support::context::Context;
use super::support::kind::{FindingKind, FindingText};
use crate::course::Course;
use crate::evidence::Evidence;

/// Every kind of finding: what is wrong with the figures first, then causes, then symptoms.
pub const FINDINGS: &[FindingKind] = &[
    FindingKind { id: limit::ID, look: limit::look, text: limit::text },
    FindingKind { id: bottleneck::ID, look: bottleneck::look, text: bottleneck::text },
    FindingKind { id: late::ID, look: late::look, text: late::text },
    FindingKind { id: kept::ID, look: kept::look, text: kept::text },
    FindingKind { id: oversold::ID, look: oversold::look, text: oversold::text },
    FindingKind { id: outage::ID, look: outage::look, text: outage::text },
    FindingKind { id: lock::ID, look: lock::look, text: lock::text },
    FindingKind { id: pool::ID, look: pool::look, text: pool::text },
    FindingKind { id: target_cpu::ID, look: target_cpu::look, text: target_cpu::text },
    FindingKind { id: throttling::ID, look: throttling::look, text: throttling::text },
    FindingKind {
        id: dynamodb::throttling::ID,
        look: dynamodb::throttling::look,
        text: dynamodb::throttling::text,
    },
    FindingKind { id: dynamodb::hot_key::ID, look: dynamodb::hot_key::look, text: dynamodb::hot_key::text },
    FindingKind { id: dynamodb::burst::ID, look: dynamodb::burst::look, text: dynamodb::burst::text },
    FindingKind {
        id: dynamodb::conflicts::ID,
        look: dynamodb::conflicts::look,
        text: dynamodb::conflicts::text,
    },
    FindingKind { id: errors::ID, look: errors::look, text: errors::text },
    FindingKind { id: breaking::ID, look: breaking::look, text: breaking::text },
    FindingKind { id: leak::ID, look: leak::look, text: leak::text },
    FindingKind { id: degradation::ID, look: degradation::look, text: degradation::text },
    FindingKind { id: slow::ID, look: slow::look, text: slow::text },
    FindingKind { id: resent::ID, look: resent::look, text: resent::text },
    FindingKind { id: tail::ID, look: tail::look, text: tail::text },
    FindingKind { id: bimodal::ID, look: bimodal::look, text: bimodal::text },
    FindingKind { id: warm_up::ID, look: warm_up::look, text: warm_up::text },
    FindingKind { id: dropped::ID, look: dropped::look, text: dropped::text },
];

/// Everything that is found in a run, the most severe first; equally severe ones in the order of the table.
pub(crate) fn findings(evidence: &Evidence<'_>, course: Course<'_>, judgement: &Judgement) -> Vec<Finding> {
    let context = with_generator(Context::of(evidence, course, judgement));
    let mut found: Vec<Finding> = FINDINGS.iter().filter_map(|kind| (kind.look)(&context)).collect();
    found.sort_by_key(|finding| Reverse(finding.severity));
    found
}

fn with_generator(context: Context<'_>) -> Context<'_> {
    let looks = [bottleneck::look, late::look, limit::look];
    let is_generator_to_blame = looks.iter().any(|look| look(&context).is_some());
    Context { is_generator_to_blame, ..context }
}

/// The context of a record.
#[cfg(test)]
pub(super) fn context<'a>(record: &'a flashcrowd_record::Record, judgement: &'a Judgement) -> Context<'a> {
    let evidence = Evidence::from(record);
    with_generator(Context::of(&evidence, Course::of(&evidence), judgement))
}

/// A finding in words. One that this version does not know keeps the words it was recorded with.
pub fn finding_text(lang: Lang, finding: &Finding) -> FindingText {
    match FINDINGS.iter().find(|kind| kind.id == finding.id) {
        Some(kind) => (kind.text)(lang, finding),
        None => FindingText {
            title: finding.id.clone(),
            evidence: finding.evidence.clone(),
            remedies: vec![finding.remedy.clone()],
        },
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use flashcrowd_record::Severity;

    use super::*;
    use crate::simulator::{Answer, Load, Service, Simulation, Station, evidence};

    /// A steady run of a healthy target: log-normal times, chance in the number of requests, up to two slow seconds.
    fn healthy(seed: u64) -> Simulation {
        let mut rng = Rng::with_seed(seed);
        let length = rng.u32(30..=60);
        let slow: Vec<f64> = (0..rng.u32(0..=2)).map(|_| f64::from(rng.u32(0..length))).collect();
        let by = 1.5 + 3.0 * rng.f64();
        let service = Service::LogNormal { median: 3.0 + 40.0 * rng.f64(), sigma: 0.2 + 0.8 * rng.f64() };
        let load = match rng.bool() {
            true => Load::Users(rng.usize(1..60)),
            false => Load::Rate(5.0 + 200.0 * rng.f64()),
        };
        let station = Station { servers: usize::MAX, service };
        let think = [0.0, 100.0, 300.0][rng.usize(0..3)];
        let mut simulation = Simulation::of(&[(f64::from(length), load)], think, station).seed(seed);
        if rng.bool() {
            let reads = Service::LogNormal { median: 1.0 + 10.0 * rng.f64(), sigma: 0.2 + 0.8 * rng.f64() };
            simulation = simulation.with_reads(0.2 + 2.0 * rng.f64(), reads);
        }
        let (errors, tide) = (0.003 * rng.f64(), 10.0 * rng.f64());
        simulation.fate(move |at, answer, rng| {
            let slower = if slow.contains(&at.floor()) { by } else { 1.0 + 0.1 * (at / 4.0 + tide).sin() };
            let status = if rng.f64() < errors { 500 } else { 200 };
            Answer { status, ms: answer.ms * slower, ..answer }
        })
    }

    #[test]
    fn a_steady_run_has_no_finding() {
        let runs = 200;
        let mut alarms = Vec::new();
        for seed in 0..runs {
            let record = healthy(seed).run();
            let found = findings(&evidence(&record), Course::of(&evidence(&record)), &Judgement::default());
            let bad = found.into_iter().find(|finding| finding.severity >= Severity::Warning);
            alarms.extend(bad.map(|finding| (seed, finding.evidence)));
        }
        assert!(alarms.len() as u64 * 20 <= runs, "{alarms:#?}");
    }

    #[test]
    fn every_finding_has_its_words_in_both_languages() {
        for kind in FINDINGS {
            let finding =
                super::super::support::draft::Draft::new(kind.id, Severity::Warning).finding(kind.text);
            let (english, korean) = (finding_text(Lang::En, &finding), finding_text(Lang::Ko, &finding));
            assert!(!english.title.is_empty() && english.title != korean.title, "{}", kind.id);
            assert!(
                english.remedies.len() >= 2 && english.remedies.len() == korean.remedies.len(),
                "{}",
                kind.id
            );
            let ends = |text: &str| text.ends_with('.');
            assert!(
                english.remedies.iter().chain(&korean.remedies).all(|remedy| ends(remedy)),
                "{}",
                kind.id
            );
        }
        let ids: std::collections::BTreeSet<&str> = FINDINGS.iter().map(|kind| kind.id).collect();
        assert_eq!(ids.len(), FINDINGS.len());
    }

    #[test]
    fn the_most_severe_is_first() {
        let station = Station { servers: 1, service: Service::Fixed(10.0) };
        let steps = [5, 20, 80, 160].map(|users| (15.0, Load::Users(users)));
        let record = Simulation::of(&steps, 100.0, station)
            .fate(|at, answer, rng| match rng.f64() {
                luck if at > 30.0 && luck < 0.03 => Answer { status: 500, ..answer },
                _ => answer,
            })
            .run();
        let found = findings(&evidence(&record), Course::of(&evidence(&record)), &Judgement::default());
        let ids: Vec<&str> = found.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids, [lock::ID, errors::ID]);
    }

    #[test]
    fn an_unknown_finding_keeps_its_words() {
        let finding = super::super::support::draft::Draft::new("new-one", Severity::Info).finding(lock::text);
        let finding = Finding { evidence: "seen".to_owned(), ..finding };
        assert_eq!(finding_text(Lang::Ko, &finding).evidence, "seen");
    }
}
