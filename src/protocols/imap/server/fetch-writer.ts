// One FETCH response, RFC 9051 §7.5.2. A row without sections is one text and one copy; sections stream at the client's
// pace. Texts are octets in latin1 until they reach the output.
import { isPromise, type MaybePromise } from '../../../base/async/maybe-promise.ts';
import { formatDateTime } from '../grammar/date.ts';
import type { FetchItem, FetchSection, SimpleFetchItem } from '../grammar/fetch.ts';
import { formatFlags } from '../grammar/flags.ts';
import { formatString } from '../format.ts';
import { READ_PIECE_OCTETS } from '../limits.ts';
import type { ImapDialog } from './dialog.ts';
import type { MailboxView } from './mailbox-view.ts';
import { findSection, type FoundSection } from './sections.ts';
import type { FetchColumns, ImapMessage, MessageRow } from './session.ts';
import { isRecent } from './synchronize.ts';

/** What servers have always sent instead of NUL in a text. */
const NUL_SUBSTITUTE = 0x80;

const COLUMNS: Readonly<Record<SimpleFetchItem, FetchColumns>> = {
  UID: {},
  FLAGS: { flags: true },
  MODSEQ: { flags: true },
  INTERNALDATE: { internalDate: true },
  'RFC822.SIZE': { size: true },
  ENVELOPE: { envelope: true },
  BODY: { body: true },
  BODYSTRUCTURE: { bodyStructure: true },
  EMAILID: { emailId: true },
  THREADID: { threadId: true },
  SAVEDATE: { saveDate: true },
  PREVIEW: { preview: true },
};

/** What must be read for these items. */
export function columnsOf(items: readonly FetchItem[]): FetchColumns {
  let columns: FetchColumns = {};
  for (const item of items) columns = { ...columns, ...(typeof item === 'string' ? COLUMNS[item] : { size: true }) };
  return columns;
}

/** Everything one FETCH command needs to write its rows. */
export interface FetchJob {
  readonly dialog: ImapDialog;
  readonly view: MailboxView;
  readonly items: readonly FetchItem[];
  /** UIDFETCH responses, RFC 9586 §3.3. */
  readonly uidOnly: boolean;
  /** A BINARY part had an encoding that nobody knows. */
  unknownEncoding: boolean;
}

/** `* n FETCH (…` up to the sections; without the closing parenthesis. */
function openRow(job: FetchJob, row: MessageRow, seq: number, items: readonly FetchItem[]): string {
  let text = job.uidOnly ? `* ${row.uid} UIDFETCH (` : `* ${seq} FETCH (`;
  let first = true;
  for (const item of items) {
    if (typeof item !== 'string') continue;
    if (first) first = false;
    else text += ' ';
    text += formatItem(job, row, item);
  }
  return text;
}

function formatItem({ dialog, view }: FetchJob, row: MessageRow, item: SimpleFetchItem): string {
  switch (item) {
    case 'UID':
      return `UID ${row.uid}`;
    case 'FLAGS':
      return `FLAGS (${formatFlags(row.flags ?? 0, row.keywords ?? '', isRecent(dialog, view, row.uid))})`;
    case 'MODSEQ':
      return `MODSEQ (${row.modSeq ?? 1})`;
    case 'INTERNALDATE':
      return `INTERNALDATE ${formatDateTime(row.internalDateMs ?? 0, row.zoneMinutes ?? 0)}`;
    case 'RFC822.SIZE':
      return `RFC822.SIZE ${row.size ?? 0}`;
    case 'ENVELOPE':
      return `ENVELOPE ${asLatin1(row.envelope)}`;
    case 'BODY':
      return `BODY ${asLatin1(row.body)}`;
    case 'BODYSTRUCTURE':
      return `BODYSTRUCTURE ${asLatin1(row.bodyStructure)}`;
    case 'EMAILID':
      return `EMAILID (${row.emailId ?? ''})`;
    case 'THREADID':
      return row.threadId === null || row.threadId === undefined ? 'THREADID NIL' : `THREADID (${row.threadId})`;
    case 'SAVEDATE':
      return `SAVEDATE ${row.savedAtMs === null || row.savedAtMs === undefined ? 'NIL' : formatDateTime(row.savedAtMs, 0)}`;
    case 'PREVIEW':
      return `PREVIEW ${formatPreview(row.preview, dialog.utf8)}`;
    default:
      return item satisfies never;
  }
}

function asLatin1(octets: Buffer | string | undefined): string {
  if (typeof octets === 'string') return octets;
  return octets === undefined ? 'NIL' : octets.toString('latin1');
}

function formatPreview(preview: string | null | undefined, utf8: boolean): string {
  if (preview === null || preview === undefined) return 'NIL';
  return Buffer.from(formatString(preview, utf8)).toString('latin1');
}

/** A row without sections. */
export function writeRow(job: FetchJob, row: MessageRow, seq: number, items: readonly FetchItem[]): void {
  job.dialog.output.latin1(`${openRow(job, row, seq, items)})\r\n`);
}

/** A row with sections. A promise only where octets are not at hand or the client is slow. */
export function writeMessage(
  job: FetchJob,
  row: MessageRow,
  message: ImapMessage,
  items: readonly FetchItem[],
): MaybePromise<void> {
  const { output } = job.dialog;
  const opened = openRow(job, row, job.view.seqOf(row.uid), items);
  output.latin1(opened);
  const sections = items.filter((item): item is FetchSection => typeof item !== 'string');
  return writeSections(job, message, sections, opened.endsWith('('));
}

function writeSections(
  job: FetchJob,
  message: ImapMessage,
  sections: readonly FetchSection[],
  first: boolean,
): MaybePromise<void> {
  const { output } = job.dialog;
  for (const [i, section] of sections.entries()) {
    if (!(first && i === 0)) output.latin1(' ');
    const found = findSection(message, section);
    const written = isPromise(found)
      ? found.then((ready) => writeSection(job, message, section, ready))
      : writeSection(job, message, section, found);
    if (isPromise(written)) return written.then(() => writeSections(job, message, sections.slice(i + 1), false));
  }
  output.latin1(')\r\n');
  return undefined;
}

function writeSection(
  job: FetchJob,
  message: ImapMessage,
  section: FetchSection,
  found: FoundSection,
): MaybePromise<void> {
  const { output } = job.dialog;
  if (found.kind === 'missing' || found.kind === 'unknown-encoding') {
    if (found.kind === 'unknown-encoding') job.unknownEncoding = true;
    output.latin1(`${section.label} ${section.form === 'binary-size' ? '0' : 'NIL'}`);
    return undefined;
  }
  const whole = found.kind === 'octets' ? found.octets.length : found.end - found.start;
  if (section.form === 'binary-size') {
    output.latin1(`${section.label} ${whole}`);
    return undefined;
  }
  const start = section.partial === null ? 0 : Math.min(section.partial.start, whole);
  const end = section.partial === null ? whole : Math.min(whole, start + section.partial.length);
  if (start === end) {
    output.latin1(`${section.label} ""`);
    return undefined;
  }
  if (found.kind === 'octets') {
    writeLiteral(job, section, found.octets.subarray(start, end));
    return undefined;
  }
  return writeStretch(job, message, section, { start: found.start + start, end: found.start + end });
}

/** RFC 9051 §4.3: NUL needs a literal8, which only BINARY may have. */
function writeLiteral({ dialog }: FetchJob, section: FetchSection, octets: Buffer): void {
  const { output } = dialog;
  const hasNul = octets.includes(0);
  const sent = hasNul && section.form === 'body' ? withoutNul(octets) : octets;
  output.latin1(`${section.label} ${hasNul && section.form === 'binary' ? '~' : ''}{${sent.length}}\r\n`);
  output.octets(sent, 0, sent.length);
}

/** A copy with another octet for each NUL: lengths and offsets stay true. */
function withoutNul(octets: Buffer): Buffer {
  const copy = Buffer.from(octets);
  for (let at = copy.indexOf(0); at >= 0; at = copy.indexOf(0, at + 1)) copy[at] = NUL_SUBSTITUTE;
  return copy;
}

function writeStretch(
  job: FetchJob,
  message: ImapMessage,
  section: FetchSection,
  { start, end }: { readonly start: number; readonly end: number },
): MaybePromise<void> {
  const { output } = job.dialog;
  if (end - start <= READ_PIECE_OCTETS) {
    const octets = message.read(start, end);
    if (isPromise(octets)) return octets.then((ready) => writeLiteral(job, section, ready));
    return writeLiteral(job, section, octets);
  }
  output.latin1(`${section.label} ${section.form === 'binary' ? '~' : ''}{${end - start}}\r\n`);
  return writePieces(job, message, { start, end, form: section.form });
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly form: FetchSection['form'];
}

/** After the literal's length a failing disk ends the connection: half a message must not look like a whole one. */
async function writePieces({ dialog }: FetchJob, message: ImapMessage, stretch: Stretch): Promise<void> {
  const { start, end, form } = stretch;
  const { output, transport, parts } = dialog;
  try {
    for (let at = start; at < end && !transport.closed; at += READ_PIECE_OCTETS) {
      const read = await message.read(at, Math.min(end, at + READ_PIECE_OCTETS));
      const octets = read.includes(0) && form === 'body' ? withoutNul(read) : read;
      output.octets(octets, 0, octets.length);
      if (output.full) await output.drained();
    }
  } catch (error) {
    parts.log.error({ error }, 'a message could not be read to its end');
    transport.abort();
  }
}
