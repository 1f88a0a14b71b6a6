//! The bus that was asked for, by its address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_cluster::{Bus, BusError, NatsAccess, NatsBus, Subject, TcpBus, Wire};
use flashcrowd_test::Interrupt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use crate::args::BusArgs;
use crate::environment::Environment;

/// The variable with the secret of a run that a process of this machine leads.
pub const SECRET: &str = "FLASHCROWD_BUS_SECRET";

/// What a run is called on a bus if nobody says.
const RUN: &str = "default";
/// The longest name of a run.
const LONGEST: usize = 64;

/// The bus at that address.
pub fn bus(
    args: &BusArgs,
    address: &str,
    (environment, interrupt): (&Environment, &Interrupt),
) -> Result<Arc<dyn Bus>, String> {
    let wrong = || "--bus: write nats://HOST:PORT, tls://HOST:PORT or tcp://ADDRESS:PORT".to_owned();
    let (scheme, place) = address.split_once("://").ok_or_else(wrong)?;
    match scheme {
        "nats" | "tls" => {
            let run = args.run_name.as_deref().unwrap_or(RUN);
            let is_plain = run.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            if run.is_empty() || run.len() > LONGEST || !is_plain {
                return Err(format!("--run-name is '{run}': use 1 to {LONGEST} letters, digits, - and _"));
            }
            let access = NatsAccess { credentials: args.bus_creds.clone(), ca: args.bus_ca.clone() };
            let nats = Arc::new(NatsBus::new(address, run, access));
            Ok(match args.bus_wait {
                Some(within) => Arc::new(Patient { bus: nats, within, interrupt: interrupt.clone() }),
                None => nats,
            })
        }
        "tcp" => {
            let at: SocketAddr = place.parse().map_err(|_| wrong())?;
            let secret = environment.get(SECRET).ok_or_else(|| format!("{SECRET} is not set"))?;
            Ok(Arc::new(TcpBus::new(at, secret)))
        }
        _ => Err(wrong()),
    }
}

/// How long until a bus is tried again that was not there.
const AGAIN: Duration = Duration::from_secs(1);

/// A bus that may not be there yet.
struct Patient {
    bus: Arc<dyn Bus>,
    within: Duration,
    interrupt: Interrupt,
}

impl Bus for Patient {
    fn address(&self) -> String {
        self.bus.address()
    }

    fn connect(&self, listens_to: Subject) -> BoxFuture<'static, Result<Wire, BusError>> {
        let (bus, interrupt, within) = (self.bus.clone(), self.interrupt.clone(), self.within);
        Box::pin(async move {
            let until = Instant::now() + within;
            loop {
                match bus.connect(listens_to).await {
                    Err(BusError::Connect { .. }) if Instant::now() < until => {}
                    connected => return connected,
                }
                if interrupt.or(sleep(AGAIN)).await.is_none() {
                    return Err(BusError::Lost);
                }
            }
        })
    }
}
