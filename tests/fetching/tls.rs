//! Encrypted visits, made by the real program: HTTP/2 where a server offers it, and never a
//! certificate taken on trust.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, mpsc};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::{FEED, answer};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// A server that speaks one of `protocols`, and tells which one was chosen; none where the client
/// went away.
fn server(host: &str, protocols: &[&str]) -> (u16, mpsc::Receiver<Option<String>>) {
    let chain = CertificateDer::pem_file_iter(fixture("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let listener = TcpListener::bind((host, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let done = stream.conn.complete_io(&mut stream.sock);
            let chosen = stream.conn.alpn_protocol().map(|name| String::from_utf8(name.to_vec()));
            let chosen = done.ok().map(|_| chosen.map_or_else(String::new, Result::unwrap));
            tell.send(chosen.clone()).unwrap();
            match chosen.as_deref() {
                Some("h2") => speak_http2(&mut stream),
                Some(_) => speak_http1(&mut stream),
                None => {}
            }
        }
    });
    (port, told)
}

fn speak_http1(stream: &mut StreamOwned<ServerConnection, TcpStream>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    stream.write_all(&answer("200 OK", "", FEED)).unwrap();
}

/// As much of RFC 9113 as one answer needs.
fn speak_http2(stream: &mut StreamOwned<ServerConnection, TcpStream>) {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    stream.write_all(&frame(4, 0, 0, &[])).unwrap();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).unwrap();
        if head[3] == 1 {
            break;
        }
    }
    stream.write_all(&frame(4, 1, 0, &[])).unwrap();
    // 0x88 is `:status: 200` of the static table (RFC 7541 appendix A).
    stream.write_all(&frame(1, 4, 1, &[0x88])).unwrap();
    stream.write_all(&frame(0, 1, 1, FEED)).unwrap();
    // Until the client has gone.
    drop(std::io::copy(stream, &mut std::io::sink()));
}

/// What the program says of the feed at `address`, trusting the authority `trusted`.
fn parse(address: &str, trusted: &str) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .args(["parse", address])
        .env("SSL_CERT_FILE", fixture(trusted))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn http_2_is_spoken_where_it_is_offered() {
    for (offered, chosen) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"], "http/1.1")] {
        let (port, told) = server("127.0.0.1", offered);
        let line = parse(&format!("https://localhost:{port}/feed"), "ca.pem");
        assert_eq!(
            (line["ok"].as_bool(), line["title"].as_str()),
            (Some(true), Some("One")),
            "{line}"
        );
        assert_eq!(told.recv().unwrap().as_deref(), Some(chosen));
    }
}

#[test]
fn a_certificate_of_nobody_we_know_is_refused() {
    let (port, _told) = server("127.0.0.1", &["http/1.1"]);
    let line = parse(&format!("https://localhost:{port}/feed"), "other-ca.pem");
    assert_eq!(line["ok"].as_bool(), Some(false));
    let error = line["error"].as_str().unwrap();
    assert!(error.starts_with("no connection: ") && error.contains("certificate"), "{error}");
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let (port, _told) = server("127.0.0.2", &["http/1.1"]);
    let line = parse(&format!("https://127.0.0.2:{port}/feed"), "ca.pem");
    assert_eq!(line["ok"].as_bool(), Some(false), "{line}");
}
