// Received fields, RFC 5321 §4.4: written exactly, read as tolerantly as the world writes them.
import { formatLiteral, isMailDomain } from './address/domain.ts';
import { normalizeIp } from '../base/net/ip.ts';
import { formatDate, parseDate } from './date.ts';

export interface ReceivedClient {
  /** As the client gave it; what is no domain or literal goes into a comment. */
  readonly helo: string;
  /** The name of the address, forward-confirmed; null when there is none. */
  readonly rdns: string | null;
  /** Canonical text. */
  readonly ip: string;
}

export interface ReceivedStamp {
  /** null: submission, where the client's address is nobody's business (the journey keeps it). */
  readonly from: ReceivedClient | null;
  /** Our host name. */
  readonly by: string;
  /** From `receivedProtocol`, or another registered word. */
  readonly protocol: string;
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  readonly id: string;
  /** addr-spec; only when the transaction has exactly one recipient, else null. */
  readonly for: string | null;
  readonly atMs: number;
  readonly zoneMinutes: number;
}

export interface ProtocolUse {
  readonly lmtp: boolean;
  /** EHLO or LHLO was given. */
  readonly extended: boolean;
  readonly tls: boolean;
  readonly authenticated: boolean;
  /** The transaction has SMTPUTF8. */
  readonly smtputf8: boolean;
}

const HELO_COMMENT_MAX_CHARACTERS = 100;

/** The `with` word: RFC 3848 §1 and RFC 6531 §4.3. */
export function receivedProtocol(use: ProtocolUse): string {
  const suffix = `${use.tls ? 'S' : ''}${use.authenticated ? 'A' : ''}`;
  if (use.smtputf8) return `${use.lmtp ? 'UTF8LMTP' : 'UTF8SMTP'}${suffix}`;
  if (use.lmtp) return `LMTP${suffix}`;
  return use.extended ? `ESMTP${suffix}` : 'SMTP';
}

/** Text that is safe inside a comment of the field, whatever a client said. */
function commentText(text: string): string {
  return text.slice(0, HELO_COMMENT_MAX_CHARACTERS).replaceAll(/[^!-'*-[\]-~]/g, '?');
}

function fromClause(client: ReceivedClient): string {
  const literal = formatLiteral(client.ip);
  const tcpInfo = client.rdns === null ? literal : `${client.rdns} ${literal}`;
  if (isMailDomain(client.helo, true)) return `from ${client.helo} (${tcpInfo})`;
  return `from ${literal} (${tcpInfo}) (helo=${commentText(client.helo)})`;
}

/** The whole field with CRLF at its end, in lines of their own for client, server, recipient and date. */
export function formatReceived(stamp: ReceivedStamp): string {
  const tls = stamp.tls === null ? '' : ` (${commentText(stamp.tls.version)} ${commentText(stamp.tls.cipher)})`;
  const by = `by ${stamp.by} with ${stamp.protocol}${tls} id ${stamp.id}`;
  const from = stamp.from === null ? '' : `${fromClause(stamp.from)}\r\n\t`;
  const recipient = stamp.for === null ? '' : `\r\n\tfor <${stamp.for}>`;
  return `Received: ${from}${by}${recipient};\r\n\t${formatDate(stamp.atMs, stamp.zoneMinutes)}\r\n`;
}

/** What a Received field of anybody says; null where it does not say it. */
export interface ReceivedHop {
  /** The name after `from`: what the client called itself. */
  readonly from: string | null;
  /** The address of the client in the comment. */
  readonly ip: string | null;
  readonly by: string | null;
  readonly protocol: string | null;
  readonly id: string | null;
  /** Without angle brackets. */
  readonly for: string | null;
  readonly atMs: number | null;
  readonly zoneMinutes: number | null;
  /** The comments, for TLS versions and whatever else is told there. */
  readonly comments: readonly string[];
}

/** Longer values are cut before they are read. */
const RECEIVED_MAX_CHARACTERS = 4_000;
const TOKEN = /"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^<>]*>|\[[^[\]]*\]|[^\s()";<[]+|./gsy;
const IP_IN_COMMENT = /\[(?:ipv6:)?([0-9a-f.:]+)\]|(?:^|[\s(@])((?:\d{1,3}\.){3}\d{1,3})(?=$|[\s):])/i;

type Clause = 'from' | 'by' | 'via' | 'with' | 'id' | 'for';
const CLAUSES: ReadonlySet<string> = new Set<Clause>(['from', 'by', 'via', 'with', 'id', 'for']);

/** Comments inside comments become brackets, so that a comment is one token. */
function flattenComments(text: string): string {
  let depth = 0;
  let flat = '';
  for (const character of text) {
    if (character === '(') flat += depth++ === 0 ? '(' : '{';
    else if (character === ')' && depth > 0) flat += --depth === 0 ? ')' : '}';
    else flat += character;
  }
  return flat;
}

function findIp(text: string): string | null {
  const found = IP_IN_COMMENT.exec(text);
  return found === null ? null : normalizeIp(found[1] ?? found[2]!);
}

interface Clauses {
  readonly words: Partial<Record<Clause, string>>;
  readonly comments: string[];
  ip: string | null;
}

function readClauses(text: string): Clauses {
  const read: Clauses = { words: {}, comments: [], ip: null };
  let clause: Clause | null = null;
  for (const [token] of text.matchAll(TOKEN)) {
    const word = token.toLowerCase();
    // What follows `id` is one, even when it reads like the name of a clause.
    const isId = clause === 'id' && read.words.id === undefined && /^[^\s(]/u.test(token);
    if (CLAUSES.has(word) && !isId) {
      const next = word as Clause;
      if (read.words[next] === undefined) clause = next;
    } else if (token.startsWith('(')) {
      read.comments.push(token.slice(1, -1).trim());
      if (clause === 'from') read.ip ??= findIp(token.slice(1, -1));
    } else if (token.trim() !== '' && clause !== null) read.words[clause] ??= token;
  }
  return read;
}

function unbracket(text: string | undefined): string | null {
  return text?.replace(/^<(.*)>$/, '$1') ?? null;
}

/** Reads the value of a Received field, folded or not. Never throws. */
export function parseReceived(value: string): ReceivedHop {
  const text = flattenComments(value.slice(0, RECEIVED_MAX_CHARACTERS).replaceAll(/\r?\n/g, ' '));
  const semicolon = text.lastIndexOf(';');
  const date = semicolon === -1 ? null : parseDate(text.slice(semicolon + 1));
  const { words, comments, ip } = readClauses(semicolon === -1 ? text : text.slice(0, semicolon));
  return {
    from: words.from ?? null,
    ip: ip ?? findIp(words.from ?? ''),
    by: words.by ?? null,
    protocol: words.with ?? null,
    id: unbracket(words.id),
    for: unbracket(words.for),
    atMs: date?.ms ?? null,
    zoneMinutes: date?.zoneMinutes ?? null,
    comments,
  };
}
