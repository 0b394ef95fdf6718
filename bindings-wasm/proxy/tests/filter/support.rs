//! A filter on a host in memory.

use std::rc::Rc;
use std::time::Duration;

use notegate_proxy::memory::MemoryHost;
use notegate_proxy::{Door, Exchange, Step};
use serde_json::{Value, json};

/// The namespace in which Envoy's filter for tokens writes.
pub(crate) const JWT: &str = "envoy.filters.http.jwt_authn";
pub(crate) const KERNEL: &str = "3b8f6f0c-0d1c-4a4e-9a5e-0f2f1d7c9b10";
/// The beginning of December 2026.
pub(crate) const NOW: Duration = Duration::from_secs(1_796_083_200);

const POLICIES: &str = r#"
    @id("own")
    permit (principal is Notebook::User, action, resource)
    when { resource has owner && resource.owner == principal };

    @id("own-file")
    @obligation_max_bytes("1000")
    permit (principal is Notebook::User, action == Notebook::Action::"contents:download", resource)
    when { resource has owner && resource.owner == principal };

    @id("own-export")
    @obligation_note("caf\u{e9}")
    permit (principal is Notebook::User, action == Notebook::Action::"contents:export", resource)
    when { resource has owner && resource.owner == principal };

    @id("terminals")
    @message("Only its owner opens a terminal.")
    forbid (principal, action == Notebook::Action::"terminal:connect", resource)
    unless { resource has owner && resource.owner == principal };

    @id("status-from-inside")
    forbid (principal, action == Notebook::Action::"server:readStatus", resource)
    unless { context has sourceIp && context.sourceIp.isInRange(ip("10.0.0.0/8")) };

    @id("teachers")
    permit (
        principal in Notebook::Group::"teachers",
        action == Notebook::Action::"hub:adminUI",
        resource
    );

    @id("tenants")
    permit (principal, action == Notebook::Action::"hub:view", resource)
    when { principal is Notebook::User && principal has tenant
        && principal.tenant == Notebook::Tenant::"institute" };

    @id("culler")
    permit (principal == Notebook::Service::"culler", action, resource);

    @id("spec")
    forbid (principal, action == Notebook::Action::"kernel:start", resource)
    unless { resource == Notebook::KernelSpec::"python3" };

    @id("any-kernel")
    permit (principal is Notebook::User, action == Notebook::Action::"kernel:start", resource)
    when { context has server.owner && context.server.owner == principal };
"#;

/// A configuration with these fields over its own.
pub(crate) fn config(fields: &[(&str, Value)]) -> Value {
    let mut config = json!({"bundle": {"members": {"policies.cedar": POLICIES}}});
    for (name, value) in fields {
        config[*name] = value.clone();
    }
    config
}

/// A filter for which a token says that ada asks.
pub(crate) fn ada() -> Filter {
    let filter = Filter::open(&config(&[("identity", json!([{"jwt": {"user": "sub"}}]))]));
    filter.host.verified(JWT, "jwt", &json!({"sub": "ada"}));
    filter
}

pub(crate) struct Filter {
    pub(crate) host: MemoryHost,
    pub(crate) door: Rc<Door>,
}

impl Filter {
    #[track_caller]
    pub(crate) fn open(config: &Value) -> Self {
        let host = MemoryHost::new(NOW);
        let door = Door::open(&host, config.to_string().as_bytes());
        let door = door.unwrap_or_else(|| panic!("{:?}", host.lines()));
        host.lines();
        Self { host, door: Rc::new(door) }
    }

    /// Sends a request without a body.
    pub(crate) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Step {
        self.begin(method, target, headers, true).1
    }

    /// Sends the head of a request.
    pub(crate) fn begin(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        last: bool,
    ) -> (Exchange, Step) {
        let basic = [(":method", method), (":path", target), (":authority", "hub.example")];
        let all = basic.iter().chain(headers);
        self.host.begin(all.map(|(name, value)| (*name, value.as_bytes())));
        let mut exchange = Exchange::new(Rc::clone(&self.door));
        let step = exchange.head(&self.host, last);
        (exchange, step)
    }

    pub(crate) fn get(&self, target: &str) -> Step {
        self.send("GET", target, &[])
    }

    pub(crate) fn value(&self, metric: &str) -> Option<u64> {
        self.host.value(metric)
    }
}
