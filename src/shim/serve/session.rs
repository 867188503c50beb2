//! `Served`: one session of the built-in yamux on a socket, and the calls on it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify};
use tokio::task::spawn_local;

use crate::endpoint::{CallResult, Done, Request, config, error_class, go_away_code};
use crate::scenario::{Action, ErrorClass, Figures};
use crate::shim::protocol::{
    Connected, Operation, OperationName, SessionRequest, ShimAnswer, ShimEvent,
};
use crate::shim::serve::settings::settings;
use crate::shim::serve::stream::{GivingUp, ServedStream, cut_short, dropped, failed};
use crate::shim::serve::{StdoutLines, transfer};
use crate::yamux::driver::{Control, Holdings, StreamHandle, connect};
use crate::yamux::session::Error;

/// One session and the streams the harness has labels for.
pub(super) struct Served {
    control: Control,
    /// The local address of its socket.
    local: SocketAddr,
    out: StdoutLines,
    /// `None` for a label whose open or accept is not over.
    streams: RefCell<HashMap<String, Option<Rc<ServedStream>>>>,
    /// Calls that are not answered yet.
    pending: Cell<usize>,
    /// The means to cancel them, by their requests.
    givers_up: RefCell<HashMap<u64, Rc<GivingUp>>>,
    idle: Notify,
    /// Opens and accepts happen in the order of their requests.
    opens: Mutex<()>,
    accepts: Mutex<()>,
    has_ended: Cell<bool>,
    ended: Notify,
}

impl Served {
    /// Dials, and begins the session.
    pub(super) async fn begin(
        name: String,
        request: &SessionRequest,
        out: StdoutLines,
    ) -> Result<Rc<Self>, ShimAnswer> {
        let config = config(&settings(&request.settings)?);
        let dial = request.dial.as_deref();
        let dial = dial.ok_or_else(|| ShimAnswer::fault("the request has no \"dial\""))?;
        let undialled = |error| ShimAnswer::fault(format!("cannot dial {dial}: {error}"));
        let socket = dial_in(dial, request.settings.socket_buffer).await.map_err(undialled)?;
        let local = socket.local_addr().map_err(undialled)?;
        let (control, driver) = connect(socket, request.side, config);
        let session = Rc::new(Self {
            control,
            local,
            out,
            streams: RefCell::default(),
            pending: Cell::new(0),
            givers_up: RefCell::default(),
            idle: Notify::new(),
            opens: Mutex::new(()),
            accepts: Mutex::new(()),
            has_ended: Cell::new(false),
            ended: Notify::new(),
        });
        let watched = Rc::clone(&session);
        spawn_local(async move {
            let reason = driver.await;
            let class = error_class(&reason.error());
            let native = reason.to_string();
            watched.out.event(&ShimEvent::SessionEnd { session: name, class, native });
            watched.has_ended.set(true);
            watched.ended.notify_waiters();
        });
        Ok(session)
    }

    /// The answer to the session request: the harness knows the connection by this address.
    pub(super) fn connected(&self) -> Connected {
        Connected { local: Some(self.local.to_string()) }
    }

    /// Carries out a call; the answer is written when it is over.
    pub(super) fn call(self: Rc<Self>, id: u64, operation: Operation) {
        let name = OperationName::from(&operation);
        let request = match operation.into_call() {
            Ok(Some(request)) => request,
            Ok(None) => {
                let message = format!("the session is live: there is no {name} in it");
                return self.out.fault(id, message);
            }
            Err(message) => return self.out.fault(id, message),
        };
        self.pending.set(self.pending.get() + 1);
        spawn_local(async move {
            let result = self.carry_out(id, &request).await.unwrap_or_else(|result| result);
            self.givers_up.borrow_mut().remove(&id);
            self.out.answer(id, ShimAnswer::of_call(result, name));
            self.pending.set(self.pending.get() - 1);
            self.idle.notify_waiters();
        });
    }

    /// Closes the session; returns once its calls are answered and its end is reported.
    pub(super) async fn end(&self) {
        // The driver continues without us; a peer that reads nothing is given up after the write timeout.
        drop(self.control.close());
        while self.pending.get() > 0 {
            let idle = self.idle.notified();
            if self.pending.get() > 0 {
                idle.await;
            }
        }
        while !self.has_ended.get() {
            let ended = self.ended.notified();
            if !self.has_ended.get() {
                ended.await;
            }
        }
    }

    async fn carry_out(&self, id: u64, request: &Request) -> Result<CallResult, CallResult> {
        let progress = |bytes| self.out.event(&ShimEvent::Progress { of: id, bytes });
        match &request.action {
            Action::Open { stream, deadline } => {
                self.enter(id, (stream, *deadline), &self.opens, self.control.open()).await
            }
            Action::Accept { stream, deadline } => {
                self.enter(id, (stream, *deadline), &self.accepts, self.control.accept()).await
            }
            Action::Cancel { .. } => {
                let of = request.of.map(|of| u64::from(of.0));
                let given_up = of.and_then(|of| self.givers_up.borrow().get(&of).cloned());
                if let Some(giving_up) = given_up {
                    giving_up.give_up();
                }
                Ok(ended(Ok(())))
            }
            Action::Stats(_) => {
                let figures = self.figures();
                Ok(CallResult::Done(Done { figures, ..Done::default() }))
            }
            Action::Write { stream, bytes, times } => {
                let stream = self.stream(stream)?;
                let giving_up = self.giving_up(id);
                let amount = (*bytes, *times);
                transfer::write((&stream, &giving_up), amount, request.pattern, progress).await
            }
            Action::Read { stream, amount } => {
                let stream = self.stream(stream)?;
                let giving_up = self.giving_up(id);
                transfer::read((&stream, &giving_up), *amount, progress).await
            }
            Action::Ping => Ok(match self.control.ping().await {
                Ok(_) => CallResult::Done(Done::default()),
                // The library has one timeout for both; a missing answer counts as a passed deadline.
                Err(Error::ConnectionWriteTimeout) => {
                    cut_short(ErrorClass::Deadline, "no pong in time", Done::default())
                }
                Err(error) => failed(&error, Done::default()),
            }),
            Action::GoAway { code } => Ok(ended(self.control.go_away(go_away_code(*code)))),
            Action::CloseSession { code } => {
                drop(self.control.close_with(go_away_code(*code)));
                Ok(ended(Ok(())))
            }
            Action::CountStreams => {
                let streams = u32::try_from(self.control.live_streams()).ok();
                Ok(CallResult::Done(Done { streams, ..Done::default() }))
            }
            action => self.carry_out_at_once(action),
        }
    }

    /// Calls of a stream that never block.
    fn carry_out_at_once(&self, action: &Action) -> Result<CallResult, CallResult> {
        match action {
            Action::SetDeadline { stream, read, write } => {
                self.stream(stream)?.set_deadlines(*read, *write);
                Ok(ended(Ok(())))
            }
            Action::HalfClose { stream } => self.on_handle(stream, StreamHandle::half_close),
            Action::CloseRead { stream } => self.on_handle(stream, StreamHandle::close_read),
            Action::Close { stream } => self.on_handle(stream, StreamHandle::close),
            Action::Reset { stream, code } => {
                self.on_handle(stream, |handle| handle.reset_with(code.unwrap_or(0)))
            }
            Action::Drop { stream } | Action::Forget { stream } => {
                let handle = self.stream(stream)?.handle.borrow_mut().take();
                drop(handle.ok_or_else(dropped)?);
                self.streams.borrow_mut().remove(&**stream);
                Ok(ended(Ok(())))
            }
            action => Err(fault(format!("{action} is no call of a stream"))),
        }
    }

    fn on_handle(
        &self,
        label: &str,
        call: impl FnOnce(&mut StreamHandle) -> Result<(), Error>,
    ) -> Result<CallResult, CallResult> {
        let stream = self.stream(label)?;
        let mut handle = stream.handle.borrow_mut();
        Ok(ended(call(handle.as_mut().ok_or_else(dropped)?)))
    }

    async fn enter(
        &self,
        id: u64,
        (label, deadline): (&str, Option<Duration>),
        queue: &Mutex<()>,
        entering: impl Future<Output = Result<StreamHandle, Error>>,
    ) -> Result<CallResult, CallResult> {
        let giving_up = self.giving_up(id);
        if self.streams.borrow().contains_key(label) {
            return Err(fault(format!(
                "stream {label:?} is already there: a label names one stream until it is dropped"
            )));
        }
        self.streams.borrow_mut().insert(label.to_owned(), None);
        let in_turn = async {
            let _turn = queue.lock().await;
            entering.await
        };
        let late = async {
            match deadline {
                Some(deadline) => tokio::time::sleep(deadline).await,
                None => std::future::pending().await,
            }
        };
        let given_up = |class: ErrorClass, native: &str| {
            self.streams.borrow_mut().remove(label);
            cut_short(class, native, Done::default())
        };
        // A stream that is available counts, even if it comes with the end of the wait.
        let entered = tokio::select! {
            biased;
            entered = in_turn => entered,
            () = giving_up.given_up() => {
                return Ok(given_up(ErrorClass::Cancelled, "given up by its caller"));
            }
            () = late => return Ok(given_up(ErrorClass::Deadline, "deadline passed")),
        };
        Ok(match entered {
            Ok(handle) => {
                let stream_number = Some(handle.id().0);
                let stream = Rc::new(ServedStream::new(handle));
                self.streams.borrow_mut().insert(label.to_owned(), Some(stream));
                CallResult::Done(Done { stream_number, ..Done::default() })
            }
            Err(error) => {
                self.streams.borrow_mut().remove(label);
                failed(&error, Done { told: self.control.told_code(error), ..Done::default() })
            }
        })
    }

    /// The means to cancel the call of that request.
    fn giving_up(&self, id: u64) -> Rc<GivingUp> {
        Rc::clone(self.givers_up.borrow_mut().entry(id).or_default())
    }

    /// The resources of the session and the process.
    fn figures(&self) -> Figures {
        let Holdings { streams, bytes } = self.control.held();
        Figures {
            streams: u64::try_from(streams).ok(),
            // This call is always one of them.
            tasks: u64::try_from(self.pending.get()).ok(),
            heap: u64::try_from(bytes).ok(),
            descriptors: open_descriptors(),
        }
    }

    fn stream(&self, label: &str) -> Result<Rc<ServedStream>, CallResult> {
        match self.streams.borrow().get(label) {
            Some(Some(stream)) => Ok(Rc::clone(stream)),
            Some(None) => Err(fault(format!(
                "stream {label:?} is not there yet: wait for its open or accept"
            ))),
            None => Err(fault(format!("there is no stream {label:?}: open or accept it first"))),
        }
    }
}

/// Cancels a call.
/// Waits until the call is cancelled.
/// How many files and sockets the process has open, if the system tells.
fn open_descriptors() -> Option<u32> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?;
    // The directory itself is always one of them.
    u32::try_from(entries.count()).ok()
}

async fn dial_in(address: &str, buffer: Option<u32>) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    if let Some(bytes) = buffer.filter(|bytes| *bytes > 0) {
        let bytes = bytes as usize;
        let socket = socket2::SockRef::from(&socket);
        socket.set_send_buffer_size(bytes)?;
        socket.set_recv_buffer_size(bytes)?;
    }
    Ok(socket)
}

const fn fault(message: String) -> CallResult {
    CallResult::Fault { message }
}

fn ended(result: Result<(), Error>) -> CallResult {
    match result {
        Ok(()) => CallResult::Done(Done::default()),
        Err(error) => failed(&error, Done::default()),
    }
}
