// Makes Client and Stream.
(make, warn) => {
  class Client {
    #host = make();
    static host(client) {
      return client.#host;
    }
    load(importPaths, ...protoFiles) {
      const paths = importPaths === undefined || importPaths === null ? [] : [importPaths].flat();
      return this.#host.load(paths.map(String), protoFiles.map(String));
    }
    loadProtoset(protosetPath) {
      return this.#host.loadProtoset(String(protosetPath));
    }
    connect(address, params) {
      return this.#host.connect(String(address), params);
    }
    invoke(url, request, params) {
      return this.#host.invoke(url, request, params);
    }
    asyncInvoke(url, request, params) {
      return new Promise((resolve, reject) => this.#host.asyncInvoke(url, request, params, resolve, reject));
    }
    healthCheck(service) {
      return this.#host.healthCheck(service === undefined || service === null ? '' : String(service));
    }
    close() {
      this.#host.close();
    }
  }
  const { host } = Client;
  delete Client.host;

  const EVENTS = ['data', 'error', 'status', 'end'];

  class Stream {
    #link;
    #handlers = Object.create(null);
    constructor(client, url, params) {
      if (!(client instanceof Client)) {
        throw new TypeError("invalid GRPC Stream's client: expected a gRPC client, as new grpc.Client() makes it");
      }
      this.#link = host(client).stream(url, params, (name, data, ts) => {
        for (const handler of this.#handlers[name] ?? []) handler(data, { ts });
      });
    }
    on(event, listener) {
      if (!EVENTS.includes(event)) {
        throw new TypeError(`unknown event '${event}' of a gRPC stream: there are ${EVENTS.join(', ')}`);
      }
      if (typeof listener !== 'function') throw new TypeError(`the handler of '${event}' is not a function`);
      (this.#handlers[event] ??= []).push(listener);
    }
    write(request) {
      if (!this.#link.write(request)) warn('a message was written to a gRPC stream that has ended; it is not sent');
    }
    end() {
      this.#link.end();
    }
  }

  return { Client, Stream };
}
