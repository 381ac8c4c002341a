// Who may sign in: names, passwords and SCRAM proofs judged against the directory. Whoever fails learns only that it
// failed, and an unknown name costs what a wrong password costs.
import { createHmac } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { Log } from '../../base/log.ts';
import {
  fakeScramVerifier,
  type CredentialSource,
  type SaslVerdict,
  type ScramLookup,
  type ScramOutcome,
  type ScramVerifier,
} from '../../protocols/sasl/index.ts';
import { unmatchedHash } from '../passwords/argon2id.ts';
import { areCurrent, type PasswordCredentials } from '../passwords/credentials.ts';
import type { HashQueue } from '../passwords/hash-queue.ts';
import { SCRAM_ITERATIONS, SCRAM_SALT_OCTETS } from '../passwords/limits.ts';
import { normalizeSignInName, type SignInName } from './sign-in-name.ts';
import type { SignInAttempt, SignInThrottle } from './throttle.ts';

/** An account as the directory gives it. */
export interface LoginAccount {
  readonly id: number;
  readonly address: string;
  /** null: no password, so nobody signs in with one. */
  readonly passwordHash: string | null;
  /** null until the password was seen in the clear once. */
  readonly scram: ScramVerifier | null;
  readonly disabled: boolean;
}

export interface CredentialUpgrade {
  readonly accountId: number;
  /** Only while this is still what is stored; a password that changed meanwhile stays. */
  readonly replacedHash: string;
  readonly credentials: PasswordCredentials;
}

export interface LoginOptions {
  /** The account whose primary address has these keys. Rejects when the directory cannot be read. */
  readonly findAccount: (name: SignInName) => LoginAccount | null | Promise<LoginAccount | null>;
  readonly hashQueue: HashQueue;
  readonly throttle: SignInThrottle;
  readonly clock: Clock;
  readonly log: Log;
  /** At least 32 random octets, the same in every thread and after a restart. */
  readonly secret: Buffer;
  /** `[auth] default_domain`; null while there is no domain. */
  readonly defaultDomain: () => string | null;
  /** Whether every account with a password has a SCRAM verifier. */
  readonly hasAllVerifiers: () => boolean;
  /** Stores credentials of today's kind for an account that has weaker or fewer ones. */
  readonly upgradeCredentials: (upgrade: CredentialUpgrade) => Promise<void>;
  /** Told of every sign-in that was refused, by the protocol of its client. */
  readonly onRefusal?: (protocol: string) => void;
}

/** Who asks. */
export interface SignInClient {
  readonly address: string;
  /** For the log: `submission`, `pop3` … */
  readonly protocol: string;
}

export interface Login {
  /** The judge for one client, for SASL exchanges and for protocols with a password command of their own. */
  source(client: SignInClient): CredentialSource;
  /** Whether SCRAM may be advertised: only when it works for everybody, since clients do not fall back. */
  scramAvailable(): boolean;
  /** Resolves when no upgrade of credentials is under way. */
  settled(): Promise<void>;
}

/** What the sources share. */
class LoginService implements Login {
  readonly options: LoginOptions;
  readonly #upgrades = new Map<number, Promise<void>>();

  constructor(options: LoginOptions) {
    this.options = options;
  }

  source(client: SignInClient): CredentialSource {
    return new ClientLogin(this, client);
  }

  scramAvailable(): boolean {
    return this.options.hasAllVerifiers();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#upgrades.values());
  }

  /** Makes and stores credentials of today's kind beside the sign-in, once at a time for an account. */
  upgrade(account: LoginAccount, password: string): void {
    const { id, passwordHash, scram } = account;
    if (passwordHash === null || areCurrent(passwordHash, scram) || this.#upgrades.has(id)) return;
    const { hashQueue, upgradeCredentials, log } = this.options;
    const upgrade = async (): Promise<void> => {
      try {
        const credentials = await hashQueue.hash(password);
        await upgradeCredentials({ accountId: id, replacedHash: passwordHash, credentials });
        log.info({ account: account.address }, 'the password is stored anew: argon2id and SCRAM');
      } catch (error) {
        log.warn(
          { account: account.address, error },
          'the password could not be stored anew; the next sign-in will try',
        );
      } finally {
        this.#upgrades.delete(id);
      }
    };
    this.#upgrades.set(id, upgrade());
  }
}

/** Makes the login service of one thread. */
export function createLogin(options: LoginOptions): Login {
  return new LoginService(options);
}

const WRONG = 'wrong name or password';

type Turn = { readonly kind: 'go' } | { readonly kind: 'over'; readonly temporary: boolean; readonly reason: string };

class ClientLogin implements CredentialSource {
  readonly #service: LoginService;
  readonly #options: LoginOptions;
  readonly #client: SignInClient;

  constructor(service: LoginService, client: SignInClient) {
    this.#service = service;
    this.#options = service.options;
    this.#client = client;
  }

  verifyPassword(name: string, password: string): Promise<SaslVerdict> {
    return this.#catchRefusal(async () => {
      const { key, account } = await this.#find(name);
      const passwordHash = account?.passwordHash ?? this.#unmatchedHash(key);
      const attempt = this.#attempt(key, password, passwordHash);
      const turn = await this.#turn(attempt);
      if (turn.kind === 'over') return this.#refuse(account, turn.reason, turn.temporary);
      const fits = await this.#options.hashQueue.verify(passwordHash, password);
      if (!fits || account === null) return this.#fail(account, attempt);
      if (account.disabled) return this.#refuse(account, 'the account is disabled');
      this.#service.upgrade(account, password);
      return this.#succeed(account);
    });
  }

  async scramVerifier(name: string): Promise<ScramLookup> {
    try {
      const { key, account } = await this.#find(name);
      const turn = await this.#turn(this.#scramAttempt());
      if (turn.kind === 'over') {
        this.#refuse(account, turn.reason, turn.temporary);
        return { kind: 'refused', temporary: turn.temporary, reason: turn.reason };
      }
      if (account !== null && account.scram !== null)
        return { kind: 'verifier', verifier: account.scram, account: { id: account.id, address: account.address } };
      const shape = { saltOctets: SCRAM_SALT_OCTETS, iterations: SCRAM_ITERATIONS };
      return { kind: 'verifier', verifier: fakeScramVerifier(this.#options.secret, key, shape), account: null };
    } catch (error) {
      return { kind: 'refused', ...this.#refusal(error) };
    }
  }

  finishScram({ name, account: shown, proven }: ScramOutcome): Promise<SaslVerdict> {
    return this.#catchRefusal(async () => {
      // Read anew: between the two messages the account may have been disabled or got another password.
      const { account } = await this.#find(name);
      if (!proven || shown === null || account === null || account.id !== shown.id)
        return this.#fail(account, this.#scramAttempt());
      return account.disabled ? this.#refuse(account, 'the account is disabled') : this.#succeed(account);
    });
  }

  async #find(name: string): Promise<{ key: string; account: LoginAccount | null }> {
    const { defaultDomain, findAccount } = this.#options;
    const normalized = normalizeSignInName(name, defaultDomain());
    if (normalized === null) return { key: name, account: null };
    const { localKey, domainKey } = normalized;
    return { key: `${localKey}@${domainKey}`, account: await findAccount(normalized) };
  }

  #attempt(key: string, password: string, passwordHash: string): SignInAttempt {
    const fingerprint = createHmac('sha256', this.#options.secret)
      .update(`sign-in attempt\0${key}\0${passwordHash}\0${password}`)
      .digest('base64');
    return { address: this.#client.address, fingerprint };
  }

  /** A wrong proof looks different every time, so nothing tells that the same wrong password came again. */
  #scramAttempt(): SignInAttempt {
    return { address: this.#client.address, fingerprint: null };
  }

  /** Stands in for a name without a password: costs as much to check, and is the same every time. */
  #unmatchedHash(key: string): string {
    return unmatchedHash(createHmac('sha512', this.#options.secret).update(`unmatched hash\0${key}`).digest());
  }

  async #turn(attempt: SignInAttempt): Promise<Turn> {
    const admission = await this.#options.throttle.admit(attempt);
    switch (admission.kind) {
      case 'go':
        if (admission.waitMs > 0)
          await new Promise<void>((resolve) => {
            this.#options.clock.after(admission.waitMs, resolve);
          });
        return { kind: 'go' };
      case 'known-failure':
        return { kind: 'over', temporary: false, reason: `${WRONG}, the same as before` };
      case 'refused':
        return { kind: 'over', temporary: true, reason: 'too many failed sign-ins from this network' };
      default:
        return admission satisfies never;
    }
  }

  async #fail(account: LoginAccount | null, attempt: SignInAttempt): Promise<SaslVerdict> {
    await this.#options.throttle.failed(attempt);
    return this.#refuse(account, WRONG);
  }

  /** The name is logged only when it is an account's: people type their password into the wrong field. */
  #refuse(account: LoginAccount | null, reason: string, temporary = false): SaslVerdict {
    const { address, protocol } = this.#client;
    this.#options.log.info({ address, protocol, account: account?.address ?? '(unknown)', reason }, 'sign-in refused');
    this.#options.onRefusal?.(protocol);
    return { kind: 'failure', temporary, reason };
  }

  #succeed(account: LoginAccount): SaslVerdict {
    const { address, protocol } = this.#client;
    this.#options.log.debug({ address, protocol, account: account.address }, 'signed in');
    return { kind: 'success', account: { id: account.id, address: account.address } };
  }

  async #catchRefusal(judge: () => Promise<SaslVerdict>): Promise<SaslVerdict> {
    try {
      return await judge();
    } catch (error) {
      return { kind: 'failure', ...this.#refusal(error) };
    }
  }

  /** The directory, the queue or the throttle failed: that is ours and may pass. */
  #refusal(error: unknown): { temporary: boolean; reason: string } {
    const { address, protocol } = this.#client;
    const reason = error instanceof MailError ? error.code : 'internal';
    this.#options.log.warn({ address, protocol, reason, error }, 'a sign-in could not be judged');
    return { temporary: true, reason: `not judged: ${reason}` };
  }
}
