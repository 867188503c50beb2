// A session of yamux-js, which takes bytes and gives bytes: what the peer sends is written to it, and what it sends is
// printed.
import { Client, Server } from 'yamux-js';

export const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3];
export const [SYN, ACK, FIN, RST] = [1, 2, 4, 8];
const types = ['DATA', 'WINDOW_UPDATE', 'PING', 'GO_AWAY'];

export function begin(onStream) {
  const config = { enableKeepAlive: false, logger: (...words) => console.log('  log:', ...words) };
  const session = onStream ? new Server(onStream, config) : new Client(config);
  session.on('error', (error) => console.log(`  the session's event error: ${error.message}`));
  let came = Buffer.alloc(0);
  session.on('data', (bytes) => {
    came = Buffer.concat([came, bytes]);
    while (came.length >= 12) {
      const [type, flags, id, length] = [came[1], came.readUInt16BE(2), came.readUInt32BE(4), came.readUInt32BE(8)];
      const size = 12 + (type === DATA ? length : 0);
      if (came.length < size) return;
      came = came.subarray(size);
      const names = ['SYN', 'ACK', 'FIN', 'RST'].filter((_, bit) => flags & (1 << bit)).join('|') || '-';
      console.log(`  peer got ${types[type]} ${names} stream ${id} length ${length}`);
    }
  });
  session.on('end', () => console.log('  peer got the end of the transport'));
  const send = (...frame) => session.write(framed(...frame));
  return { session, send };
}

/** The bytes of a frame. */
export function framed(type, flags, id, length, body = Buffer.alloc(0)) {
  const header = Buffer.from([0, type, 0, flags, 0, 0, 0, id, 0, 0, 0, 0]);
  header.writeUInt32BE(length, 8);
  return Buffer.concat([header, body]);
}

/** Prints everything that a stream of the library tells its application. */
export function watch(name, stream) {
  stream.on('data', (bytes) => console.log(`  ${name} reads ${bytes.length} bytes`));
  for (const event of ['end', 'close']) stream.on(event, () => console.log(`  the event ${event} of ${name}`));
  stream.on('error', (error) => console.log(`  the event error of ${name}: ${error.message}`));
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
