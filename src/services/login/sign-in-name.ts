// The name somebody signs in with, as the key of an account: an address, or a local part in the default domain.
import { domainKey } from '../../formats/address/domain.ts';
import { localKey } from '../../formats/address/local-part.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';

/** Keys of `src/formats/address`. */
export interface SignInName {
  readonly localKey: string;
  readonly domainKey: string;
}

/** Null when no account can have this name. `defaultDomain` is added to a name without a domain; null: there is none. */
export function normalizeSignInName(name: string, defaultDomain: string | null): SignInName | null {
  const trimmed = name.trim();
  const text = trimmed.includes('@') || defaultDomain === null ? trimmed : `${trimmed}@${defaultDomain}`;
  const address = parseAddrSpec(text);
  return address === null ? null : { localKey: localKey(address.localPart), domainKey: domainKey(address.domain) };
}
