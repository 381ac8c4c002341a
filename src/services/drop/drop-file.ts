// A message in the drop folder: one line of JSON that says from whom, to whom and when, LF, and the message with CRLF.
// The line is what the writer claims; only the file's owner is attested.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { readWishes, type DsnWishes } from './dsn-wishes.ts';
import { DROP_HEAD_MAX_OCTETS, DROP_RECIPIENTS_MAX } from './limits.ts';

export interface DropHead {
  /** An address, perhaps without a domain; '' is the null sender; null: not said. */
  readonly sender: string | null;
  /** The display name for a From field that has to be added. */
  readonly name: string | null;
  /** Addresses, perhaps without a domain; null: those of To, Cc and Bcc. */
  readonly recipients: readonly string[] | null;
  readonly atMs: number;
  readonly dsn: DsnWishes;
}

export interface DropFile {
  readonly head: DropHead;
  readonly message: Buffer;
}

const VERSION = 1;
const LF = 0x0a;

/** The line in front of the message, with its LF. */
export function formatDropHead({ sender, name, recipients, atMs, dsn }: DropHead): Buffer {
  return Buffer.from(`${JSON.stringify({ version: VERSION, sender, name, recipients, at: atMs, dsn })}\n`);
}

/** Takes a file apart; the message is a part of `octets`. Throws SyntaxFault. */
export function parseDropFile(octets: Buffer): DropFile {
  const end = octets.subarray(0, DROP_HEAD_MAX_OCTETS + 1).indexOf(LF);
  if (end === -1) throw new SyntaxFault(`a first line of at most ${DROP_HEAD_MAX_OCTETS} octets`, 0);
  return { head: parseHead(octets.toString('utf8', 0, end)), message: octets.subarray(end + 1) };
}

function parseHead(text: string): DropHead {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SyntaxFault('JSON in the first line', 0);
  }
  if (typeof value !== 'object' || value === null) throw new SyntaxFault('an object in the first line', 0);
  const { version, sender, name, recipients, at, dsn } = value as Record<string, unknown>;
  if (version !== VERSION) throw new SyntaxFault(`version ${VERSION}`, 0);
  if (!Number.isSafeInteger(at)) throw new SyntaxFault("a time as 'at'", 0);
  return {
    sender: readText(sender, 'sender'),
    name: readText(name ?? null, 'name'),
    recipients: readRecipients(recipients),
    atMs: at as number,
    dsn: readWishes(dsn),
  };
}

function readText(value: unknown, what: string): string | null {
  if (value === null || typeof value === 'string') return value;
  throw new SyntaxFault(`a text or null as '${what}'`, 0);
}

function readRecipients(value: unknown): readonly string[] | null {
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw new SyntaxFault("a list of texts or null as 'recipients'", 0);
  }
  if (value.length > DROP_RECIPIENTS_MAX) throw new SyntaxFault(`at most ${DROP_RECIPIENTS_MAX} recipients`, 0);
  return value;
}
