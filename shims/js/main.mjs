// The program: yamux-conform asks on stdin, one JSON object a line; the library is called; the answers go to stdout. This
// is the protocol of docs/writing-a-shim.md, whatever the library is.

import net from 'node:net';

import { actionsWith } from './actions.mjs';
import { Refusal, fault, say, text, unsupported } from './protocol.mjs';

/**
 * Serves what a library.mjs exports: `implementation`, `settings`, `habits`, `lacks`, `begin`, `finish` and `calls`. What
 * each is says the one that `shim init` gives out.
 */
export function serve(library) {
  const server = new Server(library);
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (more) => {
    const lines = (rest + more).split('\n');
    rest = lines.pop();
    lines.forEach((line) => server.take(line));
  });
  process.stdin.on('end', () => process.exit(0));
}

class Server {
  #library;

  #actions;

  /** Sessions by name; null while one is made or ended. */
  #sessions = new Map();

  constructor(library) {
    this.#library = library;
    this.#actions = actionsWith(library.calls);
  }

  /** Takes one line up. Nothing is waited for here: the next line may be about what this one waits for. */
  take(line) {
    if (line.trim() === '') return;
    let request;
    try {
      request = JSON.parse(line);
    } catch (error) {
      say({ event: 'fault', message: `no request: ${error.message}` });
      return;
    }
    if (!Number.isSafeInteger(request?.id) || request.id < 0 || typeof request.op !== 'string') {
      say({ event: 'fault', message: 'no request: "id" must be a whole number from 0 on and "op" a text' });
      return;
    }
    this.#outcome(request).then((answer) => say({ id: request.id, ...answer }));
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
      clocks: ['live'],
      actions: Object.keys(calls).filter((name) => !(name in lacks)),
      settings: Object.keys(settings),
      habits,
      unsupported: Object.entries(lacks).map(([name, reason]) => ({ name, reason })),
    };
  }

  async #begin(request) {
    const name = text(request, 'session');
    const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(text(request, 'dial')) ?? [];
    if (port === undefined) throw fault('"dial" must be "address:port"');
    if (!['client', 'server'].includes(request.side)) throw fault('"side" must be "client" or "server"');
    if (this.#sessions.has(name)) throw fault(`session ${name} is there already`);
    const config = this.#configured(request.settings ?? {});
    this.#sessions.set(name, null);
    const socket = await connected({ host, port, noDelay: true }).finally(() => this.#sessions.delete(name));
    const session = { name, streams: new Map(), pending: new Set() };
    session.ended = new Promise((resolve) => {
      session.yamux = this.#library.begin(socket, request.side, config, (kind, native) => {
        if (!session.isOver) say({ event: 'session_end', session: name, class: kind, native });
        session.isOver = true;
        resolve();
      });
    });
    this.#sessions.set(name, session);
    const local = socket.localFamily === 'IPv6' ? `[${socket.localAddress}]` : socket.localAddress;
    return { local: `${local}:${socket.localPort}` };
  }

  async #end(request) {
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

function connected(to) {
  return new Promise((resolve, reject) => {
    const refused = (error) => reject(fault(`cannot dial: ${error.message}`));
    const socket = net.connect(to, () => resolve(socket.off('error', refused))).once('error', refused);
  });
}
