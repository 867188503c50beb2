//! The connection of a live case: the harness listens, the shim makes a session and dials in.

use std::io;
use std::net::SocketAddr;

use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};

use crate::engine::{Outcome, SubjectRules};
use crate::scenario::{Actor, Scenario, WireControl};
use crate::shim::process::ShimProcess;
use crate::shim::protocol::{
    Connected, Operation, Reason, SessionRequest, ShimAnswer, ShimClock, ShimSettings, brief,
};
use crate::yamux::frame::Side;

/// The end that dials, and its settings.
pub(crate) struct Caller<'a> {
    /// The scenario.
    pub(crate) script: &'a Scenario,
    /// Which end of the case.
    pub(crate) end: Actor,
    /// The side it plays.
    pub(crate) side: Side,
    /// The rules it is judged by, which know its settings.
    pub(crate) judged_by: &'a SubjectRules,
}

/// Makes the shim create a session and dial in.
pub(crate) async fn connect(
    process: &ShimProcess,
    name: &str,
    Caller { script, end, side, judged_by }: Caller<'_>,
    deadline: Instant,
) -> Result<TcpStream, Outcome> {
    let broken = |message: String| Outcome::Broken { message, stderr: process.stderr() };
    let no_socket = |error: io::Error| broken(format!("no loopback socket: {error}"));
    let (other, settings) = match end {
        Actor::Subject => (Actor::Peer, &script.live_subject),
        Actor::Peer => (Actor::Subject, &script.live_peer),
    };
    let receive_buffer = initial_buffer(script, other);
    let listener = listen(receive_buffer).map_err(no_socket)?;
    let address = listener.local_addr().map_err(no_socket)?;
    let socket_buffer = receive_buffer.or_else(|| initial_buffer(script, end));
    let operation = Operation::Session(SessionRequest {
        side,
        clock: ShimClock::Live,
        dial: Some(address.to_string()),
        settings: ShimSettings::of(settings, socket_buffer, |name| judged_by.takes(name)),
    });
    let patience = deadline.saturating_duration_since(Instant::now());
    let ok = match process.ask(operation, Some(name), patience).await {
        Some(ShimAnswer::Ok(ok)) => ok,
        Some(ShimAnswer::Unsupported(Reason { reason })) => {
            return Err(Outcome::Skipped { reason });
        }
        Some(answer) => {
            return Err(broken(format!("the shim made no session: {answer}")));
        }
        None => {
            let message = process.trouble("the shim did not answer the session request");
            process.kill(&message);
            return Err(broken(message));
        }
    };
    let connected = Connected::deserialize(&ok).unwrap_or_default();
    let local = connected.local.as_deref().map(str::parse::<SocketAddr>);
    let Some(Ok(local)) = local else {
        let expected = "expected in \"local\" the address:port it dialled from";
        let found = brief(&ok);
        return Err(broken(format!("the shim made a session, {expected}, found {found}")));
    };
    // A shim that answers ok has dialled: the connection waits in the listener's backlog, maybe behind another one.
    let socket = loop {
        match timeout_at(deadline, listener.accept()).await {
            Ok(Ok((socket, from))) if from == local => break socket,
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(no_socket(error)),
            Err(_) => {
                let message = format!("the shim made a session but did not dial in from {local}");
                return Err(broken(message));
            }
        }
    };
    socket.set_nodelay(true).map_err(no_socket)?;
    Ok(socket)
}

/// The buffer that a scenario sets towards this end from the first byte on.
fn initial_buffer(script: &Scenario, towards: Actor) -> Option<u32> {
    script.wire.iter().find_map(|control| match control {
        WireControl::Buffer(to, bytes) if *to == towards => Some((*bytes).max(LEAST_BUFFER)),
        _ => None,
    })
}

/// With less a socket falls back on TCP's persist timer, and each step takes that long.
const LEAST_BUFFER: u32 = 16 * 1024;

fn listen(receive_buffer: Option<u32>) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(bytes) = receive_buffer {
        // Accepted sockets inherit it; set later it would no longer bound the window.
        socket.set_recv_buffer_size(bytes as usize)?;
    }
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// Other programs than the shim may have dialled first.
const BACKLOG: i32 = 128;
