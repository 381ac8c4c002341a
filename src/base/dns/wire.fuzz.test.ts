import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MESSAGE_RECORDS_MAX } from './limits.ts';
import { type DnsRecord, dnsName } from './records.ts';
import { decodeQuery, decodeResponse, encodeQuery, encodeResponse, isReplyTo } from './wire.ts';

const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const text = fc.string({ unit: 'grapheme', maxLength: 700 });
const byte = fc.integer({ min: 0, max: 255 });
const word = fc.integer({ min: 0, max: 65_535 });

const data: fc.Arbitrary<Pick<DnsRecord, 'type' | 'data'>> = fc.oneof(
  fc.ipV4().map((d) => ({ type: 'A' as const, data: d })),
  name.map((d) => ({ type: 'CNAME' as const, data: d })),
  name.map((d) => ({ type: 'PTR' as const, data: d })),
  fc
    .record({ preference: word, exchange: fc.oneof(name, fc.constant('.')) })
    .map((d) => ({ type: 'MX' as const, data: { ...d } })),
  text.map((d) => ({ type: 'TXT' as const, data: d })),
  fc
    .record({ priority: word, weight: word, port: word, target: name })
    .map((d) => ({ type: 'SRV' as const, data: { ...d } })),
  fc
    .record({ usage: byte, selector: byte, matchingType: byte, data: fc.uint8Array({ minLength: 1, maxLength: 64 }) })
    .map((d) => ({ type: 'TLSA' as const, data: { ...d } })),
);
const record = fc
  .record({ name, ttlSeconds: fc.integer({ min: 0, max: 0x7fff_ffff }), data })
  .map((r) => ({ name: r.name, ttlSeconds: r.ttlSeconds, ...r.data }) as DnsRecord);

test('a response reads back as it was written, and answers only its own query', () => {
  fc.assert(
    fc.property(word, name, fc.array(record, { maxLength: 20 }), (id, asked, answers) => {
      const query = { id, name: asked, type: 'MX', edns: true } as const;
      const message = encodeResponse(query, {
        rcode: 0,
        authenticated: true,
        answers,
        authorities: [],
        transport: 'tcp',
      });
      assert.deepEqual(decodeResponse(message)?.answers, answers);
      assert.equal(isReplyTo(encodeQuery(query), message), true);
      assert.equal(isReplyTo(encodeQuery({ ...query, id: id ^ 1 }), message), false);
      assert.equal(isReplyTo(encodeQuery({ ...query, name: `x${asked}` }), message), false);
      assert.equal(isReplyTo(encodeQuery({ ...query, type: 'A' }), message), false);
      assert.deepEqual(decodeQuery(encodeQuery(query)), query);
    }),
  );
});

test('any octets are read as something or as null', () => {
  const query = encodeQuery({ id: 1, name: 'one.test', type: 'A', edns: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 60 }), (octets, kept) => {
      for (const message of [Buffer.from(octets), Buffer.concat([query.subarray(0, kept), octets])]) {
        decodeResponse(message);
        decodeQuery(message);
        isReplyTo(query, message);
      }
    }),
  );
});

test('a damaged response is read as something or as null', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(word, byte)), (answers, damage) => {
      const query = { id: 1, name: 'one.test', type: 'A', edns: true } as const;
      const message = encodeResponse(query, {
        rcode: 0,
        authenticated: false,
        answers,
        authorities: [],
        transport: 'tcp',
      });
      for (const [at, value] of damage) message[at % message.length] = value;
      const read = decodeResponse(message);
      for (const answer of read?.answers ?? []) assert.notEqual(dnsName(answer.name), null);
    }),
  );
});

test(`a response that claims more than ${MESSAGE_RECORDS_MAX} records is malformed`, () => {
  const message = encodeResponse(
    { id: 1, name: 'one.test', type: 'A', edns: false },
    { rcode: 0, authenticated: false, answers: [], authorities: [], transport: 'tcp' },
  );
  assert.notEqual(decodeResponse(message), null);
  message.writeUInt16BE(MESSAGE_RECORDS_MAX + 1, 6);
  assert.equal(decodeResponse(message), null);
});

test('RFC 2181 §8 a TTL with its highest bit set is zero', () => {
  const message = encodeResponse(
    { id: 1, name: 'one.test', type: 'A', edns: false },
    {
      rcode: 0,
      authenticated: false,
      answers: [{ name: 'one.test', type: 'A', ttlSeconds: 0x8000_0000, data: '192.0.2.1' }],
      authorities: [],
      transport: 'tcp',
    },
  );
  assert.equal(decodeResponse(message)?.answers[0]?.ttlSeconds, 0);
});
