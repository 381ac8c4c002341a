// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, RFC 5802 and RFC 7677: the password never crosses the wire, and with PLUS the
// exchange is bound to the TLS connection that carries it.
import { timingSafeEqual } from 'node:crypto';
import type { ChannelBinding } from '../channel-binding.ts';
import type { CredentialSource } from '../credential-source.ts';
import type { SaslServer, SaslStep, SaslVerdict } from '../sasl-server.ts';
import { isScramProof, scramHmac } from '../scram-keys.ts';
import {
  formatServerFinal,
  formatServerFirst,
  parseClientFinal,
  parseClientFirst,
  type ParsedClientFirst,
} from '../scram-message.ts';
import { checkAuthorizationId, failure, judgeSyntax } from './verdicts.ts';

export interface ScramServerOptions {
  readonly source: CredentialSource;
  readonly plus: boolean;
  /** What this connection can be bound with; when there is any, PLUS was offered. */
  readonly channelBindings: readonly ChannelBinding[];
  /** Printable ASCII without a comma, different every time. */
  readonly createNonce: () => string;
}

interface Begun {
  readonly clientFirst: ParsedClientFirst;
  readonly serverFirst: string;
  readonly nonce: string;
  readonly lookup: Extract<Awaited<ReturnType<CredentialSource['scramVerifier']>>, { kind: 'verifier' }>;
}

/** The server side of one SCRAM exchange. */
export class ScramServer implements SaslServer {
  readonly mechanism: string;
  readonly #options: ScramServerOptions;
  #begun: Begun | null = null;
  #over = false;

  constructor(options: ScramServerOptions) {
    this.mechanism = options.plus ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
    this.#options = options;
  }

  async next(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: Buffer.alloc(0) };
    if (this.#over) return failure('the exchange is over');
    return judgeSyntax(() => (this.#begun === null ? this.#begin(response) : this.#finish(this.#begun, response)));
  }

  async #begin(response: Buffer): Promise<SaslStep> {
    const clientFirst = parseClientFirst(response);
    const bindingFault = this.#bindingFault(clientFirst);
    if (bindingFault !== null) return failure(bindingFault);
    const lookup = await this.#options.source.scramVerifier(clientFirst.name);
    if (lookup.kind === 'refused') return { kind: 'failure', temporary: lookup.temporary, reason: lookup.reason };
    const nonce = clientFirst.nonce + this.#options.createNonce();
    const { salt, iterations } = lookup.verifier;
    const serverFirst = formatServerFirst({ nonce, salt, iterations });
    this.#begun = { clientFirst, serverFirst, nonce, lookup };
    return { kind: 'challenge', data: Buffer.from(serverFirst) };
  }

  /** RFC 5802 §6: why the client's word on channel binding is not accepted, or null. */
  #bindingFault({ binding }: ParsedClientFirst): string | null {
    const { plus, channelBindings } = this.#options;
    if (binding.kind !== 'used') {
      if (plus) return 'PLUS without channel binding';
      // The client could bind and saw no PLUS: somebody between us took it out of the list.
      return binding.kind === 'unoffered' && channelBindings.length > 0 ? 'PLUS was hidden from the client' : null;
    }
    if (!plus) return 'channel binding without PLUS';
    return channelBindings.some(({ type }) => type === binding.type) ? null : 'unsupported channel binding type';
  }

  async #finish(begun: Begun, response: Buffer): Promise<SaslStep> {
    this.#over = true;
    const { clientFirst, lookup } = begun;
    const clientFinal = parseClientFinal(response);
    if (clientFinal.nonce !== begun.nonce) return failure('wrong nonce');
    if (!this.#isBound(clientFirst, clientFinal.channelBinding)) return failure('channel bindings do not match');
    const authMessage = `${clientFirst.bare},${begun.serverFirst},${clientFinal.withoutProof}`;
    const proven = isScramProof(lookup.verifier, authMessage, clientFinal.proof);
    const { name, authorizationId } = clientFirst;
    const { account } = lookup;
    const judged = await this.#options.source.finishScram({ name, account, proven });
    const verdict: SaslVerdict = proven || judged.kind === 'failure' ? judged : failure('wrong proof');
    if (verdict.kind === 'failure') return verdict;
    const signature = scramHmac('sha256', lookup.verifier.serverKey, authMessage);
    const allowed = checkAuthorizationId(verdict, name, authorizationId);
    return allowed.kind === 'failure' ? allowed : { ...allowed, data: formatServerFinal(signature) };
  }

  #isBound({ binding, gs2Header }: ParsedClientFirst, shown: Buffer): boolean {
    const type = binding.kind === 'used' ? binding.type : null;
    const data = this.#options.channelBindings.find((offered) => offered.type === type)?.data ?? Buffer.alloc(0);
    const expected = Buffer.concat([Buffer.from(gs2Header), data]);
    return shown.length === expected.length && timingSafeEqual(shown, expected);
  }
}
