//! This build packed as a release, and a server for it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, thread};

use tempfile::TempDir;

use super::root;
use crate::harness::{Ran, finish, start};

/// The version of this build.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the action asks for on this machine.
pub(super) fn triple() -> String {
    match std::env::consts::OS {
        "linux" => format!("{}-unknown-linux-musl", std::env::consts::ARCH),
        _ => format!("{}-apple-darwin", std::env::consts::ARCH),
    }
}

/// `ci/package` with these arguments.
pub(super) fn package(arguments: &[&str]) -> Ran {
    finish(start(Command::new(root("ci/package")).args(arguments)))
}

/// The name of the archive, without `.tar.gz`.
pub(super) fn name() -> String {
    format!("yamux-conform-{VERSION}-{}", triple())
}

/// The folder of all releases, with this build in it. It is packed once.
pub(super) fn releases() -> &'static Path {
    static RELEASES: OnceLock<TempDir> = OnceLock::new();
    let folder = RELEASES.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let release = folder.path().join(format!("v{VERSION}"));
        let release = release.to_str().expect("a path in UTF-8");
        let binary = env!("CARGO_BIN_EXE_yamux-conform");
        package(&["archive", binary, &triple(), release]).assert_code(0).assert_stdout(&name());
        package(&["sums", release]).assert_code(0).assert_stdout(&name());
        folder
    });
    folder.path()
}

/// A copy of the releases in which the checksum is that of another file.
pub(super) fn with_wrong_checksum() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let release = folder.path().join(format!("v{VERSION}"));
    fs::create_dir(&release).expect("a folder");
    let archive = format!("{}.tar.gz", name());
    let original = releases().join(format!("v{VERSION}")).join(&archive);
    std::os::unix::fs::symlink(original, release.join(&archive)).expect("a link");
    let sums = format!("{}  {archive}\n", "0".repeat(64));
    fs::write(release.join("SHA256SUMS"), sums).expect("it can be written");
    folder
}

/// A web server for a folder, on the loopback; it ends with the tests.
pub(super) fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A client that hangs up early is no trouble of the server.
            let _ = answer(stream, &folder);
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&body)
}
