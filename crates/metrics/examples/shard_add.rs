//! Measures what one sample costs a shard.
//!
//! `cargo run --release -p flashcrowd-metrics --example shard_add`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use flashcrowd_metrics::{Builtin, Plan, Registry, Shard, TagSet};

const SAMPLES: u32 = 20_000_000;

#[expect(clippy::print_stdout, reason = "an example prints its figures")]
#[expect(clippy::disallowed_methods, reason = "this crate has no clock, and a measurement needs one")]
fn main() {
    let tags = TagSet::from_pairs([("name", "a"), ("scenario", "b")]);
    for (name, metric) in
        [("counter", Builtin::HTTP_REQS), ("rate", Builtin::CHECKS), ("trend", Builtin::HTTP_REQ_DURATION)]
    {
        let mut shard = Shard::new(Arc::new(Plan::new(Registry::new())));
        let series = shard.series(metric, &tags);
        let start = Instant::now();
        for at in 0..SAMPLES {
            shard.add(black_box(series), f64::from(at & 1023));
        }
        let nanos = start.elapsed().as_nanos() as f64 / f64::from(SAMPLES);
        black_box(shard.take());
        println!("{name}: {nanos:.2} ns a sample");
    }
}
