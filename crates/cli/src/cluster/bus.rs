//! The bus that was asked for, by its address.

use std::net::SocketAddr;
use std::sync::Arc;

use flashcrowd_cluster::{Bus, TcpBus};

use crate::environment::Environment;

/// The variable with the address of the bus.
pub const BUS: &str = "FLASHCROWD_BUS";
/// The variable with the secret of a run.
pub const SECRET: &str = "FLASHCROWD_BUS_SECRET";

/// The bus at that address.
pub fn bus(address: &str, environment: &Environment) -> Result<Arc<dyn Bus>, String> {
    let wrong = || format!("--bus is '{address}': write tcp://ADDRESS:PORT");
    let (scheme, place) = address.split_once("://").ok_or_else(wrong)?;
    match scheme {
        "tcp" => {
            let at: SocketAddr = place.parse().map_err(|_| wrong())?;
            let secret = environment.get(SECRET).ok_or_else(|| format!("{SECRET} is not set"))?;
            Ok(Arc::new(TcpBus::new(at, secret)))
        }
        _ => Err(wrong()),
    }
}
