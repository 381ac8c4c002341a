// Reading the delivery status notifications of the world, RFC 3464 §2 and RFC 6533: tolerant, bounded.
import { parseDate } from '../date.ts';
import { findEnhancedStatus, parseEnhancedStatus } from '../enhanced-status.ts';
import { getField, scanHeader, type HeaderBlock } from '../header/scan.ts';
import { toCrlf } from '../message/octets.ts';
import { readStructure, type MimePart } from '../message/structure.ts';
import { decodeBody } from '../message/transfer-encoding.ts';
import { decodeUtf8AddrXtext } from './delivery-status.ts';
import { DSN_PARSED_RECIPIENTS_MAX } from './limits.ts';
import type { DsnAction, DsnRecipient, DsnReport, TypedAddress } from './report.ts';

export interface ParsedDsn {
  readonly report: DsnReport;
  /** Message-ID of the original with angle brackets; null when nothing of it came back. */
  readonly originalMessageId: string | null;
}

const STATUS_TYPES: ReadonlySet<string> = new Set(['message/delivery-status', 'message/global-delivery-status']);
const ORIGINAL_TYPES: ReadonlySet<string> = new Set([
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global-headers',
]);
const ACTIONS: ReadonlySet<string> = new Set<DsnAction>(['failed', 'delayed', 'delivered', 'relayed', 'expanded']);

/** The report in a message, or null when it holds none. Never throws. */
export function parseDsn(message: Buffer): ParsedDsn | null {
  const { root } = readStructure(scanHeader(message));
  const parts = root.kind === 'multipart' ? root.children : [root];
  const status = parts.find((part) => STATUS_TYPES.has(part.contentType.value));
  if (status === undefined) return null;
  const report = parseDeliveryStatus(contentOf(message, status));
  if (report === null) return null;
  const original = parts.find((part) => ORIGINAL_TYPES.has(part.contentType.value));
  return { report, originalMessageId: original === undefined ? null : messageIdIn(contentOf(message, original)) };
}

function contentOf(message: Buffer, part: MimePart): Buffer {
  const body = message.subarray(part.bodyStart, part.end);
  return decodeBody(body, part.encoding) ?? body;
}

function messageIdIn(original: Buffer): string | null {
  return /<[^<>\s]+>/.exec(getField(scanHeader(original), 'message-id') ?? '')?.[0] ?? null;
}

/** Groups of fields, separated by empty lines. */
function* fieldGroups(body: Buffer): Generator<HeaderBlock> {
  // With one kind of line ending, the end of a group is found without looking further.
  let rest = toCrlf(body);
  while (rest.length > 0) {
    const block = scanHeader(rest);
    if (block.fields.length > 0) yield block;
    rest = rest.subarray(Math.max(block.bodyStart, 1));
  }
}

/** Reads the body of a message/delivery-status part; null when it names no recipient. */
export function parseDeliveryStatus(body: Buffer): DsnReport | null {
  const recipients: DsnRecipient[] = [];
  let reportingMta = '';
  let envid: string | null = null;
  let arrivalMs: number | null = null;
  for (const group of fieldGroups(body)) {
    // Some write the fields of the message and of its only recipient in one group.
    reportingMta ||= afterType(getField(group, 'reporting-mta'))?.address ?? '';
    envid ??= getField(group, 'original-envelope-id');
    arrivalMs ??= dateOf(group, 'arrival-date');
    const recipient = recipientOf(group);
    if (recipient !== null) recipients.push(recipient);
    if (recipients.length >= DSN_PARSED_RECIPIENTS_MAX) break;
  }
  return recipients.length === 0 ? null : { reportingMta, envid, arrivalMs, recipients };
}

function dateOf(group: HeaderBlock, name: string): number | null {
  return parseDate(getField(group, name) ?? '')?.ms ?? null;
}

/** `rfc822; <ann@one.test>` in its two halves; without a type it is taken for rfc822. */
function afterType(value: string | null): TypedAddress | null {
  if (value === null || value === '') return null;
  const semicolon = value.indexOf(';');
  const type = semicolon === -1 ? 'rfc822' : value.slice(0, semicolon).trim().toLowerCase();
  const text = value.slice(semicolon + 1).trim();
  const address = text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text;
  return { type, address: type === 'utf-8' ? decodeUtf8AddrXtext(address) : address };
}

function recipientOf(group: HeaderBlock): DsnRecipient | null {
  const original = afterType(getField(group, 'original-recipient'));
  const final = afterType(getField(group, 'final-recipient')) ?? original;
  const action = getField(group, 'action')?.split(/[\s(]/, 1)[0]?.toLowerCase() ?? '';
  if (final === null || final.address === '' || !ACTIONS.has(action)) return null;
  const diagnostic = getField(group, 'diagnostic-code');
  const semicolon = diagnostic?.indexOf(';') ?? -1;
  return {
    finalRecipient: final.address,
    originalRecipient: original,
    action: action as DsnAction,
    status: statusOf(getField(group, 'status'), diagnostic?.slice(semicolon + 1).trim() ?? '', action as DsnAction),
    remoteMta: afterType(getField(group, 'remote-mta'))?.address ?? null,
    diagnostic: diagnostic?.slice(semicolon + 1).trim() ?? null,
    lastAttemptMs: dateOf(group, 'last-attempt-date'),
    willRetryUntilMs: dateOf(group, 'will-retry-until'),
  };
}

/** The Status field (some add a comment or text), else what the diagnostic says, else the class of the action. */
function statusOf(field: string | null, diagnostic: string, action: DsnAction): string {
  const status = field?.split(/[\s(]/, 1)[0] ?? '';
  if (parseEnhancedStatus(status) !== null) return status;
  const found = findEnhancedStatus(diagnostic);
  if (found !== null) return found;
  return action === 'failed' ? '5.0.0' : action === 'delayed' ? '4.0.0' : '2.0.0';
}
