// A shim: yamux-conform asks on stdin, one JSON object a line; the library is called; the answers go to stdout. This is
// the protocol of docs/writing-a-shim.md, whatever the library is; yours is library.mjs.

import net from 'node:net';

import { actions } from './actions.mjs';
import { begin, calls, finish, habits, implementation, lacks, settings } from './library.mjs';
import { Refusal, fault, say, text, unsupported } from './protocol.mjs';

/** Sessions by name; null while one is made or ended. */
const sessions = new Map();

const life = {
  hello({ protocols }) {
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
  },

  async session(request) {
    const name = text(request, 'session');
    const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(text(request, 'dial')) ?? [];
    if (port === undefined) throw fault('"dial" must be "address:port"');
    if (!['client', 'server'].includes(request.side)) throw fault('"side" must be "client" or "server"');
    if (sessions.has(name)) throw fault(`session ${name} is there already`);
    const config = configured(request.settings ?? {});
    sessions.set(name, null);
    const socket = await connected({ host, port, noDelay: true }).finally(() => sessions.delete(name));
    const session = { name, streams: new Map(), pending: new Set() };
    session.ended = new Promise((resolve) => {
      session.yamux = begin(socket, request.side, config, (kind, native) => {
        if (!session.isOver) say({ event: 'session_end', session: name, class: kind, native });
        session.isOver = true;
        resolve();
      });
    });
    sessions.set(name, session);
    const local = socket.localFamily === 'IPv6' ? `[${socket.localAddress}]` : socket.localAddress;
    return { local: `${local}:${socket.localPort}` };
  },

  async end(request) {
    const session = found(request);
    sessions.set(session.name, null);
    await finish(session.yamux);
    await Promise.all([...session.pending, session.ended]);
    // What has ended is answered by then.
    await new Promise(setImmediate);
    sessions.delete(session.name);
    return {};
  },

  bye: ({ id }) => new Promise(() => { say({ id, ok: {} }, () => process.exit(0)); }),
};

function configured(wanted) {
  if (typeof wanted !== 'object' || Array.isArray(wanted)) throw fault('"settings" must be an object');
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

function connected(to) {
  return new Promise((resolve, reject) => {
    const refused = (error) => reject(fault(`cannot dial: ${error.message}`));
    const socket = net.connect(to, () => resolve(socket.off('error', refused))).once('error', refused);
  });
}

function found(request) {
  const session = sessions.get(text(request, 'session'));
  if (session) return session;
  throw fault(`there is no session ${request.session}`);
}

async function outcome(request) {
  try {
    if (Object.hasOwn(life, request.op)) return { ok: await life[request.op](request) };
    if (!Object.hasOwn(actions, request.op)) throw unsupported(`there is no operation ${request.op}`);
    if (request.op in lacks) throw unsupported(lacks[request.op]);
    const session = found(request);
    const call = actions[request.op](session, request);
    const over = call.catch(() => {}).finally(() => session.pending.delete(over));
    session.pending.add(over);
    return { ok: await call };
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

/** Takes one line up. Nothing is waited for here: the next line may be about what this one waits for. */
function take(line) {
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
  outcome(request).then((answer) => say({ id: request.id, ...answer }));
}

let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (more) => {
  const lines = (rest + more).split('\n');
  rest = lines.pop();
  lines.forEach(take);
});
process.stdin.on('end', () => process.exit(0));
