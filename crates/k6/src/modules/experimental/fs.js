// Makes open() and File over what the host keeps of a file, once for all virtual users.
(load, register) => {
  const SeekMode = Object.freeze({ Start: 0, Current: 1, End: 2 });
  class File {
    #kept;
    #at = 0;
    constructor(path, kept) {
      this.#kept = kept;
      Object.defineProperty(this, 'path', { value: path, enumerable: true });
    }
    static kept(file) {
      if (!(file instanceof File)) throw new TypeError("a File of 'k6/experimental/fs' is expected");
      return file.#kept;
    }
    async stat() {
      return { name: this.#kept.name, size: this.#kept.size };
    }
    async read(into) {
      if (!(into instanceof Uint8Array)) throw new TypeError('read() takes a Uint8Array');
      if (into.length === 0) throw new TypeError('read() takes a Uint8Array with room in it');
      const left = this.#kept.size - this.#at;
      if (left <= 0) return null;
      const length = Math.min(left, into.length);
      into.set(new Uint8Array(this.#kept.part(this.#at, length)));
      this.#at += length;
      return length;
    }
    async seek(offset, whence) {
      if (!Number.isInteger(offset)) throw new TypeError('seek() takes a whole number and a SeekMode');
      const from = [0, this.#at, this.#kept.size][whence];
      if (from === undefined) throw new TypeError('seek() takes a whole number and a SeekMode');
      if (whence === SeekMode.End && offset > 0) throw new TypeError('seek() from the end takes a number up to 0');
      const at = from + offset;
      if (at < 0 || at > this.#kept.size) throw new RangeError('seek() would leave the file');
      this.#at = at;
      return at;
    }
  }
  register(File.kept);
  delete File.kept;
  return { SeekMode, open: async (path) => new File(String(path), load(String(path))) };
}
