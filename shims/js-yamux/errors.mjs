// The library's errors as classes of the shim protocol.

import { ERRORS } from 'yamux-js/lib/constants.js';

import { failed } from '../js/protocol.mjs';

/** The errors that the library has a name for, which are one object each. */
export const CLASSES = {
  errInvalidVersion: 'protocol',
  errInvalidMsgType: 'protocol',
  errSessionShutdown: 'session_shutdown',
  errStreamsExhausted: 'streams_exhausted',
  errDuplicateStream: 'protocol',
  errRecvWindowExceeded: 'window_exceeded',
  errTimeout: 'deadline',
  errStreamClosed: 'stream_closed',
  errUnexpectedFlag: 'protocol',
  errRemoteGoAway: 'remote_go_away',
  errConnectionReset: 'stream_reset',
  errConnectionWriteTimeout: 'connection_write_timeout',
  errKeepAliveTimeout: 'keepalive_timeout',
};

/** What a session ends with at a go-away. Each time it is a new error: nothing but the text tells it apart. */
export const GO_AWAYS = ['yamux protocol error', 'remote yamux internal error', 'unexpected go away received'];

/** Those that come of a write, the others come of what the peer has sent. */
export const isOfWrite = (error) => (
  [ERRORS.errStreamClosed, ERRORS.errConnectionReset, ERRORS.errConnectionWriteTimeout].includes(error)
);

/** The class of what the library threw, emitted or called back with. */
export function classify(error, session) {
  const name = Object.keys(ERRORS).find((known) => ERRORS[known] === error);
  if (name !== undefined) return CLASSES[name] ?? 'unclassified';
  if (typeof error?.syscall === 'string') return 'transport';
  // Node.js's own: the stream was destroyed before the write, which the library does as its session ends.
  if (error?.code === 'ERR_STREAM_DESTROYED') return session.yamux.isClosed() ? 'session_shutdown' : 'stream_closed';
  if (GO_AWAYS.includes(error?.message)) return 'remote_go_away';
  return 'unclassified';
}

/** The refusal for it. */
export const refused = (error, session) => failed(classify(error, session), error.message);
