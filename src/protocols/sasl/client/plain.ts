// PLAIN, RFC 4616, from the client.
import { formatPlainMessage } from '../plain-message.ts';
import type { SaslClient, SaslClientStep } from '../sasl-client.ts';

/** The client side of one PLAIN exchange. */
export class PlainClient implements SaslClient {
  readonly mechanism = 'PLAIN';
  readonly #message: Buffer;

  constructor(name: string, password: string) {
    this.#message = formatPlainMessage({ authorizationId: '', name, password });
  }

  initialResponse(): Buffer {
    return this.#message;
  }

  next(): Promise<SaslClientStep> {
    return Promise.resolve({ kind: 'response', data: this.#message });
  }

  checkSuccess(): null {
    return null;
  }
}
