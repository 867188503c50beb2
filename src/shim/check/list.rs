//! The checks, in their order: those that others need come first.

use std::pin::Pin;

use crate::shim::check::bench::Bench;
use crate::shim::check::checked::Checked;
use crate::shim::check::rules::{
    calls, codes, errors, giving_up, language, leaving, lockstep, payload, sessions,
};

/// One thing a shim must do.
pub(crate) struct Check {
    /// Its name.
    pub(crate) name: &'static str,
    /// What a correct shim does, in plain words.
    pub(crate) promise: &'static str,
    /// What to do if it does not.
    pub(crate) next: &'static str,
    /// Checks it.
    pub(crate) run: fn(Bench) -> Checking,
}

/// A check under way.
pub(crate) type Checking = Pin<Box<dyn Future<Output = Checked>>>;

/// Writes the table of checks: name, async function, promise and next step of each.
macro_rules! checks {
    ($($name:literal => $run:path, $promise:literal, $next:literal;)*) => {
        /// Every check, in order.
        pub(crate) const CHECKS: &[Check] = &[$(
            Check { name: $name, promise: $promise, next: $next, run: |bench| Box::pin($run(bench)) }
        ),*];
    };
}

checks! {
    "hello" => language::hello_says_all,
        "says what it drives and can do, whatever else the request has in it",
        "answer at once and flush; ignore fields you do not know; list each action and setting, or say in unsupported why it is missing";
    "unknown-protocol" => language::unknown_protocol,
        "refuses a hello that offers no version it speaks",
        "answer unsupported unless protocols holds your version";
    "unknown-operation" => language::unknown_operation,
        "answers an operation it does not know with unsupported",
        "make unsupported, with a reason, what happens where no operation fits";
    "malformed-line" => language::malformed_lines,
        "complains of a line that is no request and goes on",
        "send {\"event\":\"fault\",\"message\":…} and read the next line";
    "wrong-request" => language::wrong_requests,
        "answers a request that lacks a field or names what is not there with fault",
        "check each field before the library is called; a fault names what is missing";
    "long-line" => language::long_line,
        "reads a line of a megabyte",
        "read lines of any length; many line readers have a limit that must be lifted";
    "dials" => sessions::dials,
        "dials as each side and sends nothing that is not yamux",
        "dial over TCP, say ok once the session runs, and leave the socket to the library";
    "local-address" => sessions::names_its_address,
        "names the address it dialled from, by which its connection is known",
        "answer session with the local address and port of the socket as \"local\"";
    "refused-dial" => sessions::refused_dial,
        "answers a session it cannot dial with fault, and the name stays free",
        "answer fault and forget the name";
    "listed-settings" => language::listed_settings,
        "takes every setting it lists, and no setting at all",
        "list what the library has, and say in unsupported why the rest is missing; what is absent or null is the library's own default";
    "unknown-settings" => language::unknown_settings,
        "refuses a setting it does not list, unless it is null",
        "answer unsupported to a setting you do not have; null asks for nothing";
    "two-sessions" => sessions::two_sessions,
        "keeps two sessions with the same labels apart",
        "keep streams by session and label, never by label alone";
    "many-sessions" => sessions::many_sessions,
        "serves 64 sessions at once",
        "give each session what it needs of its own; nothing may wait for another session";
    "end" => sessions::end_comes_last,
        "answers end after the session's calls and session_end, and frees the name",
        "close the session, wait for its calls, send session_end, and only then answer";
    "drain" => payload::drains,
        "has on the wire what it said ok for before end closes the socket",
        "flush what the library holds before the socket is closed";
    "listed-actions" => calls::listed_actions,
        "carries out every action it lists",
        "take it off the list and say why in unsupported, or carry it out";
    "unlisted-actions" => calls::unlisted_actions,
        "answers every action it does not list with unsupported",
        "list it, or answer unsupported with the reason from hello";
    "stream-numbers" => calls::stream_numbers,
        "tells the stream number that is on the wire",
        "ask the library for the number; do not count yourself";
    "overlap" => calls::calls_overlap,
        "answers everything else while calls wait",
        "never wait for a call where stdin is read: give each call a thread or task";
    "deadline" => calls::deadlines,
        "ends a read at its deadline with class deadline",
        "use the library's own deadline; null takes it away, absent leaves it";
    "cancel" => giving_up::cancelled_calls,
        "ends a call that is given up with class cancelled, and what it had read",
        "use the library's own way to give a call up; say in unsupported which calls have none";
    "accept-deadline" => giving_up::limited_accepts,
        "ends an accept at its deadline with class deadline",
        "use the library's own way to limit a call, or take deadline_accept off the list";
    "codes" => codes::codes,
        "gives the code of a reset to the peer, and tells the code of the peer's",
        "hand code to the library's own call, and put what its error has into told; or take the abilities off the list";
    "figures" => giving_up::figures,
        "tells every figure that it lists",
        "put each of stats_streams, stats_tasks, stats_heap and stats_descriptors that abilities has into figures";
    "write-pattern" => payload::writes_the_pattern,
        "writes the payload pattern of the seed",
        "compare your pattern with the table under \"The payload pattern\"";
    "read-checksum" => payload::reads_what_came,
        "tells how many bytes it read, and their CRC-32",
        "use CRC-32 as zlib has it, over exactly the bytes of this request";
    "times-and-offset" => payload::times_and_offset,
        "goes on in the pattern from one write to the next, from offset on",
        "byte k of a request is byte offset + k of the pattern, whichever write it is in";
    "exact-read" => payload::takes_no_more,
        "takes no byte more out of the stream than was asked for",
        "read into a buffer of what is left; no reader that buffers ahead";
    "end-of-stream" => payload::end_of_stream,
        "ends a read to the end with ok, and one of more bytes with eof",
        "to_end ends with ok; bytes that do not come are err eof with bytes and crc32 of what did";
    "progress" => payload::progress,
        "tells how far a write came that is stuck",
        "send progress after each call of the library that moved bytes and is not the last";
    "reset-by-peer" => errors::stream_reset,
        "has a class for a stream the peer reset",
        "map the library's error for it to stream_reset";
    "transport-lost" => errors::transport_lost,
        "ends everything with classes of the list when the connection is reset",
        "map errors of the socket to transport, and send session_end as soon as the library knows";
    "ended-by-peer" => errors::peer_ends,
        "ends everything with classes of the list when the peer ends the session",
        "map the end of the transport to eof, and what comes after to session_shutdown";
    "ended-here" => errors::application_ends,
        "ends everything with classes of the list after close_session",
        "map the library's error for a closed session to session_shutdown";
    "after-close" => errors::after_close,
        "has a class for a write to a stream it closed",
        "map the library's error for it to stream_closed";
    "go-away" => errors::go_away,
        "has a class for an open after the peer said go away",
        "map the library's error for it to remote_go_away";
    "lockstep-deliver" => lockstep::delivers,
        "answers a step with what the library wrote, and lets no time pass",
        "put the bytes in, let everything run that can run without time passing, then answer";
    "lockstep-parts" => lockstep::takes_parts,
        "gives the library a frame in parts as they come",
        "let one read of the library return segment bytes at most; keep nothing back for a whole frame";
    "lockstep-room" => lockstep::keeps_to_room,
        "gives out no more than there is room for, and tells how much is left",
        "take at most room bytes of the output; left is what you keep for the next step";
    "lockstep-time" => lockstep::lets_time_pass,
        "lets time pass up to until_ns, and without that not at all",
        "count from the beginning of the session; answer with now_ns in nanoseconds";
    "lockstep-news" => lockstep::stops_at_news,
        "stops time at the moment at which there is something to tell",
        "let time pass from timer to timer; answer as soon as there is an answer, an event or output";
    "lockstep-end" => lockstep::ends,
        "tells the library the end of its input, and the harness the end of its output",
        "end the input behind the bytes; say \"end\":\"eof\" once the library has closed and all is taken";
    "lockstep-repeat" => lockstep::repeats,
        "says the same in every session that is asked the same",
        "let no thread order, randomness or timer of an earlier session in; time is 0 when a session begins";
    "lockstep-pair" => lockstep::pairs,
        "stops the one clock of two sessions where there is something to tell of either",
        "look at both sessions before time passes, or leave lockstep_pairs out";
    "second-process" => leaving::second_process,
        "runs beside another process of itself",
        "use no fixed port, file or name that two processes would share";
    "bye" => leaving::bye,
        "answers bye, then exits 0 within a second and leaves nothing behind",
        "end with status 0 after the answer; end what you started first";
    "end-of-stdin" => leaving::end_of_stdin,
        "exits 0 at the end of stdin",
        "take the end of stdin as bye without an answer";
    "stdout" => leaving::no_noise,
        "had nothing on stdout but lines of the protocol, in all of the above",
        "send logs to stderr or in log events; look for a print in the library too";
    "one-answer" => leaving::one_answer,
        "answered each request once, and told no progress after that",
        "send no line of a request after its answer, and fault events only for lines that were no request";
    "quiet-after-end" => leaving::quiet_after_end,
        "said nothing about a session after its end was answered",
        "wait for all that may still speak of the session before end is answered";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
    }
}
