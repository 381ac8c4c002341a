import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { loadConfig } from '../config/load-config.ts';
import { createSelfSigned } from '../tls/self-signed.ts';
import { checkTls } from './tls-check.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);

test('dates, name, key and issuer of the certificate', async (t) => {
  const folder = scratchFolder(t);
  const configOf = (text: string) => {
    writeFileSync(join(folder, 'postroad.toml'), `hostname = "mx.one.test"\n${text}`);
    return loadConfig(null, folder);
  };
  const states = (config: ReturnType<typeof loadConfig>, nowMs = NOW_MS): string[] =>
    checkTls(config, nowMs).map(({ state, text }) => `${state}: ${text}`);

  assert.deepEqual(states(configOf('')), ['note: there is no certificate yet; the first start makes one']);
  const { certificate, key } = await createSelfSigned('mx.one.test', NOW_MS);
  mkdirSync(join(folder, 'data', 'tls'), { recursive: true });
  writeFileSync(join(folder, 'data', 'tls', 'mx.one.test.pem'), certificate);
  writeFileSync(join(folder, 'data', 'tls', 'mx.one.test.key'), key);
  const signed = 'note: the certificate is self-signed: mail programs will ask whether to trust it';
  assert.deepEqual(states(configOf('')), ['good: the certificate is good for 3650 days', signed]);
  assert.equal(states(configOf(''), NOW_MS + 3640 * DAY_MS)[0], 'note: the certificate expires in 10 days');
  assert.equal(states(configOf(''), NOW_MS + 3655 * DAY_MS)[0], 'broken: the certificate has expired 5 days ago');
  assert.equal(states(configOf(''), NOW_MS - 2 * DAY_MS)[0], 'broken: the certificate is not valid yet');

  const own = '[tls]\ncertificate = "data/tls/mx.one.test.pem"\nkey = ';
  const other = await createSelfSigned('mx.two.test', NOW_MS);
  writeFileSync(join(folder, 'other.key'), other.key);
  assert.match(states(configOf(`${own}"other.key"`))[0] ?? '', /^broken: .*other\.key is not the key of /u);
  assert.match(states(configOf(`${own}"none.key"`))[0] ?? '', /^broken: the certificate cannot be used: /u);
  writeFileSync(join(folder, 'data', 'tls', 'mx.one.test.pem'), other.certificate);
  assert.ok(states(configOf(`${own}"other.key"`)).includes('broken: the certificate is not for mx.one.test'));
});
