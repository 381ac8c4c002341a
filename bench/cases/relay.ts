// Relay to smtp-sink until it has taken everything: one destination; 10,000 messages to 1,000 domains, each with a host
// of its own; one message with 10,000 recipients. The time ends at the sink's last message; afterwards the queue must
// be empty.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StaticDnsServer, startStaticDnsServer } from '../../src/base/dns/static-server.ts';
import type { ZoneRecord } from '../../src/base/dns/zone.ts';
import { systemClock } from '../../src/base/clock.ts';
import { runSmtpLoad } from '../load/smtp-load.ts';
import { type Sink, runSmtpSource, startSmtpSink } from '../load/smtp-source.ts';
import { meter } from '../measure/work-meter.ts';
import { until } from '../servers/programs.ts';
import { startPostfix } from '../servers/postfix.ts';
import { startPostroad } from '../servers/postroad.ts';
import type { Endpoint, RunningServer } from '../servers/server.ts';
import { type BenchCase, type Contestant, Pace, figuresOf } from './bench-case.ts';

const OCTETS = 1000;
const SESSIONS = 10;
const DOMAINS = 1000;
/** Rounds with domains that were not seen before; then they repeat. */
const DOMAIN_SETS = 8;
const MANY_MESSAGES = 10_000;
const MANY_RECIPIENTS = 10_000;
const PATIENCE_MS = 60_000;
/** The sink is asked for its end when it has been quiet for so long. */
const QUIET_MS = 300;
const SINK_OPTIONS = ['-m', '5000'];

interface RelaySide {
  readonly server: RunningServer;
  readonly smtp: Endpoint;
  readonly sink: Sink;
  readonly guessPerSecond: number;
  isQueueEmpty(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Waits for the end of the relaying; resolves to the time of the sink's last message. */
async function relayed(side: RelaySide): Promise<number> {
  const isDone = async (): Promise<boolean> =>
    performance.now() - side.sink.lastAt > QUIET_MS && (await side.isQueueEmpty());
  await until(isDone, 'everything is relayed', PATIENCE_MS, 50);
  return side.sink.lastAt;
}

function domainName(index: number): string {
  return `d${index}.relay.test`;
}

/** A loopback address for each domain. */
function hostAddress(index: number): string {
  return `127.1.${(index >> 8) & 255}.${index & 255}`;
}

function startDns(): Promise<StaticDnsServer> {
  const records: Record<string, readonly ZoneRecord[]> = {};
  for (let i = 0; i < DOMAINS * DOMAIN_SETS; i++) {
    records[domainName(i)] = [{ type: 'MX', data: { preference: 10, exchange: `mx${i}.relay.test` } }];
    records[`mx${i}.relay.test`] = [{ type: 'A', data: hostAddress(i) }];
  }
  return startStaticDnsServer({ zones: [{ name: 'relay.test', records }], clock: systemClock });
}

type Road = 'one host' | 'host for each domain';

async function postroadSide(folder: string, road: Road): Promise<RelaySide> {
  const sink = await startSmtpSink(SINK_OPTIONS);
  const dns = await startDns();
  const route =
    road === 'one host'
      ? `[[route]]\ndomain = "*"\nvia = "smtp://127.0.0.1:${sink.port}"\n`
      : `[dns]\nservers = ["127.0.0.1:${dns.port}"]\n[outbound]\nport = ${sink.port}\nallow_private_addresses = true\n`;
  const server = await startPostroad({
    folder,
    protocols: ['smtp'],
    limits: ['relay_networks = ["127.0.0.0/8"]', `recipients = ${MANY_RECIPIENTS}`],
    more: route,
  });
  return {
    server,
    smtp: server.endpoint('smtp'),
    sink,
    guessPerSecond: 2000,
    isQueueEmpty: async () => (await server.countQueued()) === 0,
    stop: async () => {
      await server.stop();
      await dns.close();
      await sink.stop();
    },
  };
}

async function postfixSide(folder: string, road: Road): Promise<RelaySide> {
  const sink = await startSmtpSink(SINK_OPTIONS);
  const map = join(folder, 'transport');
  const lines = Array.from(
    { length: DOMAINS * DOMAIN_SETS },
    (_, i) => `${domainName(i)} smtp:[${hostAddress(i)}]:${sink.port}\n`,
  );
  writeFileSync(map, lines.join(''));
  const server = await startPostfix({
    folder,
    settings: {
      default_transport: 'smtp',
      ...(road === 'one host' ? { relayhost: `[127.0.0.1]:${sink.port}` } : { transport_maps: `texthash:${map}` }),
    },
  });
  return {
    server,
    smtp: server.smtp,
    sink,
    guessPerSecond: 700,
    isQueueEmpty: () => Promise.resolve(server.isQueueEmpty()),
    stop: async () => {
      await server.stop();
      await sink.stop();
    },
  };
}

function oneDestination(side: RelaySide): Contestant {
  const pace = new Pace(side.guessPerSecond, 50_000);
  return {
    measure: async (seconds) => {
      const messages = pace.unitsFor(seconds);
      const before = side.sink.messages;
      const work = await meter([side.server], messages, async () => {
        const recipient = 'reader@elsewhere.test';
        await runSmtpSource({ to: side.smtp, recipient, messages, octets: OCTETS, sessions: SESSIONS, reuse: true });
        return relayed(side);
      });
      const taken = side.sink.messages - before;
      if (taken !== messages) throw new Error(`the sink took ${taken} messages, not ${messages}`);
      return figuresOf(pace.learn(work), 'message');
    },
    stop: () => side.stop(),
  };
}

function manyDomains(side: RelaySide): Contestant {
  let set = 0;
  return {
    measure: async () => {
      const from = (set++ % DOMAIN_SETS) * DOMAINS;
      const before = side.sink.messages;
      const work = await meter([side.server], MANY_MESSAGES, async () => {
        await runSmtpLoad({
          to: side.smtp,
          sessions: SESSIONS,
          messages: MANY_MESSAGES,
          octets: OCTETS,
          recipientsOf: (i) => [`reader${i}@${domainName(from + (i % DOMAINS))}`],
        });
        return relayed(side);
      });
      const taken = side.sink.messages - before;
      if (taken !== MANY_MESSAGES) throw new Error(`the sink took ${taken} messages, not ${MANY_MESSAGES}`);
      return figuresOf(work, 'message');
    },
    stop: () => side.stop(),
  };
}

function manyRecipients(side: RelaySide): Contestant {
  const recipients = Array.from({ length: MANY_RECIPIENTS }, (_, i) => `reader${i}@${domainName(0)}`);
  return {
    measure: async () => {
      const work = await meter([side.server], MANY_RECIPIENTS, async () => {
        const load = { to: side.smtp, sessions: 1, messages: 1, octets: OCTETS, recipientsOf: () => recipients };
        await runSmtpLoad(load);
        return relayed(side);
      });
      return figuresOf(work, 'recipient');
    },
    stop: () => side.stop(),
  };
}

function relayCase(
  texts: Pick<BenchCase, 'name' | 'title' | 'goal'>,
  road: Road,
  contestant: (side: RelaySide) => Contestant,
): BenchCase {
  return {
    ...texts,
    contestants: [
      { name: 'Postroad', start: async (folder) => contestant(await postroadSide(folder, road)) },
      { name: 'Postfix', start: async (folder) => contestant(await postfixSide(folder, road)) },
    ],
  };
}

export const RELAY_CASES: readonly BenchCase[] = [
  relayCase(
    { name: 'relay', title: 'Relay to one destination, 1 kB, 10 sessions', goal: '≥ 5× Postfix' },
    'one host',
    oneDestination,
  ),
  relayCase(
    {
      name: 'relay-domains',
      title: '10,000 messages to 1,000 domains, a host for each, 1 kB, 10 sessions',
      goal: '≥ 5× Postfix',
    },
    'host for each domain',
    manyDomains,
  ),
  relayCase(
    {
      name: 'relay-recipients',
      title: 'One message with 10,000 recipients at one site',
      goal: '≥ 10,000 recipients/s',
    },
    'host for each domain',
    manyRecipients,
  ),
];
