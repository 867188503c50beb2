// The payload pattern of docs/writing-a-shim.md.

/** `bytes` bytes of the pattern of `seed`, from `offset` on. */
export function pattern(seed, offset, bytes) {
  const skip = offset % 4;
  const words = Buffer.alloc(Math.ceil((skip + bytes) / 4) * 4);
  let word = Math.floor(offset / 4);
  for (let at = 0; at < words.length; at += 4, word += 1) {
    let x = (seed + Math.imul(word, 0x9E3779B9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7FEB352D);
    x = Math.imul(x ^ (x >>> 15), 0x846CA68B);
    words.writeInt32LE(x ^ (x >>> 16), at);
  }
  return words.subarray(skip, skip + bytes);
}
