// A connection in memory: what a session has for a socket in lockstep.

import { Duplex } from 'node:stream';

/** What the other end leaves to be taken before a write waits: a window, as much as the built-in yamux lets stand. */
const CAPACITY = 262144;

/** The most that one read of a socket of Node.js returns. */
const READ = 65536;

/** One end, which does what a net.Socket does; `deliver`, `take` and `isEnded` are for the owner of the other end. */
export class MemorySocket extends Duplex {
  /** Pieces of input that nobody has read, each what one read returns. Last may come how it ends: null or an error. */
  #in = [];

  #isWanted = false;

  #isInputOver = false;

  #broken;

  #out = [];

  /** How many bytes wait to be taken. */
  waiting = 0;

  #isClosed = false;

  /** Lets the write that waits go on. */
  #written;

  #isForgotten = false;

  constructor() {
    super({ allowHalfOpen: false });
  }

  /** Takes bytes for the library to read, at most `segment` at once; then "eof" or "reset" ends them, if named. */
  deliver(bytes, segment, end) {
    if (this.#isInputOver) return;
    const most = Math.min(segment, READ);
    for (let at = 0; at < bytes.length; at += most) this.#in.push(bytes.subarray(at, at + most));
    if (end !== undefined) {
      this.#isInputOver = true;
      this.#in.push(end === 'reset' ? systemError('read ECONNRESET', 'ECONNRESET', 'read') : null);
      if (end === 'reset') this.#breakOff();
    }
    this.#hand();
  }

  /** At most `most` bytes of what was written. */
  take(most) {
    const taken = [];
    let left = Math.min(most, this.waiting);
    this.waiting -= left;
    while (left > 0) {
      const first = this.#out.shift();
      if (first.length > left) this.#out.unshift(first.subarray(left));
      taken.push(first.subarray(0, left));
      left -= taken.at(-1).length;
    }
    this.#goOn();
    return taken.length === 1 ? taken[0] : Buffer.concat(taken);
  }

  /** Whether the library has ended the connection and everything before that was taken. */
  get isEnded() {
    return this.#isClosed && this.waiting === 0;
  }

  /** From now on whatever is written is taken at once. */
  forget() {
    this.#isForgotten = true;
    this.take(Infinity);
  }

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy() {
    return this.destroy();
  }

  _read() {
    this.#isWanted = true;
    this.#hand();
  }

  _write(bytes, encoding, written) {
    if (this.#broken !== undefined) {
      written(this.#broken);
      return;
    }
    if (!this.#isForgotten) {
      this.#out.push(Buffer.from(bytes));
      this.waiting += bytes.length;
    }
    this.#written = written;
    if (this.waiting <= CAPACITY) this.#release();
  }

  _final(done) {
    this.#isClosed = true;
    done();
  }

  _destroy(error, done) {
    // What there was no room for was never on its way.
    if (this.waiting > CAPACITY) {
      this.#out = [Buffer.concat(this.#out).subarray(0, CAPACITY)];
      this.waiting = CAPACITY;
    }
    this.#isClosed = true;
    done(error);
  }

  /** One read of a socket is one turn of the event loop. */
  #hand() {
    if (!this.#isWanted || this.#in.length === 0) return;
    this.#isWanted = false;
    setImmediate(() => {
      if (this.destroyed) return;
      const next = this.#in.shift();
      if (next instanceof Error) this.destroy(next);
      else this.push(next);
    });
  }

  #breakOff() {
    this.#broken = systemError('write EPIPE', 'EPIPE', 'write');
    if (this.#written !== undefined) setImmediate(() => this.#release(this.#broken));
  }

  #goOn() {
    if (this.#written !== undefined && this.waiting <= CAPACITY) setImmediate(() => this.#release());
  }

  #release(error) {
    const written = this.#written;
    this.#written = undefined;
    written?.(error);
  }
}

/** An error as the system makes it. */
const systemError = (message, code, syscall) => Object.assign(new Error(message), { code, syscall });
