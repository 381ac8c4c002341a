// EHLO, HELO and LHLO: RFC 5321 §4.1.1.1, RFC 2033 §4.1. Each of them ends a transaction under way.
import type { SmtpDialog } from '../dialog.ts';
import { HELO_MAX_OCTETS } from '../limits.ts';

/**
 * A name or address literal as clients give them, underscores and worse included; nothing that means something in a
 * Received field. Whether it is true is for the session to judge.
 */
const CLIENT_NAME = /^[\w!#$%&'*+./:=?@[\]^`{|}~-]+$/;

/** EHLO: greets and lists what is on offer. */
export function ehlo(dialog: SmtpDialog, name: string): void {
  if (dialog.config.lmtp) dialog.fault(500, '5.5.1', 'This is LMTP: say LHLO');
  else sayHello(dialog, name, true);
}

/** HELO: the same without extensions. */
export function helo(dialog: SmtpDialog, name: string): void {
  if (dialog.config.lmtp) dialog.fault(500, '5.5.1', 'This is LMTP: say LHLO');
  else sayHello(dialog, name, false);
}

/** LHLO: EHLO of LMTP. */
export function lhlo(dialog: SmtpDialog, name: string): void {
  if (dialog.config.lmtp) sayHello(dialog, name, true);
  else dialog.fault(500, '5.5.1', 'This is not LMTP: say EHLO');
}

function sayHello(dialog: SmtpDialog, name: string, extended: boolean): void {
  if (name.length > HELO_MAX_OCTETS || !CLIENT_NAME.test(name)) {
    dialog.fault(501, '5.5.4', 'Say your host name');
    return;
  }
  if (dialog.state.helo !== '') dialog.budget.countIdleCommand();
  if (dialog.endWhenSpent()) return;
  dialog.forgetTransaction();
  dialog.mailRefused = false;
  dialog.state.helo = name;
  dialog.state.extended = extended;
  const lines = extended ? offers(dialog) : [];
  lines.unshift(dialog.config.hostname);
  const last = lines.length - 1;
  dialog.answerLines(lines.map((line, i) => `250${i < last ? '-' : ' '}${line}\r\n`).join(''));
}

/** The EHLO lines of every extension on offer now. */
function offers(dialog: SmtpDialog): string[] {
  const lines: string[] = [];
  for (const extension of dialog.offered) {
    const line = offer(dialog, extension);
    if (line !== null) lines.push(line);
  }
  return lines;
}

function offer(dialog: SmtpDialog, extension: string): string | null {
  const { limits, clock } = dialog.config;
  switch (extension) {
    case 'SIZE':
      return `SIZE ${limits.messageMaxBytes}`;
    case 'AUTH': {
      const mechanisms = dialog.session.saslMechanisms(dialog.state);
      return mechanisms.length === 0 ? null : `AUTH ${mechanisms.join(' ')}`;
    }
    case 'FUTURERELEASE': {
      const latest = new Date(clock.now() + limits.futureReleaseMaxSeconds * 1000);
      return `FUTURERELEASE ${limits.futureReleaseMaxSeconds} ${latest.toISOString().slice(0, 19)}Z`;
    }
    case 'LIMITS':
      return `LIMITS RCPTMAX=${limits.recipientsMax}`;
    default:
      return extension;
  }
}
