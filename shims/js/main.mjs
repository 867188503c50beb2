// The program: yamux-conform asks on stdin, one JSON object a line; the library is called; the answers go to stdout. This
// is the protocol of docs/writing-a-shim.md, whatever the library is.

import { Server } from './server.mjs';

/**
 * Serves what a library.mjs exports: `implementation`, `settings`, `habits`, `lacks`, `begin`, `finish` and `calls`. What
 * each is says the one that `shim init` gives out. With the package @sinonjs/fake-timers it offers lockstep, too: if all
 * of the library's time is that of Node.js, and it does no input and output but on its socket, nothing more is needed.
 */
export function serve(library, fakeTimers) {
  const server = new Server(library, fakeTimers);
  const lines = [];
  let isTaking = false;
  let isOver = false;
  const takeAll = async () => {
    isTaking = true;
    while (lines.length > 0) {
      const rest = server.take(lines.shift());
      if (rest !== undefined) await rest;
    }
    isTaking = false;
    if (isOver) process.exit(0);
  };
  // A line may have megabytes: what has come of it is looked at once.
  const parts = [];
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (more) => {
    parts.push(more);
    if (!more.includes('\n')) return;
    lines.push(...parts.splice(0).join('').split('\n'));
    parts.push(lines.pop());
    if (!isTaking) takeAll();
  });
  process.stdin.on('end', () => {
    isOver = true;
    if (!isTaking) process.exit(0);
  });
}
