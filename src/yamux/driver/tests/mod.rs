//! Which tasks are woken when, byte by byte against a scripted transport; and two drivers over tiny pipes.

mod transports;
mod waiting;

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_test::io::Builder;
use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok};

use super::*;
use crate::yamux::driver::tests::transports::{Counting, OpensInFlush};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
use crate::yamux::payload::Pattern;
use crate::yamux::session::{EndReason, Error};

fn frame(kind: FrameType, flags: Flags, id: u32, length: u32) -> [u8; 12] {
    RawHeader::new(kind, flags, StreamId(id), length).encode()
}

fn window(flags: Flags, id: u32, credit: u32) -> [u8; 12] {
    frame(FrameType::WindowUpdate, flags, id, credit)
}

fn data(flags: Flags, id: u32, body: &[u8]) -> Vec<u8> {
    [&frame(FrameType::Data, flags, id, body.len() as u32), body].concat()
}

/// No timers except those that a test asks for.
fn timeless() -> Config {
    Config {
        keep_alive_interval: None,
        stream_open_timeout: None,
        stream_close_timeout: None,
        ..Config::default()
    }
}

/// A sleeping driver, and the far end of its transport.
fn asleep(config: Config) -> (Control, Spawn<Driver<DuplexStream>>, DuplexStream) {
    let (near, far) = duplex(1 << 20);
    let (control, driver) = connect(near, Side::Client, config);
    let mut driver = task::spawn(driver);
    assert_pending!(driver.poll());
    assert!(!driver.is_woken());
    (control, driver, far)
}

/// A stream of ours: its SYN was read at the far end, and the driver sleeps again.
async fn opened(
    control: &Control,
    driver: &mut Spawn<Driver<DuplexStream>>,
    far: &mut DuplexStream,
) -> StreamHandle {
    let stream = control.open().await.unwrap();
    assert!(driver.is_woken());
    assert_pending!(driver.poll());
    far.read_exact(&mut [0; 12]).await.unwrap();
    stream
}

#[tokio::test(start_paused = true)]
async fn a_request_is_byte_for_byte_what_the_protocol_says() {
    let io = Builder::new()
        .write(&window(Flags::SYN, 1, 0))
        .write(&data(Flags::NONE, 1, b"request"))
        .write(&window(Flags::FIN, 1, 0))
        .read(&window(Flags::ACK, 1, 0))
        .read(&data(Flags::FIN, 1, b"answer")[..15])
        .read(&data(Flags::FIN, 1, b"answer")[15..])
        .write(&frame(FrameType::GoAway, Flags::NONE, 0, 0))
        .build();
    let (control, driver) = connect(io, Side::Client, timeless());
    let driver = tokio::spawn(driver);
    let mut stream = control.open().await.unwrap();
    stream.write_all(b"request").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "answer");
    drop(stream);
    assert_eq!(control.close().await, EndReason::Closed);
    assert_eq!(driver.await.unwrap(), EndReason::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_open_with_a_large_window_wakes_the_driver() {
    let (control, mut driver, mut far) = asleep(Config { max_window: 1 << 20, ..timeless() });
    let _stream = control.open().await.unwrap();
    assert!(driver.is_woken());
    assert_pending!(driver.poll());
    let mut syn = [0; 12];
    far.read_exact(&mut syn).await.unwrap();
    assert_eq!(syn, window(Flags::SYN, 1, 786_432));
}

#[tokio::test(start_paused = true)]
async fn the_driver_is_woken_by_the_first_write_only() {
    let (control, mut driver, mut far) = asleep(timeless());
    let mut stream = opened(&control, &mut driver, &mut far).await;
    stream.write_all(b"one").await.unwrap();
    assert!(driver.is_woken());
    let slept = control_sleeps(&control);
    stream.write_all(b"two").await.unwrap();
    assert!(!slept, "the driver's waker is gone with the first write");
    assert_pending!(driver.poll());
    assert!(control_sleeps(&control));
    let mut seen = vec![0; 30];
    far.read_exact(&mut seen).await.unwrap();
    assert_eq!(seen, [data(Flags::NONE, 1, b"one"), data(Flags::NONE, 1, b"two")].concat());
}

/// Whether the driver has stored its waker.
fn control_sleeps(control: &Control) -> bool {
    control.shared().lock().driver.is_some()
}

#[tokio::test(start_paused = true)]
async fn every_command_that_has_something_to_say_wakes_the_driver() {
    let (control, mut driver, mut far) = asleep(timeless());
    let mut stream = opened(&control, &mut driver, &mut far).await;
    let mut expect = async |driver: &mut Spawn<Driver<DuplexStream>>, frame: [u8; 12]| {
        assert!(driver.is_woken());
        assert_pending!(driver.poll());
        let mut seen = [0; 12];
        far.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, frame);
    };
    stream.half_close().unwrap();
    expect(&mut driver, window(Flags::FIN, 1, 0)).await;
    stream.reset().unwrap();
    expect(&mut driver, window(Flags::RST, 1, 0)).await;
    let shared = control.clone();
    let mut ping = task::spawn(shared.ping());
    assert_pending!(ping.poll());
    expect(&mut driver, frame(FrameType::Ping, Flags::SYN, 0, 0)).await;
    control.go_away(GoAwayCode::Normal).unwrap();
    expect(&mut driver, frame(FrameType::GoAway, Flags::NONE, 0, 0)).await;
    // No frame follows the go-away that was sent before: the end alone must wake the driver.
    let mut close = task::spawn(control.close());
    assert!(driver.is_woken());
    assert_pending!(driver.poll(), "it lingers until the peer closes too");
    assert_eq!(assert_ready!(close.poll()), EndReason::Closed);
    drop(far);
    assert!(driver.is_woken());
    assert_eq!(assert_ready!(driver.poll()), EndReason::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_reader_and_a_writer_of_one_stream_wake_separately() {
    let (control, mut driver, mut far) = asleep(timeless());
    let stream = opened(&control, &mut driver, &mut far).await;
    let (mut reading, mut writing) = tokio::io::split(stream);
    writing.write_all(&[1; 262_144]).await.unwrap();
    assert_pending!(driver.poll());
    far.read_exact(&mut vec![0; 262_156]).await.unwrap();
    let mut buf = [0; 10];
    let mut read = task::spawn(reading.read(&mut buf));
    let mut write = task::spawn(writing.write(b"more"));
    assert_pending!(driver.poll());
    assert_pending!(read.poll());
    assert_pending!(write.poll());
    far.write_all(&window(Flags::NONE, 1, 2)).await.unwrap();
    assert!(driver.is_woken());
    assert_pending!(driver.poll());
    assert!(write.is_woken() && !read.is_woken());
    assert_eq!(assert_ready_ok!(write.poll()), 2);
    far.write_all(&data(Flags::NONE, 1, b"hello")).await.unwrap();
    assert_pending!(driver.poll());
    assert!(read.is_woken());
    assert_eq!(assert_ready_ok!(read.poll()), 5);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_transport_wakes_everybody() {
    let (control, mut driver, mut far) = asleep(Config { accept_backlog: 1, ..timeless() });
    let stream = opened(&control, &mut driver, &mut far).await;
    let (mut reading, mut writing) = tokio::io::split(stream);
    writing.write_all(&[1; 262_144]).await.unwrap();
    let mut buf = [0; 10];
    let mut read = task::spawn(reading.read(&mut buf));
    let mut write = task::spawn(writing.write(b"more"));
    let mut accept = task::spawn(control.accept());
    let mut open = task::spawn(control.open());
    let mut ping = task::spawn(control.ping());
    let mut closed = task::spawn(control.closed());
    assert_pending!(read.poll());
    assert_pending!(write.poll());
    assert_pending!(accept.poll());
    assert_pending!(open.poll());
    assert_pending!(ping.poll());
    assert_pending!(closed.poll());
    drop(far);
    assert_eq!(assert_ready!(driver.poll()), EndReason::TransportEof);
    // Without the peer's FIN this is not the end of the stream.
    assert_eq!(assert_ready_err!(read.poll()).kind(), io::ErrorKind::ConnectionAborted);
    assert_eq!(assert_ready_err!(write.poll()).kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(assert_ready_err!(accept.poll()), Error::Eof);
    assert_eq!(assert_ready_err!(open.poll()), Error::SessionShutdown);
    assert_eq!(assert_ready_err!(ping.poll()), Error::SessionShutdown);
    assert_eq!(assert_ready!(closed.poll()), EndReason::TransportEof);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_driver_ends_the_session_for_all() {
    let (control, driver, _far) = asleep(timeless());
    let mut accept = task::spawn(control.accept());
    assert_pending!(accept.poll());
    drop(driver);
    assert!(accept.is_woken());
    assert_eq!(assert_ready_err!(accept.poll()), Error::Transport);
    assert_eq!(control.closed().await, EndReason::TransportFailed);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_closes_the_session() {
    let (control, mut driver, mut far) = asleep(timeless());
    let stream = opened(&control, &mut driver, &mut far).await;
    drop(control);
    assert!(!driver.is_woken());
    drop(stream);
    assert!(driver.is_woken());
    assert_pending!(driver.poll());
    let mut seen = vec![0; 24];
    far.read_exact(&mut seen).await.unwrap();
    let go_away = frame(FrameType::GoAway, Flags::NONE, 0, 0);
    assert_eq!(seen, [window(Flags::FIN, 1, 0), go_away].concat());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_handle_answers_late_data_with_rst() {
    let (control, mut driver, mut far) = asleep(timeless());
    drop(opened(&control, &mut driver, &mut far).await);
    far.write_all(&data(Flags::NONE, 1, b"late")).await.unwrap();
    assert_pending!(driver.poll());
    let mut seen = vec![0; 24];
    far.read_exact(&mut seen).await.unwrap();
    assert_eq!(seen, [window(Flags::FIN, 1, 0), window(Flags::RST, 1, 0)].concat());
    assert_eq!(control.live_streams(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_handle_says_nothing() {
    let (control, mut driver, mut far) = asleep(timeless());
    opened(&control, &mut driver, &mut far).await.forget();
    assert!(!driver.is_woken());
    far.write_all(&data(Flags::NONE, 1, b"late")).await.unwrap();
    assert_pending!(driver.poll());
    assert_eq!(control.live_streams(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handle_whose_number_was_used_again_touches_nothing() {
    let (near, mut far) = duplex(1 << 20);
    let (control, driver) = connect(near, Side::Server, timeless());
    let mut driver = task::spawn(driver);
    far.write_all(&window(Flags::SYN | Flags::FIN, 1, 0)).await.unwrap();
    assert_pending!(driver.poll());
    let mut old = control.accept().await.unwrap();
    old.half_close().unwrap();
    far.write_all(&data(Flags::SYN, 1, b"new")).await.unwrap();
    assert_pending!(driver.poll());
    let mut new = control.accept().await.unwrap();
    assert_eq!(old.read_bytes(10).await, Err(Error::UnknownStream));
    assert_eq!(old.reset(), Err(Error::UnknownStream));
    drop(old);
    assert_eq!(new.read_bytes(10).await, Ok(Some(Bytes::from_static(b"new"))));
    assert_eq!(new.write_bytes(&mut Bytes::from_static(b"fine")).await, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_or_late() {
    let (control, mut driver, mut far) = asleep(timeless());
    let mut ping = task::spawn(control.ping());
    assert_pending!(ping.poll());
    assert_pending!(driver.poll());
    tokio::time::advance(Duration::from_millis(20)).await;
    far.write_all(&frame(FrameType::Ping, Flags::ACK, 0, 0)).await.unwrap();
    assert_pending!(driver.poll());
    assert!(ping.is_woken());
    assert_eq!(assert_ready_ok!(ping.poll()), Duration::from_millis(20));
    drop(ping);

    let mut ping = task::spawn(control.ping());
    assert_pending!(ping.poll());
    assert_pending!(driver.poll());
    tokio::time::advance(Duration::from_secs(11)).await;
    assert!(driver.is_woken());
    assert_pending!(driver.poll());
    assert_eq!(assert_ready_err!(ping.poll()), Error::ConnectionWriteTimeout);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_takes_nothing_fails_writes_and_does_not_hold_up_the_close() {
    let (near, _far) = duplex(100);
    let (control, driver) = connect(near, Side::Client, Config { send_buffer: 1000, ..timeless() });
    let driver = tokio::spawn(driver);
    let mut stream = control.open().await.unwrap();
    let error = stream.write_all(&[0; 100_000]).await.and(stream.write_all(b"more").await);
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(control.end_reason(), None);
    assert_eq!(control.close().await, EndReason::Closed);
    assert_eq!(driver.await.unwrap(), EndReason::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_keep_alive_without_a_pong_ends_the_driver() {
    let (near, _far) = duplex(1000);
    let (control, driver) = connect(near, Side::Client, Config::default());
    let began = tokio::time::Instant::now();
    assert_eq!(driver.await, EndReason::KeepaliveTimeout);
    assert_eq!(began.elapsed().as_secs(), 40);
    assert_eq!(control.accept().await.unwrap_err(), Error::KeepaliveTimeout);
}

#[tokio::test(start_paused = true)]
async fn reading_goes_on_once_the_pongs_are_out() {
    let (_control, mut driver, mut far) = asleep(timeless());
    let flood: Vec<u8> =
        (0..6000).flat_map(|value| frame(FrameType::Ping, Flags::SYN, 0, value)).collect();
    far.write_all(&flood).await.unwrap();
    assert_pending!(driver.poll());
    far.read_exact(&mut vec![0; flood.len()]).await.unwrap();
    far.write_all(&flood[..12]).await.unwrap();
    assert!(driver.is_woken());
    assert_pending!(driver.poll());
    far.read_exact(&mut [0; 12]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_command_while_the_driver_goes_to_sleep_is_not_left_lying() {
    let (near, mut far) = duplex(1 << 20);
    let slot = Arc::new(Mutex::new(None));
    let io = Counting { io: near, writes: Arc::default() };
    let io = OpensInFlush { io, control: Arc::clone(&slot), flushes: 0 };
    // The keep-alive is due long before the write timeout, so that no other deadline wakes the driver.
    let config =
        Config { connection_write_timeout: Duration::from_secs(3600), ..Config::default() };
    let (control, driver) = connect(io, Side::Client, config);
    *slot.lock().unwrap() = Some(control.clone());
    let mut driver = task::spawn(driver);
    let _stream = control.open().await.unwrap();
    assert_pending!(driver.poll());
    let mut syns = [0; 24];
    assert_ready_ok!(task::spawn(far.read_exact(&mut syns)).poll());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_pings_nobody_reads_the_answers_of_stops_the_reading() {
    let (near, far) = duplex(1000);
    let (control, driver) = connect(near, Side::Server, timeless());
    tokio::spawn(driver);
    let (mut reading, mut writing) = tokio::io::split(far);
    let flood: Vec<u8> =
        (0..100_000).flat_map(|value| frame(FrameType::Ping, Flags::SYN, 0, value)).collect();
    let mut write = task::spawn(writing.write_all(&flood));
    for _ in 0..10_000 {
        assert_pending!(write.poll());
        tokio::task::yield_now().await;
    }
    let waiting = control.shared().lock().session.output_len();
    assert!(waiting < 200_000, "{waiting} bytes of pongs wait");
    // Once the far end reads, the driver goes on where it stopped.
    let read = async {
        let mut pongs = vec![0; flood.len()];
        reading.read_exact(&mut pongs).await.map(|_| pongs)
    };
    let (written, pongs) = tokio::join!(write, read);
    written.unwrap();
    assert_eq!(pongs.unwrap()[..12], frame(FrameType::Ping, Flags::ACK, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn many_small_frames_and_many_large_ones_share_a_write() {
    let (near, mut far) = duplex(1 << 20);
    let writes = Arc::new(AtomicUsize::new(0));
    let io = Counting { io: near, writes: Arc::clone(&writes) };
    let (control, driver) = connect(io, Side::Client, timeless());
    let mut driver = task::spawn(driver);
    let mut stream = control.open().await.unwrap();
    for _ in 0..200 {
        stream.write_all(&[1; 1024]).await.unwrap();
    }
    assert_pending!(driver.poll());
    assert_eq!(writes.load(Ordering::Relaxed), 3, "200 frames of 1 KiB, some 64 KiB at a time");
    far.read_exact(&mut vec![0; 12 + 200 * 1036]).await.unwrap();
    for _ in 0..7 {
        stream.write_all(&[1; 8192]).await.unwrap();
    }
    assert_pending!(driver.poll());
    assert_eq!(writes.load(Ordering::Relaxed), 4, "7 frames of 8 KiB");
}

#[tokio::test(start_paused = true)]
async fn two_drivers_over_tiny_pipes_lose_no_byte() {
    for size in [1, 7, 64, 5000] {
        let (near, far) = duplex(size);
        let config = Config { send_buffer: 3000, ..timeless() };
        let (client, driver) = connect(near, Side::Client, config.clone());
        let client_driver = tokio::spawn(driver);
        let (server, driver) = connect(far, Side::Server, config);
        let server_driver = tokio::spawn(driver);
        let echo = tokio::spawn(async move {
            for _ in 0..3 {
                let (mut read, mut write) = tokio::io::split(server.accept().await.unwrap());
                tokio::spawn(async move {
                    tokio::io::copy(&mut read, &mut write).await.unwrap();
                    write.shutdown().await.unwrap();
                });
            }
            server.closed().await
        });
        let mut streams = Vec::new();
        for seed in 0..3 {
            streams.push(tokio::spawn(echo_through(client.open().await.unwrap(), seed)));
        }
        for stream in streams {
            stream.await.unwrap();
        }
        assert_eq!(client.close().await, EndReason::Closed);
        assert_eq!(client_driver.await.unwrap(), EndReason::Closed);
        assert_eq!(server_driver.await.unwrap(), EndReason::TransportEof);
        assert_eq!(echo.await.unwrap(), EndReason::TransportEof);
    }
}

/// Sends a pattern and checks that it comes back.
async fn echo_through(mut stream: StreamHandle, seed: u32) {
    let sent = Pattern::new(seed).bytes(30_000);
    let (mut read, mut write) = tokio::io::split(&mut stream);
    let back = async {
        let mut back = Vec::new();
        read.read_to_end(&mut back).await.map(|_| back)
    };
    let send = async {
        write.write_all(&sent).await?;
        write.shutdown().await
    };
    let (back, send) = tokio::join!(back, send);
    send.unwrap();
    assert_eq!(Bytes::from(back.unwrap()), sent);
}
