// Sign-in over one thread's store: accounts and whether SCRAM works for all of them are read from the directory, and read
// again when it changes.
import { MailError } from '../../base/errors/mail-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { createLogin, type Login, type LoginAccount } from '../../services/login/login.ts';
import type { SignInName } from '../../services/login/sign-in-name.ts';
import type { SignInThrottle } from '../../services/login/throttle.ts';
import type { HashQueue } from '../../services/passwords/hash-queue.ts';
import { formatScramVerifier, parseScramVerifier } from '../../services/passwords/scram-verifier.ts';
import { countAccountsWithoutScram, findAccountByAddress } from '../../storage/records/accounts.ts';
import { findFirstDomain } from '../../storage/records/domains.ts';
import type { Store } from '../../storage/store.ts';

export interface ThreadLoginParts {
  readonly store: Store;
  readonly hashQueue: HashQueue;
  readonly throttle: SignInThrottle;
  readonly secret: Buffer;
  /** `[auth] default_domain` as it is now; null: the first domain. */
  readonly defaultDomain: () => string | null;
  readonly onRefusal: (protocol: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Builds it; resolves when the directory was read once. */
export async function createThreadLogin(parts: ThreadLoginParts): Promise<Login> {
  const { store, hashQueue, throttle, secret, onRefusal, clock, log } = parts;
  let firstDomain: string | null = null;
  let allVerifiers = false;
  let stale = false;
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    while (stale) {
      stale = false;
      firstDomain = (await findFirstDomain(store.read))?.name ?? null;
      allVerifiers = (await countAccountsWithoutScram(store.read)) === 0;
    }
  };
  // One after the other: an older answer never comes after a newer one.
  const lookAgain = (): Promise<void> => {
    stale = true;
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
  // Subscribed first: a change during the first look is told.
  await store.onDirectoryChange(() => {
    lookAgain().catch((error: unknown) => {
      if (error instanceof MailError && error.code === 'shutting-down') return;
      log.error({ err: error }, 'the directory cannot be read');
    });
  });
  await lookAgain();
  return createLogin({
    findAccount: (name) => findLoginAccount(store, name),
    hashQueue,
    throttle,
    clock,
    log,
    secret,
    onRefusal,
    defaultDomain: () => parts.defaultDomain() ?? firstDomain,
    hasAllVerifiers: () => allVerifiers,
    upgradeCredentials: async ({ accountId, replacedHash, credentials }) => {
      const { passwordHash, scram } = credentials;
      const scramSha256 = formatScramVerifier(scram);
      await store.execute('account.upgrade-password', accountId, replacedHash, { passwordHash, scramSha256 });
    },
  });
}

async function findLoginAccount(store: Store, name: SignInName): Promise<LoginAccount | null> {
  const record = await findAccountByAddress(store.read, `${name.localKey}@${name.domainKey}`);
  if (record === null) return null;
  return {
    id: record.id,
    address: record.address,
    passwordHash: record.passwordHash,
    scram: record.scramSha256 === null ? null : parseScramVerifier(record.scramSha256),
    disabled: !record.enabled,
  };
}
