// A whole server for a story: real threads, ports of the system's choice on loopback, a data folder of its own. It is
// talked to from outside; only accounts and the like are made directly, by the store operations that the command line uses.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { runServer, type RunningServer } from '../../src/app/serve/run-server.ts';
import { silentLog } from '../../src/base/log.ts';
import { Pop3Client } from '../../src/protocols/pop3/index.ts';
import { traceMessages, type MessageTrace } from '../../src/services/journey/trace.ts';
import { deriveCredentials } from '../../src/services/passwords/credentials.ts';
import { formatScramVerifier } from '../../src/services/passwords/scram-verifier.ts';
import {
  findAccountByAddress,
  readUsage,
  type AccountRecord,
  type NewAccount,
} from '../../src/storage/records/accounts.ts';
import { findDomain } from '../../src/storage/records/domains.ts';
import type { Store } from '../../src/storage/store.ts';
import { createTestDatabase, testBlobs } from './contract-store.ts';
import { SmtpDialog, type DialogOptions } from './smtp-dialog.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

export type TestProtocol = 'smtp' | 'submission' | 'submissions' | 'lmtp' | 'pop3' | 'pop3s' | 'imap' | 'imaps';

/** The password of every account that is made here. */
export const PASSWORD = 'correct horse';
const UNTIL_DEADLINE_MS = 20_000;
/** What settles the queue or adds to a journey is not told as a change. */
const LOOK_AGAIN_MS = 20;
const PROTOCOLS: readonly TestProtocol[] = [
  'smtp',
  'submission',
  'submissions',
  'lmtp',
  'pop3',
  'pop3s',
  'imap',
  'imaps',
];

/** Of PASSWORD; made once, because it costs. */
let credentials: Promise<Required<Pick<NewAccount, 'passwordHash' | 'scramSha256'>>> | null = null;

async function credentialsOfPassword(): Promise<Required<Pick<NewAccount, 'passwordHash' | 'scramSha256'>>> {
  const { passwordHash, scram } = await deriveCredentials(PASSWORD);
  return { passwordHash, scramSha256: formatScramVerifier(scram) };
}

/** What a server lives as long as: a test's context, or a whole file with `{ after }` of node:test. */
export interface Lifetime {
  after(close: () => Promise<void>): void;
}

export interface TestServerOptions {
  /** TOML: tables other than listeners, tls and auth. */
  readonly settings?: string;
  /** Lines of `[auth]`; loopback may sign in without TLS unless this says otherwise. */
  readonly auth?: string;
  /** Further lines of a listener. */
  readonly listener?: Partial<Record<TestProtocol, string>>;
  /** Protocol threads; each costs a tenth of a second to start. Default: 1. */
  readonly threads?: number;
}

/** The server's configuration as it is written on disk. */
function configText(options: TestServerOptions, database: string | null): string {
  const { settings = '', auth = 'allow_plaintext_from = ["127.0.0.0/8"]', listener = {}, threads = 1 } = options;
  const listeners = PROTOCOLS.map(
    (protocol) =>
      `[[listener]]\nprotocol = "${protocol}"\naddress = "127.0.0.1"\nport = 0\n${listener[protocol] ?? ''}\n`,
  );
  return `hostname = "mx.one.test"
threads = ${threads}
${listeners.join('')}
[tls]
certificate = "cert.pem"
key = "key.pem"
[auth]
${auth}
[log]
level = "silent"
${database === null ? '' : `[store]\nurl = "${database}"\nblobs = "${testBlobs(database)}"\n`}${settings}`;
}

/** Starts a server that closes with the test or the file; its domain is one.test. */
export async function startServer(t: Lifetime, options: TestServerOptions = {}): Promise<TestServer> {
  const server = new TestServer(mkdtempSync(join(tmpdir(), 'server-')), options);
  t.after(async () => {
    await server.close();
    rmSync(server.folder, { recursive: true, force: true });
  });
  await server.start();
  return server;
}

export class TestServer {
  readonly folder: string;
  readonly #options: TestServerOptions;
  /** null: the embedded engine. */
  #database: string | null = null;
  #server: RunningServer | null = null;

  constructor(folder: string, options: TestServerOptions) {
    this.folder = folder;
    this.#options = options;
  }

  /** Starts it, or starts it again on the same folder. */
  async start(): Promise<void> {
    writeFileSync(join(this.folder, 'cert.pem'), TEST_CERTIFICATE);
    writeFileSync(join(this.folder, 'key.pem'), TEST_KEY);
    this.#database ??= await createTestDatabase();
    const config = this.#load(configText(this.#options, this.#database));
    const onFatal = (reason: string): never => {
      throw new Error(reason);
    };
    this.#server = await runServer({ config, log: silentLog, mayMovePorts: false, onFatal });
    if ((await findDomain(this.store.read, 'one.test')) === null) {
      await this.store.execute('domain.add', { name: 'one.test' });
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.close();
  }

  get running(): RunningServer {
    if (this.#server === null) throw new Error('the server does not run');
    return this.#server;
  }

  get store(): Store {
    return this.running.house.store;
  }

  port(protocol: TestProtocol): number {
    const listener = this.running.listeners.find((each) => each.protocol === protocol);
    if (listener === undefined) throw new Error(`${protocol} does not listen`);
    return listener.port;
  }

  /** Takes over other settings, as SIGHUP does; the keys that would need a restart. */
  async reload(options: Partial<TestServerOptions>): Promise<readonly string[]> {
    return await this.running.reload(this.#load(configText({ ...this.#options, ...options }, this.#database)));
  }

  /** Adds an account with the password PASSWORD, and its domain when that is missing; its id. */
  async addAccount(address: string, facts: Partial<NewAccount> = {}): Promise<number> {
    await this.addDomain(address.slice(address.lastIndexOf('@') + 1));
    const { passwordHash, scramSha256 } = await (credentials ??= credentialsOfPassword());
    const added = await this.store.execute('account.add', { address, passwordHash, scramSha256, ...facts });
    if (added.kind !== 'added') throw new Error(`${address}: ${added.kind}`);
    return added.id;
  }

  async addDomain(name: string): Promise<void> {
    await this.store.execute('domain.add', { name });
  }

  async addAlias(address: string, ...targets: readonly string[]): Promise<void> {
    const done = await this.store.execute('alias.add', { address, targets });
    if (done !== 'done') throw new Error(`${address}: ${done}`);
  }

  async account(address: string): Promise<AccountRecord> {
    const account = await findAccountByAddress(this.store.read, address);
    if (account === null) throw new Error(`there is no ${address}`);
    return account;
  }

  /** A connection that has read its greeting. */
  dial(protocol: TestProtocol, options: Partial<DialogOptions> = {}): Promise<SmtpDialog> {
    return SmtpDialog.open({ port: this.port(protocol), implicitTls: protocol === 'submissions', ...options });
  }

  /** A connection that has said EHLO (LHLO). */
  async greet(protocol: TestProtocol, options: Partial<DialogOptions> = {}): Promise<SmtpDialog> {
    const dialog = await this.dial(protocol, options);
    await dialog.hello(protocol === 'lmtp' ? 'LHLO' : 'EHLO');
    return dialog;
  }

  /** A submission by this account, over `submissions`. */
  async signedIn(address: string): Promise<SmtpDialog> {
    const dialog = await this.greet('submissions');
    const said = await dialog.signIn('PLAIN', address, PASSWORD);
    if (!said.startsWith('235')) throw new Error(said);
    return dialog;
  }

  /** A POP3 session of this account. */
  async pop3(address: string): Promise<Pop3Client> {
    const client = await Pop3Client.connect({ host: '127.0.0.1', port: this.port('pop3') });
    await client.signIn(address, PASSWORD);
    return client;
  }

  /** All messages of the INBOX, as POP3 gives them out. */
  async inbox(address: string): Promise<string[]> {
    const client = await this.pop3(address);
    const { count } = await client.status();
    const messages: string[] = [];
    for (let number = 1; number <= count; number++) messages.push((await client.retrieve(number)).toString('utf8'));
    await client.quit();
    return messages;
  }

  /** Waits until the INBOX holds so many messages; gives them. */
  async inboxOf(count: number, address: string): Promise<string[]> {
    const { id } = await this.account(address);
    await this.until(async () => {
      const usage = await readUsage(this.store.read, id);
      return (usage?.usedMessages ?? 0) >= count;
    });
    return await this.inbox(address);
  }

  /** Waits for a commit after which the condition holds; looks now and then too. Rejects when it takes far too long. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    const since = performance.now();
    let wake = (): void => {};
    const stop = this.store.onChange(() => wake());
    const looking = setInterval(() => wake(), LOOK_AGAIN_MS);
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (await condition()) return;
        if (performance.now() - since > UNTIL_DEADLINE_MS) throw new Error(`not in time: ${condition.toString()}`);
        await changed;
      }
    } finally {
      clearInterval(looking);
      stop();
    }
  }

  /** What the administrator's trace says of a message id, an address or a queue id; newest first. */
  trace(query: string): Promise<MessageTrace[]> {
    return traceMessages(this.store, { query, viewer: { accountId: null }, limit: 20 });
  }

  #load(text: string): ReturnType<typeof loadConfig> {
    const file = join(this.folder, 'postroad.toml');
    writeFileSync(file, text);
    return loadConfig(file, this.folder);
  }
}
