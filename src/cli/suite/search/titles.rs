//! Titles of bugs that were reported in public, and the scenarios about each: whoever knows the title finds one of them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::suite::search::Searched;
use crate::scenario::load;

/// The place of the first of these scenarios, from 0.
fn place(all: &Searched, title: &str, wanted: &str) -> usize {
    let ids: Vec<&str> = wanted.split(' ').collect();
    for id in &ids {
        assert!(all.scenarios.iter().any(|one| *one.id == **id), "there is no scenario {id}");
    }
    let is_wanted = |id: &str| ids.contains(&id);
    let ranked = all.rank(title);
    ranked.iter().position(|hit| is_wanted(&hit.scenario.id)).expect("it is among all")
}

fn all() -> Searched {
    let library = load(&[PathBuf::from("scenarios")]).expect("right scenarios");
    let scenarios: Vec<_> = library.scenarios.into_iter().map(Arc::new).collect();
    Searched::of(&scenarios, &library.clauses)
}

#[test]
fn the_title_of_a_bug_leads_to_its_scenario() {
    let all = all();
    let places = FOUND.iter().map(|(title, wanted)| (title, place(&all, title, wanted)));
    let missed: Vec<_> = places.filter(|(_, place)| *place >= FIRST).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn of_all_titles_four_in_five_lead_to_their_scenario() {
    let all = all();
    let titles = FOUND.iter().chain(&HARD);
    let hits = titles.clone().filter(|(title, wanted)| place(&all, title, wanted) < FIRST).count();
    assert!(hits * 5 >= titles.count() * 4, "{hits}");
}

/// It is among so many.
const FIRST: usize = 10;

/// Titles with the scenarios of which one must be among the first.
const FOUND: [(&str, &str); 70] = [
    (
        "Writer to a closed peer stalls",
        "half-close/writer-stalls-until-the-close-timeout half-close/closer-resets-a-stalled-writer-at-the-close-timeout half-close/what-unblocks-a-stalled-writer",
    ),
    (
        "StreamCloseTimeout cuts a stream that is still being read, and reports EOF",
        "regressions/half-closed-download-completes half-close/blocked-reader-ends-at-the-close-timeout",
    ),
    (
        "Lost transport, GoAway(1/2), keepalive timeout are read as clean EOF",
        "session-end/eof-is-not-end-of-stream go-away/error-is-not-end-of-stream timeouts/keep-alive-timeout-is-not-end-of-stream session-end/reset-is-not-end-of-stream",
    ),
    (
        "Local Close() does not unblock the own blocked Read",
        "half-close/full-close-ends-its-own-blocked-read",
    ),
    (
        "Write returns success before its bytes are taken; reused buffer goes out",
        "regressions/timed-out-write-sends-its-own-bytes stalled-transport/writes-keep-their-own-bytes",
    ),
    (
        "Timed-out Write is sent anyway and not charged to the window",
        "regressions/timed-out-write-is-charged-to-the-window",
    ),
    (
        "A second FIN kills the whole session",
        "half-close/peers-second-fin-is-ignored regressions/second-fin-leaves-other-streams-alone",
    ),
    (
        "Stream ids are not validated",
        "opening/syn-with-the-wrong-parity opening/syn-on-stream-zero",
    ),
    ("Credit overflow wraps", "flow-control/credit-beyond-32-bits-never-shrinks-the-window"),
    ("One goroutine per inbound ping", "ping/flood-with-unread-pongs"),
    (
        "A frame whose body is withheld blocks Read, deadline included",
        "framing/withheld-body-does-not-block-reads",
    ),
    (
        "Write deadline ignored while queued; Close blocks too",
        "stalled-transport/write-ends-at-its-deadline stalled-transport/own-close-ends-a-blocked-write",
    ),
    (
        "Read returns data together with a write timeout, past its own deadline",
        "stalled-transport/reads-continue stalled-transport/read-ends-at-its-deadline stalled-transport/credit-goes-out-afterwards",
    ),
    ("Session.Close sends no GoAway", "session-end/close-sends-go-away"),
    (
        "GoAway(1) after a violation is lost",
        "opening/syn-with-the-wrong-parity opening/second-syn flow-control/one-byte-beyond-the-window-is-an-error flow-control/frame-longer-than-the-window-is-an-error opening/syn-on-stream-zero opening/syn-with-too-much-data opening/second-syn-before-the-accept opening/second-syn-after-the-peers-fin opening/syn-on-the-subjects-own-stream",
    ),
    (
        "No ACK when FIN overtakes Accept",
        "regressions/early-fin-does-not-lose-the-acknowledgement opening/finished-stream-is-still-acknowledged",
    ),
    ("An extra ACK frees another stream's open credit", "opening/duplicate-ack"),
    (
        "In-flight table leak",
        "opening/refusal-frees-a-slot opening/close-frees-a-slot limits/refused-stream-leaves-nothing-behind",
    ),
    ("A failed open stays registered", "stalled-transport/failed-open-opens-no-stream"),
    ("StreamOpenTimeout closes the whole session", "timeouts/open"),
    ("Keepalive false positive on a slow but live link", "timeouts/keep-alive-on-a-slow-busy-link"),
    ("Data after FIN is accepted", "half-close/data-after-the-peers-fin-does-not-end-the-session"),
    (
        "No RST for DATA on unknown streams",
        "flow-control/data-for-an-unknown-stream-is-skipped regressions/payload-for-an-unknown-stream-is-not-read-as-frames",
    ),
    ("Accept backlog overrun gives RST without reason", "limits/backlog"),
    ("Read returns data plus \"session shutdown\"", "session-end/received-data-stays-readable"),
    (
        "Read after own Close gives EOF at once",
        "half-close/reads-continue-after-half-close half-close/reading-after-half-close-gets-everything half-close/half-close-keeps-reading-where-full-close-resets",
    ),
    (
        "Session.Close returned while the send loop still wrote",
        "session-end/written-data-arrives regressions/last-bytes-arrive-before-the-session-ends stalled-transport/data-goes-out-before-the-session-ends",
    ),
    (
        "Half-closed streams kept for ever",
        "half-close/close-timeout-resets-an-idle-stream half-close/close-timeout-off-never-resets",
    ),
    ("Un-ACKed opens wait for ever", "timeouts/open"),
    (
        "Deadlines do not reach blocked calls",
        "timeouts/read-deadline-while-blocked timeouts/write-deadline-while-blocked timeouts/deadline-of-now-ends-waiting-calls timeouts/deadline-set-while-waiting-ends-a-write",
    ),
    (
        "SYN credit leak: OpenStream hangs after many open+close",
        "opening/close-frees-a-slot limits/opens-by-the-subject opening/ack-after-own-fin-frees-a-slot",
    ),
    (
        "Spurious \"recv window exceeded\" / credit not returned on small reads",
        "flow-control/long-transfer-to-the-subject-completes flow-control/credit-is-for-bytes-read flow-control/credit-comes-once-half-the-window-is-read",
    ),
    (
        "Both sides write, neither reads: mutual deadlock through credit frames",
        "flow-control/two-way-transfer-completes",
    ),
    (
        "Keepalive never detects a dead peer",
        "timeouts/keep-alive-unanswered stalled-transport/keep-alive-ends-the-session stalled-transport/keep-alive-ends-the-session-inside-a-body",
    ),
    (
        "Writer or reader misses the wake-up when the session dies",
        "session-end/eof-releases-every-call session-end/reset-releases-every-call session-end/own-close-releases-every-call",
    ),
    (
        "SYN burst beyond backlog reset instead of waiting",
        "opening/backlog-bounds-opens limits/backlog",
    ),
    ("GoAway(0) kills live streams", "go-away/streams-continue"),
    (
        "Close leaves the peer's writer blocked for ever; CloseRead tells the peer nothing",
        "half-close/what-unblocks-a-stalled-writer half-close/full-close-ends-the-peers-stalled-write half-close/writer-stalls-until-the-close-timeout",
    ),
    ("Client accepts SYN sid=0", "opening/syn-on-stream-zero"),
    (
        "Window does not grow / transfer stalls",
        "flow-control/long-transfer-to-the-subject-completes flow-control/long-transfer-from-the-subject-completes",
    ),
    (
        "Every SYN/ACK bumped the window",
        "opening/larger-window-in-syn flow-control/larger-window-is-announced-on-accept flow-control/larger-window-is-announced-on-open opening/window-before-the-ack",
    ),
    (
        "Receive-buffer accounting off by pending bytes",
        "flow-control/credit-is-for-bytes-read flow-control/no-credit-while-nothing-is-read flow-control/only-payload-counts-against-the-window",
    ),
    (
        "Stream and memory counters drift",
        "limits/opens-and-closes limits/opens-by-the-subject limits/reset-frees-a-slot limits/many-streams-keep-their-own-data",
    ),
    (
        "Blocked reader/writer not woken by RST; write deadline not cleared",
        "reset/peers-reset-ends-both-directions reset/rst-on-data-ends-blocked-calls",
    ),
    ("Remote panic: DATA|SYN larger than 256 KiB", "opening/syn-with-too-much-data"),
    (
        "Remote panic: credit overflow",
        "flow-control/credit-beyond-32-bits-never-shrinks-the-window",
    ),
    (
        "SYN with credit near 2^32",
        "opening/syn-with-credit flow-control/credit-beyond-32-bits-never-shrinks-the-window",
    ),
    (
        "Unbounded pending frames: ping flood from a peer that never reads",
        "ping/flood-with-unread-pongs",
    ),
    (
        "Data and GoAway lost on connection close",
        "regressions/last-bytes-arrive-before-the-session-ends session-end/written-data-arrives stalled-transport/data-goes-out-before-the-session-ends",
    ),
    (
        "FIN on a WINUPD does not wake the reader",
        "half-close/fin-on-a-window-update-wakes-a-blocked-reader",
    ),
    ("Dropped stream with unread data: no RST, ever", "reset/dropped-with-unread-data"),
    (
        "RST, GoAway and transport loss read as EOF",
        "reset/reset-is-not-end-of-stream session-end/eof-is-not-end-of-stream session-end/reset-is-not-end-of-stream go-away/error-is-not-end-of-stream",
    ),
    ("A legal DATA frame above 1 MiB kills the connection", "framing/frame-larger-than-1-mib"),
    (
        "Reaching max_num_streams kills everything",
        "limits/peers-streams-beyond-the-limit limits/backlog limits/hundred-own-streams-at-once limits/hundred-streams-from-the-peer-at-once",
    ),
    ("Unsolicited pong is fatal", "ping/unsolicited-pong"),
    (
        "Initial WINUPD understood as total, not as addition",
        "opening/syn-with-credit flow-control/credit-is-added-to-the-window opening/ack-with-credit",
    ),
    (
        "Properly closed stream reset by a late frame",
        "flow-control/late-credit-for-a-closed-stream-is-ignored flow-control/data-for-a-closed-stream-is-skipped",
    ),
    (
        "window above 256 KiB assumed before it was announced",
        "flow-control/larger-window-applies-only-once-announced",
    ),
    (
        "A stream that only writes never sees credit; split halves overwrite each other's waker",
        "flow-control/long-transfer-from-the-subject-completes waiting/credit-wakes-the-right-write waiting/read-does-not-block-other-calls waiting/write-for-credit-does-not-block-other-calls",
    ),
    (
        "Session never forgets a half-closed stream",
        "half-close/close-timeout-resets-an-idle-stream half-close/close-timeout-off-never-resets limits/opens-and-closes",
    ),
    (
        "payload of an unknown stream parsed as the next header",
        "regressions/payload-for-an-unknown-stream-is-not-read-as-frames",
    ),
    (
        "frame for an unknown stream closes everything",
        "flow-control/data-for-an-unknown-stream-is-skipped flow-control/credit-for-an-unknown-stream-is-ignored",
    ),
    (
        "window 256 000 instead of 262 144; version byte unchecked",
        "flow-control/initial-window-is-exactly-256-kib framing/nonzero-version",
    ),
    (
        "credit sent after FIN; kills strict peers",
        "flow-control/late-credit-for-a-closed-stream-is-ignored half-close/credit-continues-after-half-close",
    ),
    (
        "length of WINUPD|SYN read as payload",
        "framing/window-update-has-no-body opening/syn-with-credit",
    ),
    (
        "oversized DATA buffered without limit or time",
        "framing/length-larger-than-any-window framing/body-larger-than-any-window",
    ),
    ("new data overtakes buffered data", "flow-control/later-write-waits-for-the-earlier-one"),
    (
        "error on credit for closed stream",
        "flow-control/late-credit-for-a-closed-stream-is-ignored",
    ),
    (
        "FIN tested with the SYN bit; no send window",
        "opening/syn-and-fin-on-data flow-control/initial-window-is-exactly-256-kib half-close/fin-on-an-empty-data-frame half-close/fin-on-a-window-update",
    ),
    (
        "Opener waits for ACK before returning the stream",
        "opening/data-before-the-ack opening/syn-at-once",
    ),
];

/// Titles that say too little, or say it in words that no scenario has.
const HARD: [(&str, &str); 17] = [
    (
        "Congestion makes Write fail and leaves the reader hanging",
        "timeouts/slow-transport timeouts/connection-write timeouts/connection-write-keeps-the-session",
    ),
    (
        "RST throws away received data",
        "reset/peers-reset-ends-both-directions reset/calls-after-the-peers-reset-fail reset/rst-on-data-ends-blocked-calls",
    ),
    (
        "One DATA frame per Write, up to the whole window",
        "fairness/large-write-does-not-block-other-streams fairness/large-write-does-not-delay-pongs",
    ),
    (
        "Lock kept after \"recv window exceeded\": Read hangs for ever",
        "flow-control/one-byte-beyond-the-window-is-an-error flow-control/frame-longer-than-the-window-is-an-error",
    ),
    (
        "Header and body reused after a timed-out send: garbage framing",
        "regressions/timed-out-write-sends-its-own-bytes stalled-transport/frames-stay-whole regressions/queued-frame-is-not-overwritten",
    ),
    ("Pong dropped beyond 32", "ping/burst"),
    (
        "Deadlock and goroutine leak on close",
        "session-end/own-close-releases-every-call session-end/own-close-then-eof-releases-every-call stalled-transport/session-close-does-not-wait",
    ),
    (
        "Reset/Close panic on a stream whose SYN never left",
        "opening/reset-without-data opening/closed-without-data",
    ),
    (
        "FIN or RST for a stream the peer has never seen",
        "opening/closed-without-data opening/reset-without-data",
    ),
    (
        "After its own GoAway(1) the connection goes on accepting streams",
        "session-end/nothing-after-an-error",
    ),
    (
        "Closing does not wake parked readers; closing hangs on a stalled peer",
        "session-end/own-close-releases-every-call stalled-transport/session-close-does-not-wait",
    ),
    (
        "Both sides full: a pending pong stops reading",
        "ping/flood-with-unread-pongs ping/while-nothing-is-read stalled-transport/pings-are-exchanged-afterwards flow-control/two-way-transfer-completes",
    ),
    (
        "Stream buffer limit below the window: resets under load",
        "flow-control/full-window-in-one-frame-arrives-whole opening/window-before-accept flow-control/no-credit-while-nothing-is-read",
    ),
    (
        "Unbounded queue behind a slow stream",
        "flow-control/unread-stream-blocks-nothing-else flow-control/no-credit-while-nothing-is-read",
    ),
    (
        "queued data dropped on graceful close when the window was empty",
        "half-close/fin-follows-all-data session-end/written-data-arrives regressions/last-bytes-arrive-before-the-session-ends",
    ),
    (
        "SYN only honoured on DATA; FIN/RST ignored on WINUPD",
        "half-close/fin-on-a-window-update opening/syn-as-the-first-frame half-close/fin-on-a-window-update-wakes-a-blocked-reader reset/peers-reset-ends-both-directions",
    ),
    (
        "Sender ignores the peer's window / cannot pass 4 MB",
        "flow-control/initial-window-is-exactly-256-kib flow-control/long-transfer-from-the-subject-completes",
    ),
];
