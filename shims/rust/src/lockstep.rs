//! Lockstep: sessions whose transport is in memory and whose time passes only as far as the harness says, in `step`.
//!
//! Each session, or the two ends of a connection, has a thread, a pool and a time of its own. So nothing that was
//! left behind by the one before, neither a timer nor anything that a thread remembers, can make a difference.

use std::io::{BufReader, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::time::Instant;

use crate::far_ends::{FarEnds, Transport, size};
use crate::library::Library;
use crate::memory::{FarEnd, InputEnd};
use crate::output::{Answer, Output};
use crate::pool::Pool;
use crate::request::{Fields, Request, needed, next_line};
use crate::server::Server;
use crate::time::VirtualTime;

/// Serves the line, and what follows on `lines`, until `bye` or their end.
pub(crate) fn serve<L: Library>(
    first: Vec<u8>,
    mut lines: BufReader<impl Read + Send>,
    out: impl Write + Send + 'static,
) {
    let out = Output::buffered(out);
    let mut next = Some(first);
    while let Some(line) = next {
        let goes_on = thread::scope(|scope| {
            let group = || Group::<L>::begin(out.clone()).serve(line, &mut lines);
            scope.spawn(group).join().expect("no panic is survived")
        });
        next = if goes_on { next_line(&mut lines) } else { None };
    }
    out.flush();
}

/// One session, or two that are the ends of a connection.
struct Group<L: Library> {
    server: Arc<Server<L>>,
    far_ends: Arc<FarEnds>,
    out: Output,
    pool: Pool,
    time: VirtualTime,
}

impl<L: Library> Group<L> {
    fn begin(out: Output) -> Self {
        // First, so that nothing is drawn by chance before.
        let time = VirtualTime::begin();
        let (pool, far_ends) = (Pool::new(), Arc::<FarEnds>::default());
        let server = Server::lockstep(out.clone(), pool.spawner(), far_ends.clone());
        Self { server, far_ends, out, pool, time }
    }

    /// Serves until there is no session, and returns whether another line may come.
    fn serve(mut self, first: Vec<u8>, lines: &mut BufReader<impl Read>) -> bool {
        let mut next = Some(first);
        while let Some(line) = next {
            let goes_on = self.handle(&line);
            // Whoever has sent several lines at once gets the answers at once.
            if lines.buffer().is_empty() {
                self.out.flush();
            }
            if !goes_on || self.server.is_empty() {
                return goes_on;
            }
            next = next_line(lines);
        }
        false
    }

    /// Takes up a line and comes to rest; returns whether another may come.
    fn handle(&mut self, line: &[u8]) -> bool {
        let request = Request::parse(line);
        let ending = match &request {
            Ok(Request { id, op, fields: Ok(fields) }) if op == "step" => {
                if let Err(message) = self.step(*id, fields) {
                    self.out.answer(*id, Answer::Fault(message));
                }
                return true;
            }
            Ok(Request { op, fields: Ok(fields), .. }) if op == "end" => fields.session.clone(),
            _ => None,
        };
        let goes_on = {
            let _inside = self.time.enter();
            self.server.handle(request)
        };
        self.rest();
        if let Some(name) = ending {
            self.see_off(&name);
        }
        goes_on
    }

    /// Delivers bytes, lets time pass, and tells what came of it.
    fn step(&mut self, id: u64, fields: &Fields) -> Result<(), String> {
        let name = needed(&fields.session, "session")?;
        let (end, begun) = match self.far_ends.transports().get(name) {
            Some(transport) => (transport.end.clone(), transport.begun),
            None => return Err(format!("there is no session {name:?} in lockstep")),
        };
        deliver(&end, fields)?;
        self.rest();
        let mut room = fields.room.map_or(usize::MAX, size);
        self.with(name, |transport| transport.room = room);
        if let Some(until) = fields.until_ns {
            let until = Duration::from_nanos(until);
            while self.elapsed(begun) < until && !self.out.has_news() && !self.far_ends.have_news()
            {
                let left = until - self.elapsed(begun);
                self.time.pass(self.time.now() + left, self.pool.bell());
                self.rest();
            }
        }
        let taken = end.take(room);
        if !taken.is_empty() {
            room -= taken.len();
            self.rest();
        }
        let has_ended = end.has_ended();
        self.with(name, |transport| (transport.room, transport.is_over) = (room, has_ended));
        let now = self.elapsed(begun);
        self.out.write(&stepped(id, now, &taken, end.waiting(), has_ended));
        self.out.forget_news();
        Ok(())
    }

    /// Lets a session come to its end, whose peer is gone. Time that this takes is nobody's.
    fn see_off(&mut self, name: &str) {
        self.with(name, |transport| transport.end.end_input(InputEnd::Reset));
        self.rest();
        let last = self.time.now() + AFTERMATH;
        while self.server.knows(name) && self.time.now() < last {
            self.time.pass(last, self.pool.bell());
            self.rest();
        }
        if !self.server.knows(name) {
            self.far_ends.transports().remove(name);
        }
    }

    /// Lets everything happen that needs no time.
    fn rest(&mut self) {
        let _inside = self.time.enter();
        self.pool.rest();
    }

    fn elapsed(&self, begun: Instant) -> Duration {
        let _inside = self.time.enter();
        begun.elapsed()
    }

    fn with(&self, name: &str, change: impl FnOnce(&mut Transport)) {
        if let Some(transport) = self.far_ends.transports().get_mut(name) {
            change(transport);
        }
    }
}

fn deliver(end: &FarEnd, fields: &Fields) -> Result<(), String> {
    if let Some(bytes) = &fields.deliver {
        let bytes = BASE64_STANDARD.decode(bytes);
        let bytes = bytes.map_err(|error| format!("\"deliver\" is not base64: {error}"))?;
        let segment = fields.segment.filter(|bytes| *bytes > 0).map_or(usize::MAX, size);
        end.deliver(bytes, segment);
    }
    match fields.end.as_deref() {
        None => {}
        Some("eof") => end.end_input(InputEnd::Eof),
        Some("reset") => end.end_input(InputEnd::Reset),
        Some(other) => {
            return Err(format!("\"end\" must be \"eof\" or \"reset\", found {other:?}"));
        }
    }
    Ok(())
}

/// The line that answers a step. It is written by hand: it may be long.
fn stepped(id: u64, now: Duration, taken: &[u8], left: usize, has_ended: bool) -> String {
    let mut line = format!("{{\"id\":{id},\"ok\":{{\"now_ns\":{}", now.as_nanos());
    if !taken.is_empty() {
        line.push_str(",\"out\":\"");
        BASE64_STANDARD.encode_string(taken, &mut line);
        line.push('"');
    }
    if left > 0 {
        line.push_str(&format!(",\"left\":{left}"));
    }
    if has_ended {
        line.push_str(",\"end\":\"eof\"");
    }
    line.push_str("}}");
    line
}

/// How long a session may take to end once its peer is gone. No timeout of a library is longer.
const AFTERMATH: Duration = Duration::from_secs(3600);
