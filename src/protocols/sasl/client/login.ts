// LOGIN (draft-murchison-sasl-login) from the client: the name, then the password, whatever the prompts say.
import type { SaslClient, SaslClientStep } from '../sasl-client.ts';

/** The client side of one LOGIN exchange. */
export class LoginClient implements SaslClient {
  readonly mechanism = 'LOGIN';
  readonly #answers: string[];

  constructor(name: string, password: string) {
    this.#answers = [name, password];
  }

  initialResponse(): null {
    return null;
  }

  next(): Promise<SaslClientStep> {
    const answer = this.#answers.shift();
    if (answer === undefined) return Promise.resolve({ kind: 'failure', reason: 'a third prompt' });
    return Promise.resolve({ kind: 'response', data: Buffer.from(answer) });
  }

  checkSuccess(): null {
    return null;
  }
}
