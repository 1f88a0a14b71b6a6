//! A world is all that a seed decides: the load, who takes part, and what goes wrong.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::bus::BusFaults;
use super::party::Fate;
use crate::lead::OnLoss;

/// In which a party is heard of, however bad the bus is.
const SOME_BEATS: Duration = Duration::from_secs(5);

/// All that a seed decides.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) agents: usize,
    pub(super) seconds: u64,
    pub(super) rate: u64,
    pub(super) stock: u64,
    pub(super) longest: Duration,
    pub(super) on_loss: OnLoss,
    pub(super) bus: BusFaults,
    pub(super) lead: Fate,
    pub(super) fates: Vec<Fate>,
}

impl World {
    pub(super) fn of(random: &mut Rng) -> Self {
        let agents = random.usize(1..=4);
        let seconds = random.u64(2..=6);
        // From the moment of the first party on, to some seconds after the load.
        let whole = Duration::from_secs(seconds + 16);
        let late = |random: &mut Rng| Duration::from_millis(random.u64(0..5_000));
        let mut world = Self {
            agents,
            seconds,
            // Those whose period is whole nanoseconds, so that a second has as many.
            rate: [10, 16, 20, 25, 40, 50, 80][random.usize(0..7)],
            stock: random.u64(20..=120),
            longest: Duration::from_millis(random.u64(1..=200)),
            on_loss: if random.bool() { OnLoss::Abort } else { OnLoss::Continue },
            bus: BusFaults { delay: (50, random.u64(100..20_000)), ..BusFaults::default() },
            lead: Fate { joins: late(random), ..Fate::default() },
            fates: (0..agents).map(|_| Fate { joins: late(random), ..Fate::default() }).collect(),
        };
        // A third of all worlds is well; in the others one thing goes wrong, and often a second one.
        if random.u64(0..3) > 0 {
            world.go_wrong(random, whole);
            while random.bool() {
                world.go_wrong(random, whole);
            }
        }
        world
    }

    fn go_wrong(&mut self, random: &mut Rng, whole: Duration) {
        let who = random.usize(0..=self.agents);
        match random.u8(0..8) {
            0 => self.bus.lost = random.u64(1..=40),
            1 => self.bus.doubled = random.u64(1..=60),
            2 => self.bus.delay = (50, random.u64(100_000..=1_500_000)),
            3 => self.bus.cut_off.push((who, span(random, whole))),
            4 => self.bus.dies = Some(some(random, whole)),
            // An agent waits for a lead without end: it leads before it crashes.
            5 => {
                let fate = self.fate(who);
                fate.crashes = Some(fate.joins + SOME_BEATS + some(random, whole));
            }
            6 => {
                let Range { start, end } = span(random, whole);
                self.fate(who).stands_still = Some((start, end));
            }
            _ => self.bus.delay = (500_000, 500_000),
        }
    }

    fn fate(&mut self, who: usize) -> &mut Fate {
        match who {
            0 => &mut self.lead,
            agent => &mut self.fates[agent - 1],
        }
    }

    /// Whether nothing goes wrong that an agent may be given up for.
    pub(super) fn is_well(&self) -> bool {
        let is_well = |fate: &Fate| fate.crashes.is_none() && fate.stands_still.is_none();
        let BusFaults { delay, lost, ref cut_off, dies, .. } = self.bus;
        let bus = delay.1 <= 500_000 && lost <= 10 && cut_off.is_empty() && dies.is_none();
        bus && is_well(&self.lead) && self.fates.iter().all(is_well)
    }

    /// The load: a rate, and a stock of iterations.
    pub(super) fn scenarios(&self) -> Value {
        let Self { seconds, rate, stock, .. } = self;
        json!({
            "rate": {
                "executor": "constant-arrival-rate", "rate": rate, "duration": format!("{seconds}s"),
                "preAllocatedVUs": 60, "gracefulStop": "2s",
            },
            "stock": { "executor": "shared-iterations", "vus": 8, "iterations": stock, "gracefulStop": "2s" },
        })
    }

    /// All iterations of the load.
    pub(super) fn schedule(&self) -> Vec<(String, u64)> {
        let rate = (0..self.rate * self.seconds).map(|number| ("rate".to_owned(), number));
        rate.chain((0..self.stock).map(|number| ("stock".to_owned(), number))).collect()
    }
}

fn some(random: &mut Rng, whole: Duration) -> Duration {
    Duration::from_millis(random.u64(0..whole.as_millis() as u64))
}

fn span(random: &mut Rng, whole: Duration) -> Range<Duration> {
    let start = some(random, whole);
    start..start + Duration::from_millis(random.u64(100..12_000))
}
