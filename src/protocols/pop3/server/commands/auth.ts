// AUTH, RFC 5034: initial response, base64 lines, '*' cancels. What SCRAM sends with success goes out as a last challenge.
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import type { SaslServer, SaslVerdict } from '../../../sasl/index.ts';
import type { Pop3CommandOf } from '../../commands.ts';
import { parseSaslResponse } from '../../parse.ts';
import type { Pop3Dialog } from '../dialog.ts';

/** Runs one SASL exchange; without a mechanism lists them, as clients older than CAPA ask. */
export async function runAuth(dialog: Pop3Dialog, command: Pop3CommandOf<'AUTH'>): Promise<void> {
  const offered = dialog.session.saslMechanisms(dialog.state);
  if (command.mechanism === null) {
    dialog.ok('Mechanisms follow');
    for (const mechanism of offered) dialog.output.line(mechanism);
    dialog.output.line('.');
    return;
  }
  const server = offered.includes(command.mechanism)
    ? await dialog.session.startSasl(command.mechanism, dialog.state)
    : null;
  if (server === null) {
    const mend = dialog.state.tls === null && dialog.transport.tlsOffered ? ', use STLS first' : '';
    dialog.error(null, `Mechanism not on offer here${mend}`);
    return;
  }
  dialog.userName = null;
  const step = await exchange(dialog, server, command.initialResponse);
  if (step === null) return;
  if (step.kind === 'success') await dialog.enter(step.account);
  else await dialog.refuseSignIn(step.temporary, step.reason);
}

/** The outcome, or null when the client cancelled (answered here) or is gone. */
async function exchange(dialog: Pop3Dialog, server: SaslServer, initial: string | null): Promise<SaslVerdict | null> {
  let response: Buffer | null = initial === null ? null : Buffer.from(initial === '=' ? '' : initial, 'base64');
  for (;;) {
    const step = await server.next(response);
    if (step.kind === 'failure' || (step.kind === 'success' && step.data === undefined)) return step;
    const answer = await challenge(dialog, step.data ?? Buffer.alloc(0));
    if (answer === null) return null;
    if (step.kind === 'success') {
      if (answer.length === 0) return step;
      return { kind: 'failure', temporary: false, reason: 'octets after the end of the exchange' };
    }
    response = answer;
  }
}

/** Sends a challenge and reads the answer; null when the exchange is over without an outcome. */
async function challenge(dialog: Pop3Dialog, data: Buffer): Promise<Buffer | null> {
  dialog.output.line(`+ ${data.toString('base64')}`);
  const line = await dialog.transport.nextLine();
  if (line === null) return null;
  try {
    const answer = parseSaslResponse(line);
    if (answer === null) dialog.error(null, 'Cancelled');
    return answer;
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    dialog.error(null, 'Not base64');
    return null;
  }
}
