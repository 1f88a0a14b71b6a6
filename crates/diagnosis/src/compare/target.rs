//! The figures of the target itself: its memory, its CPU time, and how much of that a request takes.

use std::collections::HashMap;

use super::estimate::Ratio;
use super::figure::{Figure, Worse};
use super::frame::Frame;
use super::metrics::OF_GAUGES;
use super::side::Side;
use crate::course::Second;

const MEMORY: &str = "process_resident_memory_bytes";
const CPU: &str = "process_cpu_seconds_total";

/// Less memory is none.
const LITTLE_MEMORY: f64 = 10e6;

/// Less CPU time, in cores, is none.
const LITTLE_CPU: f64 = 0.05;

/// The target's memory and CPU, if both records have them.
///
/// CPU cores in use are neither good nor bad, since more requests take more of them; what one request takes is.
pub(super) fn of_target(sides: &[Side<'_>; 2], frame: &Frame<'_>) -> Vec<Figure> {
    let memory: Ratio<'_> = &|second| Some((second.target(MEMORY)?, 1.0));
    let used = sides.each_ref().map(cpu);
    let in_use = |at: usize, second: &Second<'_>| used[at].get(&second.end.to_bits()).copied();
    let cores: [Ratio<'_>; 2] = [&|second| in_use(0, second), &|second| in_use(1, second)];
    let by_request: [Ratio<'_>; 2] = [&|second| Some((in_use(0, second)?.0, second.requests())), &|second| {
        Some((in_use(1, second)?.0, second.requests()))
    }];
    let rate = frame.sides.each_ref().map(|batches| {
        let seconds = || batches.iter().flat_map(|batch| &batch.seconds);
        seconds().map(Second::requests).sum::<f64>() / seconds().map(Second::length).sum::<f64>()
    });
    let rate = rate[0].max(rate[1]);
    let figures = [
        Figure::new("target memory", "B", Worse::More).floor(LITTLE_MEMORY).ratio(frame, 1.0, [memory; 2]),
        Figure::new("target CPU", "cores", Worse::Neither).floor(LITTLE_CPU).ratio(frame, 1.0, cores),
        Figure::new("target CPU per request", "ms", Worse::More)
            .floor(LITTLE_CPU * 1e3 / rate)
            .ratio(frame, 1e3, by_request),
    ];
    figures.into_iter().filter(Figure::is_known).map(|figure| figure.scatter(OF_GAUGES)).collect()
}

/// CPU seconds, and in how many seconds, by the end of each interval of a side.
fn cpu(side: &Side<'_>) -> HashMap<u64, (f64, f64)> {
    let pairs = side.course.seconds.windows(2).filter_map(|pair| {
        let used = pair[1].target(CPU)? - pair[0].target(CPU)?;
        let length = pair[1].end - pair[0].end;
        (used >= 0.0 && length > 0.0).then(|| (pair[1].end.to_bits(), (used, length)))
    });
    pairs.collect()
}
