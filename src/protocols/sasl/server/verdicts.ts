// What the mechanisms share in judging: broken grammar fails the exchange, and nobody acts as somebody else.
import { SyntaxFault } from '../../../base/errors/syntax-fault.ts';
import type { SaslStep, SaslVerdict } from '../sasl-server.ts';

/** Runs one step; a SyntaxFault in it ends the exchange. */
export async function judgeSyntax(step: () => Promise<SaslStep>): Promise<SaslStep> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof SyntaxFault) return failure(`malformed message: ${error.message}`);
    throw error;
  }
}

/** A lasting refusal. */
export function failure(reason: string): SaslVerdict {
  return { kind: 'failure', temporary: false, reason };
}

/** Refuses an authorization identity that is not the account itself (RFC 4422 §3.4.1), after the password was judged. */
export function checkAuthorizationId(verdict: SaslVerdict, name: string, authorizationId: string): SaslVerdict {
  if (verdict.kind === 'failure' || authorizationId === '' || authorizationId === name) return verdict;
  if (authorizationId.toLowerCase() === verdict.account.address.toLowerCase()) return verdict;
  return failure('asked to act as somebody else');
}
