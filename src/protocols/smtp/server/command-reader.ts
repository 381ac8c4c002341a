// Lines of the command phase: strictly CRLF, bounded, printable ASCII or UTF-8 (RFC 5321 §2.3.8, §4.5.3.1.4; RFC 6531
// §3.3). A lone CR or LF ends nothing: the whole line up to its CRLF is refused.
import { isUtf8 } from 'node:buffer';
import {
  AUTH_LINE_MAX_OCTETS,
  COMMAND_LINE_MAX_OCTETS,
  MAIL_LINE_MAX_OCTETS,
  RCPT_LINE_MAX_OCTETS,
} from '../limits.ts';
import { respond } from './commands/auth.ts';
import { COMMANDS } from './commands/table.ts';
import type { SmtpDialog } from './dialog.ts';

const CR = 0x0d;
const LF = 0x0a;
const PRINTABLE_ASCII = /^[ -~]*$/;
const CONTROL = /[\x00-\x1f\x7f]/;

/** Results of `takeLine` besides the place after a good line. */
const NOT_COMPLETE = -1;
const REFUSED = 0;

const LINE_MAX_OCTETS: ReadonlyMap<string, number> = new Map([
  ['MAIL', MAIL_LINE_MAX_OCTETS],
  ['RCPT', RCPT_LINE_MAX_OCTETS],
  ['AUTH', AUTH_LINE_MAX_OCTETS],
]);

/** What browsers and lost programs say, or were tricked into saying to us. */
const FOREIGN_PROTOCOL = /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE|PATCH|PRI|Host:|User-Agent:) /i;

/** Reads and runs one command; false when its line is not complete. */
export function readCommand(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  const verb = input.toString('latin1', at, at + 4).toUpperCase();
  const end = takeLine(dialog, input, at, LINE_MAX_OCTETS.get(verb) ?? COMMAND_LINE_MAX_OCTETS);
  if (end === NOT_COMPLETE) return false;
  if (end === REFUSED) return true;
  const line = decodeLine(input, at, end - 2);
  if (line === null) dialog.perform(refuseLine, 'Only printable characters are allowed in commands');
  else runCommand(dialog, line);
  return true;
}

/** Reads one response of a SASL exchange, RFC 4954 §4; false when its line is not complete. */
export function readSaslResponse(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  const end = takeLine(dialog, input, at, AUTH_LINE_MAX_OCTETS);
  if (end === NOT_COMPLETE) return false;
  if (end !== REFUSED) dialog.perform(respond, input.toString('latin1', at, end - 2));
  return true;
}

/** Throws away a refused line up to its CRLF. */
export function skipLine(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  const found = input.indexOf('\r\n', at, 'latin1');
  if (found !== -1) {
    dialog.mode = 'command';
    dialog.discardedOctets = 0;
    dialog.take(input, found + 2);
    return true;
  }
  const end = input[input.length - 1] === CR ? input.length - 1 : input.length;
  if (end === at) return false;
  dialog.discardedOctets += end - at;
  dialog.take(input, end);
  if (dialog.discardedOctets > dialog.config.limits.discardedLineMaxOctets) dialog.end(421, '4.7.0', 'Line too long');
  return true;
}

/** Takes a line with its CRLF: the place after it, or NOT_COMPLETE, or REFUSED when it was answered as a fault. */
function takeLine(dialog: SmtpDialog, input: Buffer, at: number, maxOctets: number): number {
  const lf = input.indexOf(LF, at);
  if (lf === -1) {
    if (input.length - at < maxOctets) return NOT_COMPLETE;
    return refuseUnended(dialog, input, input[input.length - 1] === CR ? input.length - 1 : input.length);
  }
  if (lf === at || input[lf - 1] !== CR) return refuseUnended(dialog, input, lf + 1, 'Lines must end in CRLF');
  dialog.take(input, lf + 1);
  if (lf + 1 - at <= maxOctets) return lf + 1;
  dialog.perform(refuseLine, 'Line too long');
  return REFUSED;
}

function refuseUnended(dialog: SmtpDialog, input: Buffer, end: number, why = 'Line too long'): number {
  dialog.take(input, end);
  dialog.perform(refuseLine, why);
  dialog.mode = 'skip-line';
  return REFUSED;
}

function refuseLine(dialog: SmtpDialog, why: string): void {
  // RFC 4954 §4: a SASL exchange does not survive it.
  dialog.stopSasl();
  dialog.fault(500, '5.5.2', why);
}

function decodeLine(input: Buffer, from: number, to: number): string | null {
  const line = input.toString('latin1', from, to);
  if (PRINTABLE_ASCII.test(line)) return line;
  if (CONTROL.test(line) || !isUtf8(input.subarray(from, to))) return null;
  return input.toString('utf8', from, to);
}

function runCommand(dialog: SmtpDialog, line: string): void {
  if (dialog.config.signInService && dialog.state.account === null) {
    dialog.budget.countCommandBeforeSignIn();
    if (dialog.endWhenSpent()) return;
  }
  const space = line.indexOf(' ');
  const verb = (space === -1 ? line : line.slice(0, space)).toUpperCase();
  const command = COMMANDS.get(verb);
  if (command !== undefined) dialog.perform(command, space === -1 ? '' : line.slice(space + 1).trim());
  else if (FOREIGN_PROTOCOL.test(line)) dialog.end(421, '4.7.0', 'This is a mail server');
  else dialog.perform(unknownCommand, '');
}

function unknownCommand(dialog: SmtpDialog): void {
  dialog.fault(500, '5.5.1', 'Command not known');
}
