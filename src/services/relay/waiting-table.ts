// The waiting keys of the queue in typed arrays: 33 octets a row and 8 of hash table, no object for each. A row is on at
// most one list (a slot of the timer wheel, a lane's parked rows) at a time; lists are rings through the rows, so that
// taking a row off needs no search.
// Invariant: a row's (unitId, domain) is unique; `find` sees every row that was added and not freed.

/** Row 0 is never used, so that 0 can say "none". */
export type Row = number;

const NO_TENANT = 0;
const FIRST_CAPACITY = 1_024;
const GROWTH = 1.5;

/** Strings or numbers as small integers from 1, for as long as somebody refers to them. */
class Interned<T> {
  readonly #ids = new Map<T, number>();
  readonly #values: (T | undefined)[] = [undefined];
  #references = new Uint32Array(64);
  readonly #free: number[] = [];

  acquire(value: T): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#values.length;
      if (id >= this.#references.length) this.#references = grown(this.#references, id + 1);
      this.#ids.set(value, id);
      this.#values[id] = value;
    }
    this.#references[id]!++;
    return id;
  }

  idOf(value: T): number | undefined {
    return this.#ids.get(value);
  }

  value(id: number): T {
    return this.#values[id] as T;
  }

  release(id: number): void {
    if (--this.#references[id]! > 0) return;
    this.#ids.delete(this.#values[id] as T);
    this.#values[id] = undefined;
    this.#free.push(id);
  }
}

type Column = Float64Array | Uint32Array | Int32Array | Uint8Array;

function grown<C extends Column>(column: C, least: number): C {
  const larger = new (column.constructor as new (length: number) => C)(
    Math.ceil(Math.max(least, column.length * GROWTH)),
  );
  larger.set(column);
  return larger;
}

export interface NewRow {
  readonly unitId: number;
  readonly domain: string;
  readonly accountId: number | null;
  readonly expiresAtMs: number;
}

/** Owns the rows and their lists; times are kept in seconds, rounded up. */
export class WaitingTable {
  #units = new Float64Array(FIRST_CAPACITY);
  #domains = new Uint32Array(FIRST_CAPACITY);
  #tenants = new Uint32Array(FIRST_CAPACITY);
  #expires = new Uint32Array(FIRST_CAPACITY);
  /** When the row is due in the wheel, in seconds. */
  whens = new Uint32Array(FIRST_CAPACITY);
  #next = new Int32Array(FIRST_CAPACITY);
  #prev = new Int32Array(FIRST_CAPACITY);
  #held = new Uint8Array(FIRST_CAPACITY);
  readonly #domainNames = new Interned<string>();
  readonly #tenantIds = new Interned<number>();
  /** Rows by hash of their key, open addressing; 0: empty. */
  #hash = new Int32Array(FIRST_CAPACITY * 2);
  #used = 1;
  #freeRow = 0;
  #size = 0;

  /** Keys, not counting list heads. */
  get size(): number {
    return this.#size;
  }

  /** Octets of all columns together. */
  get octets(): number {
    const columns = [this.#units, this.#domains, this.#tenants, this.#expires, this.whens, this.#next, this.#prev];
    return [...columns, this.#held, this.#hash].reduce((sum, column) => sum + column.byteLength, 0);
  }

  unitId(row: Row): number {
    return this.#units[row]!;
  }

  domain(row: Row): string {
    return this.#domainNames.value(this.#domains[row]!);
  }

  accountId(row: Row): number | null {
    const tenant = this.#tenants[row]!;
    return tenant === NO_TENANT ? null : this.#tenantIds.value(tenant);
  }

  expiresAtMs(row: Row): number {
    return this.#expires[row]! * 1000;
  }

  setExpiresAtMs(row: Row, atMs: number): void {
    this.#expires[row] = toSeconds(atMs);
  }

  isHeld(row: Row): boolean {
    return this.#held[row] === 1;
  }

  setHeld(row: Row, held: boolean): void {
    this.#held[row] = held ? 1 : 0;
  }

  /** Adds a key that is not in the table yet; it is on no list. */
  add({ unitId, domain, accountId, expiresAtMs }: NewRow): Row {
    const row = this.#allocate();
    this.#units[row] = unitId;
    this.#domains[row] = this.#domainNames.acquire(domain);
    this.#tenants[row] = accountId === null ? NO_TENANT : this.#tenantIds.acquire(accountId);
    this.#expires[row] = toSeconds(expiresAtMs);
    this.#held[row] = 0;
    this.#size++;
    if (this.#size * 2 > this.#hash.length) this.#widenHash();
    this.#hash[this.#emptyPlace(row)] = row;
    return row;
  }

  /** The row of a key; 0 when it does not wait here. */
  find(unitId: number, domain: string): Row {
    const domainId = this.#domainNames.idOf(domain);
    if (domainId === undefined) return 0;
    const mask = this.#hash.length - 1;
    for (let at = hashOf(unitId, domainId) & mask; ; at = (at + 1) & mask) {
      const row = this.#hash[at]!;
      if (row === 0) return 0;
      if (this.#units[row] === unitId && this.#domains[row] === domainId) return row;
    }
  }

  /** Forgets the key; it must be off every list. */
  free(row: Row): void {
    this.#removeFromHash(row);
    this.#domainNames.release(this.#domains[row]!);
    if (this.#tenants[row] !== NO_TENANT) this.#tenantIds.release(this.#tenants[row]!);
    this.#size--;
    this.#release(row);
  }

  /** A new empty list. */
  newList(): Row {
    const head = this.#allocate();
    this.#next[head] = head;
    this.#prev[head] = head;
    return head;
  }

  /** Gives an empty list's head back. */
  dropList(head: Row): void {
    this.#release(head);
  }

  append(list: Row, row: Row): void {
    const last = this.#prev[list]!;
    this.#next[last] = row;
    this.#prev[row] = last;
    this.#next[row] = list;
    this.#prev[list] = row;
  }

  /** Whether the row is on a list. */
  isListed(row: Row): boolean {
    return this.#next[row] !== 0;
  }

  /** Takes the row off the list that it is on; harmless when it is on none. */
  unlink(row: Row): void {
    const next = this.#next[row]!;
    if (next === 0) return;
    const prev = this.#prev[row]!;
    this.#next[prev] = next;
    this.#prev[next] = prev;
    this.#next[row] = 0;
    this.#prev[row] = 0;
  }

  /** The first row of the list; 0 when it is empty. */
  first(list: Row): Row {
    const row = this.#next[list]!;
    return row === list ? 0 : row;
  }

  /** The row after this one on its list; 0 at the end. */
  after(list: Row, row: Row): Row {
    const next = this.#next[row]!;
    return next === list ? 0 : next;
  }

  #allocate(): Row {
    let row = this.#freeRow;
    if (row !== 0) this.#freeRow = this.#prev[row]!;
    else {
      row = this.#used++;
      if (row >= this.#units.length) this.#grow(row + 1);
    }
    this.#next[row] = 0;
    this.#prev[row] = 0;
    return row;
  }

  #release(row: Row): void {
    this.#next[row] = 0;
    this.#prev[row] = this.#freeRow;
    this.#freeRow = row;
  }

  #grow(least: number): void {
    this.#units = grown(this.#units, least);
    this.#domains = grown(this.#domains, least);
    this.#tenants = grown(this.#tenants, least);
    this.#expires = grown(this.#expires, least);
    this.whens = grown(this.whens, least);
    this.#next = grown(this.#next, least);
    this.#prev = grown(this.#prev, least);
    this.#held = grown(this.#held, least);
  }

  #home(row: Row): number {
    return hashOf(this.#units[row]!, this.#domains[row]!) & (this.#hash.length - 1);
  }

  #emptyPlace(row: Row): number {
    const mask = this.#hash.length - 1;
    let at = this.#home(row);
    while (this.#hash[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  #widenHash(): void {
    const old = this.#hash;
    this.#hash = new Int32Array(old.length * 2);
    for (const row of old) if (row !== 0) this.#hash[this.#emptyPlace(row)] = row;
  }

  /** Removes without a gravestone: later rows of the same run move up. */
  #removeFromHash(row: Row): void {
    const mask = this.#hash.length - 1;
    let hole = this.#home(row);
    while (this.#hash[hole] !== row) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; this.#hash[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home(this.#hash[at]!);
      // It may fill the hole unless its home lies behind the hole.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#hash[hole] = this.#hash[at]!;
      hole = at;
    }
    this.#hash[hole] = 0;
  }
}

/** Whole seconds, rounded up: nothing is due before its time. */
export function toSeconds(ms: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.ceil(ms / 1000)));
}

function hashOf(unitId: number, domainId: number): number {
  const low = (unitId % 0x1_0000_0000) | 0;
  const high = (unitId / 0x1_0000_0000) | 0;
  let hash = Math.imul(low ^ Math.imul(high, 0x9e37_79b1), 0x85eb_ca6b) ^ Math.imul(domainId, 0xc2b2_ae35);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
