// Makes the streams of the web: what is read and written in pieces, as these come.
() => {
  const settled = (value) => Promise.resolve(value);

  class CountQueuingStrategy {
    #mark;
    constructor({ highWaterMark = 1 } = {}) {
      this.#mark = Number(highWaterMark);
    }
    get highWaterMark() {
      return this.#mark;
    }
    size() {
      return 1;
    }
  }

  const strategyOf = ({ highWaterMark = 1, size = () => 1 } = {}, name) => {
    const mark = Number(highWaterMark);
    if (Number.isNaN(mark) || mark < 0) throw new RangeError(`invalid highWaterMark of a ${name}: ${highWaterMark}`);
    if (typeof size !== 'function') throw new TypeError("a strategy's size is a function");
    return { mark, size };
  };

  const sizeOf = (strategy, chunk) => {
    const size = Number(strategy.size(chunk));
    if (Number.isNaN(size) || size < 0 || size === Infinity) throw new RangeError(`the size of a chunk is no number: ${size}`);
    return size;
  };

  const deferred = () => {
    const one = {};
    one.promise = new Promise((resolve, reject) => Object.assign(one, { resolve, reject }));
    // Whoever waits is told; nobody has to.
    one.promise.catch(() => {});
    return one;
  };

  class ReadableStream {
    #state = 'readable';
    #error;
    #queue = [];
    #total = 0;
    #closing = false;
    #pulling = false;
    #again = false;
    #started = false;
    #reader;
    #source;
    #strategy;
    #controller;
    constructor(source = {}, strategy) {
      if (source === null || typeof source !== 'object') throw new TypeError("a stream's source is an object");
      if (source.type !== undefined && source.type !== 'default') {
        throw new TypeError(`streams of type '${source.type}' are not supported: leave it out`);
      }
      for (const name of ['start', 'pull', 'cancel']) {
        if (source[name] !== undefined && typeof source[name] !== 'function') throw new TypeError(`a source's ${name} is a function`);
      }
      this.#source = source;
      this.#strategy = strategyOf(strategy, 'ReadableStream');
      const stream = this;
      this.#controller = {
        get desiredSize() {
          return stream.#wanted();
        },
        enqueue: (chunk) => this.#enqueue(chunk),
        close: () => this.#finish(),
        error: (reason) => this.#fail(reason),
      };
      const begun = source.start?.(this.#controller);
      settled(begun).then(
        () => {
          this.#started = true;
          this.#pull();
        },
        (reason) => this.#fail(reason),
      );
    }
    get locked() {
      return this.#reader !== undefined;
    }
    cancel(reason) {
      if (this.locked) return Promise.reject(new TypeError('a stream that is locked by a reader is cancelled by it'));
      return this.#cancel(reason);
    }
    getReader({ mode } = {}) {
      if (mode !== undefined) throw new TypeError(`readers of mode '${mode}' are not supported`);
      return new ReadableStreamDefaultReader(this);
    }
    #wanted() {
      if (this.#state === 'errored') return null;
      return this.#state === 'closed' ? 0 : this.#strategy.mark - this.#total;
    }
    #enqueue(chunk) {
      if (this.#state !== 'readable' || this.#closing) throw new TypeError('nothing can be put into a stream that was closed');
      const waiting = this.#reader?.waiting.shift();
      if (waiting) {
        waiting.resolve({ done: false, value: chunk });
      } else {
        let size;
        try {
          size = sizeOf(this.#strategy, chunk);
        } catch (error) {
          this.#fail(error);
          throw error;
        }
        this.#queue.push({ chunk, size });
        this.#total += size;
      }
      this.#pull();
    }
    #finish() {
      if (this.#state !== 'readable' || this.#closing) throw new TypeError('a stream is closed once');
      this.#closing = true;
      if (this.#queue.length === 0) this.#close();
    }
    #close() {
      this.#state = 'closed';
      if (!this.#reader) return;
      for (const waiting of this.#reader.waiting.splice(0)) waiting.resolve({ done: true, value: undefined });
      this.#reader.closed.resolve();
    }
    #fail(reason) {
      if (this.#state !== 'readable') return;
      this.#state = 'errored';
      this.#error = reason;
      this.#queue = [];
      this.#total = 0;
      if (!this.#reader) return;
      for (const waiting of this.#reader.waiting.splice(0)) waiting.reject(reason);
      this.#reader.closed.reject(reason);
    }
    #pull() {
      const wants = this.#state === 'readable' && !this.#closing && this.#started && (this.#reader?.waiting.length > 0 || this.#wanted() > 0);
      if (!wants || !this.#source.pull) return;
      if (this.#pulling) {
        this.#again = true;
        return;
      }
      this.#pulling = true;
      let asked;
      try {
        asked = settled(this.#source.pull(this.#controller));
      } catch (error) {
        asked = Promise.reject(error);
      }
      asked.then(
        () => {
          this.#pulling = false;
          if (this.#again) {
            this.#again = false;
            this.#pull();
          }
        },
        (reason) => this.#fail(reason),
      );
    }
    #cancel(reason) {
      if (this.#state === 'closed') return settled();
      if (this.#state === 'errored') return Promise.reject(this.#error);
      this.#queue = [];
      this.#total = 0;
      this.#close();
      try {
        return settled(this.#source.cancel?.(reason)).then(() => undefined);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    // What readers do to their stream.
    static attach(stream, reader) {
      if (!(stream instanceof ReadableStream)) throw new TypeError('a reader reads a ReadableStream');
      if (stream.#reader) throw new TypeError('the stream is locked: it has a reader');
      stream.#reader = reader;
      if (stream.#state === 'closed') reader.closed.resolve();
      if (stream.#state === 'errored') reader.closed.reject(stream.#error);
    }
    static detach(stream) {
      stream.#reader = undefined;
    }
    static read(stream) {
      if (stream.#queue.length > 0) {
        const { chunk, size } = stream.#queue.shift();
        stream.#total = Math.max(0, stream.#total - size);
        if (stream.#closing && stream.#queue.length === 0) stream.#close();
        else stream.#pull();
        return settled({ done: false, value: chunk });
      }
      if (stream.#state === 'closed') return settled({ done: true, value: undefined });
      if (stream.#state === 'errored') return Promise.reject(stream.#error);
      const waiting = deferred();
      stream.#reader.waiting.push(waiting);
      stream.#pull();
      return waiting.promise;
    }
    static cancel(stream, reason) {
      return stream.#cancel(reason);
    }
  }
  const readable = { attach: ReadableStream.attach, detach: ReadableStream.detach, read: ReadableStream.read, cancel: ReadableStream.cancel };
  for (const name of Object.keys(readable)) delete ReadableStream[name];

  class ReadableStreamDefaultReader {
    #stream;
    #side = { waiting: [], closed: deferred() };
    constructor(stream) {
      readable.attach(stream, this.#side);
      this.#stream = stream;
    }
    get closed() {
      return this.#side.closed.promise;
    }
    read() {
      if (!this.#stream) return Promise.reject(new TypeError('the reader was released'));
      return readable.read(this.#stream);
    }
    cancel(reason) {
      if (!this.#stream) return Promise.reject(new TypeError('the reader was released'));
      return readable.cancel(this.#stream, reason);
    }
    releaseLock() {
      if (!this.#stream) return;
      const released = new TypeError('the reader was released');
      for (const waiting of this.#side.waiting.splice(0)) waiting.reject(released);
      this.#side.closed.reject(released);
      readable.detach(this.#stream);
      this.#stream = undefined;
    }
  }

  class WritableStream {
    #state = 'writable';
    #error;
    #queue = [];
    #total = 0;
    #writing = false;
    #started = false;
    #closed;
    #writer;
    #sink;
    #strategy;
    constructor(sink = {}, strategy) {
      if (sink === null || typeof sink !== 'object') throw new TypeError("a stream's sink is an object");
      if (sink.type !== undefined) throw new RangeError(`sinks of type '${sink.type}' are not supported`);
      for (const name of ['start', 'write', 'close', 'abort']) {
        if (sink[name] !== undefined && typeof sink[name] !== 'function') throw new TypeError(`a sink's ${name} is a function`);
      }
      this.#sink = sink;
      this.#strategy = strategyOf(strategy, 'WritableStream');
      const begun = sink.start?.({ error: (reason) => this.#fail(reason) });
      settled(begun).then(
        () => {
          this.#started = true;
          this.#next();
        },
        (reason) => this.#fail(reason),
      );
    }
    get locked() {
      return this.#writer !== undefined;
    }
    abort(reason) {
      if (this.locked) return Promise.reject(new TypeError('a stream that is locked by a writer is aborted by it'));
      return this.#abort(reason);
    }
    close() {
      if (this.locked) return Promise.reject(new TypeError('a stream that is locked by a writer is closed by it'));
      return this.#finish();
    }
    getWriter() {
      return new WritableStreamDefaultWriter(this);
    }
    #write(chunk) {
      if (this.#state === 'errored') return Promise.reject(this.#error);
      if (this.#closed || this.#state === 'closed') return Promise.reject(new TypeError('nothing can be written to a stream that was closed'));
      const item = Object.assign(deferred(), { chunk });
      try {
        item.size = sizeOf(this.#strategy, chunk);
      } catch (error) {
        this.#fail(error);
        return Promise.reject(error);
      }
      this.#queue.push(item);
      this.#total += item.size;
      this.#next();
      return item.promise;
    }
    #next() {
      if (this.#writing || !this.#started || this.#state !== 'writable') return;
      const item = this.#queue.shift();
      if (item === undefined) {
        if (this.#closed) this.#end();
        return;
      }
      this.#writing = true;
      let done;
      try {
        done = settled(this.#sink.write?.(item.chunk, { error: (reason) => this.#fail(reason) }));
      } catch (error) {
        done = Promise.reject(error);
      }
      done.then(
        () => {
          this.#writing = false;
          this.#total = Math.max(0, this.#total - item.size);
          item.resolve();
          if (this.#total < this.#strategy.mark) this.#writer?.ready.resolve();
          this.#next();
        },
        (reason) => {
          item.reject(reason);
          this.#fail(reason);
        },
      );
    }
    #end() {
      this.#writing = true;
      let done;
      try {
        done = settled(this.#sink.close?.());
      } catch (error) {
        done = Promise.reject(error);
      }
      done.then(
        () => {
          this.#state = 'closed';
          this.#closed.resolve();
          this.#writer?.closed.resolve();
        },
        (reason) => this.#fail(reason),
      );
    }
    #finish() {
      if (this.#state === 'errored') return Promise.reject(this.#error);
      if (this.#closed) return Promise.reject(new TypeError('a stream is closed once'));
      this.#closed = deferred();
      this.#next();
      return this.#closed.promise;
    }
    #fail(reason) {
      if (this.#state !== 'writable') return;
      this.#state = 'errored';
      this.#error = reason;
      for (const item of this.#queue.splice(0)) item.reject(reason);
      this.#closed?.reject(reason);
      this.#writer?.closed.reject(reason);
      this.#writer?.ready.reject(reason);
    }
    #abort(reason) {
      if (this.#state !== 'writable') return settled();
      this.#fail(reason);
      try {
        return settled(this.#sink.abort?.(reason)).then(() => undefined);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    // What writers do to their stream.
    static attach(stream, writer) {
      if (!(stream instanceof WritableStream)) throw new TypeError('a writer writes a WritableStream');
      if (stream.#writer) throw new TypeError('the stream is locked: it has a writer');
      stream.#writer = writer;
      if (stream.#state === 'errored') {
        writer.closed.reject(stream.#error);
        writer.ready.reject(stream.#error);
      } else {
        if (stream.#state === 'closed') writer.closed.resolve();
        if (stream.#total < stream.#strategy.mark) writer.ready.resolve();
      }
    }
    static detach(stream) {
      stream.#writer = undefined;
    }
    static write(stream, chunk) {
      const written = stream.#write(chunk);
      if (stream.#state === 'writable' && stream.#writer && stream.#total >= stream.#strategy.mark) {
        stream.#writer.ready = deferred();
      }
      written.catch(() => {});
      return written;
    }
    static close(stream) {
      return stream.#finish();
    }
    static abort(stream, reason) {
      return stream.#abort(reason);
    }
    static wanted(stream) {
      return stream.#state === 'errored' ? null : stream.#state === 'closed' ? 0 : stream.#strategy.mark - stream.#total;
    }
  }
  const { attach, detach, write, close, abort, wanted } = WritableStream;
  for (const name of ['attach', 'detach', 'write', 'close', 'abort', 'wanted']) delete WritableStream[name];

  class WritableStreamDefaultWriter {
    #stream;
    #side = { closed: deferred(), ready: deferred() };
    constructor(stream) {
      attach(stream, this.#side);
      this.#stream = stream;
    }
    #use(work) {
      return this.#stream ? work(this.#stream) : Promise.reject(new TypeError('the writer was released'));
    }
    get closed() {
      return this.#side.closed.promise;
    }
    get ready() {
      return this.#side.ready.promise;
    }
    get desiredSize() {
      if (!this.#stream) throw new TypeError('the writer was released');
      return wanted(this.#stream);
    }
    write(chunk) {
      return this.#use((stream) => write(stream, chunk));
    }
    close() {
      return this.#use(close);
    }
    abort(reason) {
      return this.#use((stream) => abort(stream, reason));
    }
    releaseLock() {
      if (!this.#stream) return;
      const released = new TypeError('the writer was released');
      this.#side.closed.reject(released);
      this.#side.ready.reject(released);
      detach(this.#stream);
      this.#stream = undefined;
    }
  }

  return { CountQueuingStrategy, ReadableStream, ReadableStreamDefaultReader, WritableStream, WritableStreamDefaultWriter };
}
