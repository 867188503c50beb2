// How the calls of an application become calls of the library.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { MemorySocket } from '../js/memory.mjs';
import { begin, calls, habits } from './library.mjs';

const [data, windowUpdate, syn] = [0, 1, 1];

const frame = (type, flags, length, body = Buffer.alloc(0)) => {
  const header = Buffer.from([0, type, 0, flags, 0, 0, 0, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 8);
  return Buffer.concat([header, body]);
};

/** A stream that the peer has opened, and what lets the peer send frames. */
async function accepted() {
  const socket = new MemorySocket();
  const send = (...what) => socket.deliver(frame(...what), Infinity);
  const session = begin(socket, 'server', {}, () => {});
  send(windowUpdate, syn, 0);
  return { stream: await calls.accept(session), send };
}

test('a read of no bytes ends once there are some', async () => {
  const { stream, send } = await accepted();
  const read = calls.read(stream, 0);
  send(data, 0, 20000, Buffer.alloc(20000));
  assert.equal((await read).length, 0);
  assert.equal((await calls.read(stream, 20000)).length, 20000);
});

test('a write that waits for credit looks for it as often as the habit says', () => {
  const source = readFileSync(new URL('./node_modules/yamux-js/lib/stream.js', import.meta.url), 'utf8');
  const [, pause] = /setTimeout\(\(\) => this\._write\(.*?\), (\d+)\)/.exec(source);
  assert.ok(habits.includes('polls') && Number(pause) <= 100, pause);
});
