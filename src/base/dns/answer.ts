// What a response says about its question: CNAMEs followed inside the answer (RFC 1034 §3.6.2), the TTL of the whole
// chain, and how long a "no" may be remembered (RFC 2308 §5).
import {
  CNAME_CHAIN_MAX,
  NEGATIVE_TTL_MAX_SECONDS,
  NEGATIVE_TTL_MIN_SECONDS,
  TTL_MAX_SECONDS,
  TTL_MIN_SECONDS,
} from './limits.ts';
import type { DnsQuestion, DnsRecord, DnsType, RecordDataByType } from './records.ts';
import { type DnsResponse, RCODE } from './wire.ts';

export type Reading =
  | {
      readonly kind: 'answer';
      readonly records: readonly RecordDataByType[DnsType][];
      readonly canonicalName: string;
      readonly ttlSeconds: number;
    }
  | { readonly kind: 'no-data' | 'nxdomain'; readonly ttlSeconds: number }
  /** The chain leaves this answer: ask for `name`. */
  | { readonly kind: 'follow'; readonly name: string; readonly ttlSeconds: number }
  /** A loop, or a chain too long. */
  | { readonly kind: 'broken' };

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

function negativeTtlSeconds(authorities: readonly DnsRecord[]): number {
  const soa = authorities.find((record) => record.type === 'SOA');
  const said = soa?.type === 'SOA' ? Math.min(soa.ttlSeconds, soa.data.minimum) : 0;
  return clamp(said, NEGATIVE_TTL_MIN_SECONDS, NEGATIVE_TTL_MAX_SECONDS);
}

/** Reads a response whose rcode is NOERROR or NXDOMAIN. TTLs are clamped to the named limits. */
export function readAnswer(question: DnsQuestion, response: DnsResponse): Reading {
  let name = question.name;
  let ttlSeconds = TTL_MAX_SECONDS;
  for (let links = 0; links <= CNAME_CHAIN_MAX; links++) {
    const found = response.answers.filter((record) => record.name === name && record.type === question.type);
    if (found.length > 0) {
      for (const record of found) ttlSeconds = Math.min(ttlSeconds, record.ttlSeconds);
      ttlSeconds = clamp(ttlSeconds, TTL_MIN_SECONDS, TTL_MAX_SECONDS);
      return { kind: 'answer', records: found.map((record) => record.data), canonicalName: name, ttlSeconds };
    }
    const alias = response.answers.find((record) => record.name === name && record.type === 'CNAME');
    if (alias?.type !== 'CNAME') return endOfChain(question, response, { name, ttlSeconds });
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds);
    name = alias.data;
  }
  return { kind: 'broken' };
}

function endOfChain(
  question: DnsQuestion,
  response: DnsResponse,
  chain: { readonly name: string; readonly ttlSeconds: number },
): Reading {
  const followed = chain.name !== question.name;
  const isProof = response.authorities.some((record) => record.type === 'SOA');
  // A recursive server ends the chain itself; one that only knows its own zones leaves the rest to us.
  if (followed && response.rcode === RCODE.noError && !isProof) return { kind: 'follow', ...chain };
  const kind = response.rcode === RCODE.nxDomain ? 'nxdomain' : 'no-data';
  return { kind, ttlSeconds: Math.min(negativeTtlSeconds(response.authorities), Math.max(chain.ttlSeconds, 1)) };
}
