//! The built-in yamux over real loopback sockets, through its public surface alone.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "live tests use sockets and measure time"
)]

use std::io::ErrorKind;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use yamux_conform::harness::yamux::payload::Pattern;
use yamux_conform::yamux::driver::{Control, StreamHandle, connect};
use yamux_conform::yamux::frame::{
    Decoder, Flags, FrameType, GoAwayCode, Piece, RawHeader, Side, StreamId,
};
use yamux_conform::yamux::session::{Config, EndReason, Error};

/// A connected pair of loopback sockets.
async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (near, far) = (near.unwrap(), far.unwrap().0);
    near.set_nodelay(true).unwrap();
    far.set_nodelay(true).unwrap();
    (near, far)
}

/// The defaults with a change.
fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// Two sessions over sockets, and what stops each one's driver.
async fn pair(config: Config) -> [(Control, AbortHandle); 2] {
    let (near, far) = sockets().await;
    let (client, driver) = connect(near, Side::Client, config.clone());
    let client = (client, tokio::spawn(driver).abort_handle());
    let (server, driver) = connect(far, Side::Server, config);
    [client, (server, tokio::spawn(driver).abort_handle())]
}

/// A stream opened by the client and accepted by the server.
async fn joined(client: &Control, server: &Control) -> (StreamHandle, StreamHandle) {
    let (opened, accepted) = tokio::join!(client.open(), server.accept());
    (opened.unwrap(), accepted.unwrap())
}

/// What must happen soon, or the test has found a hang.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), what).await.expect("this should take milliseconds")
}

#[tokio::test]
async fn a_mebibyte_comes_back_on_each_of_many_streams() {
    let [(client, _), (server, _)] = pair(Config::default()).await;
    tokio::spawn(async move {
        while let Ok(stream) = server.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = tokio::io::split(stream);
                tokio::io::copy(&mut read, &mut write).await.unwrap();
                write.shutdown().await.unwrap();
            });
        }
    });
    let mut echoes = JoinSet::new();
    for seed in 0..32 {
        let stream = client.open().await.unwrap();
        echoes.spawn(async move {
            let sent = Pattern::new(seed).bytes(1 << 20);
            let (mut read, mut write) = tokio::io::split(stream);
            let mut back = Vec::new();
            let send = async {
                write.write_all(&sent).await.unwrap();
                write.shutdown().await.unwrap();
            };
            let (read, ()) = tokio::join!(read.read_to_end(&mut back), send);
            read.unwrap();
            assert!(sent == back, "stream {seed} brought other bytes back");
        });
    }
    soon(echoes.join_all()).await;
    assert_eq!(client.live_streams(), 0);
    assert_eq!(soon(client.close()).await, EndReason::Closed);
}

#[tokio::test]
async fn either_end_may_finish_first() {
    let [(client, _), (server, _)] = pair(Config::default()).await;
    for client_first in [true, false] {
        let (mut opened, mut accepted) = joined(&client, &server).await;
        let (first, second) =
            if client_first { (&mut opened, &mut accepted) } else { (&mut accepted, &mut opened) };
        first.write_all(b"question").await.unwrap();
        first.shutdown().await.unwrap();
        let mut question = String::new();
        soon(second.read_to_string(&mut question)).await.unwrap();
        assert_eq!(question, "question");
        second.write_all_bytes(Pattern::new(1).bytes(100_000)).await.unwrap();
        second.shutdown().await.unwrap();
        let mut answer = Vec::new();
        while let Some(piece) = soon(first.read_bytes(usize::MAX)).await.unwrap() {
            answer.extend_from_slice(&piece);
        }
        assert!(answer == Pattern::new(1).bytes(100_000));
        let error = first.write(b"late").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
    assert_eq!((client.live_streams(), server.live_streams()), (0, 0));
}

#[tokio::test]
async fn the_writer_of_issue_133_learns_at_once_when_the_reader_is_gone() {
    for drops in [true, false] {
        let [(client, _), (server, _)] = pair(config(|config| config.close_resets = true)).await;
        let (mut writer, mut reader) = joined(&client, &server).await;
        let began = Instant::now();
        let writing = async {
            loop {
                if let Err(error) = writer.write_all(&[7; 65_536]).await {
                    return error;
                }
            }
        };
        let reading = async {
            let mut message = vec![0; 65_536];
            for _ in 0..5 {
                reader.read_exact(&mut message).await.unwrap();
            }
            if drops {
                drop(reader);
                None
            } else {
                reader.close().unwrap();
                Some(reader)
            }
        };
        let (error, _reader) = soon(async { tokio::join!(writing, reading) }).await;
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(began.elapsed() < Duration::from_secs(5), "not after the close timeout");
        let pong = soon(client.ping()).await;
        assert!(pong.is_ok(), "the session goes on");
    }
}

#[tokio::test]
async fn closing_the_session_wakes_every_blocked_call_at_both_ends() {
    let [(client, _), (server, _)] = pair(Config::default()).await;
    let (opened, accepted) = joined(&client, &server).await;
    let mut blocked = JoinSet::new();
    for stream in [opened, accepted] {
        let (mut read, mut write) = tokio::io::split(stream);
        blocked.spawn(async move { !matches!(read.read(&mut [0; 10]).await, Ok(0)) });
        blocked.spawn(async move { write.write_all(&[0; 1_000_000]).await.is_err() });
    }
    for control in [client.clone(), server.clone()] {
        blocked.spawn(async move { control.accept().await.is_err() });
    }
    tokio::task::yield_now().await;
    // The readers get what was written before or an error, never an end of stream: nobody sent FIN.
    assert_eq!(soon(client.close()).await, EndReason::Closed);
    assert_eq!(soon(server.closed()).await, EndReason::TransportEof);
    let ended = soon(blocked.join_all()).await;
    assert_eq!(ended, [true; 6]);
    assert_eq!(client.open().await.unwrap_err(), Error::SessionShutdown);
    assert_eq!(server.ping().await.unwrap_err(), Error::SessionShutdown);
}

#[tokio::test]
async fn what_was_written_before_the_close_arrives() {
    let [(client, _), (server, _)] = pair(Config::default()).await;
    let (mut opened, mut accepted) = joined(&client, &server).await;
    opened.write_all(&Pattern::new(3).bytes(200_000)).await.unwrap();
    assert_eq!(soon(client.close()).await, EndReason::Closed);
    let mut read = Vec::new();
    let error = soon(accepted.read_to_end(&mut read)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted, "the stream was not finished");
    assert!(read == Pattern::new(3).bytes(200_000));
}

#[tokio::test]
async fn a_transport_that_is_cut_ends_everything() {
    let [(client, abort), (server, _)] = pair(Config::default()).await;
    let (mut opened, mut accepted) = joined(&client, &server).await;
    abort.abort();
    let error = soon(accepted.read(&mut [0; 10])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted, "no end of stream without FIN");
    assert!(soon(opened.write(b"x")).await.is_err());
    assert_eq!(soon(client.closed()).await, EndReason::TransportFailed);
    let reason = soon(server.closed()).await;
    assert!(matches!(reason, EndReason::TransportEof | EndReason::TransportFailed), "{reason}");
    assert!(soon(server.accept()).await.is_err());
}

#[tokio::test]
async fn the_go_away_for_a_violation_is_read_even_though_input_was_not() {
    let (raw, far) = sockets().await;
    let (_control, driver) = connect(far, Side::Server, Config::default());
    let driver = tokio::spawn(driver);
    let (mut read, mut write) = raw.into_split();
    let syn = RawHeader::new(FrameType::WindowUpdate, Flags::SYN, StreamId(1), 0).encode();
    // The second SYN is the violation; what follows it is never read by the session.
    let mut bytes = [syn, syn].concat();
    bytes.extend_from_slice(&[0; 500_000]);
    let send = async {
        // The other end may close while this is on its way.
        let _ = write.write_all(&bytes).await;
    };
    let mut seen = Vec::new();
    let (result, ()) = soon(async { tokio::join!(read.read_to_end(&mut seen), send) }).await;
    result.unwrap();
    let mut seen = Bytes::from(seen);
    let header = match Decoder::default().decode(&mut seen) {
        Some(Piece::Header(header)) => header,
        other => panic!("expected a go-away, found {other:?}"),
    };
    assert_eq!(header.lawful_type(), Some(FrameType::GoAway));
    assert_eq!(GoAwayCode::from_number(header.length), GoAwayCode::ProtocolError);
    assert!(seen.is_empty(), "nothing follows the go-away");
    drop(write);
    assert!(matches!(soon(driver).await.unwrap(), EndReason::Violation(_)));
}

#[tokio::test]
async fn more_streams_than_the_backlog_open_as_they_are_accepted() {
    let [(client, _), (server, _)] = pair(config(|config| config.accept_backlog = 4)).await;
    let accepting = tokio::spawn(async move {
        let mut streams = Vec::new();
        while streams.len() < 100 {
            streams.push(server.accept().await.unwrap());
        }
        streams.len()
    });
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(soon(client.open()).await.unwrap());
    }
    assert_eq!(soon(accepting).await.unwrap(), 100);
}

/// Runs a future on a thread and runtime of its own.
fn on_its_own_thread<F>(what: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    std::thread::spawn(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(soon(what))
    })
}

#[test]
fn no_wake_up_is_lost_between_threads() {
    // Small windows of everything, so that every call blocks often; both drivers and both applications run at once.
    let config = config(|config| {
        config.send_buffer = 2000;
        config.accept_backlog = 2;
    });
    for round in 0..20 {
        let (near, far) = tokio::io::duplex(100 + 700 * round);
        let (client, client_driver) = connect(near, Side::Client, config.clone());
        let (server, server_driver) = connect(far, Side::Server, config.clone());
        let drivers = [on_its_own_thread(client_driver), on_its_own_thread(server_driver)];
        let serving = on_its_own_thread(async move {
            let mut echoes = JoinSet::new();
            for _ in 0..6 {
                let stream = server.accept().await.unwrap();
                echoes.spawn(async move {
                    let (mut read, mut write) = tokio::io::split(stream);
                    tokio::io::copy(&mut read, &mut write).await.unwrap();
                    write.shutdown().await.unwrap();
                });
            }
            echoes.join_all().await;
            server.closed().await
        });
        let asking = on_its_own_thread(async move {
            let mut streams = JoinSet::new();
            for seed in 0..6 {
                let stream = client.open().await.unwrap();
                streams.spawn(echo_in_small_pieces(stream, seed));
            }
            streams.join_all().await;
            client.ping().await.unwrap();
            client.close().await
        });
        assert_eq!(asking.join().unwrap(), EndReason::Closed);
        assert_eq!(serving.join().unwrap(), EndReason::TransportEof);
        let reasons = drivers.map(|driver| driver.join().unwrap());
        assert_eq!(reasons, [EndReason::Closed, EndReason::TransportEof]);
    }
}

/// Writes a pattern in pieces of all sizes, some of them awaited before the next, and checks what comes back.
async fn echo_in_small_pieces(mut stream: StreamHandle, seed: u32) {
    let sent = Pattern::new(seed).bytes(40_000);
    let mut rest = sent.clone();
    let mut back = Vec::new();
    let mut size = 1;
    while !rest.is_empty() {
        let piece = rest.split_to(size.min(rest.len()));
        stream.write_all_bytes(piece).await.unwrap();
        size = size * 3 % 5003 + 1;
        while back.len() + 5000 < sent.len() - rest.len() {
            back.extend_from_slice(&stream.read_bytes(3000).await.unwrap().unwrap());
        }
    }
    stream.half_close().unwrap();
    while let Some(piece) = stream.read_bytes(3000).await.unwrap() {
        back.extend_from_slice(&piece);
    }
    assert!(back == sent);
}

/// A figure for people, and a floor that only a blunder would miss: `cargo test --release --test driver -- --ignored
/// --nocapture`.
#[tokio::test]
#[ignore = "moves gigabytes; worth its time only in release builds"]
async fn throughput_of_one_stream() {
    for (size, total) in [(65_536, 2usize << 30), (1024, 512 << 20)] {
        for zero_copy in [false, true] {
            let [(client, _), (server, _)] = pair(Config::default()).await;
            let (mut writer, mut reader) = joined(&client, &server).await;
            let began = Instant::now();
            let write = async move {
                let message = Bytes::from(vec![7; size]);
                for _ in 0..total / size {
                    if zero_copy {
                        writer.write_all_bytes(message.clone()).await.unwrap();
                    } else {
                        writer.write_all(&message).await.unwrap();
                    }
                }
                writer.shutdown().await.unwrap();
            };
            let read = async move {
                let (mut sum, mut buf) = (0, vec![0; 65_536]);
                loop {
                    let len = if zero_copy {
                        reader.read_bytes(usize::MAX).await.unwrap().map_or(0, |piece| piece.len())
                    } else {
                        reader.read(&mut buf).await.unwrap()
                    };
                    sum += len;
                    if len == 0 {
                        return sum;
                    }
                }
            };
            let (read, write) = (tokio::spawn(read), tokio::spawn(write));
            assert_eq!(read.await.unwrap(), total);
            write.await.unwrap();
            let rate = total as f64 / (1 << 20) as f64 / began.elapsed().as_secs_f64();
            println!("{size} B writes, zero-copy {zero_copy}: {rate:.0} MiB/s");
            assert!(rate > 100.0);
        }
    }
}
