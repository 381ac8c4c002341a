// The name of a site: equal for equal sets of hosts, so that thousands of domains at one provider share connections.
// Readable while it is short; else a fingerprint that nobody can make collide.
import { createHash } from 'node:crypto';
import { SITE_TEXT_MAX_CHARACTERS } from './limits.ts';

export interface RankedHost {
  readonly name: string;
  readonly preference: number;
}

const PLAIN_NAME = /^[a-z\d._[\]:-]+$/;
const FINGERPRINT_CHARACTERS = 22;

/** The site of a set of MX hosts in any order: `mx1.two.test,mx2.two.test;backup.two.test:25`. Only the ranks of preferences count. */
export function mxSiteKey(hosts: readonly RankedHost[], port: number): string {
  const ranks = new Map<number, string[]>();
  for (const { name, preference } of hosts) ranks.set(preference, [...(ranks.get(preference) ?? []), name]);
  const groups = [...ranks].sort(([a], [b]) => a - b).map(([, names]) => [...new Set(names)].sort());
  const text = groups.map((names) => names.join(',')).join(';');
  const first = groups[0]?.[0] ?? '';
  if (text.length <= SITE_TEXT_MAX_CHARACTERS && hosts.every(({ name }) => PLAIN_NAME.test(name))) {
    return `${text}:${port}`;
  }
  const fingerprint = createHash('sha256').update(JSON.stringify(groups)).digest('base64url');
  const shown = PLAIN_NAME.test(first) ? first : 'mx';
  return `${shown}+~${fingerprint.slice(0, FINGERPRINT_CHARACTERS)}:${port}`;
}
