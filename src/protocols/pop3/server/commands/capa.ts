// CAPA, RFC 2449 §5. The list is the same in both states, as the capabilities' definitions ask, and changes with TLS.
import type { Pop3Dialog } from '../dialog.ts';

/** Lists what this server can do in this state. */
export function runCapa(dialog: Pop3Dialog): void {
  const { output, session, state, transport } = dialog;
  dialog.ok('Capabilities follow');
  output.line('TOP');
  output.line('UIDL');
  output.line('RESP-CODES');
  output.line('AUTH-RESP-CODE');
  output.line('PIPELINING');
  output.line('EXPIRE NEVER');
  if (state.tls === null && transport.tlsOffered) output.line('STLS');
  const passwords = session.passwordAllowed(state);
  if (passwords) output.line('USER');
  const mechanisms = session.saslMechanisms(state);
  if (mechanisms.length > 0) output.line(`SASL ${mechanisms.join(' ')}`);
  output.line(passwords ? 'UTF8 USER' : 'UTF8');
  output.line('LANG');
  output.line('IMPLEMENTATION Postroad');
  output.line('.');
}
