import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceStep } from '../../services/journey/trace.ts';
import type { HostName } from './hosts.ts';
import { describeRoadStep, drawRoad, legsOf } from './picture.ts';
import type { RoadStep } from './road.ts';

const EMPTY = { delayMs: null, address: null, by: null, data: {}, recipient: null, host: null, tls: null };

function at(host: HostName, kind: TraceStep['kind'], atMs: number, parts: Partial<TraceStep> = {}): RoadStep {
  return { host, step: { ...EMPTY, protocol: null, reply: null, kind, atMs, ...parts } };
}

test('each leg is the time from one server to the next, and the picture shows them', () => {
  const steps = [
    at('one', 'received', 1051, { data: { service: 'submission' } }),
    at('one', 'queued', 1051),
    at('two', 'received', 1097, { data: { service: 'smtp' } }),
    at('three', 'received', 1397),
    at('three', 'delivered', 1397),
  ];
  const legs = legsOf(steps, 1000, 1400);
  assert.deepEqual(legs, [
    { by: 'submission', to: 'one.test', tookMs: 51 },
    { by: 'smtp', to: 'two.test', tookMs: 46 },
    { by: 'smtp', to: 'three.test', tookMs: 300 },
    { by: 'pop3', to: 'Bob', tookMs: 3 },
  ]);
  assert.equal(
    drawRoad(legs),
    [
      '  Ann ──submission──▶ one.test ──smtp──▶ two.test ──smtp──▶ three.test ──pop3──▶ Bob',
      '          +51 ms                +46 ms             +0.3 s                +3 ms',
    ].join('\n'),
  );
});

test('steps are told in words', () => {
  const cases: [RoadStep, string][] = [
    [
      at('two', 'received', 0, { host: 'mx.one.test', protocol: 'ESMTPS', tls: 'TLSv1.3 X' }),
      'mx.two.test took it from mx.one.test by ESMTPS, TLSv1.3 X',
    ],
    [at('two', 'received', 0), 'mx.two.test took it from a program by SMTP, not encrypted'],
    [at('one', 'queued', 0, { recipient: 'bob@three.test' }), 'mx.one.test queued it for bob@three.test'],
    [
      at('one', 'relayed', 0, { host: 'mx.two.test', reply: '250 ok' }),
      'mx.one.test passed it on to mx.two.test, which said “250 ok”',
    ],
    [at('three', 'delivered', 0, { recipient: 'bob' }), 'mx.three.test put it into the mailbox of bob'],
    [at('two', 'deferred', 0, { reply: 'later' }), 'mx.two.test: deferred “later”'],
    [at('two', 'reported', 0), 'mx.two.test: reported'],
  ];
  for (const [step, text] of cases) assert.equal(describeRoadStep(step), text);
});
