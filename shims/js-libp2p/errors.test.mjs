// Every error that the library can make has a class, and each class is one of the protocol's.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

import * as interfaces from '@libp2p/interface';

import { OwnReset, classify, refused } from './errors.mjs';

const here = (path) => new URL(`./node_modules/@libp2p/${path}`, import.meta.url);

/** What yamux is made of, in its own package and below. */
const sources = [
  ...readdirSync(here('yamux/dist/src')).filter((name) => name.endsWith('.js')).map((name) => `yamux/dist/src/${name}`),
  ...['stream-muxer', 'stream', 'message-stream', 'multiaddr-connection']
    .map((name) => `utils/dist/src/abstract-${name}.js`),
];

/** Errors that no peer and no caller of the shim can bring about. */
const unclassified = new Map([
  ['Error', 'has no name: its class is that of the go away, if there was one'],
  ['MaxEarlyStreamsError', 'the shim listens for streams from the first moment on'],
  ['StreamBufferError', 'a finding: the library gave more credit than it has room for'],
]);

const open = { over: undefined, isClosing: false };
const named = (name) => Object.assign(new Error('it says'), { name });

test('every error that the sources make has a class', () => {
  const made = new Set();
  for (const source of sources) {
    for (const [, name] of readFileSync(here(source), 'utf8').matchAll(/new (\w*Error)\(/g)) made.add(name);
  }
  for (const name of ['InvalidFrameError', 'MuxerClosedError', 'StreamResetError', 'StreamClosedError']) {
    assert.ok(made.has(name), `${name} is no longer made: this test looks in the wrong place`);
  }
  for (const name of made) {
    const kind = classify(named(name), open, { status: 'open' });
    assert.equal(kind === 'unclassified', unclassified.has(name), `${name} is ${kind}`);
  }
});

test('every error of the package that breaks the protocol says so', async () => {
  const errors = await import(here('yamux/dist/src/errors.js'));
  const kinds = Object.entries(errors).filter(([, made]) => made.prototype instanceof errors.ProtocolError);
  assert.ok(kinds.length > 6);
  for (const [name, Kind] of kinds) {
    const expected = name === 'ReceiveWindowExceededError' ? 'window_exceeded' : 'protocol';
    assert.equal(classify(new Kind(), open), expected, name);
  }
});

test('what only says that something is over is told by what is over', () => {
  const { MuxerClosedError, StreamStateError } = interfaces;
  const gone = { over: { kind: 'remote_go_away' } };
  const cut = { over: { kind: 'transport' } };
  const ended = { over: { kind: 'eof' } };
  const state = (session, status) => classify(new StreamStateError(), session, { status });
  assert.equal(state(open, 'open'), 'stream_closed');
  assert.equal(state(open, 'aborted'), 'stream_reset');
  assert.equal(state(gone, 'aborted'), 'session_shutdown');
  assert.equal(state(gone, 'reset'), 'stream_reset');
  assert.equal(classify(new StreamStateError(), cut), 'session_shutdown');
  assert.equal(classify(new MuxerClosedError(), open), 'session_shutdown');
  assert.equal(classify(new MuxerClosedError(), gone), 'remote_go_away');
  assert.equal(classify(new OwnReset(), open, { status: 'aborted' }), 'stream_reset');
  assert.equal(classify(new Error('Remote sent GoAway'), gone, { status: 'aborted' }), 'remote_go_away');
  assert.equal(classify(new Error('of no name'), open, { status: 'open' }), 'unclassified');
  assert.equal(classify(undefined, cut, { status: 'closed' }), 'transport');
  assert.equal(classify(undefined, ended, { status: 'closed' }), 'session_shutdown');
  assert.equal(classify(undefined, open, { status: 'closed' }), 'stream_closed');
});

test('an error of the socket is one of the transport', () => {
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  assert.equal(classify(error, open), 'transport');
});

test('a mistake in the code is no answer', () => {
  const mistake = new TypeError('x is not a function');
  assert.equal(refused(mistake, open), mistake);
  assert.equal(refused(new interfaces.StreamResetError('it was'), open).answer.err.class, 'stream_reset');
});
