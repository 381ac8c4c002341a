import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import tls from 'node:tls';
import { createSelfSigned } from './self-signed.ts';

test('a fresh server’s certificate names its host, fits its key and is accepted by OpenSSL', async () => {
  const pair = await createSelfSigned('mx.one.test', Date.now());
  const certificate = new X509Certificate(pair.certificate);
  assert.equal(certificate.checkHost('mx.one.test'), 'mx.one.test');
  assert.ok(certificate.checkPrivateKey(createPrivateKey(pair.key)));
  assert.equal(createPrivateKey(pair.key).asymmetricKeyType, 'ec');
  tls.createSecureContext({ cert: pair.certificate, key: pair.key });
});
