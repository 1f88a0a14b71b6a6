//! The charts of scalability: what each step served, and how fast, against its load.

use flashcrowd_record::{BreakingPoint, Judgement, StepResult, UslFit};
use flashcrowd_text::{Lang, figure, messages};

use super::axis::Axis;
use super::palette::Ink;
use super::picture::{Layer, Mark, Over, Picture, Shape};

/// Fewer steps say nothing.
const FEWEST: usize = 3;
/// The curve has so many points.
const CURVE: u32 = 80;

messages! {
    fn throughput_title() { en: "Scalability: throughput by load", ko: "확장성: 부하별 처리량" }
    fn throughput_about() {
        en: "Requests per second of each step by its load, with the fitted scalability curve (USL).",
        ko: "단계별 부하와 초당 요청 수, 그리고 확장성 법칙(USL) 적합 곡선입니다.",
    }
    fn throughput_unit() { en: "requests/s", ko: "요청/초" }
    fn latency_title() { en: "Scalability: response time by load", ko: "확장성: 부하별 응답 시간" }
    fn latency_about() {
        en: "The 95th percentile of response times of each step by its load.",
        ko: "단계별 부하와 p95 응답 시간입니다.",
    }
    fn measured() { en: "Measured", ko: "측정" }
    fn fitted() { en: "Fitted curve (USL)", ko: "적합 곡선(USL)" }
    fn breaking(load: String) { en: "held {load}", ko: "임계점 {load}" }
    fn users() { en: "virtual users", ko: "가상 사용자 수" }
    fn rate() { en: "iterations/s", ko: "초당 반복 수" }
}

/// The charts of throughput and of latency; none when there were too few steps.
pub(crate) fn scalability(judgement: &Judgement, lang: Lang) -> Vec<Picture> {
    let is_users = judgement.steps.iter().any(|step| step.users.is_some());
    let mut steps: Vec<(f64, &StepResult)> =
        judgement.steps.iter().filter_map(|step| Some((load(step, is_users)?, step))).collect();
    steps.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut loads: Vec<f64> = steps.iter().map(|(load, _)| *load).collect();
    loads.dedup();
    if loads.len() < FEWEST {
        return Vec::new();
    }
    let base = Base { steps, is_users, point: judgement.breaking_point.as_ref(), lang };
    vec![base.throughput(), base.latency()]
}

/// What both charts are made of.
struct Base<'a> {
    steps: Vec<(f64, &'a StepResult)>,
    is_users: bool,
    point: Option<&'a BreakingPoint>,
    lang: Lang,
}

impl Base<'_> {
    fn throughput(&self) -> Picture {
        let most = self.steps.last().map_or(1.0, |(load, _)| *load);
        let fit = self.point.filter(|_| self.is_users).and_then(|point| point.usl.as_ref());
        let curve = fit.map(|fit| Layer {
            name: fitted(self.lang),
            ink: Ink::Reference,
            shape: Shape::Curve(curve(fit, most)),
            values: Vec::new(),
        });
        let words = (throughput_title(self.lang), throughput_about(self.lang), throughput_unit(self.lang));
        self.picture(words, |step| step.tps, curve)
    }

    fn latency(&self) -> Picture {
        let words = (latency_title(self.lang), latency_about(self.lang), "ms".to_owned());
        self.picture(words, |step| step.p95, None)
    }

    fn picture(
        &self,
        (title, about, unit): (String, String, String),
        of: fn(&StepResult) -> f64,
        below: Option<Layer>,
    ) -> Picture {
        let values: Vec<Option<f64>> = self.steps.iter().map(|(_, step)| Some(of(step))).collect();
        let on_curve = |layer: &Layer| match &layer.shape {
            Shape::Curve(points) => points.iter().map(|(_, y)| *y).fold(0.0, f64::max),
            _ => 0.0,
        };
        let most = values.iter().flatten().copied().fold(below.as_ref().map_or(0.0, on_curve), f64::max);
        let name = if unit == "ms" { "p95".to_owned() } else { measured(self.lang) };
        let mut layers: Vec<Layer> = below.into_iter().collect();
        layers.push(Layer { name, ink: Ink::Blue, shape: Shape::Dots, values });
        let label = |(load, _): &(f64, &StepResult)| figure::load(self.lang, *load, self.is_users);
        let mark = |point: &BreakingPoint| Mark {
            at: point.load,
            label: breaking(self.lang, figure::load(self.lang, point.load, point.is_users)),
            ink: Ink::Alarm,
        };
        Picture {
            title,
            about,
            unit,
            x: Axis::values_up_to(self.steps.last().map_or(1.0, |(load, _)| *load)),
            y: Axis::values(most),
            over: Over::Other {
                name: if self.is_users { users(self.lang) } else { rate(self.lang) },
                labels: self.steps.iter().map(label).collect(),
            },
            xs: self.steps.iter().map(|(load, _)| *load).collect(),
            bands: Vec::new(),
            layers,
            marks: self.point.filter(|point| point.is_users == self.is_users).map(mark).into_iter().collect(),
        }
    }
}

fn load(step: &StepResult, is_users: bool) -> Option<f64> {
    if is_users { step.users.map(|users| users as f64) } else { step.rate }
}

/// The law of scalability from one user up to so many.
fn curve(fit: &UslFit, most: f64) -> Vec<(f64, f64)> {
    let throughput = |n: f64| fit.lambda * n / (1.0 + fit.sigma * (n - 1.0) + fit.kappa * n * (n - 1.0));
    let at = |i: u32| 1.0_f64.min(most) + (most - 1.0_f64.min(most)) * f64::from(i) / f64::from(CURVE);
    (0..=CURVE)
        .map(at)
        .map(|n| (n, throughput(n)))
        .filter(|(_, tps)| tps.is_finite() && *tps >= 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(loads: &[u64]) -> Judgement {
        let step = |users: &u64| StepResult {
            users: Some(*users),
            tps: (*users as f64).min(400.0),
            p95: *users as f64 / 4.0,
            ..StepResult::default()
        };
        let usl = UslFit { lambda: 1.0, sigma: 0.0, kappa: 0.0, ..UslFit::default() };
        Judgement {
            steps: loads.iter().map(step).collect(),
            breaking_point: Some(BreakingPoint {
                load: 400.0,
                is_users: true,
                usl: Some(usl),
                ..BreakingPoint::default()
            }),
            ..Judgement::default()
        }
    }

    #[test]
    fn steps_are_in_the_order_of_their_load() {
        let pictures = scalability(&judgement(&[100, 600, 300]), Lang::En);
        assert_eq!(pictures[0].xs, [100.0, 300.0, 600.0]);
        assert_eq!(pictures[0].layers[1].values, [Some(100.0), Some(300.0), Some(400.0)]);
        assert_eq!(pictures[1].layers[0].values, [Some(25.0), Some(75.0), Some(150.0)]);
        assert_eq!(pictures[0].marks[0].label, "held 400 users");
    }

    #[test]
    fn the_curve_is_the_law() {
        let fit = UslFit { lambda: 2.0, sigma: 0.1, kappa: 0.01, ..UslFit::default() };
        let points = curve(&fit, 10.0);
        assert_eq!(points[0], (1.0, 2.0));
        let (n, tps) = points[CURVE as usize];
        assert!((n - 10.0).abs() < 1e-9 && (tps - 20.0 / 2.8).abs() < 1e-9, "{n} {tps}");
    }

    #[test]
    fn the_same_load_over_and_over_is_no_staircase() {
        assert_eq!(scalability(&judgement(&[10, 1000, 10]), Lang::En), []);
    }
}
