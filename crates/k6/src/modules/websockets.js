// Makes WebSocket and Blob.
(open, warn) => {
  const bytesOf = (part) => {
    if (part instanceof Blob) return Blob.bytes(part);
    if (part instanceof ArrayBuffer) return new Uint8Array(part.slice(0));
    if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength));
    return new TextEncoder().encode(String(part));
  };

  class Blob {
    #bytes;
    #type;
    constructor(parts = [], { type = '' } = {}) {
      const all = [...parts].map(bytesOf);
      this.#bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
      all.reduce((at, part) => (this.#bytes.set(part, at), at + part.length), 0);
      this.#type = String(type);
    }
    static bytes(blob) {
      return blob.#bytes;
    }
    get size() {
      return this.#bytes.length;
    }
    get type() {
      return this.#type;
    }
    async arrayBuffer() {
      return this.#bytes.slice().buffer;
    }
    async bytes() {
      return this.#bytes.slice();
    }
    async text() {
      return new TextDecoder().decode(this.#bytes);
    }
    slice(start, end, type = '') {
      return new Blob([this.#bytes.slice(start, end)], { type });
    }
    stream() {
      throw new Error('Blob.stream() is not supported: use arrayBuffer()');
    }
    get [Symbol.toStringTag]() {
      return 'Blob';
    }
  }

  const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
  const EVENTS = ['open', 'message', 'error', 'close', 'ping', 'pong'];
  const PARAMS = ['headers', 'tags', 'jar', 'compression'];

  class WebSocket {
    #url;
    #link;
    #state = 0;
    #binaryType = 'blob';
    #protocol = '';
    #listeners = Object.create(null);
    #handlers = Object.create(null);
    constructor(url, protocols = undefined, params = undefined) {
      this.#url = String(url);
      const list = protocols === undefined || protocols === null ? [] : [protocols].flat().map(String);
      if (params !== undefined && params !== null) {
        const unknown = Object.keys(params).find((name) => !PARAMS.includes(name));
        if (unknown !== undefined) throw new TypeError(`unknown option '${unknown}' for WebSocket: there are ${PARAMS.join(', ')}`);
        if (params.compression) warn("params.compression: messages over WebSockets are not compressed");
      }
      const asked = { headers: params?.headers, tags: params?.tags };
      if (list.length) asked.protocols = list.join(', ');
      open(
        this.#url,
        asked,
        (response, link) => this.#opened(response, link),
        (kind, data, reason) => this.#arrived(kind, data, reason),
      );
    }
    #opened(response, link) {
      if (link === undefined) {
        this.#state = 3;
        warn(`the WebSocket '${this.#url}' could not be opened: ${response.error}`);
        this.#emit('error', { error: response.error });
        return this.#emit('close', { code: 1006, reason: '' });
      }
      this.#link = link;
      this.#protocol = response.headers['Sec-Websocket-Protocol'] ?? '';
      if (this.#state === 2) return link.close(1000, '');
      this.#state = 1;
      this.#emit('open', {});
    }
    #arrived(kind, data, reason) {
      switch (kind) {
        case 'text':
          return this.#emit('message', { data, origin: '' });
        case 'binary':
          return this.#emit('message', { data: this.#binaryType === 'blob' ? new Blob([data]) : data, origin: '' });
        case 'error':
          return this.#emit('error', { error: data });
        case 'end':
          this.#state = 3;
          return this.#emit('close', { code: data, reason });
        default:
          return this.#emit(kind, { data });
      }
    }
    #emit(type, fields) {
      const event = { type, target: this, timestamp: Date.now(), ...fields };
      const own = this.#handlers[type];
      for (const listener of [...(this.#listeners[type] ?? []), ...(own ? [own] : [])]) listener.call(this, event);
    }
    addEventListener(type, listener) {
      if (!EVENTS.includes(type)) throw new TypeError(`there is no event '${type}': there are ${EVENTS.join(', ')}`);
      if (typeof listener !== 'function') throw new TypeError(`the listener of '${type}' is not a function`);
      (this.#listeners[type] ??= []).push(listener);
    }
    send(data) {
      if (this.#state === 0) throw new DOMException('the WebSocket is not open yet', 'InvalidStateError');
      if (this.#state !== 1) return;
      const binary = data instanceof Blob || data instanceof ArrayBuffer || ArrayBuffer.isView(data);
      this.#link.send(data instanceof Blob ? Blob.bytes(data) : binary ? data : String(data));
    }
    ping() {
      if (this.#state !== 1) throw new DOMException('the WebSocket is not open', 'InvalidStateError');
      this.#link.ping();
    }
    close(code = undefined, reason = '') {
      if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
        throw new DOMException(`invalid close code ${code}: use 1000, or 3000 to 4999`, 'InvalidAccessError');
      }
      if (new TextEncoder().encode(String(reason)).length > 123) {
        throw new DOMException('the reason of a close takes at most 123 bytes', 'SyntaxError');
      }
      if (this.#state >= 2) return;
      this.#state = 2;
      this.#link?.close(code ?? 1000, String(reason));
    }
    get url() {
      return this.#url;
    }
    get readyState() {
      return this.#state;
    }
    get protocol() {
      return this.#protocol;
    }
    get extensions() {
      return '';
    }
    get bufferedAmount() {
      return this.#link?.buffered() ?? 0;
    }
    get binaryType() {
      return this.#binaryType;
    }
    set binaryType(type) {
      if (type !== 'blob' && type !== 'arraybuffer') throw new TypeError(`binaryType is '${type}': use 'blob' or 'arraybuffer'`);
      this.#binaryType = type;
    }
    static handler(socket, type, ...value) {
      if (value.length) socket.#handlers[type] = typeof value[0] === 'function' ? value[0] : null;
      return socket.#handlers[type] ?? null;
    }
  }
  const { handler } = WebSocket;
  delete WebSocket.handler;
  for (const type of EVENTS) {
    Object.defineProperty(WebSocket.prototype, `on${type}`, {
      get() {
        return handler(this, type);
      },
      set(value) {
        handler(this, type, value);
      },
      enumerable: true,
      configurable: true,
    });
  }
  STATES.forEach((name, value) => {
    Object.defineProperty(WebSocket, name, { value, enumerable: true });
    Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
  });
  return { Blob, WebSocket };
}
