// Makes ws.connect: the function goes on until the socket is closed, and runs what its handlers do.
(open, wait, throws, warn) => {
  const NAMES = { text: 'message', binary: 'binaryMessage', ping: 'ping', pong: 'pong' };

  class Socket {
    #link;
    #handlers = Object.create(null);
    #timers = [];
    static attach(socket, link) {
      socket.#link = link;
    }
    static emit(socket, name, ...args) {
      for (const handler of socket.#handlers[name] ?? []) handler(...args);
    }
    static stop(socket) {
      socket.#timers.forEach((timer) => clearTimeout(timer));
      socket.#link = undefined;
    }
    on(name, handler) {
      if (typeof handler !== 'function') throw new TypeError(`the handler of '${name}' is not a function`);
      (this.#handlers[String(name)] ??= []).push(handler);
    }
    send(text) {
      this.#link?.send(String(text));
    }
    sendBinary(data) {
      if (!(data instanceof ArrayBuffer) && !ArrayBuffer.isView(data)) {
        throw new TypeError('expected ArrayBuffer as argument of sendBinary()');
      }
      this.#link?.send(data);
    }
    ping() {
      this.#link?.ping();
    }
    #timer(name, start, handler, millis) {
      if (!(Number(millis) > 0)) throw new TypeError(`${name} requires a time above 0 ms`);
      if (typeof handler !== 'function') throw new TypeError(`${name}'s callback is not a function`);
      this.#timers.push(start(handler, Number(millis)));
    }
    setTimeout(handler, millis) {
      this.#timer('setTimeout', setTimeout, handler, millis);
    }
    setInterval(handler, millis) {
      this.#timer('setInterval', setInterval, handler, millis);
    }
    close(code) {
      this.#link?.close(code === undefined ? 1001 : Number(code));
    }
  }
  const { attach, emit, stop } = Socket;
  for (const name of ['attach', 'emit', 'stop']) delete Socket[name];

  return function connect(url, ...rest) {
    const setup = rest.pop();
    const [params] = rest;
    if (typeof setup !== 'function') throw new TypeError('the last argument to ws.connect must be a function');
    if (params?.compression) warn('params.compression: messages over WebSockets are not compressed');
    const socket = new Socket();
    let answer;
    let failed;
    const ended = new Promise((resolve, reject) => {
      // What a handler throws ends the call, once the socket is closed.
      const run = (link, work) => {
        try {
          work();
        } catch (error) {
          failed ??= { error };
          if (link) link.close(1001);
          else resolve();
        }
      };
      let link;
      open(
        String(url),
        params,
        (response, opened) => {
          answer = response;
          link = opened;
          attach(socket, link);
          run(link, () => setup(socket));
          if (failed) return;
          if (link) return run(link, () => emit(socket, 'open'));
          warn(`the WebSocket '${url}' could not be opened: ${response.error}`);
          const error = new Error(response.error);
          error.error = () => response.error;
          run(undefined, () => emit(socket, 'error', error));
          resolve();
        },
        (kind, data, reason) => {
          if (kind === 'end') {
            stop(socket);
            if (!failed) run(undefined, () => emit(socket, 'close', data, reason));
            resolve();
          } else if (kind === 'error') {
            const error = new Error(data);
            error.error = () => data;
            if (!failed) run(link, () => emit(socket, 'error', error));
          } else if (!failed) {
            run(link, () => emit(socket, NAMES[kind], data));
          }
        },
      );
    });
    try {
      wait(ended);
    } finally {
      stop(socket);
    }
    if (failed) throw failed.error;
    if (answer.error !== '' && throws()) throw new Error(answer.error);
    return answer;
  };
}
