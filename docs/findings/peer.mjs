// The muxer of @libp2p/yamux at one end of the library's own connection in memory, and a raw yamux peer at the other:
// it sends the frames that it is told, and prints those that come.
import { defaultLogger } from '@libp2p/logger';
import { multiaddrConnectionPair } from '@libp2p/utils';

// Node.js has it from version 22 on.
Promise.withResolvers ??= function () {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
const { yamux } = await import('@libp2p/yamux');

export const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3];
export const [SYN, ACK, FIN, RST] = [1, 2, 4, 8];
const types = ['DATA', 'WINDOW_UPDATE', 'PING', 'GO_AWAY'];

export function begin() {
  const log = defaultLogger();
  const [connection, peer] = multiaddrConnectionPair();
  const muxer = yamux({ enableKeepAlive: false })({ logger: log }).createStreamMuxer(connection);
  let came = Buffer.alloc(0);
  peer.addEventListener('message', ({ data }) => {
    came = Buffer.concat([came, data.subarray()]);
    while (came.length >= 12) {
      const [type, flags, id, length] = [came[1], came.readUInt16BE(2), came.readUInt32BE(4), came.readUInt32BE(8)];
      const size = 12 + (type === DATA ? length : 0);
      if (came.length < size) return;
      came = came.subarray(size);
      const names = ['SYN', 'ACK', 'FIN', 'RST'].filter((_, bit) => flags & (1 << bit)).join('|') || '-';
      console.log(`  peer got ${types[type]} ${names} stream ${id} length ${length}`);
    }
  });
  peer.addEventListener('close', () => console.log('  peer got the end of the transport'));
  const send = (type, flags, id, length, body = Buffer.alloc(0)) => {
    const header = Buffer.from([0, type, 0, flags, 0, 0, 0, id, 0, 0, 0, 0]);
    header.writeUInt32BE(length, 8);
    peer.send(Buffer.concat([header, body]));
  };
  return { muxer, peer, send };
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
