// STARTTLS, RFC 9051 §6.2.1. What the client sent ahead is thrown away; capabilities are new afterwards.
import { command, noArguments } from '../command-spec.ts';
import { bad, ok } from '../outcome.ts';

export const STARTTLS = command({
  phase: 'not-authenticated',
  parse: noArguments,
  run(dialog) {
    if (dialog.parts.state.tls !== null) return bad('Encrypted already');
    if (!dialog.transport.tlsOffered) return bad('TLS is not on offer');
    return { ...ok('Begin TLS'), afterwards: () => dialog.transport.startTls() };
  },
  news: 'nothing',
});
