// SCRAM-SHA-256(-PLUS), RFC 5802 and RFC 7677, from the client. Success counts only after the server has shown that it
// knows the password too.
import { timingSafeEqual } from 'node:crypto';
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import type { ChannelBinding } from '../channel-binding.ts';
import { SCRAM_ITERATIONS_MAX, SCRAM_ITERATIONS_MIN } from '../limits.ts';
import { preparePassword } from '../prepare-password.ts';
import type { SaslClient, SaslClientStep } from '../sasl-client.ts';
import { deriveScramKeys, scramHmac, scramProof } from '../scram-keys.ts';
import {
  formatClientFinal,
  formatClientFinalWithoutProof,
  formatClientFirstBare,
  formatGs2Header,
  parseServerFinal,
  parseServerFirst,
  type Gs2Binding,
} from '../scram-message.ts';

export interface ScramClientOptions {
  readonly name: string;
  readonly password: string;
  /** With it the mechanism is PLUS. */
  readonly channelBinding: ChannelBinding | null;
  /** We could bind, but the server did not offer PLUS. */
  readonly plusMissing: boolean;
  readonly nonce: string;
}

/** The client side of one SCRAM exchange. */
export class ScramClient implements SaslClient {
  readonly mechanism: string;
  readonly #options: ScramClientOptions;
  readonly #gs2Header: string;
  readonly #bare: string;
  #expected: Buffer | null = null;
  #serverIsProven = false;

  constructor(options: ScramClientOptions) {
    const { channelBinding, plusMissing } = options;
    this.mechanism = channelBinding === null ? 'SCRAM-SHA-256' : 'SCRAM-SHA-256-PLUS';
    this.#options = options;
    const binding: Gs2Binding =
      channelBinding === null
        ? { kind: plusMissing ? 'unoffered' : 'none' }
        : { kind: 'used', type: channelBinding.type };
    this.#gs2Header = formatGs2Header(binding, '');
    this.#bare = formatClientFirstBare(options.name, options.nonce);
  }

  initialResponse(): Buffer {
    return Buffer.from(this.#gs2Header + this.#bare);
  }

  async next(challenge: Buffer): Promise<SaslClientStep> {
    try {
      if (this.#expected === null) {
        // A server that ignored the initial response asks for it.
        if (challenge.length === 0) return { kind: 'response', data: this.initialResponse() };
        return await this.#prove(challenge);
      }
      const fault = this.#checkServer(challenge);
      return fault === null ? { kind: 'response', data: Buffer.alloc(0) } : { kind: 'failure', reason: fault };
    } catch (error) {
      if (error instanceof SyntaxFault) return { kind: 'failure', reason: `malformed challenge: ${error.message}` };
      throw error;
    }
  }

  async #prove(challenge: Buffer): Promise<SaslClientStep> {
    const { nonce, salt, iterations } = parseServerFirst(challenge);
    const own = this.#options.nonce;
    if (!nonce.startsWith(own) || nonce.length === own.length) return { kind: 'failure', reason: 'wrong nonce' };
    if (iterations < SCRAM_ITERATIONS_MIN) return { kind: 'failure', reason: 'too few iterations' };
    if (iterations > SCRAM_ITERATIONS_MAX) return { kind: 'failure', reason: 'too many iterations' };
    const password = preparePassword(this.#options.password);
    const keys = await deriveScramKeys({ password, salt, iterations, hash: 'sha256' });
    const bindingData = this.#options.channelBinding?.data ?? Buffer.alloc(0);
    const channelBinding = Buffer.concat([Buffer.from(this.#gs2Header), bindingData]);
    const withoutProof = formatClientFinalWithoutProof(channelBinding, nonce);
    const authMessage = `${this.#bare},${challenge.toString()},${withoutProof}`;
    this.#expected = scramHmac('sha256', keys.serverKey, authMessage);
    return { kind: 'response', data: formatClientFinal(withoutProof, scramProof('sha256', keys, authMessage)) };
  }

  #checkServer(message: Buffer): string | null {
    const final = parseServerFinal(message);
    if (final.kind === 'error') return `the server says ${final.error}`;
    const expected = this.#expected;
    if (expected === null || final.signature.length !== expected.length) return 'the server does not know the password';
    if (!timingSafeEqual(final.signature, expected)) return 'the server does not know the password';
    this.#serverIsProven = true;
    return null;
  }

  checkSuccess(data: Buffer | null): string | null {
    if (this.#serverIsProven) return null;
    if (data === null) return 'the server did not show that it knows the password';
    try {
      return this.#checkServer(data);
    } catch (error) {
      if (error instanceof SyntaxFault) return `malformed success: ${error.message}`;
      throw error;
    }
  }
}
