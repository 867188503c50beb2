// How a request becomes calls of the library.

import fs from 'node:fs';
import zlib from 'node:zlib';

import { pattern } from './pattern.mjs';
import { failed, fault, number, say, text } from './protocol.mjs';

/** One for each action. Each checks its request, and makes its first call, before it returns. */
export const actionsWith = (calls) => ({
  ...onStreams(calls),
  ...named(['open', 'accept'], (op) => (session, request) => {
    const label = text(request, 'stream');
    if (session.streams.has(label)) throw fault(`stream ${label} is there already`);
    session.streams.set(label, null);
    return inTurn(session, op, async () => {
      const made = await calls[op](session.yamux).catch((error) => { session.streams.delete(label); throw error; });
      session.streams.set(label, { yamux: made });
      return { stream_number: made.number };
    });
  }),
  ...named(['half_close', 'close', 'close_read', 'reset'], (op) => (session, request) => (
    calls[op](streamOf(session, request).yamux).then(() => ({}))
  )),
  ...named(['ping', 'go_away', 'close_session'], (op) => (session) => calls[op](session.yamux).then(() => ({}))),
  stats: async (session) => ({
    figures: { ...(calls.count_streams && { streams: await calls.count_streams(session.yamux) }), ...figures() },
  }),
  count_streams: async (session) => ({ streams: await calls.count_streams(session.yamux) }),
});

/** What the process takes up. Only Linux tells. */
const figures = () => (fs.existsSync('/proc/self/fd') ? { descriptors: fs.readdirSync('/proc/self/fd').length } : {});

const named = (names, make) => Object.fromEntries(names.map((name) => [name, make(name)]));

const onStreams = (calls) => ({
  write(session, request) {
    const stream = streamOf(session, request);
    const [bytes, times] = [number(request, 'bytes'), number(request, 'times', 1)];
    const [seed, offset] = [number(request, 'seed', 0), number(request, 'offset', 0)];
    return inTurn(stream, 'write', async () => {
      const done = { bytes: 0 };
      const moved = (more) => say({ event: 'progress', of: request.id, bytes: done.bytes + more });
      for (let left = times; left > 0; left -= 1) {
        const call = calls.write(stream.yamux, pattern(seed, offset + done.bytes, bytes), moved);
        await call.catch((error) => { throw after(error, { bytes: done.bytes + (error?.answer?.err?.bytes ?? 0) }); });
        if (left > 1) moved(bytes);
        done.bytes += bytes;
      }
      return done;
    });
  },

  read(session, request) {
    const stream = streamOf(session, request);
    const isToEnd = request.to_end === true;
    const size = isToEnd ? number(request, 'chunk', 65536) : number(request, 'bytes');
    if (isToEnd && size === 0) throw fault('"chunk" must be 1 at least');
    const total = isToEnd ? Infinity : size * number(request, 'times', 1);
    return inTurn(stream, 'read', async () => {
      const done = { bytes: 0, crc32: 0 };
      // A read of no bytes is a call of the library too.
      if (size === 0) await calls.read(stream.yamux, 0).catch((error) => { throw after(error, done); });
      while (done.bytes < total) {
        const most = isToEnd ? size : size - (done.bytes % size);
        const piece = await calls.read(stream.yamux, most).catch((error) => { throw after(error, done); });
        if (piece === null && isToEnd) break;
        if (piece === null) throw failed('eof', 'end of the stream', done);
        done.bytes += piece.length;
        done.crc32 = zlib.crc32(piece, done.crc32);
        if (done.bytes < total) say({ event: 'progress', of: request.id, bytes: done.bytes });
      }
      return done;
    });
  },

  async drop(session, request) {
    const stream = streamOf(session, request);
    session.streams.delete(request.stream);
    await calls.drop(stream.yamux);
    return {};
  },

  async forget(session, request) {
    streamOf(session, request);
    session.streams.delete(request.stream);
    return {};
  },

  async set_deadline(session, request) {
    const at = (name) => (request[name] == null ? request[name] : number(request, name));
    await calls.set_deadline(streamOf(session, request).yamux, { read_us: at('read_us'), write_us: at('write_us') });
    return {};
  },
});

/** Makes a call once the one before of its kind is over; at once if there is none. */
function inTurn(place, kind, call) {
  const mine = place[kind] ? place[kind].then(call) : call();
  const over = mine.catch(() => {}).then(() => { if (place[kind] === over) delete place[kind]; });
  place[kind] = over;
  return mine;
}

/** An error with what was done before it. */
function after(error, done) {
  Object.assign(error?.answer?.err ?? {}, done);
  return error;
}

function streamOf(session, request) {
  const stream = session.streams.get(text(request, 'stream'));
  if (stream) return stream;
  throw fault(`there is no stream ${request.stream}`);
}
