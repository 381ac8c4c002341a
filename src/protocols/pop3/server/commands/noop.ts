// NOOP, RFC 1939 §5. Allowed in the AUTHORIZATION state too: some clients keep a connection alive with it.
import type { Pop3Dialog } from '../dialog.ts';

/** Does nothing. */
export function runNoop(dialog: Pop3Dialog): void {
  dialog.ok('Still here');
}
