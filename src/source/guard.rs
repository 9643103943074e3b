//! What a public address is. A feed's address, or a name's, must not lead into our own network:
//! not at first, not after a redirect, and not because a name answers otherwise the second time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether an address belongs to the public internet (IANA's special-purpose registries).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The one metadata service that is not at a link-local, shared or protocol address.
const AZURE_METADATA: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        // Shared by carriers (RFC 6598), protocol assignments, relays to the sixth version,
        // benchmarking, reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240
        // Looks public, and is where a cloud's machines ask for their secrets.
        || address == AZURE_METADATA;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // An address of the fourth version in one of the sixth's clothes counts as what it is.
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // An interface that carries an address of the fourth version (ISATAP, RFC 5214 §6.1).
        [first, _, _, _, 0 | 0x200, 0x5efe, high, low] => {
            first & 0xe000 == 0x2000 && embedded(high, low)
        }
        // 2000::/3 is all that is public; protocol assignments (Teredo among them) and documentation
        // lie in it.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Whether the host of an address may be visited, as far as the address itself tells; names are
/// checked when they are resolved. `is_public` says which addresses are: [`is_public`].
pub fn is_allowed(url: &Url, is_public: fn(IpAddr) -> bool) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name != "localhost" && !name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether the host of an address could be reached by anybody, as far as the address itself tells: no
/// private address, and no name that means something only here.
pub fn is_public_host(url: &Url) -> bool {
    is_allowed(url, is_public) && has_public_name(url)
}

/// Whether the host of an address is no name that means something only here (RFC 6761, RFC 6762,
/// RFC 8375).
pub fn has_public_name(url: &Url) -> bool {
    const LOCAL: [&str; 7] =
        [".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa", ".onion"];
    let is_public_name = |name: &str| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.contains('.') && !LOCAL.iter().any(|local| name.ends_with(local))
    };
    url.domain().is_none_or(is_public_name)
}

/// Resolves names as the system does.
#[derive(Debug, Clone, Copy)]
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Resolves names, and forgets the addresses that are not allowed. A connection goes to one of the
/// addresses that come out of here and to no other, so that a name which answers otherwise the
/// second time gains nothing.
pub(super) struct Guarded {
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) is_allowed: fn(IpAddr) -> bool,
    /// A name that the operator chose, the proxy's.
    pub(super) trusted: Option<String>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let is_trusted = self.trusted.as_ref().is_some_and(|trusted| *trusted == host);
        let (found, is_allowed) = (self.resolver.resolve(name), self.is_allowed);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let allowed = |address: &SocketAddr| is_trusted || is_allowed(address.ip());
            let kept: Vec<SocketAddr> = found.iter().copied().filter(allowed).collect();
            if kept.is_empty() && !found.is_empty() {
                return Err(format!(
                    "{host} leads to a private address; `fetch.allow_private` would allow it"
                )
                .into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:2800:220:1::1", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("ff02::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("192.88.99.1", false),
            ("192.0.0.192", false),
            ("198.18.0.1", false),
            ("203.0.113.9", false),
            ("100.100.100.200", false),
            ("168.63.129.16", false),
            ("239.255.255.250", false),
            ("::127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b::5db8:d822", true),
            ("64:ff9b:1::1", false),
            ("2002:a00:1::1", false),
            ("2001:0:53aa:64c:0:5efe:7f00:1", false),
            ("2a00::5efe:c0a8:101", false),
            ("2a00::200:5efe:5db8:d822", true),
            ("2001:2::1", false),
            ("3fff::1", false),
            ("fd00:ec2::254", false),
            ("fec0::1", false),
            ("100::1", false),
            ("2a00:1450:4001::1", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn addresses_in_disguise_are_seen_through() {
        for (url, expected) in [
            ("https://example.org/", true),
            ("http://localhost/", false),
            ("http://LOCALHOST./", false),
            ("http://0x7f000001/", false),
            ("http://2130706433/", false),
            ("http://[::1]/", false),
            ("http://[::ffff:10.0.0.1]/", false),
            ("http://0177.0.0.1/", false),
            ("http://017700000001/", false),
            ("http://0x7f.1/", false),
            ("http://127.1/", false),
            ("http://１２７.0.0.1/", false),
            ("http://127。0。0。1/", false),
            ("http://%31%32%37.0.0.1/", false),
            ("http://0/", false),
            ("http://user@127.0.0.1/", false),
            ("http://blog.localhost./", false),
            ("http://0x5db8d822/", true),
        ] {
            assert_eq!(is_allowed(&Url::parse(url).unwrap(), is_public), expected, "{url}");
        }
    }

    #[test]
    fn what_only_this_network_can_reach_is_no_public_host() {
        for (url, expected) in [
            ("https://example.org/", true),
            ("https://feeds.example.co.uk./", true),
            ("http://93.184.216.34/", true),
            ("http://localhost:1313/", false),
            ("http://blog.localhost/", false),
            ("http://127.0.0.1/", false),
            ("http://[::1]/", false),
            ("http://192.168.1.5/feeds/", false),
            ("http://10.0.0.1/", false),
            ("http://169.254.1.1/", false),
            ("http://0x7f000001/", false),
            ("http://hugo/", false),
            ("http://printer.local/", false),
            ("http://wiki.internal/", false),
        ] {
            assert_eq!(is_public_host(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
