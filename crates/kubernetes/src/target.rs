//! A target is what pods of a run may reach besides the bus and DNS: addresses, or pods of the cluster, at one port.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::error::Invalid;
use crate::names::is_label;

/// What pods may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    place: Place,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Addresses(IpNet),
    Pods { namespace: Option<String>, label: String, value: String },
}

impl FromStr for Target {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid(
                "use CIDR:PORT, [CIDR]:PORT for IPv6, or [NAMESPACE/]LABEL=VALUE:PORT for pods: network policies know no \
                 host names"
                    .to_owned(),
            )
        };
        let (place, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        let place = match place.split_once('=') {
            Some((key, value)) => pods(key, value),
            None => addresses(place).map(Place::Addresses),
        };
        Ok(Self { place: place.ok_or_else(wrong)?, port })
    }
}

fn addresses(text: &str) -> Option<IpNet> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    // Without brackets, what is behind the last colon of an IPv6 address may be a part of it.
    let text = bare.or_else(|| (!text.contains(':')).then_some(text))?;
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()
}

fn pods(key: &str, value: &str) -> Option<Place> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_word = |text: &str| !text.is_empty() && text.len() <= 63 && text.bytes().all(is_part);
    let parts: Vec<&str> = key.split('/').collect();
    // A label may have a prefix, which has a dot: app.kubernetes.io/name.
    let (namespace, label) = match parts[..] {
        [label] => (None, label.to_owned()),
        [prefix, label] if prefix.contains('.') => (None, format!("{prefix}/{label}")),
        [namespace, label] => (Some(namespace), label.to_owned()),
        [namespace, prefix, label] => (Some(namespace), format!("{prefix}/{label}")),
        _ => return None,
    };
    let is_fine =
        label.split('/').all(is_word) && is_word(value) && namespace.is_none_or(|name| is_label(name, 63));
    is_fine.then(|| Place::Pods { namespace: namespace.map(str::to_owned), label, value: value.to_owned() })
}

impl Target {
    /// What a network policy says of it.
    pub(crate) fn egress(&self) -> Value {
        let to = match &self.place {
            Place::Addresses(net) => json!({ "ipBlock": { "cidr": net.trunc().to_string() } }),
            Place::Pods { namespace, label, value } => {
                let mut to = json!({ "podSelector": { "matchLabels": { label: value } } });
                if let Some(namespace) = namespace {
                    let label = json!({ "kubernetes.io/metadata.name": namespace });
                    to["namespaceSelector"] = json!({ "matchLabels": label });
                }
                to
            }
        };
        json!({ "to": [to], "ports": [{ "protocol": "TCP", "port": self.port }, { "protocol": "UDP", "port": self.port }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(text: &str) -> Value {
        text.parse::<Target>().unwrap().egress()["to"][0].take()
    }

    #[test]
    fn addresses_and_pods() {
        assert_eq!(to("10.1.2.3:80"), json!({ "ipBlock": { "cidr": "10.1.2.3/32" } }));
        assert_eq!(to("10.1.2.3/16:443"), json!({ "ipBlock": { "cidr": "10.1.0.0/16" } }));
        assert_eq!(to("[fd00::1]:443"), json!({ "ipBlock": { "cidr": "fd00::1/128" } }));
        assert_eq!(to("app=shop:80"), json!({ "podSelector": { "matchLabels": { "app": "shop" } } }));
        let there = to("sales/app.kubernetes.io/name=shop:8080");
        assert_eq!(there["podSelector"], json!({ "matchLabels": { "app.kubernetes.io/name": "shop" } }));
        let namespace = json!({ "matchLabels": { "kubernetes.io/metadata.name": "sales" } });
        assert_eq!(there["namespaceSelector"], namespace);
    }

    #[test]
    fn what_a_policy_cannot_say_is_refused() {
        for wrong in [
            "",
            "shop.example:443",
            "10.0.0.0/8",
            "10.0.0.0/33:80",
            "app=:80",
            "=x:80",
            "fd00::1:443",
            "a=b:0",
        ] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
