// RSET, RFC 1939 §5.
import type { Pop3Dialog } from '../dialog.ts';

/** Unmarks every message. */
export function runRset(dialog: Pop3Dialog): void {
  dialog.unmarkAll();
  dialog.ok(`${dialog.messagesLeft} messages (${dialog.octetsLeft} octets)`);
}
