// The demonstration: three servers, a private DNS, a letter with an attachment, and every hop as it happens. Everything
// lives in a folder of its own and is gone afterwards.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '../../base/clock.ts';
import { startStaticDnsServer, type StaticDnsServer } from '../../base/dns/static-server.ts';
import type { MessageTrace } from '../../services/journey/trace.ts';
import { formatDelay } from '../../services/journey/trace-text.ts';
import { CommandError, type Command } from '../cli/command.ts';
import { runCommandLine } from '../cli/run-command-line.ts';
import { ADDRESS, configText, demoZones, hostnameOf, RECIPIENT, ROAD, ROLES, SENDER, type HostName } from './hosts.ts';
import { isWhole, receivedLines, writeLetter, type Letter } from './letter.ts';
import { ATTACHMENT_OCTETS } from './limits.ts';
import { describeRoadStep, drawRoad, legsOf, type Leg } from './picture.ts';
import { fetchLetter, submit } from './programs.ts';
import { followRoad, isLastAt, type RoadStep } from './road.ts';
import { ServerProcess } from './server-process.ts';

export interface DemoOptions {
  readonly commands: readonly Command[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Says one line, at once. */
  readonly say: (line: string) => void;
  /** The folder stays. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly messageId: string;
  /** From Send until Bob has it. */
  readonly totalMs: number;
  readonly legs: readonly Leg[];
  readonly steps: readonly RoadStep[];
  /** The Received lines that Bob's letter carries, the newest first. */
  readonly received: readonly string[];
  /** null: removed. */
  readonly folder: string | null;
}

/** Runs it. Throws CommandError with the reason when a hop fails; the servers are stopped either way. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const demo = new Demo(options);
  try {
    await demo.build();
    return await demo.sendLetter();
  } catch (error) {
    if (options.signal.aborted) throw new CommandError('the demonstration was stopped', { cause: error });
    throw error;
  } finally {
    await demo.close();
  }
}

class Demo {
  readonly #options: DemoOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'postroad-demo-'));
  readonly #servers = new Map<HostName, ServerProcess>();
  readonly #passwords = { ann: randomBytes(12).toString('base64url'), bob: randomBytes(12).toString('base64url') };
  readonly #ended = new AbortController();
  #dns: StaticDnsServer | null = null;

  constructor(options: DemoOptions) {
    this.#options = options;
  }

  /** The servers, from the last to the first: each is told the port of the next. */
  async build(): Promise<void> {
    const { say } = this.#options;
    say(`Three servers on this machine, joined by a private DNS, and a letter from ${SENDER} to ${RECIPIENT}.`);
    say('');
    this.#dns = await startStaticDnsServer({ zones: demoZones(), clock: systemClock, address: ADDRESS });
    let nextPort: number | null = null;
    for (const host of [...ROAD].reverse()) {
      const started = performance.now();
      const server = await this.#start(host, this.#dns.port, nextPort);
      nextPort = server.ports['smtp'] ?? null;
      const ports = Object.entries(server.ports).map(([protocol, port]) => `${protocol} ${port}`);
      const took = formatDelay(performance.now() - started).slice(1);
      say(`  ${hostnameOf(host).padEnd(14)} ${ports.join(', ').padEnd(30)} ready in ${took}   ${ROLES[host]}`);
    }
    await this.#run('one', ['domain', 'add', 'one.test']);
    await this.#run('two', ['domain', 'add', 'two.test']);
    await this.#run('three', ['domain', 'add', 'three.test']);
    await this.#run('one', ['account', 'add', SENDER, '--password-stdin'], this.#passwords.ann);
    await this.#run('three', ['account', 'add', RECIPIENT, '--password-stdin'], this.#passwords.bob);
  }

  async sendLetter(): Promise<DemoResult> {
    const { say } = this.#options;
    const letter = writeLetter(randomBytes(8).toString('hex'), systemClock.now(), randomBytes(ATTACHMENT_OCTETS));
    const sentAtMs = systemClock.now();
    const line = (atMs: number, text: string): void => say(`  ${`+${atMs - sentAtMs} ms`.padStart(9)}  ${text}`);
    say('');
    line(sentAtMs, `Ann's program signs in and sends ${Math.round(letter.octets.length / 1024)} KiB`);
    let readAtMs = 0;
    const fetching = Promise.withResolvers<Buffer>();
    const onStep = (each: RoadStep): void => {
      line(each.step.atMs ?? sentAtMs, describeRoadStep(each));
      if (each.host === 'three' && isLastAt(each)) fetching.resolve(this.#fetch(letter));
    };
    const onFetched = fetching.promise.then((octets) => {
      readAtMs = systemClock.now();
      line(readAtMs, "Bob's program fetched it by POP3 over TLS: the attachment is whole");
      return octets;
    });
    const [steps, fetched] = await Promise.all([this.#follow(letter, onStep), onFetched]);
    const received = receivedLines(fetched);
    const legs = legsOf(steps, sentAtMs, readAtMs);
    const totalMs = readAtMs - sentAtMs;
    this.#sum(received, legs, totalMs);
    const folder = this.#options.keep ? this.#folder : null;
    return { messageId: letter.messageId, totalMs, legs, steps, received, folder };
  }

  /** Submits the letter and tells each step of its road until it has arrived. */
  async #follow(letter: Letter, onStep: (step: RoadStep) => void): Promise<RoadStep[]> {
    const signal = AbortSignal.any([this.#options.signal, this.#ended.signal]);
    const [steps] = await Promise.all([
      followRoad({ ask: (host) => this.#trace(host, letter.messageId), onStep, signal }),
      submit(letter, this.#server('one').ports['submission'] ?? 0, this.#passwords.ann),
    ]);
    return steps;
  }

  /** Stops everything; removes the folder unless it is kept. */
  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
    await this.#dns?.close();
    if (this.#options.keep) this.#options.say(`\nEverything is still in ${this.#folder}`);
    else rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(host: HostName, dnsPort: number, nextPort: number | null): Promise<ServerProcess> {
    const folder = join(this.#folder, `${host}.test`);
    mkdirSync(folder);
    const configFile = join(folder, 'postroad.toml');
    writeFileSync(configFile, configText(host, { dnsPort, nextPort }));
    const { env, signal } = this.#options;
    // One cache of compiled code for the three of them.
    const cached = { NODE_COMPILE_CACHE: join(this.#folder, 'compile-cache'), ...env };
    const server = await ServerProcess.start({ name: hostnameOf(host), folder, configFile, env: cached, signal });
    this.#servers.set(host, server);
    return server;
  }

  #server(host: HostName): ServerProcess {
    const server = this.#servers.get(host);
    if (server === undefined) throw new Error(`${host} was not started`);
    return server;
  }

  /** One command of the command line on a server; what it printed. Throws CommandError when it fails. */
  async #run(host: HostName, args: readonly string[], input = ''): Promise<string> {
    let out = '';
    let err = '';
    const code = await runCommandLine([...args, '--config', this.#server(host).configFile], this.#options.commands, {
      stdin: Readable.from([Buffer.from(`${input}\n`)]),
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      env: this.#options.env,
      folder: this.#folder,
    });
    if (code !== 0) throw new CommandError(`postroad ${args.join(' ')} failed on ${hostnameOf(host)}: ${err.trim()}`);
    return out;
  }

  /** What the server knows of the letter; nothing as long as it has not seen it. */
  async #trace(host: HostName, messageId: string): Promise<MessageTrace[]> {
    const newest = JSON.parse(await this.#run(host, ['trace', '--json', '--limit', '10'])) as MessageTrace[];
    return newest.filter((trace) => trace.messageId === messageId);
  }

  async #fetch(letter: Letter): Promise<Buffer> {
    const server = this.#server('three');
    const folder = join(this.#folder, 'three.test', 'data', 'tls');
    const certificate = readFileSync(join(folder, `${hostnameOf('three')}.pem`), 'utf8');
    const octets = await fetchLetter(server.ports['pop3'] ?? 0, this.#passwords.bob, certificate);
    if (!isWhole(octets, letter)) throw new CommandError('the letter arrived, but its attachment is damaged');
    return octets;
  }

  #sum(received: readonly string[], legs: readonly Leg[], totalMs: number): void {
    const { say } = this.#options;
    say('');
    say('The Received lines of the letter, the newest first:');
    for (const value of received) say(`  ${value}`);
    say('');
    say(drawRoad(legs));
    say('');
    say(`From Send to Bob in ${formatDelay(totalMs).slice(1)}.`);
  }
}
