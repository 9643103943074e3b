//! SIGHUP: the configuration is read anew.
//!
//! Nothing stops for it. What is wrong in the new configuration is told with its place, and the old one
//! stays; so it does where feeds cannot be written by the new one. A good one takes the place of the
//! old one with all that is made from it: feeds, watched files, schedule, server and hubs.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use chrono::Utc;
use tokio::task::spawn_blocking;

use super::{Daemon, Timetable};
use crate::config::Config;
use crate::daemon::regen::{Extent, Kept};
use crate::daemon::watch::Changes;
use crate::daemon::{Event, open, systemd};

impl<F: Fn(Event)> Daemon<F> {
    /// Takes over the configuration as it is now, if it is good.
    pub(super) async fn reload(&mut self) {
        systemd::reloading();
        self.doing("Reading the configuration anew");
        let refused = match self.take_over().await {
            Ok(()) => {
                tracing::info!("the configuration was read anew");
                None
            }
            Err(reasons) => {
                for reason in &reasons {
                    tracing::error!(
                        "the new configuration is refused; the old one stays: {reason}"
                    );
                }
                let more = match reasons.len() {
                    0 | 1 => String::new(),
                    all => format!(" (and {} more, in the log)", all - 1),
                };
                reasons.into_iter().next().map(|first| first + &more)
            }
        };
        self.doctor.notes().refused = refused;
        self.examine().await;
        self.say();
        systemd::ready();
    }

    async fn take_over(&mut self) -> Result<(), Vec<String>> {
        let new = self.read_anew().await?;
        let listener = self.listener_for(&new)?;
        let kept = Arc::new(Mutex::new(Kept::load(&new)));
        let old = (
            std::mem::replace(&mut self.config, Arc::new(new)),
            std::mem::replace(&mut self.kept, kept),
        );
        // Watched first and read then: what changes in between is told.
        let changes = Changes::of(&self.config);
        let moved = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Err(reason) = self.work_by_it(listener).await {
            (self.config, self.kept) = old;
            // It may have got halfway.
            self.try_regenerate().await;
            return Err(vec![reason]);
        }
        self.changes = changes;
        self.timetable = Timetable::new(&self.config, Utc::now());
        if let Some(address) = moved {
            (self.tell)(Event::Listening(address));
        }
        Ok(())
    }

    /// Writes the feeds and opens the server by the configuration that has just been put in place.
    async fn work_by_it(&mut self, listener: Option<TcpListener>) -> Result<(), String> {
        let written = self.regenerate(Extent::Everything).await;
        written.map_err(|error| error.to_string())?;
        self.reopen(listener).await.map_err(|error| format!("the server: {error}"))
    }

    async fn read_anew(&self) -> Result<Config, Vec<String>> {
        let read = Arc::clone(&self.read);
        let read = spawn_blocking(move || read()).await;
        let read = read.map_err(|_| vec!["it could not be read".to_owned()])?;
        let mut new =
            read.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        if new.store != self.config.store {
            tracing::warn!("another `store` is opened by a restart only; the old one stays in use");
            new.store.clone_from(&self.config.store);
        }
        Ok(new)
    }

    /// Where `new` listens, if that is not where we listen already.
    fn listener_for(&self, new: &Config) -> Result<Option<TcpListener>, Vec<String>> {
        let address = new.listen;
        if address == self.config.listen {
            return Ok(None);
        }
        if self.open.as_ref().is_some_and(|open| open.is_inherited) {
            tracing::warn!("`server.listen` says nothing here: headwater.socket does");
            return Ok(None);
        }
        let refused =
            |error| vec![format!("{address}: cannot listen: {error}; see `server.listen`")];
        open::bind(address).map(Some).map_err(refused)
    }
}
