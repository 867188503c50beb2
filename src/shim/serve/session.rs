//! `Served`: one session of the built-in yamux on a socket, and the calls on it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::spawn_local;
use tokio::time::Instant;

use crate::driver::{Control, StreamHandle, connect};
use crate::frame::{GoAwayCode, Side};
use crate::peer::error_class;
use crate::session::Error;
use crate::shim::serve::request::Request;
use crate::shim::serve::{Output, Reply, transfer};

/// One session and the streams the harness has labels for.
pub(crate) struct Served {
    control: Control,
    /// Where it dialled from.
    local: SocketAddr,
    out: Output,
    /// `None` is a label whose open or accept is not over.
    streams: RefCell<HashMap<String, Option<Rc<ServedStream>>>>,
    /// Calls that are not answered yet.
    pending: Cell<usize>,
    idle: Notify,
    /// Opens and accepts happen in the order they were asked for.
    opens: Mutex<()>,
    accepts: Mutex<()>,
    has_ended: Cell<bool>,
    ended: Notify,
}

/// One stream; its reads and its writes each happen in the order they were asked for.
pub(crate) struct ServedStream {
    /// `None` once the handle was dropped.
    pub(crate) handle: RefCell<Option<StreamHandle>>,
    pub(crate) reads: Mutex<()>,
    pub(crate) writes: Mutex<()>,
    pub(crate) read_deadline: watch::Sender<Option<Instant>>,
    pub(crate) write_deadline: watch::Sender<Option<Instant>>,
}

impl Served {
    /// Dials, and begins the session.
    pub(crate) async fn begin(request: &Request, out: Output) -> Result<Rc<Self>, Reply> {
        let (config, socket_buffer) = request.config()?;
        let side = match request.side.as_deref() {
            Some("client") => Side::Client,
            Some("server") => Side::Server,
            found => {
                return Err(Reply::Fault(format!(
                    "expected side client or server, found {found:?}"
                )));
            }
        };
        let dial = request
            .dial
            .as_deref()
            .ok_or_else(|| Reply::Fault("the request has no \"dial\"".to_owned()))?;
        let undialled = |error| Reply::Fault(format!("cannot dial {dial}: {error}"));
        let socket = dial_in(dial, socket_buffer).await.map_err(undialled)?;
        let local = socket.local_addr().map_err(undialled)?;
        let (control, driver) = connect(socket, side, config);
        let session = Rc::new(Self {
            control,
            local,
            out,
            streams: RefCell::default(),
            pending: Cell::new(0),
            idle: Notify::new(),
            opens: Mutex::new(()),
            accepts: Mutex::new(()),
            has_ended: Cell::new(false),
            ended: Notify::new(),
        });
        let (watched, name) = (Rc::clone(&session), request.session.clone());
        spawn_local(async move {
            let reason = driver.await;
            let class = error_class(&reason.error());
            watched.out.event(&json!({
                "event": "session_end", "session": name, "class": class, "native": reason.to_string(),
            }));
            watched.has_ended.set(true);
            watched.ended.notify_waiters();
        });
        Ok(session)
    }

    /// What the harness is told of the session: by its address it knows the connection.
    pub(crate) fn description(&self) -> Value {
        json!({ "local": self.local.to_string() })
    }

    /// Carries out a call; the answer comes when it is over.
    pub(crate) fn call(self: Rc<Self>, request: Request) {
        self.pending.set(self.pending.get() + 1);
        spawn_local(async move {
            let reply = self.carry_out(&request).await.unwrap_or_else(|reply| reply);
            self.out.answer(request.id, reply);
            self.pending.set(self.pending.get() - 1);
            self.idle.notify_waiters();
        });
    }

    /// Closes the session; returns once its calls are answered and its end is told.
    pub(crate) async fn end(&self) {
        // The driver goes on without us; a peer that takes nothing is given up after the write timeout.
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

    async fn carry_out(&self, request: &Request) -> Result<Reply, Reply> {
        match request.op.as_str() {
            "open" => self.enter(request, &self.opens, self.control.open()).await,
            "accept" => self.enter(request, &self.accepts, self.control.accept()).await,
            "write" => transfer::write(&*self.stream(request)?, request, &self.out).await,
            "read" => transfer::read(&*self.stream(request)?, request, &self.out).await,
            "ping" => match self.control.ping().await {
                Ok(_) => Ok(done()),
                // The library has one timeout for both; an answer that does not come is a deadline that passes.
                Err(Error::ConnectionWriteTimeout) => Ok(failed_as("deadline", "no pong in time")),
                Err(error) => Ok(failed(&error)),
            },
            "go_away" => Ok(ended(self.control.go_away(GoAwayCode::Normal))),
            "close_session" => {
                drop(self.control.close());
                Ok(done())
            }
            "count_streams" => Ok(Reply::Ok(json!({ "streams": self.control.live_streams() }))),
            _ => self.on_stream(request),
        }
    }

    fn on_stream(&self, request: &Request) -> Result<Reply, Reply> {
        let stream = self.stream(request)?;
        if request.op == "set_deadline" {
            stream.set_deadlines(request)?;
            return Ok(done());
        }
        let mut handle = stream.handle.borrow_mut();
        let Some(open) = handle.as_mut() else { return Err(dropped()) };
        Ok(match request.op.as_str() {
            "half_close" => ended(open.half_close()),
            "close" => ended(open.close()),
            "reset" => ended(open.reset()),
            _ => {
                if let Some(open) = handle.take() {
                    open.forget();
                }
                self.streams.borrow_mut().remove(request.stream()?);
                done()
            }
        })
    }

    async fn enter(
        &self,
        request: &Request,
        queue: &Mutex<()>,
        entering: impl Future<Output = Result<StreamHandle, Error>>,
    ) -> Result<Reply, Reply> {
        let label = request.stream()?.to_owned();
        if self.streams.borrow().contains_key(&label) {
            return Err(Reply::Fault(format!(
                "stream {label:?} is already there: a label names one stream until it is dropped"
            )));
        }
        self.streams.borrow_mut().insert(label.clone(), None);
        let _turn = queue.lock().await;
        match entering.await {
            Ok(handle) => {
                let number = handle.id().0;
                self.streams.borrow_mut().insert(label, Some(Rc::new(ServedStream::new(handle))));
                Ok(Reply::Ok(json!({ "stream_number": number })))
            }
            Err(error) => {
                self.streams.borrow_mut().remove(&label);
                Ok(failed(&error))
            }
        }
    }

    fn stream(&self, request: &Request) -> Result<Rc<ServedStream>, Reply> {
        let label = request.stream()?;
        match self.streams.borrow().get(label) {
            Some(Some(stream)) => Ok(Rc::clone(stream)),
            Some(None) => Err(Reply::Fault(format!(
                "stream {label:?} is not there yet: wait for its open or accept"
            ))),
            None => {
                Err(Reply::Fault(format!("there is no stream {label:?}: open or accept it first")))
            }
        }
    }
}

impl ServedStream {
    fn new(handle: StreamHandle) -> Self {
        Self {
            handle: RefCell::new(Some(handle)),
            reads: Mutex::new(()),
            writes: Mutex::new(()),
            read_deadline: watch::Sender::new(None),
            write_deadline: watch::Sender::new(None),
        }
    }

    fn set_deadlines(&self, request: &Request) -> Result<(), Reply> {
        if request.read_us.is_none() && request.write_us.is_none() {
            return Err(Reply::Fault("set_deadline needs \"read_us\" or \"write_us\"".to_owned()));
        }
        let moment =
            |after: Option<u64>| after.map(|us| Instant::now() + Duration::from_micros(us));
        if let Some(read) = request.read_us {
            self.read_deadline.send_replace(moment(read));
        }
        if let Some(write) = request.write_us {
            self.write_deadline.send_replace(moment(write));
        }
        Ok(())
    }
}

async fn dial_in(address: &str, buffer: Option<usize>) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    if let Some(bytes) = buffer {
        let socket = socket2::SockRef::from(&socket);
        socket.set_send_buffer_size(bytes)?;
        socket.set_recv_buffer_size(bytes)?;
    }
    Ok(socket)
}

pub(super) fn dropped() -> Reply {
    Reply::Fault("the stream was dropped".to_owned())
}

fn done() -> Reply {
    Reply::Ok(json!({}))
}

fn ended(result: Result<(), Error>) -> Reply {
    result.map_or_else(|error| failed(&error), |()| done())
}

fn failed(error: &Error) -> Reply {
    Reply::Err(json!({ "class": error_class(error), "native": error.to_string() }))
}

fn failed_as(class: &str, native: &str) -> Reply {
    Reply::Err(Value::from_iter([("class", class), ("native", native)]))
}
