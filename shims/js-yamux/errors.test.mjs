// Every error that the library can make has a class.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

import { ERRORS } from 'yamux-js/lib/constants.js';

import { CLASSES, GO_AWAYS, classify, isOfWrite } from './errors.mjs';

const lib = new URL('./node_modules/yamux-js/lib/', import.meta.url);
const sources = readdirSync(lib).filter((name) => name.endsWith('.js'))
  .map((name) => [name, readFileSync(new URL(name, lib), 'utf8')]);

const session = (isClosed) => ({ yamux: { isClosed: () => isClosed } });

test('every error of the list has a class, and none is classed that is not on it', () => {
  assert.deepEqual(Object.keys(CLASSES).sort(), Object.keys(ERRORS).sort());
  for (const [name, error] of Object.entries(ERRORS)) assert.equal(classify(error, session(false)), CLASSES[name]);
});

test('every error that is made elsewhere is that of a go away', () => {
  const made = sources.filter(([name]) => name !== 'constants.js')
    .flatMap(([, source]) => [...source.matchAll(/new Error\('([^']*)'\)/g)].map(([, message]) => message));
  assert.deepEqual(made, GO_AWAYS);
  for (const message of made) assert.equal(classify(new Error(message), session(true)), 'remote_go_away');
});

test('the errors of a write are those that the writing side emits', () => {
  const stream = sources.find(([name]) => name === 'stream.js')[1];
  const write = stream.slice(stream.indexOf('_write('), stream.indexOf('sendFlags() {'));
  const emitted = [...write.matchAll(/ERRORS\.(\w+)/g)].map(([, name]) => name);
  assert.ok(emitted.length > 0);
  for (const name of Object.keys(ERRORS)) assert.equal(isOfWrite(ERRORS[name]), emitted.includes(name), name);
});

test('an error of Node.js says what it can', () => {
  const destroyed = Object.assign(new Error('destroyed'), { code: 'ERR_STREAM_DESTROYED' });
  assert.equal(classify(destroyed, session(true)), 'session_shutdown');
  assert.equal(classify(destroyed, session(false)), 'stream_closed');
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  assert.equal(classify(reset, session(false)), 'transport');
  assert.equal(classify(new Error('of no name'), session(false)), 'unclassified');
});
