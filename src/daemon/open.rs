//! What goes on beside the loop: the server, what tells our hub, what subscribes to those of others, what
//! looks after the database.
//!
//! All of it is made from the configuration, so a reload makes it anew. The listening socket stays
//! open meanwhile: the new server accepts from it before the old one lets go, and what the old one has
//! begun to answer it finishes.

use std::io;
use std::net::{SocketAddr, TcpListener};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::service::Daemon;
use super::{Event, push, upkeep, websub};
use crate::web;

/// The server and its like.
#[derive(Debug)]
pub(super) struct Open {
    listener: TcpListener,
    /// Whether somebody else (systemd) opened the socket, and says where it listens.
    pub(super) is_inherited: bool,
    stop: CancellationToken,
    server: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    /// Servers of earlier configurations that still answer somebody.
    closing: Vec<JoinHandle<()>>,
}

/// Opens a socket.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

impl<F: Fn(Event)> Daemon<F> {
    /// Opens the server on `listener`, and starts what goes with it.
    pub(super) fn open(&mut self, listener: TcpListener, is_inherited: bool) -> io::Result<()> {
        let stop = self.signals.stop.child_token();
        listener.set_nonblocking(true)?;
        let shared = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        self.pulse.serve_at(listener.local_addr()?);
        let hubs = websub::start(&self.config, &self.store, &self.bells, &stop);
        let (subscriber, hubs) = hubs.unzip();
        let shown = web::Shown {
            feeds: self.config.feeds_dir.clone(),
            redirects: self.redirects.subscribe(),
            readiness: self.readiness.subscribe(),
            metrics: self.metrics.subscribe(),
            subscriber,
        };
        let server = tokio::spawn(web::serve(shared, web::router(shown), stop.clone()));
        let pushes = push::start(&self.config, &self.store, &self.changed, &stop);
        let upkeep = upkeep::start(&self.config, &self.store, &stop);
        let tasks = [pushes, hubs, Some(upkeep)].into_iter().flatten().collect();
        let closing = Vec::new();
        self.open = Some(Open { listener, is_inherited, stop, server, tasks, closing });
        Ok(())
    }

    /// Opens anew by the present configuration: on `listener`, where the address has changed.
    pub(super) async fn reopen(&mut self, listener: Option<TcpListener>) -> io::Result<()> {
        let Some(old) = self.open.take() else { return Ok(()) };
        let is_inherited = old.is_inherited && listener.is_none();
        let (listener, mut closing) = (listener.unwrap_or(old.listener), old.closing);
        self.open(listener, is_inherited)?;
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
    }
}
