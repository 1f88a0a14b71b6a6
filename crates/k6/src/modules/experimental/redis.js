// Makes the client of Redis: its methods, by the commands they stand for.
(make) => {
  const text = (value) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
    throw new TypeError(`invalid type provided for a Redis command: ${value === null ? 'null' : typeof value}; supported types are string, number and boolean`);
  };
  const number = (value, name) => {
    const found = Number(value);
    if (!Number.isFinite(found)) throw new TypeError(`${name} of a Redis command is a number, not ${String(value)}`);
    return String(Math.trunc(found));
  };
  // What becomes of an answer.
  const some = (answer) => {
    if (answer === null || answer === undefined) throw new Error('redis: nil');
    return answer;
  };
  const flag = (answer) => answer === 1 || answer === true || answer === '1';
  const pairs = (answer) => {
    if (!Array.isArray(answer)) return answer;
    const found = {};
    for (let i = 0; i + 1 < answer.length; i += 2) found[answer[i]] = answer[i + 1];
    return found;
  };
  const same = (answer) => answer;

  class Client {
    #host;
    constructor(options) {
      this.#host = make(options);
    }
    async #ask(command, args, shape = same) {
      return shape(await new Promise((resolve, reject) => this.#host([command, ...args], resolve, reject)));
    }
    async set(key, value, expiration = 0) {
      const seconds = Number(number(expiration, 'the expiration'));
      return this.#ask('SET', [text(key), text(value), ...(seconds > 0 ? ['EX', String(seconds)] : [])]);
    }
    async get(key) {
      return this.#ask('GET', [text(key)], some);
    }
    async getSet(key, value) {
      return this.#ask('GETSET', [text(key), text(value)], some);
    }
    async del(...keys) {
      return this.#ask('DEL', keys.flat().map(text));
    }
    async getDel(key) {
      return this.#ask('GETDEL', [text(key)], some);
    }
    async exists(...keys) {
      return this.#ask('EXISTS', keys.flat().map(text));
    }
    async incr(key) {
      return this.#ask('INCR', [text(key)]);
    }
    async incrBy(key, increment) {
      return this.#ask('INCRBY', [text(key), number(increment, 'the increment')]);
    }
    async decr(key) {
      return this.#ask('DECR', [text(key)]);
    }
    async decrBy(key, decrement) {
      return this.#ask('DECRBY', [text(key), number(decrement, 'the decrement')]);
    }
    async randomKey() {
      return this.#ask('RANDOMKEY', [], some);
    }
    async mget(...keys) {
      return this.#ask('MGET', keys.flat().map(text));
    }
    async expire(key, seconds) {
      return this.#ask('EXPIRE', [text(key), number(seconds, 'the time')], flag);
    }
    async ttl(key) {
      return this.#ask('TTL', [text(key)]);
    }
    async persist(key) {
      return this.#ask('PERSIST', [text(key)], flag);
    }
    async lpush(key, ...values) {
      return this.#ask('LPUSH', [text(key), ...values.flat().map(text)]);
    }
    async rpush(key, ...values) {
      return this.#ask('RPUSH', [text(key), ...values.flat().map(text)]);
    }
    async lpop(key) {
      return this.#ask('LPOP', [text(key)], some);
    }
    async rpop(key) {
      return this.#ask('RPOP', [text(key)], some);
    }
    async lrange(key, start, stop) {
      return this.#ask('LRANGE', [text(key), number(start, 'the start'), number(stop, 'the end')]);
    }
    async lindex(key, index) {
      return this.#ask('LINDEX', [text(key), number(index, 'the index')], some);
    }
    async lset(key, index, value) {
      return this.#ask('LSET', [text(key), number(index, 'the index'), text(value)]);
    }
    async lrem(key, count, value) {
      return this.#ask('LREM', [text(key), number(count, 'the count'), text(value)]);
    }
    async llen(key) {
      return this.#ask('LLEN', [text(key)]);
    }
    async hset(key, field, value) {
      return this.#ask('HSET', [text(key), text(field), text(value)]);
    }
    async hsetnx(key, field, value) {
      return this.#ask('HSETNX', [text(key), text(field), text(value)], flag);
    }
    async hget(key, field) {
      return this.#ask('HGET', [text(key), text(field)], some);
    }
    async hdel(key, ...fields) {
      return this.#ask('HDEL', [text(key), ...fields.flat().map(text)]);
    }
    async hgetall(key) {
      return this.#ask('HGETALL', [text(key)], pairs);
    }
    async hkeys(key) {
      return this.#ask('HKEYS', [text(key)]);
    }
    async hvals(key) {
      return this.#ask('HVALS', [text(key)]);
    }
    async hlen(key) {
      return this.#ask('HLEN', [text(key)]);
    }
    async hincrby(key, field, increment) {
      return this.#ask('HINCRBY', [text(key), text(field), number(increment, 'the increment')]);
    }
    async sadd(key, ...members) {
      return this.#ask('SADD', [text(key), ...members.flat().map(text)]);
    }
    async srem(key, ...members) {
      return this.#ask('SREM', [text(key), ...members.flat().map(text)]);
    }
    async sismember(key, member) {
      return this.#ask('SISMEMBER', [text(key), text(member)], flag);
    }
    async smembers(key) {
      return this.#ask('SMEMBERS', [text(key)]);
    }
    async srandmember(key) {
      return this.#ask('SRANDMEMBER', [text(key)], some);
    }
    async spop(key) {
      return this.#ask('SPOP', [text(key)], some);
    }
    async sendCommand(command, ...args) {
      return this.#ask(String(command), args.map(text));
    }
  }
  return { Client };
}
