// Makes crypto.subtle: keys and their algorithms are here, the host computes over bytes.
(host) => {
  const fail = (name, text) => {
    throw new DOMException(text, name);
  };
  const upper = (text) => String(text).toUpperCase();
  const bytesOf = (data, what) => {
    if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    throw new TypeError(`${what} must be an ArrayBuffer or a view on one`);
  };
  const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
  const hashOf = (given) => {
    const name = upper(typeof given === 'object' && given !== null ? given.name : given);
    return HASHES.includes(name) ? name : fail('NotSupportedError', `unknown hash '${name}': there are ${HASHES.join(', ')}`);
  };
  const BLOCKS = { 'SHA-1': 64, 'SHA-256': 64, 'SHA-384': 128, 'SHA-512': 128 };
  const CURVES = ['P-256', 'P-384'];
  const LATER = ['RSA-OAEP', 'ECDH', 'ED25519', 'X25519'];

  const base64url = (bytes) => host.encode(bytes);
  const fromBase64url = (text) => new Uint8Array(host.decode(String(text)));

  // What keys of each algorithm are for, and how each way of giving one is read.
  const AES = { usages: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'] };
  const SIGNING = { usages: ['sign', 'verify'] };
  const DERIVING = { usages: ['deriveKey', 'deriveBits'] };
  const ALGORITHMS = {
    'AES-CBC': AES,
    'AES-CTR': AES,
    'AES-GCM': AES,
    HMAC: SIGNING,
    'RSASSA-PKCS1-V1_5': SIGNING,
    'RSA-PSS': SIGNING,
    ECDSA: SIGNING,
    PBKDF2: DERIVING,
    HKDF: DERIVING,
  };
  const NAMES = { 'RSASSA-PKCS1-V1_5': 'RSASSA-PKCS1-v1_5' };
  const algorithmOf = (given) => {
    const name = upper(typeof given === 'object' && given !== null ? given.name : given);
    if (LATER.includes(name)) fail('NotSupportedError', `the algorithm '${name}' is not supported`);
    return name in ALGORITHMS ? name : fail('NotSupportedError', `unknown algorithm '${name}'`);
  };

  class CryptoKey {
    #bytes;
    constructor(type, extractable, algorithm, usages, bytes) {
      this.#bytes = bytes;
      for (const [name, value] of Object.entries({ type, extractable, algorithm, usages })) {
        Object.defineProperty(this, name, { value, enumerable: true });
      }
    }
    static bytes(key) {
      return key.#bytes;
    }
    get [Symbol.toStringTag]() {
      return 'CryptoKey';
    }
  }
  const raw = CryptoKey.bytes;
  delete CryptoKey.bytes;

  const keyFor = (key, name, usage) => {
    if (!(key instanceof CryptoKey)) throw new TypeError('a CryptoKey is expected');
    if (upper(key.algorithm.name) !== name) fail('InvalidAccessError', `the key is for ${key.algorithm.name}, not ${name}`);
    if (!key.usages.includes(usage)) fail('InvalidAccessError', `the key may not be used to ${usage}`);
    return raw(key);
  };
  const usagesFor = (name, usages) => {
    const wrong = [...usages].find((usage) => !ALGORITHMS[name].usages.includes(usage));
    if (wrong !== undefined) fail('SyntaxError', `a key of ${name} cannot be used to ${wrong}`);
    return [...usages];
  };
  const publicName = (name) => NAMES[name] ?? name;

  const aesKey = (name, bytes, extractable, usages) => {
    if (![16, 24, 32].includes(bytes.length)) fail('DataError', `an AES key has 128, 192 or 256 bits, not ${bytes.length * 8}`);
    return new CryptoKey('secret', extractable, { name, length: bytes.length * 8 }, usages, bytes);
  };
  const hmacKey = (algorithm, bytes, extractable, usages) => {
    if (bytes.length === 0) fail('DataError', 'an HMAC key has at least one byte');
    const hash = { name: hashOf(algorithm.hash) };
    return new CryptoKey('secret', extractable, { name: 'HMAC', hash, length: bytes.length * 8 }, usages, bytes);
  };
  const secret = (name, algorithm, bytes, extractable, usages) => {
    if (name.startsWith('AES')) return aesKey(name, bytes, extractable, usages);
    if (name === 'HMAC') return hmacKey(algorithm, bytes, extractable, usages);
    return new CryptoKey('secret', false, { name }, usages, bytes);
  };
  const asymmetric = (name, algorithm, type, bytes, extractable, usages) => {
    const more = name === 'ECDSA' ? { namedCurve: curveOf(algorithm) } : { hash: { name: hashOf(algorithm.hash) } };
    return new CryptoKey(type, extractable, { name: publicName(name), ...more }, usages, bytes);
  };
  const curveOf = ({ namedCurve }) =>
    CURVES.includes(namedCurve) ? namedCurve : fail('NotSupportedError', `unknown curve '${namedCurve}': there are ${CURVES.join(', ')}`);

  const cipher = (name, encrypt, algorithm, key, data) => {
    const part = (field) => bytesOf(algorithm[field], `algorithm.${field}`);
    switch (name) {
      case 'AES-CBC':
        return host.cbc(encrypt, key, part('iv'), data);
      case 'AES-CTR':
        return host.ctr(key, part('counter'), Number(algorithm.length), data);
      default: {
        const tag = algorithm.tagLength ?? 128;
        if (tag !== 128) fail('NotSupportedError', `tagLength ${tag} is not supported: use 128`);
        const more = algorithm.additionalData === undefined ? new Uint8Array(0) : part('additionalData');
        return host.gcm(encrypt, key, part('iv'), more, data);
      }
    }
  };
  const crypt = (encrypt, algorithm, key, data) => {
    const name = algorithmOf(algorithm);
    if (!name.startsWith('AES')) fail('NotSupportedError', `${name} cannot ${encrypt ? 'encrypt' : 'decrypt'}`);
    const bytes = keyFor(key, name, encrypt ? 'encrypt' : 'decrypt');
    return cipher(name, encrypt, algorithm, bytes, bytesOf(data, 'the data'));
  };
  const derive = (algorithm, key, bits, usage) => {
    const name = algorithmOf(algorithm);
    const bytes = keyFor(key, name, usage);
    if (!(bits > 0) || bits % 8 !== 0) fail('OperationError', `the length is ${bits}: use a multiple of 8 bits`);
    const salt = bytesOf(algorithm.salt, 'algorithm.salt');
    const hash = hashOf(algorithm.hash);
    if (name === 'PBKDF2') {
      const rounds = Number(algorithm.iterations);
      if (!(rounds >= 1)) fail('OperationError', 'algorithm.iterations must be at least 1');
      return host.pbkdf2(hash, bytes, salt, rounds, bits / 8);
    }
    if (name !== 'HKDF') fail('NotSupportedError', `nothing can be derived with ${name}`);
    return host.hkdf(hash, bytes, salt, bytesOf(algorithm.info, 'algorithm.info'), bits / 8);
  };
  // The algorithm that a signature is made with, in the host's words.
  const signer = (name, algorithm, key) => {
    if (name === 'ECDSA') return `ECDSA ${key.algorithm.namedCurve} ${hashOf(algorithm.hash)}`;
    return `${name} ${key.algorithm.hash.name}`;
  };
  const jwkAlg = (algorithm) => (algorithm.name === 'HMAC' ? `HS${algorithm.hash.name.slice(4)}` : `A${algorithm.length}${algorithm.name.slice(4)}`);

  const exported = (format, key) => {
    if (!key.extractable) fail('InvalidAccessError', 'the key is not extractable');
    const bytes = raw(key);
    if (key.type === 'secret' && format === 'raw') return bytes.slice().buffer;
    if (key.type === 'secret' && format === 'jwk') {
      return { kty: 'oct', k: base64url(bytes), alg: jwkAlg(key.algorithm), ext: true, key_ops: [...key.usages] };
    }
    const own = key.type === 'private' ? 'pkcs8' : key.algorithm.name === 'ECDSA' ? 'raw' : 'spki';
    if (key.type === 'secret' || format !== own) fail('NotSupportedError', `a ${key.type} key of ${key.algorithm.name} cannot be exported as '${format}'`);
    return bytes.slice().buffer;
  };
  const imported = (format, data, algorithm, extractable, usages) => {
    const name = algorithmOf(algorithm);
    const wanted = usagesFor(name, usages);
    const isSecret = name.startsWith('AES') || ['HMAC', 'PBKDF2', 'HKDF'].includes(name);
    if (format === 'jwk') {
      if (!isSecret || data?.kty !== 'oct') fail('NotSupportedError', `a key of ${name} cannot be read from this JWK`);
      return secret(name, algorithm, fromBase64url(data.k), extractable, wanted);
    }
    const bytes = bytesOf(data, 'the key');
    if (isSecret) {
      if (format !== 'raw') fail('NotSupportedError', `a key of ${name} cannot be read from '${format}'`);
      return secret(name, algorithm, bytes, extractable, wanted);
    }
    if (format === 'pkcs8') return asymmetric(name, algorithm, 'private', bytes, extractable, wanted);
    if (format === 'spki') return asymmetric(name, algorithm, 'public', new Uint8Array(host.inner(bytes)), extractable, wanted);
    if (format === 'raw' && name === 'ECDSA') return asymmetric(name, algorithm, 'public', bytes, extractable, wanted);
    return fail('NotSupportedError', `a key of ${name} cannot be read from '${format}'`);
  };
  const generated = (algorithm, extractable, usages) => {
    const name = algorithmOf(algorithm);
    const wanted = usagesFor(name, usages);
    if (wanted.length === 0) fail('SyntaxError', 'a key that may be used for nothing is not made');
    if (name.startsWith('AES')) return aesKey(name, new Uint8Array(host.random(Number(algorithm.length) / 8)), extractable, wanted);
    if (name === 'HMAC') {
      const bits = algorithm.length ?? BLOCKS[hashOf(algorithm.hash)] * 8;
      return hmacKey(algorithm, new Uint8Array(host.random(bits / 8)), extractable, wanted);
    }
    if (name !== 'ECDSA') fail('NotSupportedError', `keys of ${publicName(name)} cannot be generated: import one`);
    const [pkcs8, point] = host.pair(curveOf(algorithm));
    const part = (type, bytes, usage) => asymmetric(name, algorithm, type, new Uint8Array(bytes), type === 'public' || extractable, wanted.filter((one) => one === usage));
    return { privateKey: part('private', pkcs8, 'sign'), publicKey: part('public', point, 'verify') };
  };

  class SubtleCrypto {
    async digest(algorithm, data) {
      return host.digest(hashOf(algorithm), bytesOf(data, 'the data'));
    }
    async encrypt(algorithm, key, data) {
      return crypt(true, algorithm, key, data);
    }
    async decrypt(algorithm, key, data) {
      return crypt(false, algorithm, key, data);
    }
    async sign(algorithm, key, data) {
      const name = algorithmOf(algorithm);
      const bytes = keyFor(key, name, 'sign');
      if (name === 'HMAC') return host.hmac(key.algorithm.hash.name, bytes, bytesOf(data, 'the data'));
      return host.sign(signer(name, algorithm, key), bytes, bytesOf(data, 'the data'));
    }
    async verify(algorithm, key, signature, data) {
      const name = algorithmOf(algorithm);
      const bytes = keyFor(key, name, 'verify');
      const given = bytesOf(signature, 'the signature');
      if (name !== 'HMAC') return host.verify(signer(name, algorithm, key), bytes, given, bytesOf(data, 'the data'));
      const own = new Uint8Array(host.hmac(key.algorithm.hash.name, bytes, bytesOf(data, 'the data')));
      return own.length === given.length && own.reduce((diff, byte, at) => diff | (byte ^ given[at]), 0) === 0;
    }
    async generateKey(algorithm, extractable, usages) {
      return generated(algorithm, Boolean(extractable), usages);
    }
    async importKey(format, data, algorithm, extractable, usages) {
      return imported(format, data, algorithm, Boolean(extractable), usages);
    }
    async exportKey(format, key) {
      return exported(format, key);
    }
    async deriveBits(algorithm, key, length) {
      return derive(algorithm, key, Number(length), 'deriveBits');
    }
    async deriveKey(algorithm, key, target, extractable, usages) {
      const name = algorithmOf(target);
      const bits = target.length ?? (name === 'HMAC' ? BLOCKS[hashOf(target.hash)] * 8 : 256);
      const bytes = new Uint8Array(derive(algorithm, key, Number(bits), 'deriveKey'));
      return secret(name, target, bytes, Boolean(extractable), usagesFor(name, usages));
    }
    async wrapKey(format, key, wrapping, algorithm) {
      const name = algorithmOf(algorithm);
      const plain = exported(format, key);
      const bytes = format === 'jwk' ? new TextEncoder().encode(JSON.stringify(plain)) : new Uint8Array(plain);
      return cipher(name, true, algorithm, keyFor(wrapping, name, 'wrapKey'), bytes);
    }
    async unwrapKey(format, wrapped, unwrapping, algorithm, target, extractable, usages) {
      const name = algorithmOf(algorithm);
      const bytes = cipher(name, false, algorithm, keyFor(unwrapping, name, 'unwrapKey'), bytesOf(wrapped, 'the wrapped key'));
      const data = format === 'jwk' ? JSON.parse(new TextDecoder().decode(bytes)) : bytes;
      return imported(format, data, target, Boolean(extractable), usages);
    }
    get [Symbol.toStringTag]() {
      return 'SubtleCrypto';
    }
  }
  return { subtle: new SubtleCrypto(), CryptoKey };
}
