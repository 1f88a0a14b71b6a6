//! Network options say how names are looked up, and which addresses are dialled, from where.

use std::collections::BTreeMap;
use std::net::IpAddr;

use flashcrowd_engine::config::Problems;
use flashcrowd_engine::duration;
use flashcrowd_http::{BlockedHostnames, DnsPolicy, DnsSelect, DnsTtl, HostOverrides};
use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::input::{Input, Setting, known};
use super::results::texts;

/// As many addresses to dial from are kept; more than ports could ever be needed from.
const MOST_LOCAL_IPS: usize = 65_536;

const SELECTS: [(&str, DnsSelect); 3] =
    [("first", DnsSelect::First), ("random", DnsSelect::Random), ("roundRobin", DnsSelect::RoundRobin)];

const POLICIES: [(&str, DnsPolicy); 5] = [
    ("preferIPv4", DnsPolicy::PreferIpv4),
    ("preferIPv6", DnsPolicy::PreferIpv6),
    ("onlyIPv4", DnsPolicy::OnlyIpv4),
    ("onlyIPv6", DnsPolicy::OnlyIpv6),
    ("any", DnsPolicy::Any),
];

/// The option `dns`; each of its parts may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// How long a look-up is believed.
    pub ttl: Option<DnsTtl>,
    /// Which of several addresses is dialled.
    pub select: Option<DnsSelect>,
    /// Which family is dialled.
    pub policy: Option<DnsPolicy>,
}

impl Dns {
    /// The names of its parts.
    pub(super) const PARTS: [&'static str; 3] = ["ttl", "select", "policy"];

    /// This, with the parts of the other where this has none.
    pub(super) fn or(self, below: Self) -> Self {
        Self {
            ttl: self.ttl.or(below.ttl),
            select: self.select.or(below.select),
            policy: self.policy.or(below.policy),
        }
    }

    fn set(&mut self, part: &str, value: &Value) -> Result<(), String> {
        let usual = |names: &[&str]| format!("{value} is unknown: use {}", names.join(", "));
        let text = value.as_str().unwrap_or_default();
        match known(part, Dns::PARTS).unwrap_or(part) {
            "ttl" => self.ttl = Some(ttl(value)?),
            "select" => {
                let found = SELECTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
                self.select = Some(found.ok_or_else(|| usual(&SELECTS.map(|(name, _)| name)))?.1);
            }
            "policy" => {
                let found = POLICIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
                self.policy = Some(found.ok_or_else(|| usual(&POLICIES.map(|(name, _)| name)))?.1);
            }
            _ => return Err("unknown field: dns has ttl, select and policy".to_owned()),
        }
        Ok(())
    }
}

fn ttl(value: &Value) -> Result<DnsTtl, String> {
    if value.as_str() == Some("inf") {
        return Ok(DnsTtl::Forever);
    }
    let time = duration::from_json(value).map_err(|error| format!("{error}; 'inf' is for ever"))?;
    Ok(if time.is_zero() { DnsTtl::Zero } else { DnsTtl::For(time) })
}

impl Setting for Dns {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let mut dns = Self::default();
        let parts: Map<String, Value> = match input {
            // Parts that nobody knows are told as such, and have no effect.
            Input::Json(Value::Object(parts)) => {
                let is_known = |(part, _): &(&String, &Value)| known(part, Self::PARTS).is_some();
                parts.iter().filter(is_known).map(|(part, value)| (part.clone(), value.clone())).collect()
            }
            Input::Json(value) => {
                problems.add(at, format!("{value} is not an object: write {{ttl: '5m', select: 'random'}}"));
                return None;
            }
            Input::Env(_) | Input::Flags(_) => {
                let part = |text: &String| {
                    let (part, value) = text.split_once('=').unwrap_or((text, ""));
                    (part.trim().to_owned(), Value::from(value.trim()))
                };
                input.list(at, problems)?.iter().map(part).collect()
            }
        };
        for (part, value) in parts.iter().filter(|(_, value)| !value.is_null()) {
            if let Err(message) = dns.set(part, value) {
                problems.add(&format!("{at}.{part}"), message);
            }
        }
        Some(dns)
    }

    fn write(&self) -> Value {
        let ttl = self.ttl.map(|ttl| match ttl {
            DnsTtl::Zero => "0".to_owned(),
            DnsTtl::For(time) => duration::format(time),
            DnsTtl::Forever => "inf".to_owned(),
        });
        let select = self.select.and_then(|select| SELECTS.iter().find(|(_, known)| *known == select));
        let policy = self.policy.and_then(|policy| POLICIES.iter().find(|(_, known)| *known == policy));
        json!({"ttl": ttl, "select": select.map(|(name, _)| name), "policy": policy.map(|(name, _)| name)})
    }
}

/// How much of requests and answers is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpDebug {
    /// Without their bodies.
    Headers,
    /// In full.
    Full,
}

impl Setting for HttpDebug {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        match input.text() {
            Some("full") => Some(Self::Full),
            Some("headers" | "true") => Some(Self::Headers),
            Some("" | "false") => None,
            _ => {
                problems.add(at, format!("{} is unknown: use headers or full", input.value()));
                None
            }
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::Headers => "headers".into(),
            Self::Full => "full".into(),
        }
    }
}

/// Networks that are never dialled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

impl Setting for Networks {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let mut networks = Vec::new();
        for text in input.list(at, problems)? {
            let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            match network {
                Some(network) => networks.push(network),
                None => problems.add(at, format!("'{text}' is not a network: write 10.0.0.0/8 or 10.1.2.3")),
            }
        }
        Some(Self(networks))
    }

    fn write(&self) -> Value {
        self.0.iter().map(|network| Value::from(network.to_string())).collect()
    }
}

/// Hosts that are never asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockList(Vec<String>);

impl BlockList {
    /// The list as the HTTP client takes it.
    pub(super) fn blocked(&self) -> BlockedHostnames {
        let mut blocked = BlockedHostnames::default();
        // Every pattern went through the same check when it was read.
        self.0.iter().for_each(|pattern| drop(blocked.insert(pattern)));
        blocked
    }
}

impl Setting for BlockList {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let patterns = input.list(at, problems)?;
        for pattern in &patterns {
            if BlockedHostnames::default().insert(pattern).is_err() {
                problems
                    .add(at, format!("'{pattern}' is not a host name; a * may only be its first character"));
            }
        }
        Some(Self(patterns))
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// Names that go elsewhere than their look-up says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameMap(BTreeMap<String, String>);

impl NameMap {
    /// The map as the HTTP client takes it.
    pub(super) fn overrides(&self) -> HostOverrides {
        let mut overrides = HostOverrides::default();
        // Every rule went through the same check when it was read.
        self.0.iter().for_each(|(from, to)| drop(overrides.insert(from, to)));
        overrides
    }
}

impl Setting for NameMap {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let names = texts(&input.structure(at, problems)?, at, problems)?;
        for (from, to) in &names {
            if HostOverrides::default().insert(from, to).is_err() {
                problems.add(
                    &format!("{at}.{from}"),
                    format!("'{to}' is not an address: write an IP or IP:PORT"),
                );
            }
        }
        Some(Self(names))
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// The addresses that are dialled from, in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalIps {
    text: String,
    addresses: Vec<IpAddr>,
}

impl LocalIps {
    /// The addresses in order.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }
}

impl Setting for LocalIps {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let text = String::read(input, at, problems)?;
        let mut addresses = Vec::new();
        for part in text.split(',').map(str::trim) {
            match range(part) {
                Some(range) => addresses.extend(range.take(MOST_LOCAL_IPS + 1)),
                None => problems
                    .add(at, format!("'{part}' is not an address: write IP, IP-IP or a network IP/BITS")),
            }
        }
        problems.check(
            addresses.len() <= MOST_LOCAL_IPS,
            at,
            format!("has more than {MOST_LOCAL_IPS} addresses"),
        );
        Some(Self { text, addresses })
    }

    fn write(&self) -> Value {
        self.text.as_str().into()
    }
}

fn range(text: &str) -> Option<Box<dyn Iterator<Item = IpAddr>>> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(Box::new(network.hosts()));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse().ok()?, last.trim().parse().ok()?) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            Some(Box::new(ipnet::Ipv4AddrRange::new(first, last).map(IpAddr::V4)))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            Some(Box::new(ipnet::Ipv6AddrRange::new(first, last).map(IpAddr::V6)))
        }
        _ => None,
    }
}
