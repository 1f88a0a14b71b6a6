//! A model of a server: a queue in front of some workers, first come first served, on a clock of its own.

use flashcrowd_search::{Progress, Promise, Search, SearchConfig, Second, Step, Tally};

/// Random numbers (SplitMix64).
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((mixed ^ (mixed >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }
}

/// How times are spread around their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    Fixed,
    Exponential,
}

#[derive(Clone, Copy, Debug)]
pub struct Model {
    pub arrivals: Spread,
    pub service: Spread,
    /// How long one is served, in seconds.
    pub time: f64,
    pub workers: usize,
    /// The share of requests that wait for a worker; the others are answered in 5 ms.
    pub share: f64,
    /// The share of answers that are errors at any load.
    pub errors: f64,
    /// Beyond this many in the queue, requests are refused at once; zero for no limit.
    pub most: usize,
    /// The share of seconds in which the server stands still for a tenth of it.
    pub noise: f64,
}

pub struct Server {
    model: Model,
    random: Random,
    now: f64,
    next: f64,
    /// When each worker is free.
    free: Vec<f64>,
    /// Arrival, end and whether it is an error, of those under way.
    under_way: Vec<(f64, f64, bool)>,
}

impl Server {
    pub fn new(model: Model, seed: u64) -> Self {
        let random = Random(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0xABCD);
        Self { model, random, now: 0.0, next: 0.0, free: vec![0.0; model.workers], under_way: Vec::new() }
    }

    /// A second at a rate, counted against a limit of the response time.
    pub fn second(&mut self, rate: f64, limit: f64) -> Second {
        let (start, end) = (self.now, self.now + 1.0);
        if self.next < start {
            self.next = start;
        }
        if self.next > start + 2.0 / rate {
            self.next = start + 1.0 / rate;
        }
        if self.random.uniform() < self.model.noise {
            self.free.iter_mut().for_each(|free| *free = free.max(start) + 0.1);
        }
        let mut second = Second { length: 1.0, ..Second::default() };
        while self.next < end {
            let at = self.next;
            let gap = match self.model.arrivals {
                Spread::Fixed => 1.0,
                Spread::Exponential => self.random.exponential(),
            };
            self.next += gap / rate;
            second.due += 1.0;
            let error = self.random.uniform() < self.model.errors;
            if self.model.share < 1.0 && self.random.uniform() >= self.model.share {
                self.under_way.push((at, at + 0.005, error));
                continue;
            }
            if self.model.most > 0
                && self.under_way.iter().filter(|one| one.1 > at).count() >= self.model.most
            {
                self.under_way.push((at, at + 0.001, true));
                continue;
            }
            let (worker, free) =
                self.free.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            let served = self.model.time
                * match self.model.service {
                    Spread::Fixed => 1.0,
                    Spread::Exponential => self.random.exponential(),
                };
            self.free[worker] = free.max(at) + served;
            self.under_way.push((at, self.free[worker], error));
        }
        let (mut slow, mut failed, mut sum, mut reach) = (0.0, 0.0, 0.0, 0.0_f64);
        self.under_way.retain(|&(from, to, error)| {
            let done = to <= end;
            if done {
                second.done += 1.0;
                sum += to - from;
                reach = reach.max((to - from) / limit);
                slow += f64::from(u8::from(to - from > limit));
                failed += f64::from(u8::from(error));
            }
            !done
        });
        second.in_flight = self.under_way.len() as f64;
        second.response = (second.done > 0.0).then(|| sum / second.done);
        second.iteration = second.response;
        second.tallies = vec![
            Tally { all: second.done, bad: slow, reach },
            Tally { all: second.done, bad: failed, reach: 1.0 },
        ];
        self.now = end;
        second
    }
}

/// Searches a server to the end.
pub fn search(model: Model, limit: f64, seed: u64, promises: &[f64], bounds: (f64, f64)) -> (Search, f64) {
    let config = SearchConfig {
        lowest: bounds.0,
        highest: bounds.1,
        whole: false,
        keeps_up: true,
        dispersion: f64::from(u8::from(model.arrivals == Spread::Exponential)),
        promises: promises
            .iter()
            .enumerate()
            .map(|(index, allowed)| Promise { allowed: *allowed, limit: (index == 0).then_some(limit) })
            .collect(),
        precision: 0.05,
        seconds: 90.0,
    };
    let mut server = Server::new(model, seed);
    let mut search = Search::new(config);
    loop {
        let load = match search.next_step() {
            Step::Trial { load } | Step::Rest { load } => load,
            Step::Done(_) => return (search, server.now),
        };
        while search.second(server.second(load, limit)) == Progress::GoOn {}
    }
}
