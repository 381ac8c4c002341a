// The client side of AUTH, RFC 4954: carries one SASL exchange over the dialog.
import type { TLSSocket } from 'node:tls';
import { channelBindings, createSaslClient, type SaslClient } from '../../sasl/index.ts';
import type { SmtpReply } from '../reply.ts';

export interface ClientLogin {
  readonly user: string;
  readonly password: string;
}

const CHALLENGES_MAX = 10;

/** The channel that a password would go over. */
export interface LoginChannel {
  readonly tls: TLSSocket | null;
  readonly address: string;
}

/**
 * The strongest exchange for what the server offers; null when none may be used: a password in the clear goes nowhere but
 * to this machine itself.
 */
export function chooseSasl(
  offered: readonly string[],
  login: ClientLogin,
  { tls, address }: LoginChannel,
): SaslClient | null {
  const certificate = tls?.getPeerCertificate().raw ?? null;
  const loopback = address === '::1' || address.startsWith('127.');
  return createSaslClient(offered, {
    name: login.user,
    password: login.password,
    channelBindings: tls === null ? [] : channelBindings(tls, certificate),
    plaintext: tls !== null || loopback,
  });
}

function ownRefusal(reason: string): SmtpReply {
  return { code: 535, enhanced: '5.7.8', lines: [`signing in was given up: ${reason}`] };
}

/** Runs the exchange; null when we are signed in, else the reply that ended it. */
export async function authenticate(
  ask: (line: string) => Promise<SmtpReply>,
  sasl: SaslClient,
): Promise<SmtpReply | null> {
  const initial = sasl.initialResponse();
  const argument = initial === null ? '' : ` ${initial.length === 0 ? '=' : initial.toString('base64')}`;
  let reply = await ask(`AUTH ${sasl.mechanism}${argument}`);
  for (let round = 0; reply.code === 334 && round < CHALLENGES_MAX; round++) {
    const step = await sasl.next(Buffer.from(reply.lines[0] ?? '', 'base64'));
    if (step.kind === 'failure') {
      await ask('*');
      return ownRefusal(step.reason);
    }
    reply = await ask(step.data.toString('base64'));
  }
  if (reply.code !== 235) return reply;
  const distrust = sasl.checkSuccess(null);
  return distrust === null ? null : ownRefusal(distrust);
}
