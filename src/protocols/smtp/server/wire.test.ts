// Plays test/wire/smtp/*.smtp against the library over messages in memory. Options: service, later (hooks answer later),
// plaintext (sign-in without TLS), tls no, proxy (the client must send a PROXY header), refuse, without EXTENSION …,
// limit.NAME value; at the end: messages N.
import assert from 'node:assert/strict';
import { startSmtpLoopback } from '../../../../test/support/smtp-loopback.ts';
import { testWireScripts } from '../../../../test/support/wire-script.ts';
import type { SmtpExtension } from '../extensions.ts';
import { reply } from '../reply.ts';
import { defaultExtensions, type SmtpServerOptions } from './options.ts';
import type { SmtpService } from './session.ts';

type ScriptOptions = Readonly<Record<string, string>>;

function serverOptions(options: ScriptOptions): Partial<SmtpServerOptions> {
  const service = (options['service'] ?? 'smtp') as SmtpService;
  const without = (options['without'] ?? '').split(' ');
  const more = (options['with'] ?? '').split(' ').filter((word) => word !== '') as SmtpExtension[];
  const limits: Record<string, number> = { errorDelayMs: 0 };
  for (const [name, value] of Object.entries(options)) {
    if (name.startsWith('limit.')) limits[name.slice(6)] = Number(value);
  }
  return {
    service,
    limits,
    extensions: [...defaultExtensions(service), ...more].filter((extension) => !without.includes(extension)),
    ...(options['tls'] === 'no' ? { tls: null } : {}),
    ...(options['proxy'] === 'yes' ? { isProxyPeer: (address: string) => address === '127.0.0.1' } : {}),
    ...(options['pause'] === undefined ? {} : { bannerPauseMs: Number(options['pause']) }),
  };
}

testWireScripts(new URL('../../../../test/wire/smtp/', import.meta.url), '.smtp', async (options) => {
  const loopback = await startSmtpLoopback(serverOptions(options), {
    later: options['later'] === 'yes',
    allowPlaintext: options['plaintext'] === 'yes',
    ...(options['refuse'] === undefined ? {} : { refuse: reply(554, '5.7.1', options['refuse']) }),
  });
  const expected = options['messages'];
  return {
    connect: () => loopback.connect(),
    close: async () => {
      await loopback.close();
      if (expected !== undefined) assert.equal(loopback.mail.messages.length, Number(expected), 'messages taken');
    },
  };
});
