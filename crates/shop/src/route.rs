//! A route is what a request's method and path ask for.

use http::Method;

use crate::reply::{Refusal, Status};

/// A request's method, as a label: methods beyond the known ones are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other,
}

/// A path of the shop, as a label: paths beyond the known ones are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Balance,
    Product,
    Orders,
    Queue,
    QueueMe,
    Login,
    Inventory,
    Purchase,
    Health,
    Other,
}

/// What is asked of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Balance { user: u64 },
    Recharge { user: u64 },
    Product { product: u64 },
    Order,
    Join { booth: u64 },
    Position { booth: u64 },
    Leave { booth: u64 },
    LogIn,
    Inventory { product: u64 },
    Purchase { product: u64 },
    Health,
}

/// What is asked of the shop's keeper: never counted, delayed or made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminCall {
    Metrics,
    Stats,
    Reset,
    Pause,
    Fail,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Route {
    Shop { endpoint: Endpoint, call: Result<Call, Refusal> },
    Admin { call: Result<AdminCall, Refusal> },
}

impl Verb {
    /// All verbs, each at the place of its discriminant.
    pub(crate) const ALL: [Self; 8] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options, Self::Other];

    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::OPTIONS => Self::Options,
            _ => Self::Other,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "OTHER",
        }
    }

    /// HEAD asks for what GET does; the server leaves the body out.
    const fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

impl Endpoint {
    /// All endpoints, each at the place of its discriminant.
    pub(crate) const ALL: [Self; 10] = [
        Self::Balance,
        Self::Product,
        Self::Orders,
        Self::Queue,
        Self::QueueMe,
        Self::Login,
        Self::Inventory,
        Self::Purchase,
        Self::Health,
        Self::Other,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Balance => "/v1/users/{id}/balance",
            Self::Product => "/v1/products/{id}",
            Self::Orders => "/v1/orders",
            Self::Queue => "/v1/booths/{id}/queue",
            Self::QueueMe => "/v1/booths/{id}/queue/me",
            Self::Login => "/login",
            Self::Inventory => "/inventory/{id}",
            Self::Purchase => "/purchase/{id}",
            Self::Health => "/health",
            Self::Other => "other",
        }
    }

    /// The methods that the endpoint knows, as in the header `Allow`.
    const fn allow(self) -> &'static str {
        match self {
            Self::Balance => "GET, HEAD, POST",
            Self::Product | Self::Inventory | Self::Health => "GET, HEAD",
            Self::Orders | Self::Login | Self::Purchase => "POST",
            Self::Queue => "POST, DELETE",
            Self::QueueMe => "GET, HEAD, DELETE",
            Self::Other => "",
        }
    }
}

impl Route {
    pub(crate) fn of(verb: Verb, path: &str) -> Self {
        let mut parts = [""; 6];
        let mut count = 0;
        for part in path.split('/').skip(1) {
            if count == parts.len() {
                break;
            }
            parts[count] = part;
            count += 1;
        }
        let (endpoint, id) = match &parts[..count] {
            ["v1", "users", id, "balance"] => (Endpoint::Balance, *id),
            ["v1", "products", id] => (Endpoint::Product, *id),
            ["v1", "orders"] => (Endpoint::Orders, "0"),
            ["v1", "booths", id, "queue"] => (Endpoint::Queue, *id),
            ["v1", "booths", id, "queue", "me"] => (Endpoint::QueueMe, *id),
            ["login"] => (Endpoint::Login, "0"),
            ["inventory", id] => (Endpoint::Inventory, *id),
            ["purchase", id] => (Endpoint::Purchase, *id),
            ["health"] => (Endpoint::Health, "0"),
            ["metrics"] | ["admin", ..] => return Self::Admin { call: admin_call(verb, path) },
            _ => (Endpoint::Other, "0"),
        };
        // Numbers start at 1: whatever is not one is as unknown as 0 is.
        Self::Shop { endpoint, call: shop_call(verb, endpoint, id.parse().unwrap_or(0), path) }
    }
}

fn shop_call(verb: Verb, endpoint: Endpoint, id: u64, path: &str) -> Result<Call, Refusal> {
    Ok(match (endpoint, verb) {
        (Endpoint::Balance, verb) if verb.reads() => Call::Balance { user: id },
        (Endpoint::Balance, Verb::Post) => Call::Recharge { user: id },
        (Endpoint::Product, verb) if verb.reads() => Call::Product { product: id },
        (Endpoint::Orders, Verb::Post) => Call::Order,
        (Endpoint::Queue, Verb::Post) => Call::Join { booth: id },
        (Endpoint::QueueMe, verb) if verb.reads() => Call::Position { booth: id },
        (Endpoint::Queue | Endpoint::QueueMe, Verb::Delete) => Call::Leave { booth: id },
        (Endpoint::Login, Verb::Post) => Call::LogIn,
        (Endpoint::Inventory, verb) if verb.reads() => Call::Inventory { product: id },
        (Endpoint::Purchase, Verb::Post) => Call::Purchase { product: id },
        (Endpoint::Health, verb) if verb.reads() => Call::Health,
        (Endpoint::Other, _) => return Err(no_such_path(path)),
        _ => return Err(Refusal::method_not_allowed(endpoint.allow())),
    })
}

fn admin_call(verb: Verb, path: &str) -> Result<AdminCall, Refusal> {
    Ok(match (path, verb) {
        ("/metrics", verb) if verb.reads() => AdminCall::Metrics,
        ("/admin/stats", verb) if verb.reads() => AdminCall::Stats,
        ("/admin/reset", Verb::Post) => AdminCall::Reset,
        ("/admin/pause", Verb::Post) => AdminCall::Pause,
        ("/admin/fail", Verb::Post) => AdminCall::Fail,
        ("/metrics" | "/admin/stats", _) => return Err(Refusal::method_not_allowed("GET, HEAD")),
        ("/admin/reset" | "/admin/pause" | "/admin/fail", _) => {
            return Err(Refusal::method_not_allowed("POST"));
        }
        _ => return Err(no_such_path(path)),
    })
}

fn no_such_path(path: &str) -> Refusal {
    Refusal::new(Status::NotFound, format!("there is no path {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_at_their_place() {
        assert!(Verb::ALL.into_iter().enumerate().all(|(place, verb)| verb as usize == place));
        assert!(Endpoint::ALL.into_iter().enumerate().all(|(place, endpoint)| endpoint as usize == place));
    }

    #[test]
    fn paths_and_methods_find_their_call() {
        let table = [
            (Verb::Get, "/v1/users/9338/balance", Endpoint::Balance, Some(Call::Balance { user: 9338 })),
            (Verb::Head, "/v1/users/9338/balance", Endpoint::Balance, Some(Call::Balance { user: 9338 })),
            (Verb::Post, "/v1/users/9338/balance", Endpoint::Balance, Some(Call::Recharge { user: 9338 })),
            (Verb::Put, "/v1/users/9338/balance", Endpoint::Balance, None),
            (Verb::Get, "/v1/products/1", Endpoint::Product, Some(Call::Product { product: 1 })),
            (Verb::Get, "/v1/products/one", Endpoint::Product, Some(Call::Product { product: 0 })),
            (Verb::Get, "/v1/products/1/", Endpoint::Other, None),
            (Verb::Post, "/v1/orders", Endpoint::Orders, Some(Call::Order)),
            (Verb::Post, "/v1/booths/1/queue", Endpoint::Queue, Some(Call::Join { booth: 1 })),
            (Verb::Get, "/v1/booths/1/queue", Endpoint::Queue, None),
            (Verb::Delete, "/v1/booths/1/queue", Endpoint::Queue, Some(Call::Leave { booth: 1 })),
            (Verb::Get, "/v1/booths/1/queue/me", Endpoint::QueueMe, Some(Call::Position { booth: 1 })),
            (Verb::Delete, "/v1/booths/1/queue/me", Endpoint::QueueMe, Some(Call::Leave { booth: 1 })),
            (Verb::Get, "/v1/booths/1/queue/me/and/more", Endpoint::Other, None),
            (Verb::Post, "/login", Endpoint::Login, Some(Call::LogIn)),
            (Verb::Get, "/inventory/1", Endpoint::Inventory, Some(Call::Inventory { product: 1 })),
            (Verb::Post, "/purchase/1", Endpoint::Purchase, Some(Call::Purchase { product: 1 })),
            (Verb::Get, "/health", Endpoint::Health, Some(Call::Health)),
            (Verb::Get, "/", Endpoint::Other, None),
            (Verb::Options, "*", Endpoint::Other, None),
        ];
        for (verb, path, expected, expected_call) in table {
            let Route::Shop { endpoint, call } = Route::of(verb, path) else {
                panic!("{path} is the keeper's")
            };
            assert_eq!((endpoint, call.ok()), (expected, expected_call), "{} {path}", verb.name());
        }
    }

    #[test]
    fn the_keepers_paths_are_apart() {
        let table = [
            (Verb::Get, "/metrics", Some(AdminCall::Metrics)),
            (Verb::Post, "/metrics", None),
            (Verb::Get, "/admin/stats", Some(AdminCall::Stats)),
            (Verb::Post, "/admin/reset", Some(AdminCall::Reset)),
            (Verb::Get, "/admin/reset", None),
            (Verb::Post, "/admin/pause", Some(AdminCall::Pause)),
            (Verb::Post, "/admin/fail", Some(AdminCall::Fail)),
            (Verb::Get, "/admin", None),
            (Verb::Get, "/admin/a/b/c/d/e/f", None),
        ];
        for (verb, path, expected) in table {
            let Route::Admin { call } = Route::of(verb, path) else { panic!("{path} is the shop's") };
            assert_eq!(call.ok(), expected, "{} {path}", verb.name());
        }
    }
}
