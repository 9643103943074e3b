//! What goes on beside the loop: the server, what tells our hub, what subscribes to those of others, what
//! looks after the database, and whether all is well.
//!
//! All of it is made from the configuration, so a reload makes it anew. The listening socket stays
//! open meanwhile: the new server accepts from it before the old one lets go, and what the old one has
//! begun to answer it finishes.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::service::Daemon;
use super::{Event, api, push, readers, upkeep, websub};
use crate::config::Config;
use crate::feed::Removed;
use crate::web;

/// The server and its like.
#[derive(Debug)]
pub(super) struct Open {
    listener: TcpListener,
    /// Whether somebody else (systemd) opened the socket, and says where it listens.
    pub(super) is_inherited: bool,
    /// The feeds as the server has them.
    shelf: Arc<web::Shelf>,
    stop: CancellationToken,
    server: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    /// Servers of earlier configurations that still answer somebody.
    closing: Vec<JoinHandle<()>>,
}

/// How long a feed is served without a look whether it still lies in the folder like that.
const TRUST: Duration = Duration::from_secs(1);

/// The feeds' folder as the server has it.
fn shelf(config: &Config) -> Arc<web::Shelf> {
    let folder = config.feeds_dir.clone();
    let removed = Arc::new(Removed::of(&folder));
    Arc::new(web::Shelf::new(folder, Some(removed), config.memory, TRUST))
}

/// Opens a socket.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

impl Open {
    /// Whoever hears of new feeds may ask for them at once.
    pub(super) fn look_again(&self) {
        self.shelf.look_again();
    }
}

impl<F: Fn(Event)> Daemon<F> {
    /// Opens the server on `listener`, and starts what goes with it.
    pub(super) fn open(&mut self, listener: TcpListener, is_inherited: bool) -> io::Result<()> {
        let stop = self.signals.stop.child_token();
        let door = api::door(&self.config).map_err(io::Error::other)?;
        listener.set_nonblocking(true)?;
        let shared = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        self.pulse.serve_at(listener.local_addr()?);
        let hubs = websub::start(&self.config, &self.store, &self.bells, &stop);
        let (subscriber, hubs) = hubs.unzip();
        let shelf = shelf(&self.config);
        let readers = readers::start(&self.store, &self.tally, &stop);
        let answers = Arc::new(api::Desk {
            config: Arc::clone(&self.config),
            store: self.store.clone(),
            index: Arc::clone(&self.index),
            catalog: self.catalog.subscribe(),
        });
        let shown = web::Shown {
            shelf: Arc::clone(&shelf),
            tally: Arc::clone(&self.tally),
            redirects: self.redirects.subscribe(),
            readiness: self.doctor.readiness.subscribe(),
            metrics: self.doctor.metrics.subscribe(),
            answers,
            door,
            subscriber,
        };
        let site = web::Site::new(shown, web::Limits::default());
        let server = tokio::spawn(web::serve(shared, site, stop.clone()));
        let pushes = push::start(&self.config, &self.store, &self.changed, &stop);
        let upkeep = upkeep::start(&self.config, &self.store, &stop);
        let doctor = self.doctor.start(&self.config, &stop);
        let tasks = [Some(upkeep), Some(readers), Some(doctor), pushes, hubs];
        let tasks = tasks.into_iter().flatten().collect();
        let closing = Vec::new();
        self.open = Some(Open { listener, is_inherited, shelf, stop, server, tasks, closing });
        Ok(())
    }

    /// Opens anew by the present configuration: on `listener`, where the address has changed. Where that
    /// fails, all stays open as it was.
    pub(super) async fn reopen(&mut self, listener: Option<TcpListener>) -> io::Result<()> {
        let Some(old) = self.open.take() else { return Ok(()) };
        let is_inherited = old.is_inherited && listener.is_none();
        let listener = listener.map_or_else(|| old.listener.try_clone(), Ok);
        if let Err(error) = listener.and_then(|listener| self.open(listener, is_inherited)) {
            self.open = Some(old);
            return Err(error);
        }
        let mut closing = old.closing;
        old.stop.cancel();
        // These end at once: what they have not begun stands in the store.
        for task in old.tasks {
            drop(task.await);
        }
        closing.retain(|server| !server.is_finished());
        closing.push(old.server);
        if let Some(open) = &mut self.open {
            open.closing = closing;
        }
        Ok(())
    }

    /// Waits until all has ended that goes on beside the loop.
    pub(super) async fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        open.stop.cancel();
        for task in open.tasks.into_iter().chain([open.server]).chain(open.closing) {
            // A panic in it has been reported already.
            drop(task.await);
        }
        // The last requests have been answered.
        readers::keep(&self.store, &self.tally).await;
    }
}
