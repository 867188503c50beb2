// The connection in memory does what a socket does.

import assert from 'node:assert/strict';
import test from 'node:test';

import { MemorySocket } from './memory.mjs';

const WINDOW = 262144;

/** Time enough for everything that takes none. */
async function rest() {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

/** What happens to a socket, as words. */
function watched(socket, ...names) {
  const seen = [];
  for (const name of names) socket.on(name, (value) => seen.push(value?.length ?? value?.code ?? name));
  return seen;
}

test('one read is a segment, and never more than a socket reads', async () => {
  const socket = new MemorySocket();
  const seen = watched(socket, 'data');
  socket.deliver(Buffer.alloc(25), 10);
  await rest();
  socket.deliver(Buffer.alloc(100000), Infinity);
  await rest();
  assert.deepEqual(seen, [10, 10, 5, 65536, 34464]);
});

test('what is paused is not read, and the end comes behind it', async () => {
  const socket = new MemorySocket();
  const seen = watched(socket, 'data', 'end');
  socket.pause();
  socket.deliver(Buffer.alloc(200000), Infinity, 'eof');
  await rest();
  assert.deepEqual(seen, []);
  socket.resume();
  await rest();
  assert.deepEqual(seen, [65536, 65536, 65536, 3392, 'end']);
  assert.ok(socket.isEnded, 'a socket ends when its peer does');
});

test('a write waits while more than a window is to be taken', async () => {
  const socket = new MemorySocket();
  const seen = [];
  socket.write(Buffer.alloc(WINDOW), () => seen.push('first'));
  socket.write(Buffer.alloc(1), () => seen.push('second'));
  await rest();
  assert.deepEqual(seen, ['first']);
  assert.equal(socket.take(1).length, 1);
  await rest();
  assert.deepEqual(seen, ['first', 'second']);
  assert.equal(socket.take(Infinity).length, WINDOW);
});

test('it has ended once what was written before is taken', async () => {
  const socket = new MemorySocket();
  socket.end(Buffer.from('last'));
  await rest();
  assert.ok(!socket.isEnded);
  assert.equal(socket.take(Infinity).toString(), 'last');
  assert.ok(socket.isEnded);
});

test('after a reset nothing can be written, also what waits', async () => {
  const socket = new MemorySocket();
  const seen = watched(socket, 'error', 'close');
  socket.write(Buffer.alloc(WINDOW + 1), (error) => seen.push(error.code));
  socket.deliver(Buffer.alloc(0), Infinity, 'reset');
  await rest();
  assert.deepEqual(seen, ['EPIPE', 'EPIPE', 'close']);
  assert.equal(socket.take(Infinity).length, WINDOW);
});

test('a reset is read behind what came before', async () => {
  const socket = new MemorySocket();
  const seen = watched(socket, 'data', 'error', 'close');
  socket.deliver(Buffer.alloc(3), Infinity, 'reset');
  await rest();
  assert.deepEqual(seen, [3, 'ECONNRESET', 'close']);
});

test('who has gone takes everything', async () => {
  const socket = new MemorySocket();
  let isOut = false;
  socket.write(Buffer.alloc(3 * WINDOW), () => { isOut = true; });
  socket.forget();
  await rest();
  assert.ok(isOut && socket.waiting === 0);
});
