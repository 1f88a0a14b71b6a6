//! `generator-limit`: this machine could not send requests: a limit or a rule of its own kept it from making connections.
//!
//! At least 1% of the requests (`http_reqs_not_sent`). The operating system says which limit it is: no more files can be
//! opened (EMFILE, ENFILE), no local port is free (EADDRNOTAVAIL), there is no memory for sockets (ENOBUFS, ENOMEM), or a
//! rule forbids the connection (EPERM, EACCES).

use flashcrowd_record::{Finding, HostInfo, Results, Severity};
use flashcrowd_text::{Lang, messages};

use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::generator_load::{NotSent, not_sent};
use crate::words::{number, percent};

pub(crate) const ID: &str = "generator-limit";

messages! {
    fn title(share: &str) {
        en: "This machine could not send {share}% of the requests",
        ko: "이 장비가 요청의 {share}%를 보내지 못했습니다",
    }
    fn seen(count: &str, requests: &str, what: &str) {
        en: "{count} of {requests} requests never left this machine: {what}. The target has not seen them.",
        ko: "요청 {requests}건 중 {count}건이 이 장비를 떠나지 못했습니다: {what}. 대상은 이 요청을 받지 않았습니다.",
    }
    fn files() { en: "no more files can be opened (EMFILE)", ko: "열 수 있는 파일 수 한도에 도달했습니다(EMFILE)" }
    fn ports() { en: "no local port is free (EADDRNOTAVAIL)", ko: "사용할 수 있는 로컬 포트가 없습니다(EADDRNOTAVAIL)" }
    fn buffers() {
        en: "the kernel has no memory for further sockets (ENOBUFS)",
        ko: "커널에 소켓용 메모리가 부족합니다(ENOBUFS)",
    }
    fn rule() {
        en: "a rule of this machine forbids the connection (EPERM)",
        ko: "이 장비의 규칙이 연결을 금지합니다(EPERM)",
    }
    fn more_files(needed: &str) {
        en: "Raise the limit of open files in the shell that starts the test, with `ulimit -n {needed}` (LimitNOFILE= of a systemd unit, --ulimit nofile={needed} of docker run).",
        ko: "테스트를 시작하는 셸에서 `ulimit -n {needed}`로 파일 수 한도를 늘리십시오(systemd 유닛은 LimitNOFILE=, docker run은 --ulimit nofile={needed}).",
    }
    fn files_now(limit: &str, users: &str) {
        en: " It is {limit} now, for up to {users} virtual users.",
        ko: " 현재 한도는 {limit}개이고 가상 사용자는 최대 {users}명입니다.",
    }
    fn more_ports() {
        en: "Widen the range of local ports with `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`, give the generator further addresses with --local-ips, or keep connections open instead of making new ones.",
        ko: "`sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`로 로컬 포트 범위를 넓히거나 --local-ips로 주소를 추가하거나, 연결을 새로 만들지 말고 유지하십시오.",
    }
    fn ports_now(first: &str, last: &str) {
        en: " It is {first} to {last} now.",
        ko: " 현재 범위는 {first}-{last}입니다.",
    }
    fn more_buffers(pages: &str) {
        en: "Give sockets more of the memory, with `sysctl -w net.ipv4.tcp_mem=\"{pages}\"`, or make fewer connections from this machine.",
        ko: "`sysctl -w net.ipv4.tcp_mem=\"{pages}\"`로 소켓에 메모리를 더 할당하거나 이 장비의 연결 수를 줄이십시오.",
    }
    fn split() {
        en: "Split the test over several machines with --execution-segment.",
        ko: "--execution-segment로 테스트를 여러 장비에 나누어 실행하십시오.",
    }
    fn find_rule() {
        en: "Look for the rule: `nft list ruleset` or `iptables -S OUTPUT` for the firewall, and the security policy of the container (seccomp, SELinux).",
        ko: "`nft list ruleset`이나 `iptables -S OUTPUT`으로 방화벽 규칙을 확인하고 컨테이너의 보안 정책(seccomp, SELinux)도 확인하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let results = context.evidence.results?;
    let found = not_sent(results)?;
    let draft = figures(&found, &context.evidence.run.host, results)
        .into_iter()
        .fold(Draft::new(ID, Severity::Critical), |draft, (name, value)| draft.figure(name, value));
    Some(draft.label("limit", found.limit).finding(text))
}

/// The figures of the finding, and of the verdict that rests on it.
pub(crate) fn figures(found: &NotSent, host: &HostInfo, results: &Results) -> Vec<(&'static str, f64)> {
    let users = results.metric("vus_max").map_or(0.0, |users| users.stats.value("max"));
    let mut figures = vec![("not_sent", found.count), ("requests", found.requests), ("users", users)];
    figures.extend(host.open_files.map(|files| ("open_files", files as f64)));
    figures.extend(host.memory_bytes.map(|bytes| ("memory_bytes", bytes as f64)));
    if let Some((first, last)) = host.local_ports {
        figures.extend([("first_port", f64::from(first)), ("last_port", f64::from(last))]);
    }
    figures
}

/// Which limit it is.
pub(crate) fn what(lang: Lang, limit: &str) -> String {
    match limit {
        "files" => files(lang),
        "ports" => ports(lang),
        "buffers" => buffers(lang),
        _ => rule(lang),
    }
}

/// What can be done about it on this machine.
pub(crate) fn remedy(lang: Lang, limit: &str, figure: impl Fn(&str) -> Option<f64>) -> String {
    let plain = |value: f64| format!("{value:.0}");
    let users = figure("users").unwrap_or_default();
    match limit {
        "files" => {
            // A virtual user that sends batches has six connections to a host.
            let needed = (6.0 * users + 1_000.0).max(4_096.0);
            let now = figure("open_files").map(|limit| files_now(lang, &number(limit), &number(users)));
            more_files(lang, &plain(needed)) + &now.unwrap_or_default()
        }
        "ports" => {
            let range = figure("first_port").zip(figure("last_port"));
            let now = range.map(|(first, last)| ports_now(lang, &plain(first), &plain(last)));
            more_ports(lang) + &now.unwrap_or_default()
        }
        "buffers" => {
            let quarter = figure("memory_bytes").unwrap_or(4e9) / 4.0 / 4096.0;
            let pages = [quarter / 2.0, quarter * 0.75, quarter].map(plain).join(" ");
            more_buffers(lang, &pages)
        }
        _ => find_rule(lang),
    }
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let (count, requests) = (figure(finding, "not_sent"), figure(finding, "requests"));
    let limit = label(finding, "limit");
    FindingText {
        title: title(lang, &percent(100.0 * count / requests.max(1.0))),
        evidence: seen(lang, &number(count), &number(requests), &what(lang, limit)),
        remedies: vec![
            remedy(lang, limit, |name| has(finding, name).then(|| figure(finding, name))),
            split(lang),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_has_the_figures_of_this_machine() {
        let figure = |name: &str| match name {
            "users" => Some(2_000.0),
            "open_files" => Some(1_024.0),
            "first_port" => Some(32_768.0),
            "last_port" => Some(60_999.0),
            "memory_bytes" => Some(16e9),
            _ => None,
        };
        for (limit, expected) in [
            ("files", "`ulimit -n 13000`"),
            ("files", "It is 1,024 now, for up to 2,000 virtual users"),
            ("ports", "It is 32768 to 60999 now"),
            ("buffers", "net.ipv4.tcp_mem=\"488281 732422 976562\""),
            ("firewall", "iptables -S OUTPUT"),
        ] {
            let text = remedy(Lang::En, limit, figure);
            assert!(text.contains(expected), "{text}");
        }
    }
}
