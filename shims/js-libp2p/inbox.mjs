// Reads by the application from a stream whose library pushes what comes.

import { StreamStateError } from '@libp2p/interface';
import { StreamState } from '@libp2p/yamux/stream';
import { Uint8ArrayList } from 'uint8arraylist';

/**
 * What a stream has pushed and nobody has read. What comes unasked pauses the stream, which is all the back-pressure
 * that the library offers; once all that is held has been read, it runs again.
 *
 * So "the application has read" means for the library: the stream runs. It then gives the peer credit for all that has
 * come, in one window update, also for what it kept while it was paused and hands out only now. Credit comes when the
 * last byte that was held is read, not for each byte, and up to two windows are held, one here and one there.
 */
export class Inbox {
  #stream;

  #held = new Uint8ArrayList();

  /** How many bytes the read that waits can take. */
  #wanted = 0;

  #wake = () => {};

  #isResuming = false;

  #isEnded = false;

  /** Why there will be no more, if not for the end of the stream. */
  #failure;

  constructor(stream) {
    this.#stream = stream;
    stream.addEventListener('message', ({ data }) => {
      this.#held.append(data);
      this.#pause();
      this.#wake();
    });
    stream.addEventListener('end', () => {
      this.#isEnded = true;
      this.#wake();
    });
    stream.addEventListener('close', ({ error }) => {
      if (error !== undefined) this.#failure ??= error;
      // What is kept in a paused stream is still to come, and its end after it.
      else if (stream.readBufferLength === 0) this.#isEnded = true;
      this.#wake();
    });
  }

  /** Up to `most` bytes as soon as there are any; null at the end of the stream. Throws what the library said. */
  async read(most) {
    while (this.#held.byteLength === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isEnded) return null;
      this.#wanted = most;
      await new Promise((resolve) => { this.#wake = resolve; });
      this.#wanted = 0;
    }
    const piece = this.#held.slice(0, Math.min(most, this.#held.byteLength));
    this.#held.consume(piece.byteLength);
    if (this.#held.byteLength === 0) this.#resume();
    return piece;
  }

  /** The application reads no more. */
  shut() {
    this.#held.consume(this.#held.byteLength);
    this.#failure = new StreamStateError('the application has closed the stream');
    this.#wake();
  }

  #pause() {
    // A pause inside the library's own resume stops no credit: the stream counts as paused, and it is given all the same.
    if (this.#isResuming || this.#stream.readStatus !== 'readable' || this.#held.byteLength <= this.#wanted) return;
    // A pause would make the library forget the acknowledgement that it still owes. It goes out, with credit for what
    // came first, once this event is over.
    if (this.#stream.state === StreamState.SYNReceived) queueMicrotask(() => this.#pause());
    else this.#stream.pause();
  }

  #resume() {
    if (this.#stream.readStatus !== 'paused') return;
    this.#isResuming = true;
    try {
      this.#stream.resume();
    } catch (error) {
      // It hands out what it kept before it fails to give credit for it.
      if (!this.#isEnded) this.#failure ??= error;
    } finally {
      this.#isResuming = false;
    }
  }
}
