// PLAIN, RFC 4616: one message with the name and the password.
import type { CredentialSource } from '../credential-source.ts';
import { parsePlainMessage } from '../plain-message.ts';
import type { SaslServer, SaslStep } from '../sasl-server.ts';
import { checkAuthorizationId, judgeSyntax } from './verdicts.ts';

/** The server side of one PLAIN exchange. */
export class PlainServer implements SaslServer {
  readonly mechanism = 'PLAIN';
  readonly #source: CredentialSource;

  constructor(source: CredentialSource) {
    this.#source = source;
  }

  async next(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: Buffer.alloc(0) };
    return judgeSyntax(async () => {
      const { authorizationId, name, password } = parsePlainMessage(response);
      return checkAuthorizationId(await this.#source.verifyPassword(name, password), name, authorizationId);
    });
  }
}
