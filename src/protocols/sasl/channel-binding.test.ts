import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { channelBindings, serverEndPointBinding } from './channel-binding.ts';

// Made for this test, keys thrown away: CN=one.test, ECDSA with SHA-384, and Ed25519.
const ECDSA_SHA384 = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUDKSSIgQn1QxnRp/ri7ELwoRtdKgwCgYIKoZIzj0EAwMw
EzERMA8GA1UEAwwIb25lLnRlc3QwIBcNMjYxMTIzMjAzOTI0WhgPMjEyNjEwMzAy
MDM5MjRaMBMxETAPBgNVBAMMCG9uZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEj7tkc5iCDvQMe/wpjjHdbc4l6JowiOaxm2ha70YyjiHmUHgRrRmMh643
/QaihkjFwKQ6pwNeEzXGxlba5SxXuKNTMFEwHQYDVR0OBBYEFAWAVV2dyXD/wPyV
qEcJ30bfTZ06MB8GA1UdIwQYMBaAFAWAVV2dyXD/wPyVqEcJ30bfTZ06MA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwMDSAAwRQIgD9ZfRGCFAyFT30qzcn16TnEv
qkFhy4cFLOc81K0s3bICIQDklX1Y2G6tMngMTQYtpKoqRoVnczMj71MDMPNB/Pwj
Yg==
-----END CERTIFICATE-----`;
const ED25519 = `-----BEGIN CERTIFICATE-----
MIIBPDCB76ADAgECAhQpWOmRDoUkkf0b92cr02G3Ce8JezAFBgMrZXAwEzERMA8G
A1UEAwwIb25lLnRlc3QwIBcNMjYxMTIzMjAzOTI0WhgPMjEyNjEwMzAyMDM5MjRa
MBMxETAPBgNVBAMMCG9uZS50ZXN0MCowBQYDK2VwAyEAv14E0JRPjfMbUAbD5n6T
OImGIx29CBjifvErHKKmN9qjUzBRMB0GA1UdDgQWBBTz0bBiYrOT0HW4Fweupwm8
zQ1hlDAfBgNVHSMEGDAWgBTz0bBiYrOT0HW4Fweupwm8zQ1hlDAPBgNVHRMBAf8E
BTADAQH/MAUGAytlcANBANyFTl8w5uip+tMsDIv/Nb6QS2NxFmTTbhqhaV4EE+EM
DkjIF7ejHOZ3NtJsM7WwCaJZGBRsjJU+Zb5aMhy1uQk=
-----END CERTIFICATE-----`;

function socket(protocol: string) {
  return {
    getProtocol: () => protocol,
    exportKeyingMaterial: (length: number, label: string, context?: Buffer) =>
      Buffer.from(`${label}:${context?.length}`.padEnd(length, '.')).subarray(0, length),
  };
}

test('RFC 9266 §4 tls-exporter on TLS 1.3: 32 octets, its label, an empty context', () => {
  assert.deepEqual(channelBindings(socket('TLSv1.3'), null), [
    { type: 'tls-exporter', data: Buffer.from('EXPORTER-Channel-Binding:0......') },
  ]);
});

test('RFC 9266 §4.2 no tls-exporter on TLS 1.2', () => {
  assert.deepEqual(channelBindings(socket('TLSv1.2'), null), []);
});

test("RFC 5929 §4.1 tls-server-end-point takes the hash of the certificate's signature", () => {
  const der = new X509Certificate(ECDSA_SHA384).raw;
  const data = createHash('sha384').update(der).digest();
  assert.deepEqual(channelBindings(socket('TLSv1.2'), der), [{ type: 'tls-server-end-point', data }]);
});

test('RFC 5929 §4.1 no tls-server-end-point for a signature without a hash of its own', () => {
  assert.equal(serverEndPointBinding(new X509Certificate(ED25519).raw), null);
});
