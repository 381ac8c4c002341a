import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatReceived, parseReceived, type ReceivedStamp } from './received.ts';

const STAMP: ReceivedStamp = {
  from: { helo: 'mx.two.test', rdns: 'mx.two.test', ip: '192.0.2.7' },
  by: 'mx.one.test',
  protocol: 'ESMTPS',
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  id: 'Qk3',
  for: 'ann@one.test',
  atMs: Date.UTC(2026, 9, 7, 7, 5, 3),
  zoneMinutes: 0,
};

test('parseReceived(formatReceived(x)) says x', () => {
  const name = fc.domain();
  const stamp = fc.record({
    helo: name,
    rdns: fc.option(name),
    ip: fc.ipV4(),
    by: name,
    id: fc.stringMatching(/^[A-Za-z0-9]{1,12}$/),
  });
  fc.assert(
    fc.property(stamp, fc.string({ unit: 'binary' }), ({ helo, rdns, ip, by, id }, hostile) => {
      const hop = parseReceived(
        formatReceived({ ...STAMP, from: { helo, rdns, ip }, by, id }).slice('Received:'.length),
      );
      assert.deepEqual(
        [hop.from, hop.ip, hop.by, hop.id, hop.for, hop.atMs],
        [helo, ip, by, id, STAMP.for, STAMP.atMs],
      );
      assert.equal(parseReceived(hostile).comments.length <= hostile.length, true);
    }),
  );
});
