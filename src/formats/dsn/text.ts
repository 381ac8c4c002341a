// The part of a notification for people: what happened, who said so, what to do. Plain lines of at most 76 characters.
import { formatDate } from '../date.ts';
import { explainStatus } from './explain.ts';
import { DSN_DIAGNOSTIC_MAX_CHARACTERS, DSN_TEXT_RECIPIENTS_MAX } from './limits.ts';
import type { DsnAction, DsnRecipient, DsnReport } from './report.ts';

const LINE_CHARACTERS = 76;
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g;

/** One line of text without control characters, cut at `maxCharacters`. */
export function plainLine(text: string, maxCharacters = DSN_DIAGNOSTIC_MAX_CHARACTERS): string {
  const line = text.replaceAll(CONTROLS, ' ').trim();
  return line.length <= maxCharacters ? line : `${line.slice(0, maxCharacters).toWellFormed()}…`;
}

/** Breaks at spaces; a longer word stays whole up to `LINE_CHARACTERS` and is cut there. */
function wrap(text: string, indent: string): string[] {
  const width = LINE_CHARACTERS - indent.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(indent + line.slice(0, width));
      line = line.slice(width);
    }
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}

const ORDER: readonly DsnAction[] = ['failed', 'delayed', 'relayed', 'expanded', 'delivered'];

/** The gravest action of a report: what its subject is about. */
export function leadingAction(report: DsnReport): DsnAction {
  return ORDER.find((action) => report.recipients.some((recipient) => recipient.action === action)) ?? 'failed';
}

const HEADINGS: Readonly<Record<DsnAction, string>> = {
  failed: 'was not delivered to',
  delayed: 'has not been delivered yet to',
  relayed: 'was handed to a server that sends no reports of its own, for',
  expanded: 'was handed to all members of',
  delivered: 'was delivered to',
};

export interface OriginalNames {
  /** Decoded; null when there is none. */
  readonly subject: string | null;
  readonly date: string | null;
}

function messageName(original: OriginalNames): string {
  const subject = original.subject === null || original.subject === '' ? '' : ` "${plainLine(original.subject, 100)}"`;
  const date = original.date === null || original.date === '' ? '' : ` of ${plainLine(original.date, 60)}`;
  return `Your message${subject}${date}`;
}

function recipientLines(recipient: DsnRecipient, reportingMta: string): string[] {
  const { finalRecipient, originalRecipient, action } = recipient;
  const diagnostic = plainLine(recipient.diagnostic ?? '');
  const { what, advice } = explainStatus(recipient.status);
  const asWritten = originalRecipient === null ? finalRecipient : plainLine(originalRecipient.address);
  const passedOn = asWritten.toLowerCase() === finalRecipient.toLowerCase() ? '' : ` (passed on to ${finalRecipient})`;
  const lines = wrap(`${asWritten}${passedOn}`, '  ');
  if (action === 'failed' || (action === 'delayed' && diagnostic === '')) lines.push(...wrap(what, '    '));
  if (diagnostic !== '') {
    const { remoteMta } = recipient;
    const speaker = remoteMta === null ? `${reportingMta} found` : `${plainLine(remoteMta)} said`;
    lines.push(...wrap(`${speaker}: ${diagnostic}`, '    '));
  }
  if (action === 'failed' && advice !== '') lines.push(...wrap(`What you can do: ${advice}`, '    '));
  return [...lines, ''];
}

/** What a delay means for the sender; '' for other actions. */
function closing(action: DsnAction, recipients: readonly DsnRecipient[]): string {
  if (action !== 'delayed') return '';
  const until = Math.max(...recipients.map((recipient) => recipient.willRetryUntilMs ?? 0));
  const end = until > 0 ? ` until ${formatDate(until)}` : '';
  return `You need not send it again: the attempts go on${end}, and you will be told if they end without success.`;
}

/** The text, lines ending in CRLF. */
export function formatDsnText(report: DsnReport, original: OriginalNames): string {
  const lines = [...wrap(`This is the mail system of ${report.reportingMta}.`, ''), ''];
  let shown = 0;
  for (const action of ORDER) {
    const recipients = report.recipients.filter((recipient) => recipient.action === action);
    if (recipients.length === 0) continue;
    lines.push(...wrap(`${messageName(original)} ${HEADINGS[action]}:`, ''), '');
    const room = Math.max(0, DSN_TEXT_RECIPIENTS_MAX - shown);
    for (const recipient of recipients.slice(0, room)) lines.push(...recipientLines(recipient, report.reportingMta));
    if (recipients.length > room)
      lines.push(`  … and ${recipients.length - room} more, listed in the report below.`, '');
    shown += Math.min(recipients.length, room);
    const end = closing(action, recipients);
    if (end !== '') lines.push(...wrap(end, ''), '');
  }
  return `${lines.join('\r\n')}\r\n`;
}
