// A whole Postroad for slow tests: `postroad serve` as a process of its own, with a data folder, domains and accounts of
// its own, on loopback ports that the system picks. Its mailboxes are read as their owners do, by POP3.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInbox } from './pop3-reader.ts';
import { run, RunningProgram, until } from './programs.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

const POSTROAD = join(import.meta.dirname, '../../postroad');

/** The password of every account. */
export const PASSWORD = 'open sesame';

export interface PostroadOptions {
  readonly hostname: string;
  readonly domains: readonly string[];
  readonly accounts: readonly string[];
  /** `protocol` or `protocol:port`; pop3 is always there. */
  readonly listeners?: readonly string[];
  readonly address?: string;
  /** More of the configuration file. */
  readonly settings?: string;
}

export class PostroadServer {
  readonly folder: string;
  /** The certificate that it shows, for programs that check it; made for localhost and *.one.test. */
  readonly certificate: string;
  readonly #process: RunningProgram;
  readonly #addresses: Readonly<Record<string, string>>;

  private constructor(folder: string, process: RunningProgram) {
    this.folder = folder;
    this.certificate = join(folder, 'certificate.pem');
    this.#process = process;
    this.#addresses = JSON.parse(/^ready (\{.*\})$/mu.exec(process.said)?.[1] ?? '{}') as Record<string, string>;
  }

  /** Makes folder, domains and accounts, and starts it; resolves when every listener accepts. */
  static async start(options: PostroadOptions): Promise<PostroadServer> {
    const folder = mkdtempSync(join(tmpdir(), 'postroad-interop-'));
    writeFileSync(join(folder, 'certificate.pem'), TEST_CERTIFICATE);
    writeFileSync(join(folder, 'key.pem'), TEST_KEY, { mode: 0o600 });
    writeFileSync(join(folder, 'postroad.toml'), configuration(options));
    try {
      for (const domain of options.domains) await command(folder, ['domain', 'add', domain]);
      const accounts = options.accounts.map((address) => `${address},${PASSWORD}\n`).join('');
      if (accounts !== '') await command(folder, ['account', 'import', '-'], `address,password\n${accounts}`);
      const config = join(folder, 'postroad.toml');
      const serving = await RunningProgram.start(POSTROAD, ['serve', '--config', config], /^ready .*$/mu);
      return new PostroadServer(folder, serving);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The port of a protocol's listener. */
  port(protocol: string): number {
    const port = Number(this.#addresses[protocol]?.split(':').at(-1));
    if (!Number.isInteger(port)) throw new Error(`there is no ${protocol} listener`);
    return port;
  }

  /** What it has printed and logged. */
  get log(): string {
    return this.#process.said;
  }

  /** Any command of the command line, against the running server. */
  command(...words: readonly string[]): Promise<string> {
    return command(this.folder, words);
  }

  /** The messages of an account, oldest first. */
  inbox(address: string): Promise<Buffer[]> {
    const host = this.#addresses['pop3']?.split(':')[0] ?? '';
    return readInbox({ host, port: this.port('pop3'), user: address, password: PASSWORD });
  }

  /** Waits until an account has so many messages, takes them out, and gives them. */
  async receive(address: string, count = 1, withinMs = 20_000): Promise<Buffer[]> {
    const host = this.#addresses['pop3']?.split(':')[0] ?? '';
    const login = { host, port: this.port('pop3'), user: address, password: PASSWORD };
    try {
      await until(
        `${count} messages for ${address}`,
        async () => ((await readInbox(login)).length >= count ? true : null),
        withinMs,
      );
    } catch (error) {
      const log = this.log.replaceAll(/^.*"signed in".*\n/gmu, '');
      throw new Error(`${String(error)}\n${await this.command('queue', 'list')}\n${log}`, { cause: error });
    }
    return await readInbox({ ...login, remove: true });
  }

  /** Waits until nothing is in the queue. */
  async drained(): Promise<void> {
    await until('an empty queue', async () => {
      const { messages } = JSON.parse(await this.command('queue', 'list', '--json')) as { messages: number };
      return messages === 0 ? true : null;
    });
  }

  async stop(): Promise<void> {
    const code = await this.#process.stop();
    rmSync(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`postroad ended with ${code}:\n${this.log}`);
    if (this.log.includes('"level":"error"')) throw new Error(`postroad had trouble:\n${this.log}`);
  }
}

function command(folder: string, words: readonly string[], input = ''): Promise<string> {
  return run(POSTROAD, [...words, '--config', join(folder, 'postroad.toml')], { input });
}

function configuration(options: PostroadOptions): string {
  const { hostname, address = '127.0.0.1', listeners = ['smtp', 'submission'], settings = '' } = options;
  const blocks = [...listeners, 'pop3'].map((listener) => {
    const [protocol, port = '0'] = listener.split(':');
    return `[[listener]]\nprotocol = "${protocol}"\naddress = "${address}"\nport = ${port}\n`;
  });
  return `hostname = "${hostname}"
data = "./data"
threads = 1
[tls]
certificate = "certificate.pem"
key = "key.pem"
[auth]
allow_plaintext_from = ["127.0.0.0/8"]
${blocks.join('')}${settings}
`;
}
