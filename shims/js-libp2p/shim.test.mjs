// What is not the library's is the shim that `shim init` gives out, to the letter; and the payload is the protocol's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import zlib from 'node:zlib';

import { pattern } from './pattern.mjs';

for (const name of ['actions.mjs', 'pattern.mjs', 'protocol.mjs', 'shim.mjs']) {
  test(`${name} is as shim init gives it out`, () => {
    const read = (folder) => readFileSync(new URL(`${folder}/${name}`, import.meta.url), 'utf8');
    assert.equal(read('.'), read('../../src/shim/init/js'));
  });
}

test('the pattern is that of the document', () => {
  assert.equal(pattern(1, 0, 8).toString('hex'), 'c09089683456509f');
  assert.equal(pattern(7, 65533, 8).toString('hex'), 'cc88122e1e12580f');
  assert.equal(zlib.crc32(pattern(1, 0, 65536)), 81229191);
  assert.equal(zlib.crc32(pattern(7, 65533, 100000)), 2492884655);
});
