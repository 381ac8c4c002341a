import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { PROXY_V1_MAX_OCTETS, PROXY_V2_MAX_OCTETS } from './limits.ts';
import { readProxyHeader } from './proxy-header.ts';

const V2 = '\r\n\r\n\0\r\nQUIT\n';
const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
const v2 = (command: number, family: number, body: Buffer, length = body.length): Buffer =>
  Buffer.concat([octets(V2), Buffer.from([command, family, length >> 8, length & 0xff]), body]);
const IPV4_PAIR = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0xc3, 0x50, 0, 25]);
const IPV6_PAIR = Buffer.from(`20010db8${'00'.repeat(11)}07${'00'.repeat(10)}ffffc0000201c3500019`, 'hex');

const good: [title: string, header: Buffer, address: string | null, localAddress?: string][] = [
  ['v1 TCP4', octets('PROXY TCP4 192.0.2.7 192.0.2.1 50000 25\r\n'), '192.0.2.7', '192.0.2.1'],
  ['v1 TCP6', octets('PROXY TCP6 2001:DB8::7 2001:db8::1 50000 25\r\n'), '2001:db8::7', '2001:db8::1'],
  ['v1 UNKNOWN', octets('PROXY UNKNOWN\r\n'), null],
  ['v1 UNKNOWN with words', octets('PROXY UNKNOWN a b c\r\n'), null],
  ['v2 IPv4', v2(0x21, 0x11, IPV4_PAIR), '192.0.2.7', '192.0.2.1'],
  ['v2 IPv4 with a TLV', v2(0x21, 0x11, Buffer.concat([IPV4_PAIR, octets('\x04\0\x01x')])), '192.0.2.7', '192.0.2.1'],
  ['v2 IPv6, one of them mapped', v2(0x21, 0x21, IPV6_PAIR), '2001:db8::7', '192.0.2.1'],
  ['v2 LOCAL', v2(0x20, 0x00, Buffer.alloc(0)), null],
  ['v2 unspecified family', v2(0x21, 0x00, Buffer.alloc(0)), null],
];
for (const [title, header, address, localAddress] of good) {
  test(`PROXY ${title}`, () => {
    const addresses = address === null ? null : { address, port: 50_000, localAddress, localPort: 25 };
    const expected = { kind: 'complete', octets: header.length, addresses };
    assert.deepEqual(readProxyHeader(Buffer.concat([header, octets('EHLO')])), expected);
    for (let cut = 0; cut < header.length; cut++) {
      assert.equal(readProxyHeader(header.subarray(0, cut)).kind, 'incomplete');
    }
  });
}

const bad: [title: string, header: Buffer][] = [
  ['no header', octets('EHLO c\r\n')],
  ['v1 in small letters', octets('proxy TCP4 192.0.2.7 192.0.2.1 1 2\r\n')],
  ['v1 with the wrong family', octets('PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n')],
  ['v1 with no addresses', octets('PROXY TCP4 a b 1 2\r\n')],
  ['v1 with a zone', octets('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n')],
  ['v1 with a port too high', octets('PROXY TCP4 192.0.2.7 192.0.2.1 65536 25\r\n')],
  ['v1 that is too long', octets(`PROXY UNKNOWN ${'x'.repeat(PROXY_V1_MAX_OCTETS)}`)],
  ['v2 of version 1', v2(0x11, 0x11, IPV4_PAIR)],
  ['v2 with an unknown command', v2(0x22, 0x11, IPV4_PAIR)],
  ['v2 over UDP', v2(0x21, 0x12, IPV4_PAIR)],
  ['v2 that is too short for its family', v2(0x21, 0x21, IPV4_PAIR)],
  ['v2 that is too long', v2(0x21, 0x11, IPV4_PAIR, PROXY_V2_MAX_OCTETS)],
];
for (const [title, header] of bad) {
  test(`PROXY ${title} is malformed`, () => {
    assert.equal(readProxyHeader(header).kind, 'malformed');
  });
}

test('any octets are a header, the start of one, or malformed; never more than they are', () => {
  const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', V2, `${V2}\x21\x11`, `${V2}\x21\x21\0\x24`);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 120 }), (text, rest) => {
      const input = Buffer.concat([octets(text), rest]);
      const header = readProxyHeader(input);
      if (header.kind === 'complete') assert.ok(header.octets <= input.length);
      if (header.kind === 'incomplete') assert.ok(input.length < PROXY_V2_MAX_OCTETS);
    }),
  );
});
