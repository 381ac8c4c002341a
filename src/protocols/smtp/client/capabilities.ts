// What a server's EHLO reply offers, RFC 5321 §4.1.1.1. Unknown keywords and malformed parameters are passed over.
import type { SmtpReply } from '../reply.ts';

export interface Capabilities {
  readonly pipelining: boolean;
  /** RFC 1870; null: not offered, 0: offered without a limit. */
  readonly size: number | null;
  readonly eightBitMime: boolean;
  readonly binaryMime: boolean;
  readonly chunking: boolean;
  readonly smtputf8: boolean;
  readonly dsn: boolean;
  readonly starttls: boolean;
  readonly requiretls: boolean;
  readonly mtPriority: boolean;
  /** RFC 2852 §3: the least BY time in seconds; null: not offered. */
  readonly deliverByMin: number | null;
  /** SASL mechanisms, in upper case. */
  readonly auth: readonly string[];
  /** RFC 9422; null: no limit named. */
  readonly rcptMax: number | null;
  readonly mailMax: number | null;
}

const NUMBER = /^\d{1,15}$/;

function number(text: string | undefined): number | null {
  return text !== undefined && NUMBER.test(text) ? Number(text) : null;
}

function limit(parameters: readonly string[] | undefined, name: string): number | null {
  const found = parameters?.find((parameter) => parameter.toUpperCase().startsWith(`${name}=`));
  const value = number(found?.slice(name.length + 1));
  return value === 0 ? null : value;
}

/** Reads an EHLO reply; `null` (a HELO dialog) offers nothing. */
export function parseCapabilities(ehlo: SmtpReply | null): Capabilities {
  const offered = new Map<string, readonly string[]>();
  for (const line of ehlo?.lines.slice(1) ?? []) {
    // 'AUTH=LOGIN' is how some old servers spell it.
    const [keyword = '', ...parameters] = line
      .trim()
      .replace(/^auth=/i, 'AUTH ')
      .split(/[\t ]+/);
    const name = keyword.toUpperCase();
    offered.set(name, [...(offered.get(name) ?? []), ...parameters]);
  }
  const limits = offered.get('LIMITS');
  return {
    pipelining: offered.has('PIPELINING'),
    size: offered.has('SIZE') ? (number(offered.get('SIZE')?.[0]) ?? 0) : null,
    eightBitMime: offered.has('8BITMIME'),
    binaryMime: offered.has('BINARYMIME') && offered.has('CHUNKING'),
    chunking: offered.has('CHUNKING'),
    smtputf8: offered.has('SMTPUTF8'),
    dsn: offered.has('DSN'),
    starttls: offered.has('STARTTLS'),
    requiretls: offered.has('REQUIRETLS'),
    mtPriority: offered.has('MT-PRIORITY'),
    deliverByMin: offered.has('DELIVERBY') ? (number(offered.get('DELIVERBY')?.[0]) ?? 0) : null,
    auth: (offered.get('AUTH') ?? []).map((mechanism) => mechanism.toUpperCase()),
    rcptMax: limit(limits, 'RCPTMAX'),
    mailMax: limit(limits, 'MAILMAX'),
  };
}
