//! The resolver turns a host's name into the one address that is dialled, and remembers it for all threads.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::time::Instant;

use crate::error::{ErrorCode, HttpError};
use crate::network::options::{DnsOptions, DnsPolicy, DnsSelect, DnsTtl};

type Lookup = Result<Arc<[IpAddr]>, HttpError>;

/// The process-wide resolver.
#[derive(Debug)]
pub(crate) struct Resolver {
    options: DnsOptions,
    /// A slot per host. Whoever finds it out of date asks while holding its lock, and the others wait for that answer.
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    turn: AtomicU64,
    random: RandomState,
}

#[derive(Debug, Default)]
struct Slot {
    answer: tokio::sync::Mutex<Option<(Instant, Lookup)>>,
}

impl Resolver {
    pub(crate) fn new(options: DnsOptions) -> Self {
        Self { options, slots: Mutex::default(), turn: AtomicU64::new(0), random: RandomState::new() }
    }

    /// The address to dial for `host`.
    pub(crate) async fn resolve(&self, host: &str) -> Result<IpAddr, HttpError> {
        let all =
            if self.options.ttl == DnsTtl::Zero { look_up(host).await } else { self.cached(host).await }?;
        let usable = filter(&all, self.options.policy);
        self.choose(&usable).ok_or_else(no_such_host)
    }

    async fn cached(&self, host: &str) -> Lookup {
        let asked = Instant::now();
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            match slots.get(host) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(slots.entry(host.to_owned()).or_default()),
            }
        };
        let mut answer = slot.answer.lock().await;
        if let Some((when, known)) = &*answer {
            // A failure counts only for those who were already waiting for it.
            let fresh = match (known, self.options.ttl) {
                (Err(_), _) | (_, DnsTtl::Zero) => *when >= asked,
                (Ok(_), DnsTtl::Forever) => true,
                (Ok(_), DnsTtl::For(ttl)) => asked.saturating_duration_since(*when) < ttl,
            };
            if fresh {
                return known.clone();
            }
        }
        let fresh = look_up(host).await;
        *answer = Some((Instant::now(), fresh.clone()));
        fresh
    }

    fn choose(&self, usable: &[IpAddr]) -> Option<IpAddr> {
        let index = match self.options.select {
            DnsSelect::First => 0,
            _ if usable.len() < 2 => 0,
            DnsSelect::RoundRobin => self.turn.fetch_add(1, Ordering::Relaxed),
            DnsSelect::Random => self.random.hash_one(self.turn.fetch_add(1, Ordering::Relaxed)),
        };
        usable.get(usize::try_from(index % usable.len().max(1) as u64).unwrap_or(0)).copied()
    }
}

async fn look_up(host: &str) -> Lookup {
    let found = tokio::net::lookup_host((host, 0)).await.map_err(|error| from_look_up(&error))?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    if addresses.is_empty() { Err(no_such_host()) } else { Ok(addresses.into()) }
}

fn filter(all: &[IpAddr], policy: DnsPolicy) -> Vec<IpAddr> {
    let only = |v4: bool| all.iter().filter(|ip| ip.is_ipv4() == v4).copied().collect::<Vec<_>>();
    let prefer = |v4: bool| {
        let first = only(v4);
        if first.is_empty() { only(!v4) } else { first }
    };
    match policy {
        DnsPolicy::Any => all.to_vec(),
        DnsPolicy::OnlyIpv4 => only(true),
        DnsPolicy::OnlyIpv6 => only(false),
        DnsPolicy::PreferIpv4 => prefer(true),
        DnsPolicy::PreferIpv6 => prefer(false),
    }
}

fn no_such_host() -> HttpError {
    HttpError::new(ErrorCode::NO_SUCH_HOST, "lookup: no such host")
}

/// `getaddrinfo` tells its errors only in words.
fn from_look_up(error: &io::Error) -> HttpError {
    const UNKNOWN: [&str; 5] = [
        "Name or service not known",
        "No address associated with hostname",
        "nodename nor servname provided",
        "Name does not resolve",
        "No such host is known",
    ];
    if let Some(errno) = error.raw_os_error() {
        return HttpError::new(ErrorCode::DNS, format!("lookup: unknown errno {errno}"));
    }
    let text = error.to_string();
    if UNKNOWN.iter().any(|known| text.contains(known)) {
        return no_such_host();
    }
    let reason = text.rsplit(": ").next().unwrap_or(&text);
    HttpError::new(ErrorCode::DNS, format!("lookup: {}", reason.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn policies_filter_families() {
        let both = ips(&["::1", "10.0.0.1", "10.0.0.2"]);
        let check = |policy, from: &[IpAddr], expected: &[&str]| {
            assert_eq!(filter(from, policy), ips(expected), "{policy:?}");
        };
        check(DnsPolicy::PreferIpv4, &both, &["10.0.0.1", "10.0.0.2"]);
        check(DnsPolicy::PreferIpv6, &both, &["::1"]);
        check(DnsPolicy::OnlyIpv6, &both, &["::1"]);
        check(DnsPolicy::Any, &both, &["::1", "10.0.0.1", "10.0.0.2"]);
        check(DnsPolicy::PreferIpv4, &ips(&["::1"]), &["::1"]);
        check(DnsPolicy::OnlyIpv4, &ips(&["::1"]), &[]);
    }

    #[test]
    fn select_deals_addresses_out() {
        let all = ips(&["10.0.0.1", "10.0.0.2"]);
        let resolver = |select| Resolver::new(DnsOptions { select, ..DnsOptions::default() });
        let first = resolver(DnsSelect::First);
        assert!((0..4).all(|_| first.choose(&all) == Some(all[0])));
        let turns = resolver(DnsSelect::RoundRobin);
        let dealt: Vec<_> = (0..4).map(|_| turns.choose(&all).unwrap()).collect();
        assert_eq!(dealt, [all[0], all[1], all[0], all[1]]);
        let random = resolver(DnsSelect::Random);
        let dealt: Vec<_> = (0..64).map(|_| random.choose(&all).unwrap()).collect();
        assert!(dealt.contains(&all[0]) && dealt.contains(&all[1]));
        assert_eq!(random.choose(&[]), None);
    }

    #[test]
    fn look_up_errors_have_codes() {
        let check = |text: &str, code: u16, message: &str| {
            let error = from_look_up(&io::Error::other(text.to_owned()));
            assert_eq!((error.code, &*error.message), (code, message));
        };
        let prefix = "failed to lookup address information";
        check(&format!("{prefix}: Name or service not known"), 1101, "lookup: no such host");
        check(
            &format!("{prefix}: Temporary failure in name resolution"),
            1100,
            "lookup: temporary failure in name resolution",
        );
    }

    #[tokio::test]
    async fn an_answer_is_remembered() {
        let resolver = Resolver::new(DnsOptions::default());
        let answer: Lookup = Ok(ips(&["10.9.8.7"]).into());
        let slot = Arc::new(Slot { answer: tokio::sync::Mutex::new(Some((Instant::now(), answer))) });
        resolver.slots.lock().unwrap().insert("remembered.invalid".to_owned(), slot);
        assert_eq!(resolver.resolve("remembered.invalid").await, Ok(ips(&["10.9.8.7"])[0]));
    }
}
