// Makes sse.open: the function goes on until the stream has ended or is closed, and runs what its handlers do.
(host, wait, throws) => {
  const NAMES = ['open', 'event', 'error', 'close'];

  class Client {
    #handlers = Object.create(null);
    #close;
    constructor(close) {
      this.#close = close;
    }
    static emit(client, name, ...args) {
      for (const handler of client.#handlers[name] ?? []) handler(...args);
    }
    on(name, handler) {
      if (!NAMES.includes(name)) throw new TypeError(`unknown event '${name}' of a stream: there are ${NAMES.join(', ')}`);
      if (typeof handler !== 'function') throw new TypeError(`the handler of '${name}' is not a function`);
      (this.#handlers[name] ??= []).push(handler);
    }
    close() {
      this.#close();
    }
  }
  const { emit } = Client;
  delete Client.emit;

  return function open(url, ...rest) {
    const setup = rest.pop();
    const [params] = rest;
    if (typeof setup !== 'function') throw new TypeError('the last argument to sse.open must be a function');
    let failed;
    let response;
    const ended = new Promise((resolve) => {
      let stop = () => {};
      const client = new Client(() => stop());
      // What a handler throws ends the call, once the stream is closed.
      const run = (work) => {
        if (failed) return;
        try {
          work();
        } catch (error) {
          failed = { error };
          stop();
        }
      };
      run(() => setup(client));
      if (failed) return resolve();
      stop = host(String(url), params, (kind, data) => {
        if (kind === 'open') run(() => emit(client, 'open', data));
        else if (kind === 'event') run(() => emit(client, 'event', data));
        else {
          response = data;
          if (data.error !== '') {
            const error = new Error(data.error);
            error.error = () => data.error;
            run(() => emit(client, 'error', error));
          }
          run(() => emit(client, 'close'));
          resolve();
        }
      });
    });
    wait(ended);
    if (failed) throw failed.error;
    if (response.error !== '' && throws()) throw new Error(response.error);
    return response;
  };
}
