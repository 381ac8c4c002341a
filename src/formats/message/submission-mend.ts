// What a submission server may mend in the message of its own user before anything is signed, RFC 6409 §8: missing Date
// and Message-ID, fields that must not travel, lines that are too long. Relayed messages never come here.
import { splice, type Replacement } from '../../base/bytes/splice.ts';
import { mailboxesOf, parseAddressList } from '../address/address-list.ts';
import { domainKey, literalIp } from '../address/domain.ts';
import { formatDate } from '../date.ts';
import { refoldField } from '../header/fold.ts';
import { LINE_MAX_OCTETS } from '../header/limits.ts';
import { getField, scanHeader, type FieldSpan, type HeaderBlock } from '../header/scan.ts';
import { fits, planReencoding } from './reencode.ts';
import { readStructure } from './structure.ts';

export interface SubmissionStamp {
  readonly atMs: number;
  readonly zoneMinutes: number;
  /** Left side of a Message-ID: unique, an atom. */
  readonly idText: string;
  /** Right side of the Message-ID where From has no usable domain. */
  readonly defaultDomain: string;
  /** The transaction was BODY=BINARYMIME: the body is left as it is. */
  readonly isBinary: boolean;
}

export interface MendedMessage {
  /** Exactly `[message]` when nothing was wrong. */
  readonly slices: readonly Buffer[];
  /** With angle brackets, as it stands in the message or was added. */
  readonly messageId: string;
}

/** Bcc names people that others must not see; Return-Path belongs to the last server alone (RFC 5321 §4.4). */
const REMOVED: ReadonlySet<string> = new Set(['bcc', 'resent-bcc', 'return-path']);
const MESSAGE_ID = /<[^<>\s]+>/;

/** The message of an authenticated submitter, mended. `message` ends in CRLF and has no bare CR or LF unless binary. */
export function mendSubmission(message: Buffer, stamp: SubmissionStamp): MendedMessage {
  const block = separateBody(scanHeader(message));
  const isUnfit = !stamp.isBinary && !fits(block.message, '8bit');
  // Where a part cannot be encoded its lines stay long: the header is mended all the same.
  const reencoded = isUnfit ? planReencoding(block, readStructure(block), '8bit') : null;
  const replacements = withRemovals(block, reencoded ?? refoldedFields(block));
  const added = addedFields(block, stamp);
  const mended = added.text === '' ? replacements : [topInsertion(added.text), ...replacements];
  return { slices: splice(block.message, mended), messageId: added.messageId };
}

/** A line that is no field ends the header for some and not for others: an empty line goes before it (copies, rare). */
function separateBody(block: HeaderBlock): HeaderBlock {
  const stray = block.fields.find((field) => field.name === '' && !isRemoved(block, field));
  if (stray === undefined) return block;
  const header = block.message.subarray(0, stray.start);
  return scanHeader(Buffer.concat([header, Buffer.from('\r\n'), block.message.subarray(stray.start)]));
}

function topInsertion(text: string): Replacement {
  return { start: 0, end: 0, with: Buffer.from(text) };
}

function refoldedFields(block: HeaderBlock): Replacement[] {
  return block.fields.flatMap((field) => {
    if (field.end - field.start <= LINE_MAX_OCTETS) return [];
    const folded = refoldField(block.message.subarray(field.start, field.end));
    return folded === null ? [] : [{ start: field.start, end: field.end, with: folded }];
  });
}

/** Takes the unwanted fields out, instead of what was planned for them. */
function withRemovals(block: HeaderBlock, planned: readonly Replacement[]): readonly Replacement[] {
  const removed = block.fields.filter((field) => isRemoved(block, field));
  if (removed.length === 0) return planned;
  const kept = planned.filter(({ start, end }) => !removed.some((field) => start < field.end && end > field.start));
  const removals = removed.map(({ start, end }) => ({ start, end, with: Buffer.alloc(0) }));
  return [...removals, ...kept].sort((a, b) => a.start - b.start);
}

/** A mailbox separator on top (`From ann Mon …`) is no field either. */
function isRemoved(block: HeaderBlock, field: FieldSpan): boolean {
  if (REMOVED.has(field.name)) return true;
  return field.name === '' && field.start === 0 && /^>?From /.test(block.text);
}

/** RFC 6409 §8.2 and §8.3. A Message-ID that cannot be read stays as it is; the journey gets a new one then. */
function addedFields(block: HeaderBlock, stamp: SubmissionStamp): { text: string; messageId: string } {
  const has = (name: string) => block.fields.some((field) => field.name === name);
  const existing = MESSAGE_ID.exec(getField(block, 'message-id') ?? '')?.[0];
  const messageId = existing ?? `<${stamp.idText}@${fromDomain(block) ?? stamp.defaultDomain}>`;
  const date = has('date') ? '' : `Date: ${formatDate(stamp.atMs, stamp.zoneMinutes)}\r\n`;
  return { text: has('message-id') ? date : `${date}Message-ID: ${messageId}\r\n`, messageId };
}

/** The domain of the first From address in A-labels; null when there is none that may stand in a Message-ID. */
function fromDomain(block: HeaderBlock): string | null {
  const domain = mailboxesOf(parseAddressList(getField(block, 'from') ?? ''))[0]?.address.domain ?? '';
  const key = domainKey(domain);
  return literalIp(domain) === null && /^[a-z0-9.-]+$/.test(key) ? key : null;
}
