// The library behind the shim. FILL IN everything in here; the other files speak the protocol and hold as they are.
//
// What the library says no to is thrown as failed(class, native), see yamux-shim/protocol.mjs. Throw no other error of your
// own and catch none that you do not know: one that escapes ends the process with its trace, and that is a finding.

/** What is driven. Ask the package for its version, so that it is the one that is really there. */
export const implementation = {
  name: 'my-yamux',
  library: 'none yet',
  version: '0',
  language: `Node.js ${process.version}`,
};

/**
 * The settings that the library has: for each a function (config, value) that puts it into `config`, or throws
 * unsupported(reason). What is absent stays the library's own default, but keep-alive is off.
 */
export const settings = {};

/** What the library lawfully does and the harness must know: 'buffered_writes', 'own_pings', 'polls'. */
export const habits = [];

const todo = 'not written yet';

/** The calls and settings that are not there, and why. Take a name out once it is; what the library cannot have stays. */
export const lacks = {
  accept: todo,
  cancel: todo,
  close: todo,
  close_read: todo,
  close_session: todo,
  count_streams: todo,
  drop: todo,
  forget: todo,
  go_away: todo,
  half_close: todo,
  open: todo,
  ping: todo,
  read: todo,
  reset: todo,
  set_deadline: todo,
  stats: todo,
  write: todo,
  accept_backlog: todo,
  close_resets: todo,
  connection_write_timeout_us: todo,
  keep_alive_interval_us: todo,
  max_frame_size: todo,
  max_streams: todo,
  max_window: todo,
  next_stream_id: todo,
  socket_buffer: todo,
  stream_close_timeout_us: todo,
  stream_open_timeout_us: todo,
};

/**
 * Makes a session of the library on a connected socket. `over(class, native)` is called as soon as the library knows that
 * the session has ended. As it stands there is no yamux, only the socket.
 */
export function begin(socket, side, config, over) {
  const session = { socket, isEnding: false, error: undefined };
  socket.resume();
  socket.on('error', (error) => { session.error = error; });
  socket.on('close', () => {
    if (session.isEnding) over('session_shutdown', 'closed');
    else if (session.error) over('transport', session.error.message);
    else over('eof', 'end of the transport');
  });
  return session;
}

/** Closes a session as the library's users do, whatever state it is in. */
export async function finish(session) {
  session.isEnding = true;
  session.socket.destroySoon();
}

/** What an application asks of the library, each as one call of it and without a time limit. */
export const calls = {
  async open(session) {}, // returns the stream: any object that has its `number`
  async accept(session) {}, // the same
  async write(stream, bytes, moved) {}, // takes all of `bytes`; moved(n): n of them are out, and the call goes on
  async read(stream, most) {}, // returns 1 to `most` bytes, or null at the end of the stream
  async half_close(stream) {},
  async close(stream) {},
  async reset(stream) {},
  async drop(stream) {}, // what the library learns where a stream is let go of; mostly nothing, and then it is lacking
  async set_deadline(stream, { read_us, write_us }) {}, // null is none, undefined is as it was
  async ping(session) {},
  async go_away(session) {},
  async close_session(session) {},
  async count_streams(session) {}, // returns how many
};
