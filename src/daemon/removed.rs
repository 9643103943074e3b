//! What the server knows of feeds that there were: what the writer of feeds noted.

use crate::feed;
use crate::web::shelf::Removed;

impl Removed for feed::Removed {
    fn knows(&self, path: &str) -> bool {
        Self::knows(self, path)
    }
}
