// AUTHENTICATE, RFC 9051 §6.2.2, with an initial response (RFC 4959). What SCRAM sends with success goes out as a last
// challenge, which the client answers with an empty line.
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import type { SaslServer, SaslVerdict } from '../../../sasl/index.ts';
import { command } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { bad, no, type Outcome } from '../outcome.ts';
import { signedIn } from './login.ts';

interface AuthenticateArguments {
  readonly mechanism: string;
  /** null: none was sent. */
  readonly initialResponse: Buffer | null;
}

const BASE64 = /(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/uy;
const BASE64_LINE = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

async function run(dialog: ImapDialog, args: AuthenticateArguments): Promise<Outcome> {
  const { session, state } = dialog.parts;
  const offered = session.saslMechanisms(state).includes(args.mechanism);
  const server = offered ? await session.startSasl(args.mechanism, state) : null;
  if (server === null) {
    const mend = state.tls === null && dialog.transport.tlsOffered ? ', use STARTTLS first' : '';
    return no(mend === '' ? 'CANNOT' : 'PRIVACYREQUIRED', `Mechanism not on offer here${mend}`);
  }
  const step = await exchange(dialog, server, args.initialResponse);
  if ('status' in step) return step;
  if (step.kind === 'failure') return dialog.refuseSignIn(step.temporary, step.reason);
  await dialog.signIn(step.account);
  return signedIn(dialog);
}

/** How the exchange ended, or the answer when it did not come to an end. */
async function exchange(
  dialog: ImapDialog,
  server: SaslServer,
  initial: Buffer | null,
): Promise<SaslVerdict | Outcome> {
  let response = initial;
  for (;;) {
    const step = await server.next(response);
    if (step.kind === 'failure' || (step.kind === 'success' && step.data === undefined)) return step;
    dialog.output.line(`+ ${(step.data ?? Buffer.alloc(0)).toString('base64')}`);
    const line = (await dialog.transport.nextLine())?.toString('latin1') ?? null;
    if (line === null) return no(null, 'The connection is gone');
    if (line === '*') return bad('Cancelled');
    if (!BASE64_LINE.test(line)) return bad('Not base64');
    response = Buffer.from(line, 'base64');
    if (step.kind !== 'success') continue;
    if (response.length === 0) return step;
    return { kind: 'failure', temporary: false, reason: 'octets after the end of the exchange' };
  }
}

export const AUTHENTICATE = command<AuthenticateArguments>({
  phase: 'not-authenticated',
  parse(cursor) {
    cursor.space();
    const mechanism = cursor.keyword('a mechanism');
    let initialResponse: Buffer | null = null;
    if (cursor.skip(' ')) {
      const text = cursor.skip('=') ? '' : (cursor.match(BASE64)?.[0] ?? '');
      initialResponse = Buffer.from(text, 'base64');
    }
    if (!cursor.atEnd) throw new SyntaxFault('base64', cursor.position);
    return { mechanism, initialResponse };
  },
  run,
  news: 'nothing',
});
