// The virtual clock, and the transports of the sessions on it: "Lockstep" in docs/writing-a-shim.md.

import { MemorySocket } from './memory.mjs';
import { fault, say } from './protocol.mjs';

/** What tells the time; what else there is (microtasks, immediates) takes none. */
const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance', 'hrtime'];

/** How long time goes on at the end of a session for what the library has left behind, in milliseconds. */
const AFTERMATH = 3_600_000;

export class Lockstep {
  #clock;

  /** The transports by the name of their session: of one, or of the two ends of one connection. */
  #ends = new Map();

  /** What time it is since the first of these sessions began; that of the clock is whole milliseconds. */
  #nanoseconds = 0;

  /** Whether a line was written since the last step was answered. */
  #isTold = false;

  constructor(fakeTimers) {
    this.#clock = fakeTimers.install({ now: Date.UTC(2000), toFake: FAKED });
    AbortSignal.timeout = (delay) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException('the time is over', 'TimeoutError')), delay);
      return controller.signal;
    };
  }

  /** Makes the transport of a session. */
  begin(name) {
    if (this.#ends.size > 1) throw fault('in lockstep there are at most the two ends of one connection');
    const socket = new MemorySocket();
    this.#ends.set(name, { socket, began: this.#nanoseconds, room: Infinity, isOver: false });
    return socket;
  }

  /** Something was written that the harness hears. */
  heard() {
    this.#isTold = true;
  }

  /** A step was answered. */
  stepped() {
    this.#isTold = false;
  }

  async step(request) {
    const end = this.#ends.get(request.session);
    if (end === undefined) throw fault(`a step is for a session in lockstep: there is no ${request.session}`);
    const { socket } = end;
    if (![undefined, null, 'eof', 'reset'].includes(request.end)) throw fault('"end" must be "eof" or "reset"');
    const input = Buffer.from(request.deliver ?? '', 'base64');
    socket.deliver(input, request.segment > 0 ? request.segment : Infinity, request.end ?? undefined);
    await this.rest();
    end.room = request.room ?? Infinity;
    if (request.until_ns != null) await this.#advance(end.began + request.until_ns);
    const out = socket.take(end.room);
    end.room -= out.length;
    if (out.length > 0) await this.rest();
    const answer = { now_ns: this.#nanoseconds - end.began };
    if (out.length > 0) answer.out = out.toString('base64');
    if (socket.waiting > 0) answer.left = socket.waiting;
    else if (socket.isEnded) {
      answer.end = 'eof';
      end.isOver = true;
    }
    return answer;
  }

  /**
   * Returns once the session that is ending has ended, for which time may pass, or never will. Nobody takes what is still
   * written.
   */
  async end(name, ending) {
    let isOver = false;
    ending.finally(() => { isOver = true; }).catch(() => {});
    this.#ends.get(name)?.socket.forget();
    await this.rest();
    const until = this.#milliseconds() + AFTERMATH;
    while (!isOver && await this.#fireBy(until));
    if (isOver) this.#ends.delete(name);
    if (this.#ends.size > 0) return;
    while (await this.#fireBy(until));
    this.#clock.reset();
    this.#nanoseconds = 0;
    this.#isTold = false;
  }

  /** Returns once nothing can run any more without time passing. */
  async rest() {
    do await this.#turns(); while (this.#fireOne(0));
  }

  /** Lets the event loop turn until there is nothing for it to do. Each turn leaves no microtask and no tick undone. */
  async #turns() {
    let waitsFor;
    do {
      await new Promise(setImmediate);
      waitsFor = process.getActiveResourcesInfo();
    } while (waitsFor.some((kind) => kind === 'Immediate' || kind.includes('Req')));
    if (!waitsFor.includes('Timeout')) return;
    say({ event: 'stuck', reason: 'there is a timer that the virtual clock does not drive' });
    process.exit(1);
  }

  /** Lets time pass until there is something to tell, until at the latest. */
  async #advance(until) {
    const last = Math.floor(until / 1e6);
    while (this.#nanoseconds < until && !this.#isTold && !this.#isNews()) {
      if (await this.#fireBy(last)) this.#nanoseconds = Math.max(this.#nanoseconds, this.#milliseconds() * 1e6);
      else this.#nanoseconds = until;
    }
  }

  #isNews() {
    return [...this.#ends.values()].some(({ socket, room, isOver }) => (
      (room > 0 && socket.waiting > 0) || (socket.isEnded && !isOver)
    ));
  }

  /** Goes to the next timer, if it is due by then, and comes to rest; else to that moment. */
  async #fireBy(milliseconds) {
    const isFired = this.#fireOne(milliseconds - this.#milliseconds());
    if (isFired) await this.rest();
    return isFired;
  }

  /** Fires the next timer if it is due so many milliseconds from now; else that is what time it is then. */
  #fireOne(within) {
    let isMark = false;
    // The last one to go off of those that are due at the same moment.
    const mark = setTimeout(() => { isMark = true; }, within);
    this.#clock.next();
    clearTimeout(mark);
    return !isMark;
  }

  /** How much has passed on the clock since the first session began. */
  #milliseconds() {
    return Date.now() - Date.UTC(2000);
  }
}
