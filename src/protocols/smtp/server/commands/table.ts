// Every command, by its verb.
import type { SmtpDialog } from '../dialog.ts';
import { auth } from './auth.ts';
import { bdat } from './bdat.ts';
import { data } from './data.ts';
import { ehlo, helo, lhlo } from './ehlo.ts';
import { help } from './help.ts';
import { mail } from './mail.ts';
import { noop } from './noop.ts';
import { quit } from './quit.ts';
import { rcpt } from './rcpt.ts';
import { rset } from './rset.ts';
import { starttls } from './starttls.ts';
import { expn, vrfy } from './vrfy.ts';

/** `argument`: what follows the verb, without spaces around it. */
export type SmtpCommand = (dialog: SmtpDialog, argument: string) => void | Promise<void>;

/** Known, and not done here: RFC 5321 appendix F, RFC 1985, RFC 2645. */
function notImplemented(dialog: SmtpDialog): void {
  dialog.fault(502, '5.5.1', 'Command not implemented');
}

export const COMMANDS: ReadonlyMap<string, SmtpCommand> = new Map<string, SmtpCommand>([
  ['EHLO', ehlo],
  ['HELO', helo],
  ['LHLO', lhlo],
  ['MAIL', mail],
  ['RCPT', rcpt],
  ['DATA', data],
  ['BDAT', bdat],
  ['RSET', rset],
  ['NOOP', noop],
  ['QUIT', quit],
  ['HELP', help],
  ['VRFY', vrfy],
  ['EXPN', expn],
  ['STARTTLS', starttls],
  ['AUTH', auth],
  ...['SEND', 'SOML', 'SAML', 'TURN', 'ETRN', 'ATRN'].map((verb) => [verb, notImplemented] as const),
]);
