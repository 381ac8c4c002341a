// STLS, RFC 2595 §4. What the client said before counts no more, and what it sent ahead is thrown away.
import type { Pop3Dialog } from '../dialog.ts';

/** Begins TLS. */
export async function runStls(dialog: Pop3Dialog): Promise<void> {
  if (dialog.state.tls !== null) {
    dialog.error(null, 'Encrypted already');
    return;
  }
  if (!dialog.transport.tlsOffered) {
    dialog.error(null, 'TLS is not on offer');
    return;
  }
  dialog.userName = null;
  dialog.state.utf8 = false;
  dialog.ok('Begin TLS');
  await dialog.transport.startTls();
}
