//! The service as a process, and the socket on which it tells how it is.
//!
//! Nothing here waits for a fixed time: each wait is for something that happens, and its deadline is
//! far beyond what the slowest machine takes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::site::{Site, text};

/// Far beyond what anything takes here.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// A service that ends with the test, however that ends.
pub(crate) struct Service {
    child: Child,
    socket: UnixDatagram,
    /// What it has told so far, a message each.
    pub(crate) told: Vec<String>,
}

impl Service {
    /// The daemon of `site` on a port that the system chooses.
    pub(crate) fn start(site: &Site) -> Self {
        Self::of(site, site.command(&["--set", "server.listen=127.0.0.1:0", "run"]))
    }

    /// A command that runs the daemon.
    pub(crate) fn of(site: &Site, command: Command) -> Self {
        Self::of_with_input(site, command, Stdio::null())
    }

    /// The same with something to read.
    pub(crate) fn of_with_input(site: &Site, mut command: Command, input: Stdio) -> Self {
        let path = site.path("notify");
        drop(std::fs::remove_file(&path));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let log =
            std::fs::File::options().create(true).append(true).open(site.path("log")).unwrap();
        let child = command
            .env("NOTIFY_SOCKET", path)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(input)
            .spawn();
        Self { child: child.unwrap(), socket, told: Vec::new() }
    }

    /// Reads on until it tells something with `part`, and gives that message.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        let since = Instant::now();
        while since.elapsed() < DEADLINE {
            let mut message = [0; 4096];
            let length = self.socket.recv(&mut message).unwrap_or_else(|error| {
                panic!("{error} instead of {part}; it has told {:?}", self.told)
            });
            let message = text(&message[..length]);
            self.told.push(message.clone());
            if message.contains(part) {
                return message;
            }
        }
        panic!("no {part}; it has told {:?}", self.told);
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Asks it to stop, and waits until it has; how long that took.
    pub(crate) fn stop(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        self.signal("-TERM");
        (self.child.wait().unwrap(), since.elapsed())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until something is so.
pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < DEADLINE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The address that the daemon's last “Serving …” names.
pub(crate) fn address(site: &Site) -> String {
    let log = site.read("log");
    let line = log.lines().rfind(|line| line.contains("Serving http://")).unwrap();
    line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

/// What a server answers to one request.
pub(crate) fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(text(&answer))
}

/// Writes an article with this title.
pub(crate) fn publish(site: &Site, name: &str, title: &str) {
    let article = format!("---\ntitle: {title}\ndate: 2025-07-09\n---\nText\n");
    std::fs::write(site.path(&format!("articles/notes/{name}.md")), article).unwrap();
}

/// Puts `new` in place of `old` in a file of the site.
pub(crate) fn replace(site: &Site, file: &str, old: &str, new: &str) {
    let text = site.read(file);
    assert!(text.contains(old), "{file} has no {old}");
    std::fs::write(site.path(file), text.replacen(old, new, 1)).unwrap();
}
