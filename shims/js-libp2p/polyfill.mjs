// What @libp2p/yamux takes for granted and Node.js has only from version 22 on; imported before the library.

Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
