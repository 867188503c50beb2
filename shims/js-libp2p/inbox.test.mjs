// The back-pressure of the library, as the inbox uses it.

import './polyfill.mjs';

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { multiaddrConnectionPair } from '@libp2p/utils';
import { yamux } from '@libp2p/yamux';
import { StreamState } from '@libp2p/yamux/stream';

import { Inbox } from './inbox.mjs';

const window = 262144;

/** Time enough for whatever can happen without anybody's doing. */
const rest = () => setTimeout(50);

/** A stream between two muxers: the end that opened it, and the one that was handed it, with its inbox. */
async function opened() {
  const muxer = (connection) => yamux({ enableKeepAlive: false })().createStreamMuxer(connection);
  const [near, far] = multiaddrConnectionPair().map(muxer);
  const handed = new Promise((resolve) => {
    far.addEventListener('stream', ({ detail }) => resolve({ stream: detail, inbox: new Inbox(detail) }));
  });
  const writer = await near.createStream();
  return { writer, ...await handed };
}

async function readAll(inbox, bytes) {
  let read = 0;
  while (read < bytes) read += (await inbox.read(bytes - read)).length;
  return read;
}

test('a stream that nobody reads takes a window, and no more than the first data besides', async () => {
  const { writer } = await opened();
  writer.send(new Uint8Array(1000));
  await rest();
  writer.send(new Uint8Array(10 * window));
  await rest();
  assert.equal(writer.writeBufferLength, 9 * window);
});

test('the acknowledgement goes out although the first data is not read', async () => {
  const { writer, stream } = await opened();
  assert.equal(writer.state, StreamState.SYNSent);
  writer.send(new Uint8Array(1000));
  await rest();
  assert.equal(writer.state, StreamState.Established);
  assert.equal(stream.readStatus, 'paused');
});

test('what was held is read, and the writer goes on once all of it is', async () => {
  const { writer, inbox } = await opened();
  const sent = new Uint8Array(5 * window).map((_, at) => at % 251);
  writer.send(sent);
  await rest();
  const kept = writer.writeBufferLength;
  const first = await inbox.read(10);
  assert.deepEqual([...first], [...sent.subarray(0, 10)]);
  await rest();
  assert.equal(writer.writeBufferLength, kept, 'there was credit before all that was held was read');
  assert.equal(await readAll(inbox, sent.length - 10), sent.length - 10);
  assert.equal(writer.writeBufferLength, 0);
});

test('no more than two windows are out that nobody has read, however often it is read', async () => {
  const { writer, inbox } = await opened();
  const sent = 30 * window;
  writer.send(new Uint8Array(sent));
  await rest();
  for (let read = 0; read < sent;) {
    read += (await inbox.read(sent)).length;
    await rest();
    const out = sent - writer.writeBufferLength - read;
    assert.ok(out <= 2 * window, `${out} bytes are out after ${read}`);
  }
});

test('a read that waits is given what comes, then the end', async () => {
  const { writer, inbox } = await opened();
  const reading = inbox.read(100);
  writer.send(new Uint8Array([1, 2, 3]));
  assert.deepEqual([...await reading], [1, 2, 3]);
  const last = inbox.read(100);
  await writer.close();
  assert.equal(await last, null);
  assert.equal(await inbox.read(1), null);
});

test('what came before a reset is read, then the reset', async () => {
  const { writer, inbox } = await opened();
  writer.send(new Uint8Array(10));
  await rest();
  writer.abort(new Error('reset'));
  await rest();
  assert.equal((await inbox.read(100)).length, 10);
  await assert.rejects(inbox.read(100), { name: 'StreamResetError' });
});

test('an inbox that is shut reads no more', async () => {
  const { inbox } = await opened();
  const reading = inbox.read(1);
  inbox.shut();
  await assert.rejects(reading, { name: 'StreamStateError' });
});
