// yamux-js behind the shim.

import { readFileSync } from 'node:fs';

import { Client, Server } from 'yamux-js';

import { failed, unsupported } from '../js/protocol.mjs';
import { classify, isOfWrite, refused } from './errors.mjs';

const library = new URL('../package.json', import.meta.resolve('yamux-js'));

/** What is driven; the version is that of the package that was loaded. */
export const implementation = {
  name: 'js-yamux',
  library: 'yamux-js',
  version: JSON.parse(readFileSync(library, 'utf8')).version,
  language: `Node.js ${process.version}`,
};

/** The settings that the library has; it counts time in seconds. */
export const settings = {
  connection_write_timeout_us(config, value) {
    if (value === 0) throw unsupported('yamux-js cannot be without a connection write timeout');
    config.connectionWriteTimeout = value / 1e6;
  },
  keep_alive_interval_us(config, value) {
    config.enableKeepAlive = value > 0;
    if (value > 0) config.keepAliveInterval = value / 1e6;
  },
  max_window(config, value) {
    if (!(value >= 262144 && value < 2 ** 32)) throw unsupported('a window has 262144 to 2^32 - 1 bytes');
    config.maxStreamWindowSize = value;
  },
};

/** A write that fails does not tell how much of it went out, and one that waits for credit looks every 100 ms. */
export const habits = ['buffered_writes', 'polls'];

/** What the library cannot have, and why. */
export const lacks = {
  accept_backlog: 'yamux-js hands out each stream at once, its acceptBacklog limits all streams that there are',
  cancel: 'yamux-js takes no signal where a call waits: opens are ready at once, and what was given to a write stays there',
  cancel_accept: 'yamux-js hands out each stream by an event: an accept waits in the shim',
  cancel_open: 'yamux-js opens a stream at once',
  cancel_read: 'yamux-js tells of data by an event: a read waits in the shim',
  cancel_write: 'yamux-js takes all that is written at once, and cannot take it back',
  close_resets: 'yamux-js never sends RST for a stream that it has accepted',
  close_read: 'yamux-js has no call that ends reading alone',
  count_streams: 'yamux-js tells nobody how many streams it holds',
  deadline_accept: 'yamux-js hands out each stream by an event: an accept waits in the shim',
  deadline_open: 'yamux-js opens a stream at once',
  drop: 'JavaScript has no destructor: the library does not learn that a stream is let go of',
  go_away: 'yamux-js sends go away only as the end of a session, its goAway is private',
  ping: 'yamux-js tells nobody that a pong has come, and its ping is private',
  reset: 'yamux-js has no call that resets a stream',
  set_deadline: 'yamux-js has no deadline for reads and writes',
  max_frame_size: 'yamux-js writes a frame as long as the window allows',
  max_streams: 'yamux-js limits the streams of both ends together, by its acceptBacklog',
  next_stream_id: 'the number of the next stream is private',
  socket_buffer: 'Node.js cannot set the buffers of a TCP socket',
  stats_streams: 'yamux-js tells nobody how many streams it holds',
  stats_heap: 'the heap of V8 grows by the code that it compiles as it runs',
  stats_tasks: 'JavaScript has no tasks that could be counted',
  stream_close_timeout_us: 'yamux-js has no time limit on a closed stream',
  stream_open_timeout_us: 'yamux-js has no time limit on the acknowledgement of a stream',
};

/** A client that is handed the streams of its peer. `Client` has no parameter for that, only the field for subclasses. */
class AcceptingClient extends Client {
  constructor(onStream, config) {
    super(config);
    this.onStream = onStream;
  }
}

/** Makes a session, piped as the library's README says; `over(class, native)` is called once the library says that it has ended. */
export function begin(socket, side, config, over) {
  const session = { socket, yamux: undefined, inbound: [], acceptor: undefined, opening: undefined, error: undefined };
  const onStream = (yamuxStream) => {
    const stream = handle(session, yamuxStream);
    const { acceptor } = session;
    session.acceptor = undefined;
    if (acceptor === undefined) session.inbound.push(stream);
    else acceptor.resolve(stream);
  };
  const Side = side === 'client' ? AcceptingClient : Server;
  session.yamux = new Side(onStream, { enableKeepAlive: false, logger: console.error, ...config });
  const ended = (kind, native) => {
    if (session.over !== undefined) return;
    session.over = { kind, native };
    over(kind, native);
    session.acceptor?.reject(failed(kind, native));
  };
  session.yamux.on('error', (error) => {
    if (session.opening !== undefined) {
      session.opening(error);
      return;
    }
    session.error ??= error;
    if (session.yamux.isClosed()) ended(classify(session.error, session), session.error.message);
  });
  session.yamux.on('close', () => {
    if (session.error !== undefined) ended(classify(session.error, session), session.error.message);
    else if (session.yamux.isClosed()) ended('session_shutdown', 'closed');
    else ended('eof', 'end of the transport');
  });
  session.yamux.pipe(socket).pipe(session.yamux);
  // A pipe passes no error on: whoever made the socket must.
  socket.on('error', (error) => session.yamux.destroy(error));
  return session;
}

/** A stream as the shim knows it. The library emits errors, also those of a write, and calls back as if there were none. */
function handle(session, yamuxStream) {
  const stream = { number: yamuxStream.ID(), session, yamux: yamuxStream, wake() {}, failure: undefined, refuse: undefined };
  yamuxStream.on('error', (error) => {
    if (stream.refuse !== undefined && isOfWrite(error)) {
      stream.refuse(error);
      return;
    }
    stream.failure ??= error;
    stream.wake();
  });
  for (const event of ['readable', 'end', 'close']) yamuxStream.on(event, () => stream.wake());
  return stream;
}

/** Closes a session as the library's users do, and then the socket, which is theirs. */
export async function finish(session) {
  const { socket, yamux } = session;
  yamux.close();
  if (session.over === undefined) await new Promise((resolve) => { yamux.once('close', resolve); });
  socket.destroySoon();
}

/** What an application asks of the library, each as one call of it and without a time limit. */
export const calls = {
  async open(session) {
    let error;
    session.opening = (thrown) => { error ??= thrown; };
    const made = session.yamux.open();
    session.opening = undefined;
    if (error !== undefined) throw refused(error, session);
    return handle(session, made);
  },

  async accept(session) {
    if (session.inbound.length > 0) return session.inbound.shift();
    if (session.over !== undefined) throw failed(session.over.kind, session.over.native);
    return new Promise((resolve, reject) => { session.acceptor = { resolve, reject }; });
  },

  write: (stream, bytes) => new Promise((resolve, reject) => {
    let error;
    stream.refuse = (emitted) => { error ??= emitted; };
    stream.yamux.write(bytes, (failure) => {
      stream.refuse = undefined;
      error ??= failure;
      if (error) reject(refused(error, stream.session));
      else resolve();
    });
  }),

  async read(stream, most) {
    const { session, yamux: from } = stream;
    for (;;) {
      // For no bytes the library returns null, and says each time that there are some: one would ask it for ever.
      if (most === 0 && from.readableLength > 0) return Buffer.alloc(0);
      const piece = from.read(Math.min(most, from.readableLength));
      if (piece !== null) return piece;
      const { failure } = stream;
      stream.failure = undefined;
      if (failure !== undefined) throw refused(failure, session);
      if (from.readableEnded) return null;
      if (from.destroyed) throw failed(session.yamux.isClosed() ? 'session_shutdown' : 'stream_closed', 'destroyed');
      await new Promise((resolve) => { stream.wake = resolve; });
    }
  },

  // `end()`, which a stream of Node.js has too, sends nothing.
  half_close: async (stream) => stream.yamux.close(),

  close: async (stream) => stream.yamux.close(),

  close_session: async (session) => session.yamux.close(),
};
