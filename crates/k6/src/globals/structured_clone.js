// Makes structuredClone of the HTML standard, for the values that this engine has.
() => {
  const refuse = (what) => {
    throw new DOMException(`${what} could not be cloned`, 'DataCloneError');
  };
  const kind = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const ERRORS = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

  const clone = (value, seen) => {
    if (typeof value === 'symbol') refuse(String(value));
    if (typeof value === 'function') refuse(`the function ${value.name || 'without a name'}`);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => {
      seen.set(value, copy);
      return copy;
    };
    const fill = (copy) => {
      for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
      return copy;
    };
    if (Array.isArray(value)) {
      const copy = keep([]);
      copy.length = value.length;
      return fill(copy);
    }
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, held] of [...value]) copy.set(clone(key, seen), clone(held, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const held of [...value]) copy.add(clone(held, seen));
      return copy;
    }
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = clone(value.buffer, seen);
      const length = value instanceof DataView ? value.byteLength : value.length;
      return keep(new value.constructor(buffer, value.byteOffset, length));
    }
    if (value instanceof Error) {
      const name = ERRORS.includes(value.name) ? value.name : 'Error';
      const copy = keep(new globalThis[name](value.message));
      copy.stack = value.stack;
      if ('cause' in value) copy.cause = clone(value.cause, seen);
      return copy;
    }
    switch (kind(value)) {
      case 'Boolean':
      case 'Number':
      case 'String':
      case 'BigInt':
        return keep(Object(value.valueOf()));
      case 'Promise':
      case 'WeakMap':
      case 'WeakSet':
      case 'WeakRef':
        return refuse(`a ${kind(value)}`);
    }
    return fill(keep({}));
  };

  return function structuredClone(value) {
    if (arguments.length === 0) throw new TypeError('structuredClone takes a value');
    return clone(value, new Map());
  };
}
