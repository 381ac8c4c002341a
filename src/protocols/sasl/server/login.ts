// LOGIN: never standardised (draft-murchison-sasl-login), still the only mechanism of some clients. Two prompts, two answers.
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import type { CredentialSource } from '../credential-source.ts';
import { requireName, requirePassword } from '../plain-message.ts';
import type { SaslServer, SaslStep } from '../sasl-server.ts';
import { decodeMessage } from '../text.ts';
import { judgeSyntax } from './verdicts.ts';

// The draft's words differ; these are what clients look for.
const NAME_PROMPT = 'Username:';
const PASSWORD_PROMPT = 'Password:';

function decodeText(response: Buffer): string {
  const text = decodeMessage(response);
  const nul = text.indexOf('\0');
  if (nul !== -1) throw new SyntaxFault('text without NUL', nul);
  return text;
}

/** The server side of one LOGIN exchange. */
export class LoginServer implements SaslServer {
  readonly mechanism = 'LOGIN';
  readonly #source: CredentialSource;
  #name: string | null = null;

  constructor(source: CredentialSource) {
    this.#source = source;
  }

  async next(response: Buffer | null): Promise<SaslStep> {
    if (response === null) return { kind: 'challenge', data: Buffer.from(NAME_PROMPT) };
    return judgeSyntax(async () => {
      const text = decodeText(response);
      if (this.#name !== null) return this.#source.verifyPassword(this.#name, requirePassword(text, 0));
      // Some clients send an empty initial response where they mean none.
      if (text === '') return { kind: 'challenge', data: Buffer.from(NAME_PROMPT) };
      this.#name = requireName(text, 0);
      return { kind: 'challenge', data: Buffer.from(PASSWORD_PROMPT) };
    });
  }
}
