// The one queue through which all password hashing of the process goes: few jobs at a time, because they share the thread
// pool with the store's syncs, and a bounded number waiting. It lives in one thread; the others call it over a port.
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { Log } from '../../base/log.ts';
import { answerPort, createPortCaller } from '../../base/threads/port-calls.ts';
import { deriveCredentials, verifyPassword, type PasswordCredentials } from './credentials.ts';
import { HASH_QUEUE_WAITING_MAX } from './limits.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

export interface HashQueue {
  /** What to store of a new password. Rejects with MailError `auth-temporary` when too many jobs wait. */
  hash(password: string): Promise<PasswordCredentials>;
  /** Whether the password fits. Rejects like `hash`. */
  verify(passwordHash: string, password: string): Promise<boolean>;
}

export interface HashQueueOptions {
  /** Cores of the machine; half of them, rounded up, hash at a time. */
  readonly cores: number;
  readonly clock: Clock;
  /** The costly work; for tests. */
  readonly work?: Pick<HashQueue, 'hash' | 'verify'>;
}

/** The queue itself, for the thread that owns it. */
export class LocalHashQueue implements HashQueue {
  readonly #concurrency: number;
  readonly #work: Pick<HashQueue, 'hash' | 'verify'>;
  readonly #verified: VerifiedPasswords;
  readonly #waiting: (() => void)[] = [];
  /** Verifications under way: a mail program opens its five connections at once with the same password. */
  readonly #verifying = new Map<string, Promise<boolean>>();
  #running = 0;

  constructor(options: HashQueueOptions) {
    this.#concurrency = Math.max(1, Math.ceil(options.cores / 2));
    this.#work = options.work ?? { hash: deriveCredentials, verify: verifyPassword };
    this.#verified = new VerifiedPasswords(options.clock);
  }

  /** Jobs that run, and jobs that wait. */
  get depth(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length };
  }

  async hash(password: string): Promise<PasswordCredentials> {
    const credentials = await this.#run(() => this.#work.hash(password));
    this.#verified.add(this.#verified.pair(credentials.passwordHash, password));
    return credentials;
  }

  verify(passwordHash: string, password: string): Promise<boolean> {
    const pair = this.#verified.pair(passwordHash, password);
    if (this.#verified.has(pair)) return Promise.resolve(true);
    const underWay = this.#verifying.get(pair);
    if (underWay !== undefined) return underWay;
    const verifying = this.#verifyAnew(pair, passwordHash, password).finally(() => this.#verifying.delete(pair));
    this.#verifying.set(pair, verifying);
    return verifying;
  }

  async #verifyAnew(pair: string, passwordHash: string, password: string): Promise<boolean> {
    const fits = await this.#run(() => this.#work.verify(passwordHash, password));
    if (fits) this.#verified.add(pair);
    return fits;
  }

  async #run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#concurrency) await this.#turn();
    else this.#running++;
    try {
      return await job();
    } finally {
      // The place goes to the next in line without ever being free, so that nobody overtakes.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= HASH_QUEUE_WAITING_MAX) {
      const options = { temporary: true, details: { why: 'the hash queue is full' } };
      throw new MailError('auth-temporary', 'Too many sign-ins at the moment; try again later.', options);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** The queue of the process; one thread owns it. */
export function createHashQueue(options: HashQueueOptions): LocalHashQueue {
  return new LocalHashQueue(options);
}

type HashRequest =
  | { readonly kind: 'hash'; readonly password: string }
  | { readonly kind: 'verify'; readonly passwordHash: string; readonly password: string };

type HashResult =
  | { readonly kind: 'hash'; readonly credentials: PasswordCredentials }
  | { readonly kind: 'verify'; readonly fits: boolean };

async function answer(queue: HashQueue, request: HashRequest): Promise<HashResult> {
  if (request.kind === 'hash') return { kind: 'hash', credentials: await queue.hash(request.password) };
  return { kind: 'verify', fits: await queue.verify(request.passwordHash, request.password) };
}

/** Lets the thread at the other end of `port` use the queue. */
export function serveHashQueue(port: MessagePort, queue: HashQueue, log: Log): void {
  answerPort(port, (request: HashRequest) => answer(queue, request), log);
}

/** Structured cloning makes plain Uint8Arrays of Buffers. */
function reviveCredentials({ passwordHash, scram }: PasswordCredentials): PasswordCredentials {
  const { salt, iterations, storedKey, serverKey } = scram;
  return {
    passwordHash,
    scram: {
      salt: Buffer.from(salt),
      iterations,
      storedKey: Buffer.from(storedKey),
      serverKey: Buffer.from(serverKey),
    },
  };
}

/** The queue of another thread, which serves it at the other end of `port`. */
export function connectHashQueue(port: MessagePort): HashQueue {
  const caller = createPortCaller<HashRequest, HashResult>(port);
  return {
    async hash(password) {
      const result = await caller.call({ kind: 'hash', password });
      if (result.kind !== 'hash') throw new Error('the hash queue answered another question');
      return reviveCredentials(result.credentials);
    },
    async verify(passwordHash, password) {
      const result = await caller.call({ kind: 'verify', passwordHash, password });
      return result.kind === 'verify' && result.fits;
    },
  };
}
