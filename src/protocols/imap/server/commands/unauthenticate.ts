// UNAUTHENTICATE, RFC 8437: the connection is as new, TLS stays.
import { command, noArguments } from '../command-spec.ts';
import { no, ok } from '../outcome.ts';

export const UNAUTHENTICATE = command({
  phase: 'authenticated',
  parse: noArguments,
  run(dialog) {
    // RFC 8437 §3: compression is a state that cannot be taken back here.
    if (dialog.transport.compressed) return no('CANNOT', 'Not while compressed');
    dialog.signOut();
    return ok('Signed out');
  },
  news: 'nothing',
});
