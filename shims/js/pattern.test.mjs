// The payload is the protocol's.

import assert from 'node:assert/strict';
import test from 'node:test';
import zlib from 'node:zlib';

import { pattern } from './pattern.mjs';

test('the pattern is that of the document', () => {
  assert.equal(pattern(1, 0, 8).toString('hex'), 'c09089683456509f');
  assert.equal(pattern(7, 65533, 8).toString('hex'), 'cc88122e1e12580f');
  assert.equal(zlib.crc32(pattern(1, 0, 65536)), 81229191);
  assert.equal(zlib.crc32(pattern(7, 65533, 100000)), 2492884655);
});
