//! Tasks that wait for the same thing: which of them is woken, and what happens to a call that is dropped.

use super::*;

/// A session whose backlog of one is used up by stream 1.
async fn full() -> (Control, Spawn<Driver<DuplexStream>>, DuplexStream, StreamHandle) {
    let (control, mut driver, mut far) = asleep(Config { accept_backlog: 1, ..timeless() });
    let stream = opened(&control, &mut driver, &mut far).await;
    (control, driver, far, stream)
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_wakes_one_opener_and_each_in_turn() {
    let (control, mut driver, mut far, _first) = full().await;
    let mut openers: Vec<_> = (0..50).map(|_| task::spawn(control.open())).collect();
    for opener in &mut openers {
        assert_pending!(opener.poll());
    }
    let mut handles = Vec::new();
    for (number, opener) in openers.iter_mut().enumerate() {
        far.write_all(&window(Flags::ACK, 2 * number as u32 + 1, 0)).await.unwrap();
        assert_pending!(driver.poll());
        assert!(opener.is_woken(), "opener {number} is the next");
        handles.push(assert_ready_ok!(opener.poll()));
        assert_pending!(driver.poll());
    }
}

#[tokio::test(start_paused = true)]
async fn others_sleep_while_one_is_woken() {
    let (control, mut driver, mut far, _first) = full().await;
    let mut openers: Vec<_> = (0..50).map(|_| task::spawn(control.open())).collect();
    for opener in &mut openers {
        assert_pending!(opener.poll());
    }
    far.write_all(&window(Flags::ACK, 1, 0)).await.unwrap();
    assert_pending!(driver.poll());
    assert_eq!(openers.iter().filter(|opener| opener.is_woken()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_opener_or_accepter_that_gives_up_passes_its_call_on() {
    let (control, mut driver, mut far, _first) = full().await;
    let (mut gone, mut next) = (task::spawn(control.open()), task::spawn(control.open()));
    assert_pending!(gone.poll());
    assert_pending!(next.poll());
    far.write_all(&window(Flags::ACK, 1, 0)).await.unwrap();
    assert_pending!(driver.poll());
    assert!(gone.is_woken() && !next.is_woken());
    drop(gone);
    assert!(next.is_woken());
    drop(assert_ready_ok!(next.poll()));

    let (mut gone, mut next) = (task::spawn(control.accept()), task::spawn(control.accept()));
    assert_pending!(gone.poll());
    assert_pending!(next.poll());
    far.write_all(&window(Flags::SYN, 2, 0)).await.unwrap();
    assert_pending!(driver.poll());
    assert!(gone.is_woken() && !next.is_woken());
    drop(gone);
    assert!(next.is_woken());
    assert_eq!(assert_ready_ok!(next.poll()).id(), StreamId(2));
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_is_not_left_behind_by_one_that_came_later() {
    let (control, mut driver, mut far, _first) = full().await;
    let (mut early, mut late) = (task::spawn(control.open()), task::spawn(control.open()));
    assert_pending!(early.poll());
    far.write_all(&window(Flags::ACK, 1, 0)).await.unwrap();
    assert_pending!(driver.poll());
    assert!(early.is_woken());
    // It takes the place of the task that was called.
    let second = assert_ready_ok!(late.poll());
    assert_pending!(early.poll());
    assert_pending!(driver.poll());
    far.write_all(&window(Flags::ACK, second.id().0, 0)).await.unwrap();
    assert_pending!(driver.poll());
    assert!(early.is_woken());
    drop(assert_ready_ok!(early.poll()));
}

#[tokio::test(start_paused = true)]
async fn who_never_waited_calls_nobody() {
    let (control, mut driver, mut far) = asleep(timeless());
    let mut accepters: Vec<_> = (0..2).map(|_| task::spawn(control.accept())).collect();
    for accepter in &mut accepters {
        assert_pending!(accepter.poll());
    }
    far.write_all(&[window(Flags::SYN, 2, 0), window(Flags::SYN, 4, 0)].concat()).await.unwrap();
    assert_pending!(driver.poll());
    let _taken = control.accept().await.unwrap();
    assert!(accepters[0].is_woken() && !accepters[1].is_woken());
    drop(assert_ready_ok!(accepters[0].poll()));
    assert_pending!(accepters[1].poll());

    let (control, mut driver, mut far) = asleep(Config { accept_backlog: 2, ..timeless() });
    let _first = opened(&control, &mut driver, &mut far).await;
    let _second = opened(&control, &mut driver, &mut far).await;
    let mut openers: Vec<_> = (0..2).map(|_| task::spawn(control.open())).collect();
    for opener in &mut openers {
        assert_pending!(opener.poll());
    }
    far.write_all(&[window(Flags::ACK, 1, 0), window(Flags::ACK, 3, 0)].concat()).await.unwrap();
    assert_pending!(driver.poll());
    let _taken = control.open().await.unwrap();
    assert!(openers[0].is_woken() && !openers[1].is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_go_away_and_the_end_release_everybody() {
    let (control, mut driver, mut far, _first) = full().await;
    let mut openers: Vec<_> = (0..3).map(|_| task::spawn(control.open())).collect();
    let mut accepters: Vec<_> = (0..3).map(|_| task::spawn(control.accept())).collect();
    for opener in &mut openers {
        assert_pending!(opener.poll());
    }
    for accepter in &mut accepters {
        assert_pending!(accepter.poll());
    }
    far.write_all(&frame(FrameType::GoAway, Flags::NONE, 0, 0)).await.unwrap();
    assert_pending!(driver.poll());
    for opener in &mut openers {
        assert!(opener.is_woken());
        assert_eq!(assert_ready_err!(opener.poll()), Error::RemoteGoAway);
    }
    drop(control.close());
    for accepter in &mut accepters {
        assert!(accepter.is_woken());
        assert_eq!(assert_ready_err!(accepter.poll()), Error::SessionShutdown);
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_end_and_gives_up_leaves_nothing_behind() {
    let (control, _driver, _far, _first) = full().await;
    for _ in 0..100 {
        assert_pending!(task::spawn(control.closed()).poll());
    }
    assert_eq!(control.shared().lock().waiting_for_the_end(), 0);
}

/// A stream that is always ready must not starve the runtime's timers.
#[tokio::test]
async fn a_reader_of_single_bytes_lets_timers_run() {
    let (near, far) = duplex(1 << 20);
    let (client, driver) = connect(near, Side::Client, timeless());
    tokio::spawn(driver);
    let (server, driver) = connect(far, Side::Server, timeless());
    tokio::spawn(driver);
    let mut writer = client.open().await.unwrap();
    let mut reader = server.accept().await.unwrap();
    writer.write_all(&[7; 200_000]).await.unwrap();
    let ticks = Arc::new(AtomicUsize::new(0));
    let ticking = tokio::spawn({
        let ticks = Arc::clone(&ticks);
        async move {
            loop {
                tokio::task::yield_now().await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    for _ in 0..200_000 {
        assert_eq!(reader.read_u8().await.unwrap(), 7);
    }
    ticking.abort();
    let ticks = ticks.load(Ordering::Relaxed);
    assert!(ticks > 500, "another task ran {ticks} times beside 200,000 reads");
}
