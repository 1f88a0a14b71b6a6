//! A step is a part of a plan with one load: users or a rate, held for a while; or a staircase of these.

use std::time::Duration;

use flashcrowd_engine::Arrivals;
use flashcrowd_text::nearest;

use super::draft::Draft;
use super::object::Object;
use super::reader::{Reader, suggestion};
use crate::fields::{FieldKind, RATE, STEPS, Shape, USERS};
use crate::yaml::{Entry, Node, Place};

/// The most stairs that a staircase may have.
const MOST_STAIRS: u64 = 10_000;

/// A part of a plan with one load, or with one after the other.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) stairs: Vec<Stair>,
    /// The most virtual users for a rate, where that is said.
    pub(super) most_users: Option<u64>,
    /// How the requests of a rate are spread in time; none for what the plan says.
    pub(super) arrivals: Option<Arrivals>,
    /// What is asked for in this step; none for what the plan says.
    pub(super) mix: Option<Vec<(usize, f64)>>,
}

/// One load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stair {
    pub(super) load: Load,
    /// How long it takes to get there.
    pub(super) ramp: Duration,
    /// How long it is held.
    pub(super) hold: Duration,
}

/// How much load there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Load {
    Users(u64),
    Rate(Rate),
}

/// So many in so many seconds, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) count: u64,
    pub(super) seconds: u64,
}

impl Rate {
    fn new(count: u64, seconds: u64) -> Self {
        let divisor = gcd(count, seconds).max(1);
        Self { count: count / divisor, seconds: seconds / divisor }
    }

    /// `200/s`, `100/m`, `2.5/s`, or a number for each second.
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_once('/').map_or((text, "s"), |(number, unit)| (number, unit.trim()));
        let seconds: u64 = match unit {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hour" => 3600,
            _ => return None,
        };
        let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
        let digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if !digits || whole.is_empty() || fraction.len() > 3 {
            return None;
        }
        let count: u64 = format!("{whole}{fraction}").parse().ok().filter(|count| *count <= 1_000_000_000)?;
        let parts = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
        Some(Self::new(count, seconds * parts))
    }

    pub(super) fn per_second(self) -> f64 {
        self.count as f64 / self.seconds as f64
    }

    fn plus(self, other: Self) -> Self {
        let seconds = lcm(self.seconds, other.seconds);
        Self::new(self.count * (seconds / self.seconds) + other.count * (seconds / other.seconds), seconds)
    }
}

pub(super) fn lcm(a: u64, b: u64) -> u64 {
    a / gcd(a, b).max(1) * b
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Draft<'_, '_> {
    /// All steps of a plan; those that are wrong are left out.
    pub(super) fn steps(&mut self, node: &Node) -> Vec<Step> {
        let Some(items) = node.list() else {
            let message = format!(
                "{} is no list of steps: write '- users: 10' and below it 'duration: 60s'",
                node.told()
            );
            self.reader.wrong(node.place, message);
            return Vec::new();
        };
        if items.is_empty() {
            self.reader.wrong(
                node.place,
                "the list of steps is empty: write one such as {users: 10, duration: 60s}",
            );
        }
        items.iter().filter_map(|item| self.step(item)).collect()
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let Some(shape) = self.reader.kind_of_step(node) else {
            self.values_of_no_step(node);
            return None;
        };
        let object = Object::open(self.reader, node, shape)?;
        object.require(self.reader);
        let mix = object.get("requests").map(|node| self.mix(node));
        let reader = &mut *self.reader;
        let most_users = (shape.has("rate") || shape.has("start_rate"))
            .then(|| object.get("max_users").and_then(|node| reader.count(node)))
            .flatten();
        let arrivals = shape
            .has("arrivals")
            .then(|| object.get("arrivals").and_then(|node| reader.arrivals(node)))
            .flatten();
        let stairs = if std::ptr::eq(shape, &raw const USERS) || std::ptr::eq(shape, &raw const RATE) {
            reader.level(object).map(|stair| vec![stair])
        } else if shape.has("start_users") {
            reader.staircase_of_users(object)
        } else {
            reader.staircase_of_rates(object)
        };
        Some(Step { stairs: stairs?, most_users, arrivals, mix })
    }

    /// Reports what is wrong with the values of a step whose kind is not known.
    fn values_of_no_step(&mut self, node: &Node) {
        for entry in node.map().unwrap_or_default() {
            let fields = STEPS.iter().flat_map(|(_, shape)| shape.fields);
            let Some(field) = fields.into_iter().find(|field| field.name == entry.name) else { continue };
            match field.kind {
                _ if entry.value.is_null() => {}
                _ if field.name == "requests" => {
                    self.mix(&entry.value);
                }
                kind => self.reader.value_of_step(&entry.value, kind),
            }
        }
    }
}

impl Reader<'_> {
    /// Which kind of step it is; what is wrong with that is reported.
    fn kind_of_step(&mut self, node: &Node) -> Option<&'static Shape> {
        let Some(entries) = node.map() else {
            self.wrong(
                node.place,
                format!("{} is no step: write one such as {{users: 10, duration: 60s}}", node.told()),
            );
            return None;
        };
        let kinds: Vec<_> = STEPS.iter().filter(|(name, _)| node.field(name).is_some()).collect();
        match kinds[..] {
            [(_, shape)] => {
                // A field of another kind of step is told as such, and not as unknown.
                let before = self.problems();
                for entry in entries.iter().filter(|entry| !shape.has(&entry.name)) {
                    if let Some((_, other)) = STEPS.iter().find(|(_, other)| other.has(&entry.name)) {
                        let message = format!(
                            "'{}' belongs to a {}, and this is a {}: write two steps, or leave it out",
                            entry.name, other.name, shape.name
                        );
                        self.wrong(entry.place, message);
                    }
                }
                let strangers =
                    entries.iter().filter(|entry| STEPS.iter().all(|(_, shape)| !shape.has(&entry.name)));
                let unknown: Vec<_> = strangers.collect();
                if self.problems() == before {
                    return Some(shape);
                }
                unknown
                    .iter()
                    .for_each(|entry| self.wrong(entry.place, super::object::unknown(&entry.name, shape)));
                None
            }
            [] => {
                self.no_kind_of_step(node.place, entries);
                None
            }
            [(first, _), (second, other), ..] => {
                let place = entries
                    .iter()
                    .find(|entry| entry.name == *second)
                    .map_or(node.place, |entry| entry.place);
                self.wrong(
                    place,
                    format!(
                        "a step has '{first}' or '{second}', not both: write a {} of its own",
                        other.name
                    ),
                );
                None
            }
        }
    }

    /// Reports that nothing in a step says of what kind it is, and each field that no step has.
    fn no_kind_of_step(&mut self, place: Place, entries: &[Entry]) {
        let kinds = STEPS.map(|(name, _)| name);
        let list = kinds.join(", ");
        let mut is_told = false;
        let known = |name: &str| STEPS.iter().any(|(_, shape)| shape.has(name));
        for entry in entries.iter().filter(|entry| !known(&entry.name)) {
            let message = match nearest(&entry.name, kinds) {
                Some(kind) => {
                    is_told = true;
                    format!(
                        "'{}' is no kind of step: a step needs one of {list}; did you mean '{kind}'?",
                        entry.name
                    )
                }
                None => {
                    let names = STEPS.iter().flat_map(|(_, shape)| shape.names());
                    format!("unknown field '{}' of a step{}", entry.name, suggestion(&entry.name, names))
                }
            };
            self.wrong(entry.place, message);
        }
        if !is_told {
            self.wrong(place, format!("a step needs one of {list}"));
        }
    }

    /// Reports what is wrong with the value of a step's field of that kind.
    fn value_of_step(&mut self, node: &Node, kind: FieldKind) {
        match kind {
            FieldKind::Count => {
                self.count(node);
            }
            FieldKind::Duration => {
                self.duration(node);
            }
            FieldKind::Rate => {
                self.rate(node);
            }
            FieldKind::Arrivals => {
                self.arrivals(node);
            }
            _ => {
                self.text(node, "text");
            }
        }
    }

    fn rate(&mut self, node: &Node) -> Option<Rate> {
        let text = self.text(node, "rate such as 200/s")?;
        let rate = Rate::parse(&text);
        match rate {
            Some(rate) if rate.count > 0 => return Some(rate),
            Some(_) => {
                self.wrong(node.place, format!("'{text}' is no load: write a rate above 0, such as 200/s"))
            }
            None => self.wrong(
                node.place,
                format!("'{text}' is no rate: write one such as 200/s, 100/m or 50 (a second)"),
            ),
        }
        None
    }

    /// A step with users or a rate.
    fn level(&mut self, object: Object<'_>) -> Option<Stair> {
        let load = match object.entry("users") {
            Some(entry) => self.count(&entry.value).map(Load::Users),
            None => object.get("rate").and_then(|node| self.rate(node)).map(Load::Rate),
        };
        let duration = object.get("duration").and_then(|node| self.some_time(node));
        let ramp = object.get("ramp_up").map_or(Some(Duration::ZERO), |node| self.duration(node));
        let (load, duration, ramp) = (load?, duration?, ramp?);
        if ramp > duration {
            let place = object.entry("ramp_up").map_or(object.place, |entry| entry.value.place);
            let [ramp, duration] = [ramp, duration].map(flashcrowd_engine::duration::format);
            self.wrong(
                place,
                format!(
                    "a ramp-up of {ramp} does not fit into a step of {duration}, \
                    of which it is the first part: write {duration} or less"
                ),
            );
            return None;
        }
        Some(Stair { load, ramp, hold: duration - ramp })
    }

    fn staircase_of_users(&mut self, object: Object<'_>) -> Option<Vec<Stair>> {
        let mut count = |name| object.get(name).and_then(|node| self.count(node));
        let (start, increment, most) = (count("start_users"), count("increment"), count("max_users"));
        let hold = object.get("increment_interval").and_then(|node| self.some_time(node));
        let (start, increment, most, hold) = (start?, increment?, most?, hold?);
        self.check_ends(object, "max_users", most < start)?;
        self.check_stairs(object.place, (most - start).div_ceil(increment))?;
        let levels = (start..most).step_by(usize::try_from(increment).unwrap_or(usize::MAX)).chain([most]);
        Some(levels.map(|users| Stair { load: Load::Users(users), ramp: Duration::ZERO, hold }).collect())
    }

    fn staircase_of_rates(&mut self, object: Object<'_>) -> Option<Vec<Stair>> {
        let mut rate = |name| object.get(name).and_then(|node| self.rate(node));
        let (start, increment, most) = (rate("start_rate"), rate("rate_increment"), rate("max_rate"));
        let hold = object.get("increment_interval").and_then(|node| self.some_time(node));
        let (start, increment, most, hold) = (start?, increment?, most?, hold?);
        let difference = most.per_second() - start.per_second();
        self.check_ends(object, "max_rate", difference < 0.0)?;
        self.check_stairs(object.place, (difference / increment.per_second()) as u64)?;
        let (mut levels, mut level) = (Vec::new(), start);
        while level.per_second() < most.per_second() {
            levels.push(level);
            level = level.plus(increment);
        }
        levels.push(most);
        Some(
            levels
                .into_iter()
                .map(|rate| Stair { load: Load::Rate(rate), ramp: Duration::ZERO, hold })
                .collect(),
        )
    }

    fn check_ends(&mut self, object: Object<'_>, name: &str, below: bool) -> Option<()> {
        if below {
            let place = object.entry(name).map_or(object.place, |entry| entry.value.place);
            self.wrong(place, format!("the staircase goes up, but '{name}' is below its start: write more"));
        }
        (!below).then_some(())
    }

    fn check_stairs(&mut self, place: Place, stairs: u64) -> Option<()> {
        if stairs > MOST_STAIRS {
            self.wrong(
                place,
                format!(
                    "the staircase has {stairs} stairs: \
                    raise the increment until there are at most {MOST_STAIRS}"
                ),
            );
        }
        (stairs <= MOST_STAIRS).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_exact() {
        for (text, expected) in [
            ("200/s", Some((200, 1))),
            ("50", Some((50, 1))),
            ("100/m", Some((5, 3))),
            ("2.5/s", Some((5, 2))),
            ("1 / h", Some((1, 3600))),
            ("7.25/m", Some((29, 240))),
            ("0", Some((0, 1))),
            ("100/x", None),
            ("fast", None),
            ("-1/s", None),
            ("", None),
        ] {
            let rate = Rate::parse(text).map(|rate| (rate.count, rate.seconds));
            assert_eq!(rate, expected, "{text}");
        }
    }
}
