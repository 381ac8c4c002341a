// AUTH: RFC 4954. One success per connection, never within a transaction; mechanisms are the session's.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import type { SaslAccount, SaslServer, SaslStep } from '../../../sasl/index.ts';
import type { SmtpDialog } from '../dialog.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NOTHING = Buffer.alloc(0);

/** AUTH mechanism [initial-response] */
export function auth(dialog: SmtpDialog, argument: string): void | Promise<void> {
  const { state, session, config } = dialog;
  if (!config.offered.plain.has('AUTH')) return dialog.fault(502, '5.5.1', 'Signing in is not offered here');
  if (!state.extended) return dialog.outOfOrder(config.lmtp ? 'Say LHLO first' : 'Say EHLO first');
  if (state.account !== null) return dialog.outOfOrder('You are already signed in');
  if (dialog.transaction !== null) return dialog.outOfOrder('AUTH is not allowed within a transaction');
  const [name = '', initial, ...more] = argument.split(' ');
  if (name === '' || more.length > 0) return dialog.fault(501, '5.5.4', 'Syntax: AUTH mechanism [initial-response]');
  const offered = session.saslMechanisms(state);
  if (offered.length === 0) {
    return state.tls === null && dialog.offered.has('STARTTLS')
      ? dialog.fault(538, '5.7.11', 'Signing in needs TLS: say STARTTLS first')
      : dialog.fault(502, '5.5.1', 'Signing in is not offered here');
  }
  const mechanism = name.toUpperCase();
  if (!offered.includes(mechanism)) return dialog.fault(504, '5.5.4', 'This mechanism is not offered');
  const response = initial === undefined ? null : initial === '=' ? NOTHING : decodeBase64(initial);
  if (initial !== undefined && response === null) return dialog.fault(501, '5.5.2', 'The response is not base64');
  const server = session.startSasl(mechanism, state);
  return isPromise(server) ? server.then((s) => start(dialog, s, response)) : start(dialog, server, response);
}

function start(dialog: SmtpDialog, server: SaslServer | null, response: Buffer | null): void | Promise<void> {
  if (server === null) return dialog.fault(504, '5.5.4', 'This mechanism is not offered');
  return server.next(response).then((step) => takeStep(dialog, server, step));
}

/** One line of the client within an exchange. */
export function respond(dialog: SmtpDialog, line: string): void | Promise<void> {
  const { sasl: server, saslAccount } = dialog;
  dialog.stopSasl();
  if (line === '*') return dialog.fault(501, '5.7.0', 'Signing in was cancelled');
  const response = line === '' ? NOTHING : decodeBase64(line);
  if (response === null) return dialog.fault(501, '5.5.2', 'The response is not base64');
  if (saslAccount !== null) {
    if (line !== '') return dialog.fault(501, '5.5.2', 'An empty response was expected');
    return signIn(dialog, saslAccount);
  }
  return server!.next(response).then((step) => takeStep(dialog, server!, step));
}

function takeStep(dialog: SmtpDialog, server: SaslServer, step: SaslStep): void {
  const { address } = dialog.state.peer;
  switch (step.kind) {
    case 'challenge':
      return challenge(dialog, server, step.data);
    case 'success':
      dialog.config.log.debug({ address, mechanism: server.mechanism }, 'smtp: sign-in succeeded');
      if (step.data === undefined) return signIn(dialog, step.account);
      // RFC 4954 §4: SMTP carries no data with success; it goes as a last challenge.
      dialog.saslAccount = step.account;
      return challenge(dialog, server, step.data);
    case 'failure':
      dialog.config.log.info({ address, mechanism: server.mechanism, reason: step.reason }, 'smtp: sign-in failed');
      if (step.temporary) return dialog.answer(454, '4.7.0', 'Cannot check this now, try again later');
      return dialog.fault(535, '5.7.8', 'Name or password is wrong');
  }
}

function challenge(dialog: SmtpDialog, server: SaslServer, data: Buffer): void {
  dialog.sasl = server;
  dialog.mode = 'sasl-response';
  dialog.answer(334, '', data.toString('base64'));
}

function signIn(dialog: SmtpDialog, account: SaslAccount): void {
  dialog.state.account = account;
  dialog.answer(235, '2.7.0', 'Signed in');
}

function decodeBase64(text: string): Buffer | null {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : null;
}
