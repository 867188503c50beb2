// A TCP socket as the connection that the library's muxer runs on.

import { defaultLogger } from '@libp2p/logger';
import { AbstractMultiaddrConnection, ipPortToMultiaddr } from '@libp2p/utils';

/** A connected socket, in the terms of libp2p. It ends when the socket does, and does nothing else of its own. */
export class SocketConnection extends AbstractMultiaddrConnection {
  #socket;

  constructor(socket, direction) {
    super({
      direction,
      // Where the other end is: libp2p wants to know, its yamux does not.
      remoteAddr: ipPortToMultiaddr('127.0.0.1', 1),
      // Silent, unless DEBUG is set as for any libp2p; then on stderr.
      log: defaultLogger().forComponent('yamux-conform'),
    });
    this.#socket = socket;
    socket.on('data', (bytes) => this.onData(bytes));
    socket.on('drain', () => this.safeDispatchEvent('drain'));
    socket.on('error', (error) => this.abort(error));
    socket.on('end', () => this.onTransportClosed());
    socket.on('close', () => this.onTransportClosed());
  }

  sendData(data) {
    let sentBytes = 0;
    let canSendMore = true;
    for (const piece of data) {
      if (!canSendMore) break;
      canSendMore = this.#socket.write(piece);
      sentBytes += piece.byteLength;
    }
    return { sentBytes, canSendMore };
  }

  async sendClose(options) {
    await new Promise((resolve, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal.reason));
      this.#socket.once('close', resolve);
      this.#socket.destroySoon();
      if (this.#socket.closed) resolve();
    });
  }

  sendReset() {
    this.#socket.resetAndDestroy();
  }

  sendPause() {
    this.#socket.pause();
  }

  sendResume() {
    this.#socket.resume();
  }
}
