//! The keeper's calls look at the shop and set it right, or wrong: metrics, stats, reset, pause and outage.

use std::time::Duration;

use serde_json::json;

use super::exposition;
use super::stats::Stats;
use crate::reply::{Refusal, Reply, Status};
use crate::route::AdminCall;
use crate::state::State;
use crate::state::account::Refused;

/// The longest pause or outage that can be asked for.
const LONGEST_PAUSE_MS: u64 = 10 * 60 * 1000;

/// Answers one of the keeper's calls.
pub(crate) async fn answer(state: &State, call: AdminCall, query: Option<&str>) -> Result<Reply, Refusal> {
    match call {
        // Of a server that is gone there are no items: the other metrics tell of it.
        AdminCall::Metrics => {
            let items = state.items().await.unwrap_or_default();
            Ok(Reply::text(exposition::CONTENT_TYPE, exposition::render(state, &items)))
        }
        AdminCall::Stats => Ok(Reply::json(&Stats::of(state, &state.items().await.map_err(gone)?))),
        AdminCall::Reset => {
            state.reset().await.map_err(gone)?;
            Ok(Reply::json(&json!({ "reset": true })))
        }
        AdminCall::Pause => {
            let ms = pause_ms(query.unwrap_or_default())?;
            state.faults.pause_for(Duration::from_millis(ms));
            Ok(Reply::json(&json!({ "pausedMs": ms })))
        }
        AdminCall::Fail => {
            let ms = pause_ms(query.unwrap_or_default())?;
            state.faults.fail_for(Duration::from_millis(ms));
            Ok(Reply::json(&json!({ "failingMs": ms })))
        }
    }
}

fn gone(refused: Refused) -> Refusal {
    let why = if let Refused::Failed(why) = refused { why } else { "the store is busy".to_owned() };
    Refusal::new(Status::Unavailable, why)
}

/// Reads `ms=N` out of a query.
fn pause_ms(query: &str) -> Result<u64, Refusal> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ms="))
        .and_then(|ms| ms.parse().ok())
        .filter(|&ms| ms <= LONGEST_PAUSE_MS)
        .ok_or_else(|| {
            Refusal::bad_request(format!("add ?ms=N to the path, with N at most {LONGEST_PAUSE_MS}"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_out_of_the_query() {
        let table = [
            ("ms=3000", Some(3000)),
            ("a=1&ms=0", Some(0)),
            ("ms=600000", Some(600_000)),
            ("ms=600001", None),
            ("ms=-1", None),
            ("ms=", None),
            ("", None),
        ];
        for (query, ms) in table {
            assert_eq!(pause_ms(query).ok(), ms, "{query}");
        }
    }
}
