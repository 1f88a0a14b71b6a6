// Makes parse() and Parser over rows that the host reads.
(read, SharedArray) => {
  const options = (given) => {
    const { delimiter = ',', skipFirstLine = false, fromLine = 0, toLine, asObjects = false } = given ?? {};
    if (typeof delimiter !== 'string' || delimiter.length !== 1 || delimiter > '\x7f') throw new TypeError('options.delimiter must be one character of ASCII');
    if (!Number.isInteger(fromLine) || fromLine < 0) throw new TypeError('options.fromLine must be a whole number from 0');
    if (toLine !== undefined && toLine !== null && !(Number.isInteger(toLine) && toLine >= fromLine)) {
      throw new TypeError('options.toLine must be a whole number from options.fromLine');
    }
    if (asObjects && (skipFirstLine || fromLine > 0)) throw new TypeError('options.asObjects needs the first line: leave out skipFirstLine and fromLine');
    return { delimiter, skipFirstLine: Boolean(skipFirstLine), fromLine, toLine: toLine ?? Infinity, asObjects: Boolean(asObjects) };
  };

  class Rows {
    #next;
    #options;
    #line = 0;
    #header;
    constructor(file, given) {
      this.#options = options(given);
      this.#next = read(file, this.#options.delimiter);
    }
    next() {
      const { skipFirstLine, fromLine, toLine, asObjects } = this.#options;
      const first = Math.max(fromLine, skipFirstLine ? 1 : 0);
      for (;;) {
        if (this.#line > toLine) return undefined;
        const row = this.#next();
        if (row === undefined) return undefined;
        const line = this.#line++;
        if (asObjects && this.#header === undefined) {
          this.#header = row;
          continue;
        }
        if (line < first) continue;
        return asObjects ? Object.fromEntries(this.#header.map((name, at) => [name, row[at]])) : row;
      }
    }
  }

  const parse = async (file, given) => {
    const { delimiter, skipFirstLine, fromLine, toLine, asObjects } = options(given);
    const name = ['csv', file?.path, delimiter, skipFirstLine, fromLine, toLine, asObjects].join('|');
    return new SharedArray(name, () => {
      const rows = new Rows(file, given);
      const all = [];
      for (let row = rows.next(); row !== undefined; row = rows.next()) all.push(row);
      return all;
    });
  };

  class Parser {
    #rows;
    constructor(file, given) {
      this.#rows = new Rows(file, given);
    }
    async next() {
      const value = this.#rows.next();
      return value === undefined ? { done: true, value: [] } : { done: false, value };
    }
  }
  return { Parser, parse };
}
