// LOGIN, RFC 9051 §6.2.3.
import { command } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { no, ok, type Outcome } from '../outcome.ts';
import { capabilities } from './capability.ts';

interface LoginArguments {
  readonly name: string;
  readonly password: string;
}

async function run(dialog: ImapDialog, { name, password }: LoginArguments): Promise<Outcome> {
  const { session, state } = dialog.parts;
  if (!session.passwordAllowed(state)) {
    const mend = dialog.transport.tlsOffered ? ', use STARTTLS first' : '';
    return no('PRIVACYREQUIRED', `No passwords without TLS${mend}`);
  }
  const verdict = await session.checkPassword(name, password, state);
  if (verdict.kind === 'failure') return dialog.refuseSignIn(verdict.temporary, verdict.reason);
  await dialog.signIn(verdict.account);
  return signedIn(dialog);
}

/** RFC 9051 §7.1 (CAPABILITY): saves the client a round trip. */
export function signedIn(dialog: ImapDialog): Outcome {
  return dialog.phase === 'authenticated'
    ? ok('Signed in', `CAPABILITY ${capabilities(dialog)}`)
    : no(null, 'The connection is gone');
}

export const LOGIN = command<LoginArguments>({
  phase: 'not-authenticated',
  parse(cursor) {
    cursor.space();
    const name = cursor.astring('a name');
    cursor.space();
    const password = cursor.astring('a password');
    cursor.end();
    return { name, password };
  },
  run,
  news: 'nothing',
});
