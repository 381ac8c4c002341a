// The directory as one thread remembers it: what was read is good until the directory changes, by whichever thread. So
// mail to people who get a lot of it costs no look at the database.
import type { DirectoryAddress, DirectoryDomain, DirectoryReader } from './directory-reader.ts';
import { REMEMBERED_ENTRIES_MAX } from './limits.ts';

/**
 * Remembers domains and addresses, "there is none" too, while `version` gives the same number. `version` must change
 * before anybody is told that a change is done.
 */
export function rememberDirectory(reader: DirectoryReader, version: () => number): DirectoryReader {
  const domains = new Remembered<DirectoryDomain | null>(version);
  const addresses = new Remembered<DirectoryAddress | null>(version);
  return {
    ...reader,
    findDomain: (key) => domains.get(key, () => reader.findDomain(key)),
    findFirstDomain: () => domains.get('', () => reader.findFirstDomain()),
    findAddress: (domainId, localKey) =>
      addresses.get(`${domainId} ${localKey}`, () => reader.findAddress(domainId, localKey)),
  };
}

/** Answers by key, all of one version. Strangers choose the keys, so there is a bound: beyond it all are forgotten. */
class Remembered<T> {
  readonly #version: () => number;
  readonly #answers = new Map<string, Promise<T>>();
  #of = Number.NaN;

  constructor(version: () => number) {
    this.#version = version;
  }

  get(key: string, read: () => Promise<T>): Promise<T> {
    const version = this.#version();
    if (version !== this.#of) this.#answers.clear();
    this.#of = version;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    if (this.#answers.size >= REMEMBERED_ENTRIES_MAX) this.#answers.clear();
    const answer = read();
    this.#answers.set(key, answer);
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    return answer;
  }
}
