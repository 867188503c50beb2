// The library's errors as classes of the shim protocol.

import { failed } from '../js/protocol.mjs';

/** Errors whose name says it all. Names are what the library itself tells its errors apart by. */
export const CLASSES = new Map(Object.entries({
  BothClientsError: 'protocol',
  DecodeInvalidVersionError: 'protocol',
  InvalidFrameError: 'protocol',
  // A stream number of the wrong side: the one thing that the peer can bring this about with.
  InvalidParametersError: 'protocol',
  NotMatchingPingError: 'protocol',
  ProtocolError: 'protocol',
  ReceiveWindowExceededError: 'window_exceeded',
  StreamAlreadyExistsError: 'protocol',
  StreamResetError: 'stream_reset',
  // The library's own limit of open streams, not the end of the numbers: the list has no nearer word.
  TooManyOutboundProtocolStreamsError: 'streams_exhausted',
  UnRequestedPingError: 'protocol',
}));

/** What the application resets a stream with. */
export class OwnReset extends Error {
  name = 'OwnReset';
}

/** The class of what the library threw or told in a close event; `stream` is absent in calls on a session. */
export function classify(error, session, stream) {
  const named = CLASSES.get(error?.name);
  if (named !== undefined) return named;
  if (typeof error?.syscall === 'string') return 'transport';
  const over = session.over?.kind;
  switch (error?.name) {
    case 'MuxerClosedError':
      return over === 'remote_go_away' ? over : 'session_shutdown';
    // These say only that it is over for the stream, or for the connection.
    case 'OwnReset':
    case 'StreamClosedError':
    case 'StreamStateError':
      if (stream === undefined) return 'session_shutdown';
      if (stream.status === 'reset') return 'stream_reset';
      if (stream.status === 'aborted') return over === undefined ? 'stream_reset' : 'session_shutdown';
      return 'stream_closed';
    // With an error of no name the library takes a session down at a go away, and never else.
    case 'Error':
      return over === 'eof' ? 'session_shutdown' : over ?? 'unclassified';
    // No error at all: a close event of a stream that fell with its session, or that both sides have closed.
    case undefined:
      if (over === undefined) return stream === undefined ? 'session_shutdown' : 'stream_closed';
      return over === 'eof' ? 'session_shutdown' : over;
    default:
      return 'unclassified';
  }
}

/** Whether an error is one that nobody throws on purpose: a mistake in the library, or here. */
export const isMistake = (error) => [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind);

/**
 * The refusal for what the library threw; a mistake goes on its way as it is. Where the library waits for an event, it
 * throws the close event that came instead.
 */
export function refused(thrown, session, stream, done) {
  const error = thrown instanceof Event ? thrown.error : thrown;
  if (isMistake(error)) return error;
  return failed(classify(error, session, stream), error?.message ?? 'closed', done);
}
