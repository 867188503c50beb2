// Sessions, and what is asked of them.

import net from 'node:net';

import { actionsWith } from './actions.mjs';
import { Lockstep } from './lockstep.mjs';
import { Refusal, fault, onSaid, say, text, unsupported } from './protocol.mjs';

export class Server {
  #library;

  #actions;

  #fakeTimers;

  /** Set once a session has begun in virtual time, which this process then stays in. */
  #lockstep;

  /** That what was asked last, to end a session, has come to rest in lockstep. */
  #ending;

  /** Sessions by name; null while one is made or ended. */
  #sessions = new Map();

  constructor(library, fakeTimers) {
    this.#library = library;
    this.#actions = actionsWith(library.calls);
    this.#fakeTimers = fakeTimers;
  }

  /**
   * Takes one line up. No call is waited for here: the next line may be about what this one waits for. What is returned
   * is, in lockstep, that everything has come to rest.
   */
  take(line) {
    if (line.trim() === '') return undefined;
    let request;
    try {
      request = JSON.parse(line);
    } catch (error) {
      say({ event: 'fault', message: `no request: ${error.message}` });
      return undefined;
    }
    if (!Number.isSafeInteger(request?.id) || request.id < 0 || typeof request.op !== 'string') {
      say({ event: 'fault', message: 'no request: "id" must be a whole number from 0 on and "op" a text' });
      return undefined;
    }
    const answered = this.#outcome(request).then((answer) => {
      say({ id: request.id, ...answer });
      if (request.op === 'step') this.#lockstep?.stepped();
    });
    if (this.#lockstep === undefined) return undefined;
    if (request.op === 'step') return answered;
    return request.op === 'end' ? this.#ending : this.#lockstep.rest();
  }

  async #outcome(request) {
    try {
      return { ok: await this.#carryOut(request) };
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  }

  #carryOut(request) {
    switch (request.op) {
      case 'hello': return this.#hello(request);
      case 'session': return this.#begin(request);
      case 'end': return this.#end(request);
      case 'step': return this.#step(request);
      case 'bye': return new Promise(() => { say({ id: request.id, ok: {} }, () => process.exit(0)); });
      default: return this.#act(request);
    }
  }

  #hello({ protocols }) {
    const { calls, habits, implementation, lacks, settings } = this.#library;
    if (!Array.isArray(protocols) || !protocols.includes(1)) throw unsupported('this shim speaks protocol 1');
    return {
      protocol: 1,
      implementation,
      sides: ['client', 'server'],
      clocks: this.#fakeTimers ? ['live', 'lockstep'] : ['live'],
      lockstep_pairs: this.#fakeTimers !== undefined,
      actions: [...Object.keys(calls), 'forget', 'stats'].filter((name) => !(name in lacks)),
      abilities: 'stats' in lacks ? [] : ['stats_descriptors', 'stats_streams'].filter((name) => !(name in lacks)),
      settings: Object.keys(settings),
      habits,
      unsupported: Object.entries(lacks).map(([name, reason]) => ({ name, reason })),
    };
  }

  async #begin(request) {
    const name = text(request, 'session');
    if (!['client', 'server'].includes(request.side)) throw fault('"side" must be "client" or "server"');
    if (this.#sessions.has(name)) throw fault(`session ${name} is there already`);
    const config = this.#configured(request.settings ?? {});
    this.#sessions.set(name, null);
    const dialled = request.clock === 'lockstep' ? this.#inMemory(name) : connected(request, this.#lockstep);
    const socket = await dialled.finally(() => this.#sessions.delete(name));
    const session = { name, streams: new Map(), pending: new Set() };
    session.ended = new Promise((resolve) => {
      session.yamux = this.#library.begin(socket, request.side, config, (kind, native) => {
        if (!session.isOver) say({ event: 'session_end', session: name, class: kind, native });
        session.isOver = true;
        resolve();
      });
    });
    this.#sessions.set(name, session);
    if (this.#lockstep) return {};
    const local = socket.localFamily === 'IPv6' ? `[${socket.localAddress}]` : socket.localAddress;
    return { local: `${local}:${socket.localPort}` };
  }

  /** The transport of a session in virtual time, which begins with the first of them. */
  async #inMemory(name) {
    if (this.#fakeTimers === undefined) throw fault('this program has the live clock only');
    if (this.#lockstep === undefined && this.#sessions.size > 1) throw fault('there are sessions on the live clock');
    this.#lockstep ??= new Lockstep(this.#fakeTimers);
    onSaid(() => this.#lockstep.heard());
    return this.#lockstep.begin(name);
  }

  async #step(request) {
    if (this.#lockstep) return this.#lockstep.step(request);
    throw fault('there is no session in lockstep');
  }

  #end(request) {
    const ending = this.#finish(request);
    this.#ending = this.#lockstep?.end(request.session, ending);
    return ending;
  }

  async #finish(request) {
    const session = this.#found(request);
    this.#sessions.set(session.name, null);
    await this.#library.finish(session.yamux);
    await Promise.all([...session.pending, session.ended]);
    // What has ended is answered by then.
    await new Promise(setImmediate);
    this.#sessions.delete(session.name);
    return {};
  }

  async #act(request) {
    const { lacks } = this.#library;
    if (!Object.hasOwn(this.#actions, request.op)) throw unsupported(`there is no operation ${request.op}`);
    if (request.op in lacks) throw unsupported(lacks[request.op]);
    if (request.deadline_us != null) throw unsupported(lacks[`deadline_${request.op}`]);
    const session = this.#found(request);
    const call = this.#actions[request.op](session, request);
    const over = call.catch(() => {}).finally(() => session.pending.delete(over));
    session.pending.add(over);
    return call;
  }

  #configured(wanted) {
    if (typeof wanted !== 'object' || Array.isArray(wanted)) throw fault('"settings" must be an object');
    const { lacks, settings } = this.#library;
    const config = {};
    for (const [name, value] of Object.entries(wanted)) {
      if (value === null || value === false) continue;
      if (!Object.hasOwn(settings, name)) {
        throw unsupported(Object.hasOwn(lacks, name) ? lacks[name] : `there is no setting ${name}`);
      }
      settings[name](config, value);
    }
    return config;
  }

  #found(request) {
    const session = this.#sessions.get(text(request, 'session'));
    if (session) return session;
    throw fault(`there is no session ${request.session}`);
  }
}

/** The socket of a session on the live clock. */
async function connected(request, lockstep) {
  if (lockstep) throw fault('this process is in lockstep: a session on another clock needs another process');
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(text(request, 'dial')) ?? [];
  if (port === undefined) throw fault('"dial" must be "address:port"');
  return new Promise((resolve, reject) => {
    const refused = (error) => reject(fault(`cannot dial: ${error.message}`));
    const to = { host, port, noDelay: true };
    const socket = net.connect(to, () => resolve(socket.off('error', refused))).once('error', refused);
  });
}
