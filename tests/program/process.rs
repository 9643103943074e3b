//! The daemon as a process that a test may talk to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::site::{Site, text};

/// A daemon that ends with the test, however that ends.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    pub(crate) address: String,
    lines: BufReader<std::process::ChildStdout>,
}

impl Daemon {
    pub(crate) fn start(site: &Site) -> Self {
        Self::start_with(site, &[], &[])
    }

    /// With settings over the configuration's, and flags of `run`.
    pub(crate) fn start_with(site: &Site, settings: &[&str], flags: &[&str]) -> Self {
        let mut arguments = vec!["--set", "server.listen=127.0.0.1:0"];
        arguments.extend(settings.iter().flat_map(|one| ["--set", one]));
        arguments.push("run");
        arguments.extend(flags);
        Self::of(site.command(&arguments))
    }

    /// The daemon that this command starts.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut this = Self { child, address: String::new(), lines };
        let line = this.wait_for("Serving http://");
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
        address.clone_into(&mut this.address);
        this
    }

    /// Reads on until a line has `part`; the test's own time limit is the harness's.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "it ended before it said {part}");
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn get(&self, path: &str, more: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{more}\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        text(&answer)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
