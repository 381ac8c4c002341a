// What lies outside a server in a story: a private DNS and one next hop, both in the test's own process.
import { createSecureContext } from 'node:tls';
import type { Zone } from '../../src/base/dns/zone.ts';
import { TestDnsServer } from './dns-server.ts';
import type { Lifetime } from './running-server.ts';
import { SmtpSink, type SinkOptions } from './smtp-sink.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

export interface OutsideWorld {
  readonly dns: TestDnsServer;
  readonly sink: SmtpSink;
  /** TOML for the server under test: where the DNS is, and the next hop's port. */
  readonly settings: string;
}

const LOOPBACK = { type: 'A', data: '127.0.0.1' } as const;

/** two.test and three.test share the next hop as MX, void.test takes no mail, and there is no gone.test. */
const ZONES: readonly Zone[] = [
  {
    name: 'test',
    records: {
      'two.test': [{ type: 'MX', data: { preference: 10, exchange: 'mx.two.test' } }],
      'mx.two.test': [LOOPBACK],
      'three.test': [{ type: 'MX', data: { preference: 10, exchange: 'mx.two.test' } }],
      'void.test': [{ type: 'MX', data: { preference: 0, exchange: '' } }],
      'plain.test': [LOOPBACK],
    },
  },
];

/** Starts both; they go with the test or the file. */
export async function openWorld(t: Lifetime, options: SinkOptions = {}): Promise<OutsideWorld> {
  const dns = await TestDnsServer.start(ZONES);
  const secureContext = createSecureContext({ cert: TEST_CERTIFICATE, key: TEST_KEY });
  const extensions = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 50000000', 'STARTTLS', 'CHUNKING'];
  const sink = await SmtpSink.start({ secureContext, extensions, ...options });
  t.after(async () => {
    await sink.close();
    await dns.close();
  });
  const settings = `[dns]\nservers = ["${dns.text}"]\n[outbound]\nport = ${sink.port}\nallow_private_addresses = true\n`;
  return { dns, sink, settings };
}
