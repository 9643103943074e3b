//! The server on a loopback socket, over a folder that a test writes to.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headwater::web::api::{Answers, Door, Refusal, Wanted};
use headwater::web::{self, Limits, Readiness, Redirects, Shelf, Shown, Site, Tally};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) tally: Arc<Tally>,
    stop: CancellationToken,
    runtime: Option<Runtime>,
    // The other ends, without which the server would have nothing to look at.
    _channels: (watch::Sender<Redirects>, watch::Sender<Readiness>),
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::within(Limits::default())
    }

    /// A server that looks at a file each time that it is asked for.
    pub(crate) fn within(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let moved = [("tags/old/".to_owned(), "tags/new/".to_owned())].into();
        let (redirects, followed) = watch::channel(Arc::new(moved));
        let (readiness, watched) = watch::channel(Readiness::Ready);
        let tally = Arc::<Tally>::default();
        let shelf = Shelf::new(folder.path().to_owned(), None, 16 << 20, Duration::ZERO);
        let shown = Shown {
            shelf: Arc::new(shelf),
            tally: Arc::clone(&tally),
            redirects: followed,
            readiness: watched,
            metrics: watch::channel(Arc::from("")).1,
            answers: Arc::new(Ignorant),
            door: Door::new(None),
            subscriber: None,
        };
        let runtime = Runtime::new().unwrap();
        let stop = CancellationToken::new();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(web::serve(listener, Site::new(shown, limits), stop.clone()));
        let runtime = Some(runtime);
        Self { address, folder, tally, stop, runtime, _channels: (redirects, readiness) }
    }

    /// Puts a file into the folder as the writer of feeds does.
    pub(crate) fn put(&self, name: &str, bytes: &str) {
        put(self.folder.path(), name, bytes);
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    pub(crate) fn get(&self, path: &str, fields: &str) -> Answer {
        self.ask("GET", path, fields)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, fields: &str) -> Answer {
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{fields}\r\n");
        self.send(request.as_bytes())
    }

    /// Sends bytes and reads until the server closes the connection.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses may close before it has read everything.
        drop(stream.write_all(bytes));
        Answer::read(stream)
    }
}

/// Has no suggestions.
#[derive(Debug)]
struct Ignorant;

impl Answers for Ignorant {
    fn suggestions(&self, _: &Wanted) -> Result<String, Refusal> {
        Err(Refusal::Unready("there are none yet".to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn put(folder: &Path, name: &str, bytes: &str) {
    let (beside, place) = (folder.join(".beside"), folder.join(name));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, place).unwrap();
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        let mut part = [0; 8192];
        // A reset after the answer is still an answer.
        while let Ok(read @ 1..) = stream.read(&mut part) {
            bytes.extend_from_slice(&part[..read]);
        }
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = bytes.split_at(end.map_or(bytes.len(), |end| end + 4));
        let head = String::from_utf8(head.to_vec()).unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head, body: body.to_vec() }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn tag(&self) -> &str {
        self.field("etag").unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The body as it was before it was coded.
    pub(crate) fn decoded(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        match self.field("content-encoding") {
            Some("br") => brotli::BrotliDecompress(&mut &*self.body, &mut plain).unwrap(),
            Some("zstd") => plain = zstd::decode_all(&*self.body).unwrap(),
            Some("gzip") => {
                flate2::read::GzDecoder::new(&*self.body).read_to_end(&mut plain).unwrap();
            }
            Some(other) => panic!("{other}"),
            None => plain.clone_from(&self.body),
        }
        plain
    }
}
