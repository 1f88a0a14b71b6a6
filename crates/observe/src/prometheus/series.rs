//! Series are the values that are kept of a page of metrics, few enough to be recorded every second.
//!
//! | what it is | what is kept |
//! | --- | --- |
//! | without labels | itself |
//! | a histogram or summary | its sum and its count, over all labels |
//! | a counter with labels | each, or the sum over all labels if there are more than [`FEW`] |
//! | a gauge with labels | each; if there are more than [`FEW`], their sum if it was asked for, or nothing |
//!
//! So the sum of all series of one name is always the whole. Families are kept whole or not at all, up to [`MOST`]
//! series: first those that were asked for, then those about a process and its pools,
//! then those without labels, then all others.

use indexmap::IndexMap;

use super::exposition::{MetricType, Page, Sample};

/// How many series of one name are kept apart.
const FEW: usize = 20;
/// How many series are kept.
const MOST: usize = 200;

/// Prefixes of metrics about a process, its memory, threads, pools and locks, in the usual languages and libraries.
const FIRST: [&str; 12] = [
    "process_",
    "jvm_",
    "hikaricp_",
    "go_",
    "nodejs_",
    "python_",
    "dotnet_",
    "container_",
    "tomcat_threads_",
    "system_cpu_",
    "db_pool_",
    "lock_",
];

/// How the samples of a name are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Sum,
    Counter,
    Gauge,
    None,
}

/// All samples of a name.
struct Family<'a> {
    role: Role,
    samples: Vec<Sample<'a>>,
}

/// The series of a page. Values that are not finite are left out.
pub(crate) fn series(page: &Page<'_>, wanted: &[String]) -> IndexMap<String, f64> {
    let mut families: IndexMap<&str, Family<'_>> = IndexMap::new();
    for sample in page.samples.iter().filter(|sample| sample.value.is_finite()) {
        let family = families
            .entry(sample.name)
            .or_insert_with(|| Family { role: role(page, sample.name), samples: Vec::new() });
        family.samples.push(*sample);
    }
    let is_wanted = |name: &str| wanted.iter().any(|wanted| wanted == name);
    families.sort_by_cached_key(|name, family| (!is_wanted(name), rank(name, family)));
    let mut kept = IndexMap::new();
    for (name, family) in &families {
        let found = family.series(name, is_wanted(name));
        if kept.len() + found.len() <= MOST {
            kept.extend(found);
        }
    }
    kept
}

/// How the samples of a name are kept, by the type of the metric.
fn role(page: &Page<'_>, name: &str) -> Role {
    let metric_type = |name: &str| page.types.get(name).copied();
    let is_distribution =
        |name: &str| matches!(metric_type(name), Some(MetricType::Histogram | MetricType::Summary));
    if name.strip_suffix("_sum").or(name.strip_suffix("_count")).is_some_and(is_distribution) {
        return Role::Sum;
    }
    // Buckets and quantiles cannot be added up; creation times are of no use.
    let is_declared = metric_type(name).is_some();
    let is_bucket =
        name.strip_suffix("_bucket").is_some_and(|family| is_distribution(family) || !is_declared);
    if is_bucket || is_distribution(name) || (name.ends_with("_created") && !is_declared) {
        return Role::None;
    }
    let bare = name.strip_suffix("_total");
    match metric_type(name).or_else(|| bare.and_then(metric_type)) {
        Some(MetricType::Counter) => Role::Counter,
        None | Some(MetricType::Unknown) if bare.is_some() => Role::Counter,
        _ => Role::Gauge,
    }
}

/// The order in which families are kept: lower ranks first.
fn rank(name: &str, family: &Family<'_>) -> u8 {
    let is_first = FIRST.iter().any(|prefix| name.starts_with(prefix));
    let is_plain = family.role == Role::Sum || family.samples.iter().all(|sample| sample.labels.is_empty());
    match (is_first, is_plain) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

impl Family<'_> {
    fn series(&self, name: &str, is_wanted: bool) -> Vec<(String, f64)> {
        let few = self.samples.len() <= FEW;
        match self.role {
            Role::Counter | Role::Gauge if few => {
                self.samples.iter().map(|sample| (key(sample), sample.value)).collect()
            }
            Role::Gauge if !is_wanted => Vec::new(),
            Role::Sum | Role::Counter | Role::Gauge => {
                let sum: f64 = self.samples.iter().map(|sample| sample.value).sum();
                let sum = Some(sum).filter(|sum| sum.is_finite());
                sum.map(|sum| (name.to_owned(), sum)).into_iter().collect()
            }
            Role::None => Vec::new(),
        }
    }
}

fn key(sample: &Sample<'_>) -> String {
    match sample.labels {
        "" => sample.name.to_owned(),
        labels => format!("{}{{{labels}}}", sample.name),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn check(text: &str, expected: &[(&str, f64)]) {
        let kept = series(&Page::read(text), &[]);
        let kept: Vec<(&str, f64)> = kept.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(kept, expected);
    }

    fn labelled(name: &str, series: usize) -> String {
        (0..series).fold(String::new(), |mut text, at| {
            let _ = writeln!(text, "{name}{{at=\"{at}\"}} 2");
            text
        })
    }

    #[test]
    fn distributions_are_summed_and_the_rest_of_them_dropped() {
        let text = "\
# TYPE http_server_requests_seconds histogram
http_server_requests_seconds_bucket{uri=\"/a\",le=\"0.1\"} 3
http_server_requests_seconds_count{uri=\"/a\"} 4
http_server_requests_seconds_sum{uri=\"/a\"} 0.5
http_server_requests_seconds_count{uri=\"/product/{id}\"} 6
http_server_requests_seconds_sum{uri=\"/product/{id}\"} 1.5
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile=\"0.5\"} 0.1
go_gc_duration_seconds_sum 7
go_gc_duration_seconds_count 70
untold_bucket{le=\"1\"} 5
python_info_created 1.7e9
disk_sum 3
";
        let expected = [
            ("go_gc_duration_seconds_sum", 7.0),
            ("go_gc_duration_seconds_count", 70.0),
            ("http_server_requests_seconds_count", 10.0),
            ("http_server_requests_seconds_sum", 2.0),
            ("disk_sum", 3.0),
        ];
        check(text, &expected);
    }

    #[test]
    fn processes_of_all_kinds_come_first() {
        let text = "\
# TYPE app_users gauge
app_users 5
# TYPE jvm_memory_used_bytes gauge
jvm_memory_used_bytes{area=\"heap\",id=\"G1 Eden Space\",} 1.5E7
jvm_memory_used_bytes{area=\"nonheap\",id=\"Metaspace\",} NaN
# TYPE hikaricp_connections_active gauge
hikaricp_connections_active{pool=\"HikariPool-1\",} 7.0
# TYPE process_cpu_seconds counter
process_cpu_seconds_total 12.5
nodejs_heap_size_used_bytes 1e8
";
        let expected = [
            ("jvm_memory_used_bytes{area=\"heap\",id=\"G1 Eden Space\"}", 1.5e7),
            ("hikaricp_connections_active{pool=\"HikariPool-1\"}", 7.0),
            ("process_cpu_seconds_total", 12.5),
            ("nodejs_heap_size_used_bytes", 1e8),
            ("app_users", 5.0),
        ];
        check(text, &expected);
    }

    #[test]
    fn many_counters_are_one_and_many_gauges_none() {
        for (many, kept) in [(20, 20), (21, 1)] {
            let counters = series(&Page::read(&labelled("hits_total", many)), &[]);
            assert_eq!((counters.len(), counters.values().sum::<f64>()), (kept, 2.0 * many as f64));
        }
        assert_eq!(series(&Page::read(&labelled("stock", 20)), &[]).len(), 20);
        check(&labelled("stock", 21), &[]);
    }

    #[test]
    fn what_is_asked_for_is_kept_before_all_else() {
        let mut text: String = (0..15).map(|at| labelled(&format!("process_family{at}"), 18)).collect();
        text.push_str(&labelled("stock", 21));
        text.push_str("last 1\n");
        let kept = series(&Page::read(&text), &["last".to_owned(), "stock".to_owned()]);
        assert_eq!((kept.get("last"), kept.get("stock")), (Some(&1.0), Some(&42.0)));
        assert!(kept.len() <= 200);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut text: String = (0..15).map(|at| labelled(&format!("family{at}"), 18)).collect();
        text.push_str("process_open_fds 4\nlast 1\n");
        let kept = series(&Page::read(&text), &[]);
        assert_eq!(
            (kept.len(), kept.get("process_open_fds"), kept.get("last")),
            (200, Some(&4.0), Some(&1.0))
        );
    }
}
