// LOGOUT, RFC 9051 §6.1.3.
import { command, noArguments } from '../command-spec.ts';
import { ok } from '../outcome.ts';

export const LOGOUT = command({
  phase: 'any',
  parse: noArguments,
  run(dialog) {
    dialog.untagged('BYE Until next time');
    dialog.release();
    dialog.phase = 'logout';
    return { ...ok('Signed out'), last: true };
  },
  news: 'nothing',
});
