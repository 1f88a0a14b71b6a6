//! A crowd is which classes of users come, in which order and when: Locust's own order, spread inside of each second.
//!
//! Classes with a fixed count come first, among themselves by what is missing; then the others by their weights, in the
//! order in which each new user brings the shares closest to the weights. Who came last leaves first.

use std::collections::VecDeque;
use std::time::Duration;

/// A class of users.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) weight: f64,
    pub(super) fixed: u64,
}

/// An order of names by weights, endless.
#[derive(Debug, Default)]
struct Weighted(Vec<Weight>);

#[derive(Clone, Copy, Debug)]
struct Weight {
    gain: f64,
    next: f64,
    weight: f64,
    class: usize,
}

impl Weighted {
    /// Classes in the order of their names, with their weights.
    fn new(classes: impl Iterator<Item = (usize, f64)>) -> Self {
        let weight = |(class, weight): (usize, f64)| {
            let gain = weight * (weight / (weight + 1.0)).log2();
            Weight { gain, next: weight + 1.0, weight, class }
        };
        Self(classes.filter(|(_, weight)| *weight > 0.0).map(weight).collect())
    }

    fn next(&mut self) -> Option<usize> {
        let order = |a: &&mut Weight, b: &&mut Weight| {
            (a.gain.total_cmp(&b.gain))
                .then(a.next.total_cmp(&b.next))
                .then(a.weight.total_cmp(&b.weight))
                .then(a.class.cmp(&b.class))
        };
        let first = self.0.iter_mut().min_by(order)?;
        first.gain = first.weight * (first.next / (first.next + 1.0)).log2();
        first.next += 1.0;
        Some(first.class)
    }
}

/// What is to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A user of this class comes.
    Come(usize),
    /// A user of this class leaves.
    Leave(usize),
    /// A new batch begins: users that have ended since are missing.
    Batch,
}

/// Who is there by order, and who comes or leaves next.
#[derive(Debug)]
pub(super) struct Crowd {
    classes: Vec<Class>,
    selected: Vec<usize>,
    weighted: Weighted,
    fixed: VecDeque<usize>,
    try_fixed: bool,
    /// How many of each class there are by order, whether they have ended since or not.
    ordered: Vec<u64>,
    /// In the order in which they came.
    active: Vec<usize>,
    target: u64,
    rate: f64,
    from: Duration,
    steps: u64,
    batch_told: Option<u64>,
}

impl Crowd {
    /// Nobody yet.
    pub(super) fn new(mut classes: Vec<Class>) -> Self {
        classes.sort_by(|a, b| a.name.cmp(&b.name));
        let all: Vec<usize> = (0..classes.len()).collect();
        let mut crowd = Self {
            ordered: vec![0; classes.len()],
            classes,
            selected: Vec::new(),
            weighted: Weighted::default(),
            fixed: VecDeque::new(),
            try_fixed: true,
            active: Vec::new(),
            target: 0,
            rate: 1.0,
            from: Duration::ZERO,
            steps: 0,
            batch_told: None,
        };
        crowd.select(all);
        crowd
    }

    /// The classes, by name.
    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// How many of each class there are by order.
    pub(super) fn ordered(&self) -> &[u64] {
        &self.ordered
    }

    /// From `now` on, so many users, so many a second; of these classes where they are named.
    pub(super) fn order(&mut self, now: Duration, target: u64, rate: f64, names: Option<&[String]>) {
        if let Some(names) = names {
            let named: Vec<usize> =
                (0..self.classes.len()).filter(|at| names.contains(&self.classes[*at].name)).collect();
            if named != self.selected {
                self.select(named);
            }
        }
        (self.target, self.rate, self.from) = (target, rate.max(1e-6), now);
        (self.steps, self.batch_told) = (0, None);
    }

    fn select(&mut self, classes: Vec<usize>) {
        let weights =
            classes.iter().map(|at| (*at, &self.classes[*at])).filter(|(_, class)| class.fixed == 0);
        self.weighted = Weighted::new(weights.map(|(at, class)| (at, class.weight)));
        self.fixed.clear();
        self.selected = classes;
    }

    /// Whether all are there, or gone, that were ordered.
    pub(super) fn is_settled(&self) -> bool {
        self.active.len() as u64 == self.target && self.batch_told.is_some()
    }

    /// When the next step is due; none if there is none.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.is_settled() {
            return None;
        }
        self.from.checked_add(Duration::try_from_secs_f64(self.steps as f64 / self.rate).ok()?)
    }

    /// The next step, whose time has come.
    pub(super) fn step(&mut self) -> Option<Step> {
        let batch = (self.rate.floor() as u64).max(1);
        let turn = self.steps / batch;
        if self.batch_told != Some(turn) {
            self.batch_told = Some(turn);
            return Some(Step::Batch);
        }
        let there = self.active.len() as u64;
        if there == self.target {
            return None;
        }
        self.steps += 1;
        if there > self.target {
            let class = self.active.pop()?;
            self.ordered[class] -= 1;
            self.try_fixed = true;
            return Some(Step::Leave(class));
        }
        let Some(class) = self.pick() else {
            // No class may come: what is there is all there will be.
            self.target = there;
            return None;
        };
        self.ordered[class] += 1;
        self.active.push(class);
        Some(Step::Come(class))
    }

    fn pick(&mut self) -> Option<usize> {
        if let Some(class) = self.fixed.pop_front() {
            return Some(class);
        }
        if std::mem::take(&mut self.try_fixed) {
            let missing = |at: &usize| self.classes[*at].fixed.saturating_sub(self.ordered[*at]);
            let missing: Vec<(usize, f64)> =
                self.selected.iter().map(|at| (*at, missing(at) as f64)).collect();
            let total = missing.iter().map(|(_, count)| *count as u64).sum::<u64>();
            let mut order = Weighted::new(missing.into_iter());
            self.fixed = (0..total).map_while(|_| order.next()).collect();
            if let Some(class) = self.fixed.pop_front() {
                return Some(class);
            }
        }
        self.weighted.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, weight: f64, fixed: u64) -> Class {
        Class { name: name.into(), weight, fixed }
    }

    /// Everything that happens up to a moment, as letters; who leaves in lower case.
    fn letters(crowd: &mut Crowd, until: f64) -> String {
        let mut text = String::new();
        while crowd.due().is_some_and(|due| due.as_secs_f64() < until) {
            match crowd.step() {
                Some(Step::Come(at)) => text.push_str(&crowd.classes()[at].name[..1]),
                Some(Step::Leave(at)) => text.push_str(&crowd.classes()[at].name[..1].to_lowercase()),
                Some(Step::Batch) => {}
                None => break,
            }
        }
        text
    }

    #[test]
    fn weights_give_locusts_order() {
        let mut crowd = Crowd::new(vec![class("B", 1.0, 0), class("A", 5.0, 0), class("C", 2.5, 0)]);
        crowd.order(Duration::ZERO, 24, 100.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "ACABACAACAACBAACAACABACA");
        let mut even = Crowd::new(vec![class("A", 3.0, 0), class("B", 1.0, 0)]);
        even.order(Duration::ZERO, 8, 100.0, None);
        assert_eq!(letters(&mut even, 60.0), "ABAAABAA");
    }

    #[test]
    fn fixed_counts_come_first_and_come_back_first() {
        let classes = vec![class("Staff", 1.0, 2), class("Looker", 5.0, 0), class("Admin", 1.0, 1)];
        let mut crowd = Crowd::new(classes);
        crowd.order(Duration::ZERO, 5, 100.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "SASLL");
        crowd.order(Duration::from_secs(1), 2, 100.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "lls");
        crowd.order(Duration::from_secs(2), 4, 100.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "SL");
    }

    #[test]
    fn users_are_spread_inside_the_second_and_equal_at_full_ones() {
        let mut crowd = Crowd::new(vec![class("A", 1.0, 0)]);
        crowd.order(Duration::ZERO, 13, 5.0, None);
        for (until, there) in [(0.9, 5), (1.9, 10), (5.0, 13)] {
            letters(&mut crowd, until);
            assert_eq!(crowd.ordered()[0], there, "{until}");
        }
        let mut slow = Crowd::new(vec![class("A", 1.0, 0)]);
        slow.order(Duration::ZERO, 3, 0.5, None);
        for (until, there) in [(1.9, 1), (3.9, 2), (9.0, 3)] {
            letters(&mut slow, until);
            assert_eq!(slow.ordered()[0], there, "{until}");
        }
    }

    #[test]
    fn a_shape_names_classes() {
        let mut crowd = Crowd::new(vec![class("Calm", 1.0, 0), class("Hasty", 1.0, 0)]);
        crowd.order(Duration::ZERO, 4, 10.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "CHCH");
        crowd.order(Duration::from_secs(2), 3, 10.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "h");
        crowd.order(Duration::from_secs(4), 5, 10.0, Some(&["Hasty".to_owned()]));
        assert_eq!(letters(&mut crowd, 60.0), "HH");
        assert!(crowd.is_settled() && crowd.due().is_none());
    }

    #[test]
    fn classes_without_weight_end_the_order() {
        let mut crowd = Crowd::new(vec![class("A", 0.0, 1)]);
        crowd.order(Duration::ZERO, 5, 10.0, None);
        assert_eq!(letters(&mut crowd, 60.0), "A");
    }
}
