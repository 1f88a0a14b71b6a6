//! The pools that the target tells of: gauges that meet the largest value that another one says they can have.
//!
//! Pools of connections, threads and workers are known by the names that common libraries give them, and others by the
//! form of their names: `db_pool_checked_out` meets `db_pool_size`, `workers_busy` meets `workers_max`. A pool is full in
//! the seconds in which at least 95% of it are in use while something waits for it; where the target does not say what
//! waits, while requests take at least 1.5 times as long as in the fastest seconds.

use flashcrowd_metrics::names::metric;
use indexmap::{IndexMap, IndexSet};

use crate::course::Second;
use crate::stats::robust::quantile;

/// Gauges of common libraries: in use, waiting (empty where there is none), there at most.
const KNOWN: [[&str; 3]; 14] = [
    ["db_pool_connections_active", "db_pool_connections_pending", "db_pool_connections_max"],
    // Spring: HikariCP, any data source, R2DBC, executors, Tomcat, Jetty.
    ["hikaricp_connections_active", "hikaricp_connections_pending", "hikaricp_connections_max"],
    ["jdbc_connections_active", "", "jdbc_connections_max"],
    [
        "r2dbc_pool_acquired_connections",
        "r2dbc_pool_pending_connections",
        "r2dbc_pool_max_allocated_connections",
    ],
    ["executor_active_threads", "executor_queued_tasks", "executor_pool_max_threads"],
    ["tomcat_threads_busy_threads", "", "tomcat_threads_config_max_threads"],
    ["jetty_threads_busy", "jetty_threads_jobs", "jetty_threads_config_max"],
    // Go's database/sql.
    ["go_sql_in_use_connections", "", "go_sql_max_open_connections"],
    // Ruby's Puma.
    ["puma_busy_threads", "puma_request_backlog", "puma_max_threads"],
    // Exporters of servers.
    [
        "pgbouncer_pools_server_active_connections",
        "pgbouncer_pools_client_waiting_connections",
        "pgbouncer_databases_pool_size",
    ],
    ["pg_stat_activity_count", "", "pg_settings_max_connections"],
    ["mysql_global_status_threads_connected", "", "mysql_global_variables_max_connections"],
    ["redis_connected_clients", "", "redis_config_maxclients"],
    ["process_open_fds", "", "process_max_fds"],
];

/// What a gauge of something in use has in its name, and in its place what the largest value or the waiting has.
const IN_USE: [&str; 11] = [
    "active",
    "busy",
    "used",
    "in_use",
    "checked_out",
    "current",
    "acquired",
    "borrowed",
    "running",
    "open",
    "leased",
];
const AT_MOST: [&str; 6] = ["max", "size", "limit", "capacity", "maximum", "max_size"];
const WAITING: [&str; 6] = ["pending", "waiting", "queued", "backlog", "waiters", "queue_length"];

/// Values that no pool has.
const NO_POOL: [&str; 7] = ["_total", "_count", "_sum", "_seconds", "_bytes", "_milliseconds", "_ms"];

/// A pool is full when this share of it is in use.
const FULL: f64 = 0.95;

/// The fewest seconds with a full pool.
const FULL_SECONDS: usize = 5;

/// How many times longer requests take in those seconds than in the fastest, where nobody says what waits.
const SLOWER: f64 = 1.5;

/// A pool is held up by a smaller one if this share of it waits there.
const INNER: f64 = 0.7;

/// A gauge stays at its largest value in this share of the seconds under load, and had at most the other part of it in
/// the lightest.
const STAYS: f64 = 0.8;
const ROSE_FROM: f64 = 0.7;

/// A pool that the target tells of, while it was full.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) name: String,
    pub(crate) size: f64,
    /// How many waited on average, where the target says so.
    pub(crate) pending: Option<f64>,
    pub(crate) seconds: f64,
}

/// A gauge with the one that says how large it can be, and with one of what waits, by series.
struct Pair {
    used: String,
    waiting: Option<String>,
    size: String,
}

/// The pool that was exhausted, if the target tells of one: the one that was so for longest; of equals, the one
/// that most waited for, and all of a name together rather than one of them. If most of it waits for a smaller one, such as threads for connections, the smaller.
pub(crate) fn named(seconds: &[Second<'_>]) -> Option<Pool> {
    let gauges = gauges(seconds);
    let light = quantile(&seconds.iter().filter_map(latency).collect::<Vec<_>>(), 0.05);
    let is_slow =
        |second: &Second<'_>| latency(second).zip(light).is_some_and(|(time, light)| time >= SLOWER * light);
    let full = pairs(&gauges.keys().cloned().collect()).into_iter().filter_map(|pair| {
        let value = |series: &str, at: usize| gauges.get(series)?[at];
        let full: Vec<(&Second<'_>, f64, Option<f64>)> = seconds
            .iter()
            .enumerate()
            .filter_map(|(at, second)| {
                let size = value(&pair.size, at).filter(|size| *size > 0.0)?;
                let waiting = pair.waiting.as_ref().and_then(|series| value(series, at));
                let waits = waiting.map_or_else(|| is_slow(second), |waiting| waiting > 0.0);
                (value(&pair.used, at)? >= size * FULL && waits).then_some((second, size, waiting))
            })
            .collect();
        let (_, size, _) = *full.last().filter(|_| full.len() >= FULL_SECONDS)?;
        let waiting: Vec<f64> = full.iter().filter_map(|(.., waiting)| *waiting).collect();
        let pending = (!waiting.is_empty()).then(|| waiting.iter().sum::<f64>() / waiting.len() as f64);
        let seconds = full.iter().map(|(second, ..)| second.length()).sum();
        Some(Pool { name: title(&pair.used), size, pending, seconds })
    });
    let full: Vec<Pool> = full.collect();
    let by_weight = |one: &&Pool, other: &&Pool| {
        let waiting = |pool: &Pool| pool.pending.unwrap_or_default();
        one.seconds.total_cmp(&other.seconds).then(waiting(one).total_cmp(&waiting(other)))
    };
    let longest = full.iter().max_by(by_weight)?;
    Some(full.iter().find(|inner| holds(inner, longest)).unwrap_or(longest).clone())
}

/// Whether most of a full pool waits for a smaller one, or has a place in it.
fn holds(inner: &Pool, outer: &Pool) -> bool {
    let there = inner.size + inner.pending.unwrap_or_default();
    name_of(&inner.name) != name_of(&outer.name)
        && inner.size < outer.size
        && inner.seconds >= outer.seconds / 2.0
        && (INNER * outer.size..=1.2 * outer.size).contains(&there)
}

/// The gauge that has no size of its own and stayed where it was at most while so many requests were served at a time,
/// counted from outside, in these seconds.
pub(crate) fn counted(seconds: &[Second<'_>], loaded: &[usize], servers: f64) -> Option<Pool> {
    let gauges = gauges(seconds);
    gauges.iter().find_map(|(series, values)| {
        let told: Vec<f64> = values.iter().flatten().copied().collect();
        let most = told.iter().copied().reduce(f64::max).filter(|most| *most >= 2.0)?;
        let is_there = |at: &&usize| values[**at].is_some_and(|value| value >= most * 0.99);
        let there: Vec<&usize> = loaded.iter().filter(is_there).collect();
        let is_flat = there.len() >= FULL_SECONDS && there.len() as f64 >= STAYS * loaded.len() as f64;
        let rose = quantile(&told, 0.05).is_some_and(|least| least <= ROSE_FROM * most);
        let is_it = (most - servers).abs() <= (servers * 0.1).max(0.5);
        (is_flat && rose && is_it && !is_excluded(name_of(series))).then(|| Pool {
            name: series.clone(),
            size: most,
            pending: None,
            seconds: there.iter().map(|at| seconds[**at].length()).sum(),
        })
    })
}

/// Whether a pool is one of connections, by its name.
pub(crate) fn has_connections(name: &str) -> bool {
    ["connection", "jdbc", "sql", "db_pool"].iter().any(|word| name.contains(word))
}

/// The mean time of the requests of a second.
pub(crate) fn latency(second: &Second<'_>) -> Option<f64> {
    let count = second.stat(metric::HTTP_REQ_DURATION, "count");
    (count > 0.0).then(|| second.stat(metric::HTTP_REQ_DURATION, "sum") / count)
}

/// Every series over the seconds; the series of one name together, too.
fn gauges(seconds: &[Second<'_>]) -> IndexMap<String, Vec<Option<f64>>> {
    let mut found: IndexMap<String, Vec<Option<f64>>> = IndexMap::new();
    for (at, second) in seconds.iter().enumerate() {
        let mut add = |series: &str, value: f64| {
            if !found.contains_key(series) {
                found.insert(series.to_owned(), vec![None; seconds.len()]);
            }
            *found[series][at].get_or_insert_default() += value;
        };
        for (series, value) in second.line.target.iter().filter(|(_, value)| value.is_finite()) {
            add(series, *value);
            if name_of(series) != series {
                add(name_of(series), *value);
            }
        }
    }
    found
}

/// The pools among these series, as those of what is in use, of what waits, and of the size.
pub fn pools<'a>(series: impl IntoIterator<Item = &'a str>) -> Vec<(String, Option<String>, String)> {
    let mut known = IndexSet::new();
    for series in series {
        known.insert(series.to_owned());
        known.insert(name_of(series).to_owned());
    }
    pairs(&known).into_iter().map(|pair| (pair.used, pair.waiting, pair.size)).collect()
}

/// The series that are known to belong together, and those whose names say so.
fn pairs(known: &IndexSet<String>) -> Vec<Pair> {
    let of = |series: &String| {
        let name = name_of(series);
        let labels = &series[name.len()..];
        // A size that is told without labels is that of all of them together.
        let there = |name: &str| Some(format!("{name}{labels}")).filter(|series| known.contains(series));
        if let Some([_, waiting, size]) = KNOWN.iter().find(|[used, ..]| *used == name) {
            return Some(Pair { used: series.clone(), waiting: there(waiting), size: there(size)? });
        }
        let size = in_place(name, &AT_MOST)
            .chain(AT_MOST.iter().map(|most| format!("{name}_{most}")))
            .chain([format!("max_{name}")])
            .find_map(|name| there(&name))?;
        let waiting = in_place(name, &WAITING).find_map(|name| there(&name));
        (!is_excluded(name)).then(|| Pair { used: series.clone(), waiting, size })
    };
    known.iter().filter_map(of).collect()
}

/// The name with other words in the place of those that say that something is in use.
fn in_place<'a>(name: &'a str, others: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let in_use = IN_USE.iter().filter_map(move |word| {
        let framed = format!("_{name}_");
        let at = framed.find(&format!("_{word}_"))?;
        Some((framed[1..=at].to_owned(), framed[at + 1 + word.len()..framed.len() - 1].to_owned()))
    });
    in_use.flat_map(move |(before, after)| others.iter().map(move |other| format!("{before}{other}{after}")))
}

fn is_excluded(name: &str) -> bool {
    NO_POOL.iter().any(|end| name.ends_with(end))
}

fn name_of(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

/// What a pool is called: its gauge without the word that says that it is in use, at the end.
fn title(used: &str) -> String {
    let name = name_of(used);
    let bare = IN_USE.iter().find_map(|word| name.strip_suffix(word)?.strip_suffix('_'));
    format!("{}{}", bare.unwrap_or(name), &used[name.len()..])
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Record;

    use super::*;
    use crate::course::Course;
    use crate::finding::support::stretch::load_seconds;
    use crate::simulator::{Load, Service, Simulation, Station, evidence};

    /// Twenty servers under five to eighty users, with what the target tells of itself.
    fn run(told: impl Fn(f64) -> Vec<(&'static str, f64)>) -> Record {
        let steps = [5, 10, 20, 40, 80].map(|users| (12.0, Load::Users(users)));
        let station = Station { servers: 20, service: Service::Fixed(50.0) };
        let mut record = Simulation::of(&steps, 0.0, station).run();
        for line in &mut record.timeline {
            let users = line.scenarios[0].vus as f64;
            line.target.extend(told(users).into_iter().map(|(series, value)| (series.to_owned(), value)));
        }
        record
    }

    fn found(told: impl Fn(f64) -> Vec<(&'static str, f64)>) -> Option<(String, f64, Option<f64>)> {
        let record = run(told);
        let pool = named(&load_seconds(&Course::of(&evidence(&record))))?;
        Some((pool.name, pool.size, pool.pending))
    }

    #[test]
    fn pools_are_found_whatever_they_are_called() {
        let names: [(&'static str, &'static str, &str); 9] = [
            ("db_pool_checked_out", "db_pool_size", "db_pool"),
            ("hikaricp_connections_active", "hikaricp_connections_max", "hikaricp_connections"),
            (
                "hikaricp_connections_active{pool=\"a\"}",
                "hikaricp_connections_max{pool=\"a\"}",
                "hikaricp_connections",
            ),
            ("workers_busy", "workers_max", "workers"),
            ("order_slots", "order_slots_limit", "order_slots"),
            ("connections", "max_connections", "connections"),
            ("app_active_workers", "app_max_workers", "app_active_workers"),
            (
                "tomcat_threads_busy_threads{name=\"http\"}",
                "tomcat_threads_config_max_threads{name=\"http\"}",
                "tomcat_threads_busy_threads",
            ),
            (
                "go_sql_in_use_connections{db_name=\"shop\"}",
                "go_sql_max_open_connections{db_name=\"shop\"}",
                "go_sql_in_use_connections",
            ),
        ];
        for (used, size, name) in names {
            let pool = found(|users| vec![(used, users.min(20.0)), (size, 20.0)]);
            assert_eq!(pool, Some((name.to_owned(), 20.0, None)), "{used}");
            // Half of it is enough for all.
            assert_eq!(found(|users| vec![(used, users.min(20.0)), (size, 40.0)]), None, "{used}");
        }
    }

    #[test]
    fn what_waits_is_counted_and_says_whether_it_is_full() {
        let with = |waiting: fn(f64) -> f64| {
            found(move |users| {
                vec![("pool_in_use", users.min(20.0)), ("pool_size", 20.0), ("pool_waiting", waiting(users))]
            })
        };
        assert_eq!(with(|users| (users - 20.0).max(0.0)), Some(("pool".to_owned(), 20.0, Some(40.0))));
        assert_eq!(with(|_| 0.0), None);
    }

    #[test]
    fn threads_that_wait_for_connections_are_not_what_is_scarce() {
        let with = |pending: f64| {
            run(move |users| {
                let full = users >= 40.0;
                vec![
                    ("app_threads_busy", users.min(20.0)),
                    ("app_threads_max", 20.0),
                    ("app_threads_queued", (users - 20.0).max(0.0)),
                    ("db_pool_connections_active", if full { 4.0 } else { 1.0 }),
                    ("db_pool_connections_pending", if full { pending } else { 0.0 }),
                    ("db_pool_connections_max", 4.0),
                ]
            })
        };
        let name = |pending| {
            let record = with(pending);
            named(&load_seconds(&Course::of(&evidence(&record)))).map(|pool| pool.name)
        };
        assert_eq!(name(15.0).as_deref(), Some("db_pool_connections"));
        assert_eq!(name(2.0).as_deref(), Some("app_threads"));
    }

    #[test]
    fn bytes_times_and_counters_are_no_pools() {
        for (used, size) in [
            ("jvm_memory_used_bytes", "jvm_memory_max_bytes"),
            ("requests_total", "requests_total_max"),
            ("gc_seconds", "gc_seconds_max"),
        ] {
            assert_eq!(found(|users| vec![(used, users.min(20.0)), (size, 20.0)]), None, "{used}");
        }
    }

    #[test]
    fn a_gauge_without_a_size_is_known_by_what_is_counted_from_outside() {
        let of = |told: fn(f64) -> f64, servers: f64| {
            let record = run(|users| vec![("busy_handlers", told(users))]);
            let seconds = load_seconds(&Course::of(&evidence(&record)));
            let loaded: Vec<usize> = (36..60).collect();
            counted(&seconds, &loaded, servers).map(|pool| (pool.name, pool.size))
        };
        let at_most = |users: f64| users.min(20.0);
        assert_eq!(of(at_most, 20.4), Some(("busy_handlers".to_owned(), 20.0)));
        assert_eq!(of(at_most, 31.0), None);
        assert_eq!(of(|users| users, 20.0), None);
        assert_eq!(of(|_| 20.0, 20.0), None);
    }
}
