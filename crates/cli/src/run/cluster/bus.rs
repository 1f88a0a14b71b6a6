//! The bus that was asked for, by its address.

use std::net::SocketAddr;
use std::sync::Arc;

use flashcrowd_cluster::{Bus, NatsBus, TcpBus};

use crate::args::BusArgs;
use crate::environment::Environment;

/// The variable with the secret of a run that a process of this machine leads.
pub const SECRET: &str = "FLASHCROWD_BUS_SECRET";

/// What a run is called on a bus if nobody says.
const RUN: &str = "default";
/// The longest name of a run.
const LONGEST: usize = 64;

/// The bus at that address.
pub fn bus(args: &BusArgs, address: &str, environment: &Environment) -> Result<Arc<dyn Bus>, String> {
    let wrong = || "--bus: write nats://HOST:PORT, tls://HOST:PORT or tcp://ADDRESS:PORT".to_owned();
    let (scheme, place) = address.split_once("://").ok_or_else(wrong)?;
    match scheme {
        "nats" | "tls" => {
            let run = args.run_name.as_deref().unwrap_or(RUN);
            let is_plain = run.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            if run.is_empty() || run.len() > LONGEST || !is_plain {
                return Err(format!("--run-name is '{run}': use 1 to {LONGEST} letters, digits, - and _"));
            }
            Ok(Arc::new(NatsBus::new(address, run, args.bus_creds.clone())))
        }
        "tcp" => {
            let at: SocketAddr = place.parse().map_err(|_| wrong())?;
            let secret = environment.get(SECRET).ok_or_else(|| format!("{SECRET} is not set"))?;
            Ok(Arc::new(TcpBus::new(at, secret)))
        }
        _ => Err(wrong()),
    }
}
