
// ---- random numbers: those of Python's `random.Random(seed)` --------------------------------------
// M. Matsumoto and T. Nishimura's Mersenne Twister, seeded and read as Python does it, so that a
// seed means the same weights and the same order of examples there and here.

const [WORDS, MIDDLE] = [624, 397];

class Random {
  /** @param {number} seed  a whole number from 0 to `given.most.seed` */
  constructor(seed) {
    this.state = new Uint32Array(WORDS);
    this.at = WORDS;
    const high = Math.floor(seed / 2 ** 32);
    this.seedBy(high ? [seed >>> 0, high] : [seed >>> 0]);
  }

  /** @param {number[]} key */
  seedBy(key) {
    const mt = this.state;
    mt[0] = 19650218;
    for (let i = 1; i < WORDS; i++) mt[i] = Math.imul(1812433253, mt[i - 1] ^ (mt[i - 1] >>> 30)) + i;
    let [i, j] = [1, 0];
    const next = () => {
      i += 1;
      if (i >= WORDS) [mt[0], i] = [mt[WORDS - 1], 1];
    };
    for (let k = Math.max(WORDS, key.length); k > 0; k--) {
      mt[i] = (mt[i] ^ Math.imul(mt[i - 1] ^ (mt[i - 1] >>> 30), 1664525)) + key[j] + j;
      next();
      j = (j + 1) % key.length;
    }
    for (let k = WORDS - 1; k > 0; k--) {
      mt[i] = (mt[i] ^ Math.imul(mt[i - 1] ^ (mt[i - 1] >>> 30), 1566083941)) - i;
      next();
    }
    mt[0] = 0x80000000;
  }

  /** The next 32 bits. */
  word() {
    const mt = this.state;
    if (this.at >= WORDS) {
      for (let k = 0; k < WORDS; k++) {
        const y = (mt[k] & 0x80000000) | (mt[(k + 1) % WORDS] & 0x7fffffff);
        mt[k] = mt[(k + MIDDLE) % WORDS] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = mt[this.at];
    this.at += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** From 0 to 1, without 1. */
  random() {
    const [a, b] = [this.word() >>> 5, this.word() >>> 6];
    return (a * 67108864 + b) / 9007199254740992;
  }

  /** @param {number} low @param {number} high */
  uniform(low, high) {
    return low + (high - low) * this.random();
  }

  /** A whole number below n. @param {number} n */
  below(n) {
    const shift = Math.clz32(n);
    let r = this.word() >>> shift;
    while (r >= n) r = this.word() >>> shift;
    return r;
  }

  /** So many of some items, in random order. @template T @param {T[]} items @param {number} count */
  sample(items, count) {
    const n = items.length;
    const size = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(3 * count) / Math.log(4)) : 0);
    /** @type {T[]} */
    const chosen = [];
    if (n <= size) {
      const pool = [...items];
      for (let i = 0; i < count; i++) {
        const j = this.below(n - i);
        chosen.push(pool[j]);
        pool[j] = pool[n - i - 1];
      }
      return chosen;
    }
    const taken = new Set();
    while (chosen.length < count) {
      const j = this.below(n);
      if (!taken.has(j)) chosen.push(items[j]);
      taken.add(j);
    }
    return chosen;
  }
}
