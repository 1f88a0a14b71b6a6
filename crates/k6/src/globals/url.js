// Makes URL and URLSearchParams of the WHATWG's URL standard; the host parses, serialises and sets parts.
(parse, set, decode, encode) => {
  const search = Symbol('search');
  const PARTS = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

  class URLSearchParams {
    #pairs = [];
    #owner;
    constructor(init = '', owner = undefined) {
      this.#owner = owner?.[search] ? owner : undefined;
      if (init === null || (typeof init !== 'object' && typeof init !== 'function')) {
        const text = String(init);
        this.#pairs = decode(text.startsWith('?') ? text.slice(1) : text);
      } else if (typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const list = [...pair];
          if (list.length !== 2) throw new TypeError('each pair of URLSearchParams has a name and a value');
          this.#pairs.push([String(list[0]), String(list[1])]);
        }
      } else {
        for (const name of Object.keys(init)) this.#pairs.push([name, String(init[name])]);
      }
    }
    #changed() {
      if (this.#owner) this.#owner[search](this.toString());
    }
    append(name, value) {
      this.#pairs.push([String(name), String(value)]);
      this.#changed();
    }
    delete(name, value) {
      const is = this.#is(name, value);
      this.#pairs = this.#pairs.filter((pair) => !is(pair));
      this.#changed();
    }
    #is(name, value) {
      name = String(name);
      if (value === undefined) return ([key]) => key === name;
      value = String(value);
      return ([key, held]) => key === name && held === value;
    }
    get(name) {
      const found = this.#pairs.find(this.#is(name));
      return found === undefined ? null : found[1];
    }
    getAll(name) {
      return this.#pairs.filter(this.#is(name)).map(([, value]) => value);
    }
    has(name, value) {
      return this.#pairs.some(this.#is(name, value));
    }
    set(name, value) {
      const is = this.#is(name);
      const first = this.#pairs.findIndex(is);
      if (first < 0) return this.append(name, value);
      this.#pairs[first][1] = String(value);
      this.#pairs = this.#pairs.filter((pair, index) => index === first || !is(pair));
      this.#changed();
    }
    sort() {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed();
    }
    forEach(each, thisArg) {
      for (const [name, value] of this.#pairs) each.call(thisArg, value, name, this);
    }
    *entries() {
      for (const [name, value] of this.#pairs) yield [name, value];
    }
    *keys() {
      for (const [name] of this.#pairs) yield name;
    }
    *values() {
      for (const [, value] of this.#pairs) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    get size() {
      return this.#pairs.length;
    }
    toString() {
      return encode(this.#pairs);
    }
    get [Symbol.toStringTag]() {
      return 'URLSearchParams';
    }
  }

  class URL {
    #parts;
    #params;
    constructor(url, base = undefined) {
      const text = base === undefined ? undefined : String(base);
      this.#parts = parse(String(url), text);
      if (this.#parts === undefined) {
        const error = new TypeError(`Invalid URL: ${url}`);
        error.code = 'ERR_INVALID_URL';
        throw error;
      }
    }
    static canParse(url, base = undefined) {
      return parse(String(url), base === undefined ? undefined : String(base)) !== undefined;
    }
    static parse(url, base = undefined) {
      return URL.canParse(url, base) ? new URL(url, base) : null;
    }
    static part(url, name) {
      return url.#parts[name];
    }
    static change(url, name, value) {
      const parts = set(url.#parts.href, name, String(value));
      if (parts === undefined) {
        if (name === 'href') throw new TypeError(`Invalid URL: ${value}`);
        return;
      }
      url.#parts = parts;
      if (name === 'href' || name === 'search') url.#params = undefined;
    }
    [search](text) {
      this.#parts = set(this.#parts.href, 'search', text) ?? this.#parts;
    }
    get origin() {
      return this.#parts.origin;
    }
    get searchParams() {
      this.#params ??= new URLSearchParams(this.#parts.search, this);
      return this.#params;
    }
    toString() {
      return this.#parts.href;
    }
    toJSON() {
      return this.#parts.href;
    }
    get [Symbol.toStringTag]() {
      return 'URL';
    }
  }
  const { part, change } = URL;
  delete URL.part;
  delete URL.change;
  for (const name of PARTS) {
    Object.defineProperty(URL.prototype, name, {
      get() {
        return part(this, name);
      },
      set(value) {
        change(this, name, value);
      },
      enumerable: true,
      configurable: true,
    });
  }
  return { URL, URLSearchParams };
}
