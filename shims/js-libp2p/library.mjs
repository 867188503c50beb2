// @libp2p/yamux behind the shim.

import './polyfill.mjs';

import { readFileSync } from 'node:fs';

import { yamux } from '@libp2p/yamux';

import { failed, unsupported } from '../js/protocol.mjs';
import { SocketConnection } from './connection.mjs';
import { OwnReset, classify, isMistake, refused } from './errors.mjs';
import { Inbox } from './inbox.mjs';

const library = new URL('../../package.json', import.meta.resolve('@libp2p/yamux'));

/** What is driven; the version is that of the package that was loaded. */
export const implementation = {
  name: 'js-libp2p',
  library: '@libp2p/yamux',
  version: JSON.parse(readFileSync(library, 'utf8')).version,
  language: `Node.js ${process.version}`,
};

/** The settings that the library has. */
export const settings = {
  keep_alive_interval_us(config, value) {
    if (value % 1000 !== 0) throw unsupported('@libp2p/yamux counts its keep-alive interval in milliseconds');
    config.enableKeepAlive = value > 0;
    if (value > 0) config.keepAliveInterval = value / 1000;
  },
  max_streams(config, value) {
    config.maxInboundStreams = value;
  },
  max_frame_size(config, value) {
    // It counts the header in.
    config.maxMessageSize = value + 12;
  },
  max_window(config, value) {
    if (!(value >= 262144 && value < 2 ** 32)) throw unsupported('a window has 262144 to 2^32 - 1 bytes');
    // The window still begins at 262144 bytes: it grows up to here, by the library's own measure.
    config.streamOptions = { maxStreamWindowSize: value };
  },
};

/** None: a write that fails tells how many of its bytes went out, and no ping is sent that was not asked for. */
export const habits = [];

/** What the library cannot have, and why. */
export const lacks = {
  accept_backlog: '@libp2p/yamux hands out each stream at once, its limits are on open streams and none waits',
  cancel: '@libp2p/yamux takes no signal where a call waits: opens are ready at once, and what was given to a write stays there',
  cancel_accept: '@libp2p/yamux hands out each stream by an event: an accept waits in the shim',
  cancel_open: '@libp2p/yamux opens a stream at once',
  cancel_read: '@libp2p/yamux tells of data by an event: a read waits in the shim',
  cancel_write: '@libp2p/yamux takes all that is written at once, and cannot take it back',
  close_resets: '@libp2p/yamux takes and drops what comes for a stream that is closed, it does not answer with RST',
  connection_write_timeout_us: '@libp2p/yamux has no time limit on the transport',
  deadline_accept: '@libp2p/yamux hands out each stream by an event: an accept waits in the shim',
  deadline_open: '@libp2p/yamux opens a stream at once',
  drop: 'JavaScript has no destructor: the library does not learn that a stream is let go of',
  go_away: '@libp2p/yamux sends go away only as the end of a session',
  set_deadline: '@libp2p/yamux has no deadline for reads and writes',
  next_stream_id: 'the number of the next stream is private',
  socket_buffer: 'Node.js cannot set the buffers of a TCP socket',
  stats_heap: 'the heap of V8 grows by the code that it compiles as it runs',
  stats_tasks: 'JavaScript has no tasks that could be counted',
  stream_close_timeout_us: '@libp2p/yamux has no time limit on a closed stream',
  stream_open_timeout_us: '@libp2p/yamux has no time limit on the acknowledgement of a stream',
};

/** Makes a session; `over(class, native)` is called once the library says that it has ended. */
export function begin(socket, side, config, over) {
  const connection = new SocketConnection(socket, side === 'client' ? 'outbound' : 'inbound');
  const factory = yamux({ enableKeepAlive: false, ...config })();
  const muxer = factory.createStreamMuxer(connection);
  const session = { connection, muxer, inbound: [], acceptor: undefined, isClosing: false, over: undefined };
  const ended = (kind, native) => {
    if (session.over !== undefined) return;
    session.over = { kind, native };
    over(kind, native);
    session.acceptor?.reject(failed(kind, native));
  };
  muxer.addEventListener('stream', ({ detail }) => {
    const stream = handle(session, detail);
    const { acceptor } = session;
    session.acceptor = undefined;
    if (acceptor === undefined) session.inbound.push(stream);
    else acceptor.resolve(stream);
  });
  // The muxer has no event for its end. It ends at something it was given, before this is called, or with the transport.
  connection.addEventListener('message', () => {
    if (muxer.status === 'closed') ended(...farewell(session));
  });
  connection.addEventListener('close', ({ error }) => ended(...farewell(session, error)));
  return session;
}

/** Why a session ended: class and words. */
function farewell(session, error) {
  // Private in the library's types, and nothing that is public tells it.
  const { remoteGoAway } = session.muxer;
  if (error !== undefined) return [classify(error, session), error.message];
  if (session.isClosing) return ['session_shutdown', 'closed'];
  if (remoteGoAway !== undefined) return ['remote_go_away', `go away ${remoteGoAway}`];
  return ['eof', 'end of the transport'];
}

/** A stream as the shim knows it. */
function handle(session, yamuxStream) {
  return { number: yamuxStream.streamId, session, yamux: yamuxStream, inbox: new Inbox(yamuxStream), taken: 0, out: 0 };
}

/**
 * Closes a session as libp2p closes a connection: in order within its own time limit of a second, else by force.
 * (`close_session` has no limit.)
 */
export async function finish(session) {
  const { connection, muxer } = session;
  session.isClosing = true;
  try {
    const signal = AbortSignal.timeout(1000);
    await muxer.close({ signal });
    await connection.close({ signal });
  } catch (error) {
    if (isMistake(error)) throw error;
    const force = new OwnReset('closed by force');
    muxer.abort(force);
    connection.abort(force);
  }
}

/** What an application asks of the library, each as one call of it and without a time limit. */
export const calls = {
  open: async (session) => handle(session, await said(session.muxer.createStream(), session)),

  async accept(session) {
    if (session.inbound.length > 0) return session.inbound.shift();
    if (session.over !== undefined) throw failed(session.over.kind, session.over.native);
    return new Promise((resolve, reject) => { session.acceptor = { resolve, reject }; });
  },

  /**
   * `send` takes all at any time and keeps what cannot go out. That is no end of the call: an application must wait for
   * the drain event where `send` says so, also where a part is still kept then.
   */
  async write(stream, bytes, moved) {
    const { session, yamux: to } = stream;
    const before = stream.taken;
    const gone = () => {
      // An abort throws away what was kept, as if it had gone out.
      if (to.status !== 'aborted') stream.out = stream.taken - to.writeBufferLength;
      return Math.min(Math.max(stream.out - before, 0), bytes.length);
    };
    const refuse = (error) => { throw refused(error, session, to, { bytes: gone() }); };
    stream.taken += bytes.length;
    let canGoOn;
    try {
      canGoOn = to.send(bytes);
    } catch (error) {
      stream.taken -= bytes.length;
      refuse(error);
    }
    const part = gone();
    if (canGoOn) return;
    if (part > 0) moved(part);
    await drained(to).catch(refuse);
    gone();
  },

  read: (stream, most) => said(stream.inbox.read(most), stream.session, stream.yamux),

  half_close: (stream) => said(stream.yamux.close(), stream.session, stream.yamux),

  /** Neither writes nor reads any more: the library has a call for each. */
  close(stream) {
    stream.inbox.shut();
    const both = Promise.all([stream.yamux.closeRead(), stream.yamux.close()]);
    return said(both, stream.session, stream.yamux);
  },

  close_read(stream) {
    stream.inbox.shut();
    return said(stream.yamux.closeRead(), stream.session, stream.yamux);
  },

  async reset(stream) {
    stream.yamux.abort(new OwnReset('the application has reset the stream'));
  },

  ping: (session) => said(session.muxer.ping(), session),

  close_session(session) {
    session.isClosing = true;
    const inOrder = async () => {
      await session.muxer.close();
      await session.connection.close();
    };
    return said(inOrder(), session);
  },

  count_streams: async (session) => session.muxer.streams.length,
};

/** What a call of the library comes to, its error as a refusal. */
const said = (call, session, stream) => call.catch((error) => { throw refused(error, session, stream); });

/** The stream can be written to again. Not `onDrain()`: from its second use on it waits for nothing. */
function drained(stream) {
  return new Promise((resolve, reject) => {
    const told = (event) => {
      stream.removeEventListener('drain', told);
      stream.removeEventListener('close', told);
      if (event.type === 'drain') resolve();
      else reject(event);
    };
    stream.addEventListener('drain', told);
    stream.addEventListener('close', told);
  });
}
