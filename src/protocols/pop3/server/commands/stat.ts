// STAT, RFC 1939 §5.
import type { Pop3Dialog } from '../dialog.ts';

/** Counts the messages that are not marked, and their octets. */
export function runStat(dialog: Pop3Dialog): void {
  dialog.ok(`${dialog.messagesLeft} ${dialog.octetsLeft}`);
}
