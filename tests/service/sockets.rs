//! Socket activation: the listening socket is somebody else's, and outlives the service.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use crate::service::{DEADLINE, Service, get};
use crate::site::{Site, text};

/// Runs the daemon as systemd does: the socket as descriptor 3, and variables that say so.
fn activated(site: &Site, listener: &TcpListener) -> Service {
    let headwater = env!("CARGO_BIN_EXE_headwater");
    let mut command = Command::new("sh");
    // The shell becomes the daemon, so its number is the daemon's. What is standard input for it, is
    // descriptor 3 for the daemon.
    command
        .args([
            "-c",
            "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"",
            headwater,
        ])
        .args(["--set", "server.listen=127.0.0.1:1", "run"])
        .current_dir(site.path(""))
        .env_remove("HEADWATER_CONFIG");
    Service::of_with_input(site, command, Stdio::from(OwnedFd::from(listener.try_clone().unwrap())))
}

#[test]
fn a_socket_that_is_handed_over_is_used_and_a_restart_loses_no_connection() {
    let site = Site::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut first = activated(&site, &listener);
    first.wait_for("READY=1");
    assert!(get(&address, "/healthz").unwrap().starts_with("HTTP/1.1 200"));
    assert!(first.stop().0.success());

    // Nobody is there, and still nobody is refused.
    let mut waiting = TcpStream::connect(&address).unwrap();
    waiting.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(waiting, "GET /feeds/index.xml HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut second = activated(&site, &listener);
    second.wait_for("READY=1");
    let mut answer = Vec::new();
    waiting.read_to_end(&mut answer).unwrap();
    assert!(text(&answer).starts_with("HTTP/1.1 200"), "{}", text(&answer));
}

#[test]
fn an_inherited_socket_of_ipv6_is_used_as_well() {
    let site = Site::new();
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let address = listener.local_addr().unwrap().to_string();
    let mut service = activated(&site, &listener);
    service.wait_for("READY=1");
    assert!(get(&address, "/healthz").unwrap().starts_with("HTTP/1.1 200"));
}

#[test]
fn what_is_no_listening_socket_is_refused_with_a_sentence() {
    let site = Site::new();
    let mut command = Command::new("sh");
    command
        .args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" run 3</dev/null"])
        .arg(env!("CARGO_BIN_EXE_headwater"))
        .current_dir(site.path(""));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("the socket that was handed over (LISTEN_FDS) cannot be used"),
        "{error}"
    );
}
