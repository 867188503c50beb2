// The payload pattern of docs/writing-a-shim.md.

import { endianness } from 'node:os';

/** `bytes` bytes of the pattern of `seed`, from `offset` on. */
export function pattern(seed, offset, bytes) {
  const skip = offset % 4;
  const words = new Int32Array(Math.ceil((skip + bytes) / 4));
  const first = Math.floor(offset / 4);
  for (let at = 0; at < words.length; at += 1) {
    let x = (seed + Math.imul(first + at, 0x9E3779B9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7FEB352D);
    x = Math.imul(x ^ (x >>> 15), 0x846CA68B);
    words[at] = x ^ (x >>> 16);
  }
  const made = Buffer.from(words.buffer);
  if (endianness() === 'BE') made.swap32();
  return made.subarray(skip, skip + bytes);
}
