// STARTTLS: RFC 3207.
import type { SmtpDialog } from '../dialog.ts';

/** STARTTLS: the octets after the 220 are TLS. */
export function starttls(dialog: SmtpDialog, argument: string): void {
  if (dialog.state.tls !== null) return dialog.outOfOrder('TLS is already on');
  if (!dialog.config.offered.plain.has('STARTTLS')) return dialog.fault(502, '5.5.1', 'TLS is not available here');
  if (argument !== '') return dialog.fault(501, '5.5.4', 'STARTTLS takes no argument');
  // RFC 3207 §6: what came in the clear behind the command would be taken for what came under TLS.
  if (dialog.hasInput) {
    dialog.config.log.warn({ address: dialog.state.peer.address }, 'smtp: octets behind STARTTLS, connection refused');
    return dialog.end(554, '5.5.0', 'Nothing may follow STARTTLS before TLS stands');
  }
  dialog.answer(220, '2.0.0', 'Ready for TLS');
  return dialog.startTls();
}
