//! Who asks, as far as it may matter: an address for the limits, never for the record.
//!
//! A reverse proxy on this machine is not a client. Where it names the one for whom it asks
//! (`X-Forwarded-For`), that one counts; the last address is the one that the proxy itself saw, those
//! before it are hearsay. Where it names nobody, nobody is limited. From any other peer the header
//! means nothing: everybody can send it.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// The address of the client: its own, or the one that a proxy on this machine names; none for such a
/// proxy that names nobody.
pub fn client(peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if !peer.is_loopback() {
        return Some(network(peer));
    }
    let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = line.rsplit(',').next()?.trim();
    read(last).map(|address| network(address.to_canonical()))
}

/// An address as proxies write it, with or without port and brackets.
fn read(text: &str) -> Option<IpAddr> {
    let socket = || text.parse().ok().map(|address: std::net::SocketAddr| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(socket).or_else(bracketed)
}

/// What belongs to one subscriber: of an IPv6 address the first half, which every connection is given
/// whole (RFC 6177).
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_proxy_on_this_machine_may_speak_for_others() {
        for (peer, lines, expected) in [
            ("192.0.2.1", vec![], Some("192.0.2.1")),
            ("192.0.2.1", vec!["198.51.100.7"], Some("192.0.2.1")),
            ("::ffff:192.0.2.1", vec![], Some("192.0.2.1")),
            ("2001:db8:1:2:3:4:5:6", vec![], Some("2001:db8:1:2::")),
            ("127.0.0.1", vec![], None),
            ("::1", vec![], None),
            ("::ffff:127.0.0.1", vec![], None),
            ("127.0.0.1", vec!["198.51.100.7"], Some("198.51.100.7")),
            ("127.0.0.1", vec!["203.0.113.9, 198.51.100.7"], Some("198.51.100.7")),
            ("127.0.0.1", vec!["203.0.113.9", "198.51.100.7"], Some("198.51.100.7")),
            ("127.0.0.1", vec!["198.51.100.7:1234"], Some("198.51.100.7")),
            ("::1", vec!["[2001:db8::5]"], Some("2001:db8::")),
            ("::1", vec!["[2001:db8::5]:443"], Some("2001:db8::")),
            ("127.0.0.1", vec!["unknown"], None),
            ("127.0.0.1", vec![""], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            let expected = expected.map(|address| address.parse::<IpAddr>().unwrap());
            assert_eq!(client(peer.parse().unwrap(), &headers), expected, "{peer} {lines:?}");
        }
    }
}
