//! A raw yamux peer for the programs of these pages: it writes the frames that it is told, and prints those that come.
#![allow(dead_code, unused_imports)]
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
pub use tokio_util::compat::TokioAsyncReadCompatExt;

pub const DATA: u8 = 0;
pub const WINDOW_UPDATE: u8 = 1;
pub const PING: u8 = 2;
pub const GO_AWAY: u8 = 3;
pub const SYN: u8 = 1;
pub const ACK: u8 = 2;
pub const FIN: u8 = 4;
pub const RST: u8 = 8;

/// The two ends of a connection over TCP: that of the library, and the raw one.
pub async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let library = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (library, listener.accept().await.unwrap().0)
}

/// Writes one frame; `length` is its Length field, `body` what follows the header.
pub async fn send(peer: &mut TcpStream, kind: u8, flags: u8, id: u32, length: u32, body: &[u8]) {
    let mut frame = vec![0, kind, 0, flags];
    frame.extend(id.to_be_bytes());
    frame.extend(length.to_be_bytes());
    frame.extend(body);
    peer.write_all(&frame).await.unwrap();
}

/// Prints every frame until none has come for `ms` milliseconds; runs of data that carry no flag as one sum.
pub async fn show(peer: &mut TcpStream, ms: u64) {
    let mut data = 0;
    loop {
        let mut header = [0; 12];
        let read = tokio::time::timeout(Duration::from_millis(ms), peer.read_exact(&mut header));
        let came = read.await;
        let [_, kind, _, flags, ..] = header;
        let id = u32::from_be_bytes(header[4..8].try_into().unwrap());
        let length = u32::from_be_bytes(header[8..].try_into().unwrap());
        let is_plain_data = matches!(came, Ok(Ok(_))) && kind == DATA && flags == 0;
        if data > 0 && !is_plain_data {
            println!("  peer got DATA - {data} bytes in all");
            data = 0;
        }
        match came {
            Err(_) => return println!("  peer got nothing more for {ms} ms"),
            Ok(Err(error)) => return println!("  peer got the end of the transport: {:?}", error.kind()),
            Ok(Ok(_)) if kind == DATA => {
                peer.read_exact(&mut vec![0; length as usize]).await.unwrap();
            }
            Ok(Ok(_)) => {}
        }
        let name = ["DATA", "WINDOW_UPDATE", "PING", "GO_AWAY"][kind as usize];
        let named = [(SYN, "SYN"), (ACK, "ACK"), (FIN, "FIN"), (RST, "RST")];
        let is_set = |(flag, name): &(u8, &'static str)| (flags & flag != 0).then_some(*name);
        let set: Vec<_> = named.iter().filter_map(is_set).collect();
        let set = if set.is_empty() { "-".to_owned() } else { set.join("|") };
        match name {
            "DATA" if is_plain_data => data += length,
            _ => println!("  peer got {name} {set} stream {id} length {length}"),
        }
    }
}
