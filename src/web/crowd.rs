//! How many connections are open, in all and from one network.
//!
//! A connection holds its place until it is dropped. Proxies on this machine stand for many clients,
//! so their share is not bounded; that of all together is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::visitor;

/// Who is connected.
#[derive(Debug)]
pub struct Crowd {
    most: usize,
    most_of_one: usize,
    here: Mutex<Here>,
}

#[derive(Debug, Default)]
struct Here {
    all: usize,
    /// Of networks that have a connection, and only as long as they have.
    of_one: HashMap<IpAddr, usize>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// There are too many.
    All,
    /// There are too many from the same network.
    One,
}

/// The place of one connection.
#[derive(Debug)]
pub struct Place {
    crowd: Arc<Crowd>,
    network: Option<IpAddr>,
}

impl Crowd {
    /// Room for so many in all, and from one network.
    pub fn new(most: usize, most_of_one: usize) -> Arc<Self> {
        Arc::new(Self { most, most_of_one, here: Mutex::default() })
    }

    /// A place for a connection from `peer`.
    ///
    /// # Errors
    ///
    /// [`Full`] where there is none.
    pub fn enter(self: &Arc<Self>, peer: IpAddr) -> Result<Place, Full> {
        let peer = peer.to_canonical();
        let network = (!peer.is_loopback()).then(|| visitor::network(peer));
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if here.all >= self.most {
            return Err(Full::All);
        }
        if let Some(network) = network {
            let of_one = here.of_one.entry(network).or_default();
            if *of_one >= self.most_of_one {
                return Err(Full::One);
            }
            *of_one += 1;
        }
        here.all += 1;
        Ok(Place { crowd: Arc::clone(self), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut here = self.crowd.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.all -= 1;
        if let Some(network) = self.network
            && let Entry::Occupied(mut of_one) = here.of_one.entry(network)
        {
            *of_one.get_mut() -= 1;
            if *of_one.get() == 0 {
                of_one.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_who_leaves_makes_some() {
        let crowd = Crowd::new(5, 2);
        let enter = |peer: &str| crowd.enter(peer.parse().unwrap());
        let first = enter("192.0.2.1").unwrap();
        let _second = enter("::ffff:192.0.2.1").unwrap();
        assert_eq!(enter("192.0.2.1").unwrap_err(), Full::One);
        drop(first);
        let _again = enter("192.0.2.1").unwrap();
        // Of one IPv6 network, whatever the host.
        let _six = enter("2001:db8::1").unwrap();
        let last = enter("2001:db8::2").unwrap();
        assert_eq!(enter("2001:db8::3").unwrap_err(), Full::One);
        let _proxy = enter("127.0.0.1").unwrap();
        assert_eq!(enter("127.0.0.1").unwrap_err(), Full::All);
        assert_eq!(enter("198.51.100.1").unwrap_err(), Full::All);
        drop(last);
        let _proxy = enter("127.0.0.1").unwrap();
        let networks = crowd.here.lock().unwrap().of_one.len();
        assert_eq!(networks, 2, "no address is kept longer than its connections");
    }
}
