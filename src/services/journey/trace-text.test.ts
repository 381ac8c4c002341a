import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageTrace, TraceStep } from './trace.ts';
import { formatDelay, formatTrace, formatTraces } from './trace-text.ts';

const PLAIN = { colours: false, zoneMinutesAt: () => 60 };
const EMPTY = {
  recipient: null,
  host: null,
  address: null,
  tls: null,
  protocol: null,
  by: null,
  reply: null,
  data: {},
};

function step(
  kind: TraceStep['kind'],
  at: number | null,
  delayMs: number | null,
  parts: Partial<TraceStep>,
): TraceStep {
  return { ...EMPTY, kind, atMs: at === null ? null : Date.UTC(2026, 0, 2, 3, 4, 5) + at, delayMs, ...parts };
}

const TRACE: MessageTrace = {
  queueId: 'abc1234',
  messageId: '<m@two.test>',
  reversePath: 'ann@two.test',
  role: 'administrator',
  stored: true,
  totalMs: 4312,
  steps: [
    step('hop', 0, null, { host: 'pc', address: '192.0.2.9', by: 'mx.two.test', protocol: 'ESMTPSA' }),
    step('hop', null, null, { by: 'nowhere' }),
    step('received', 4000, 4000, { host: '[192.0.2.2]', address: '192.0.2.2', tls: 'TLSv1.3 X' }),
    step('deferred', 4012, 12, {
      recipient: 'b@three.test',
      host: 'mx3',
      reply: '451 \u001b[31mlater',
      data: { enhanced: '4.3.0' },
    }),
    step('relayed', 4312, 300, { recipient: 'b@three.test', host: 'mx3', reply: '250 ok' }),
    step('delivered', 4312, 0, { recipient: 'c@one.test', data: { account: 'c@one.test', mailbox: 'INBOX' } }),
  ],
};

test('a timeline is aligned, in local time, with the delay of each step', () => {
  assert.equal(
    formatTrace(TRACE, PLAIN),
    [
      '<m@two.test>  from ann@two.test  queue id abc1234',
      '  2026-01-02 04:04:05.000          → passed     from pc [192.0.2.9] by mx.two.test with ESMTPSA',
      '                                   → passed     by nowhere',
      '  2026-01-02 04:04:09.000    +4 s  → received   from [192.0.2.2] (TLSv1.3 X)',
      '  2026-01-02 04:04:09.012  +12 ms  ⇢ waits      for b@three.test at mx3 enhanced=4.3.0 “451  [31mlater”',
      '  2026-01-02 04:04:09.312  +0.3 s  ⇢ relayed    for b@three.test at mx3 “250 ok”',
      '  2026-01-02 04:04:09.312   +0 ms  ■ delivered  for c@one.test mailbox=INBOX',
      '  6 steps in 4.3 s',
    ].join('\n'),
  );
});

test('colours are for terminals; a remote cannot write escape sequences either way', () => {
  assert.ok(!formatTrace(TRACE, PLAIN).includes('\u001b'));
  const painted = formatTrace(TRACE, { ...PLAIN, colours: true });
  assert.ok(painted.includes('\u001b[32mrelayed  \u001b[0m'));
  assert.ok(!painted.includes('\u001b[31mlater'));
});

test('several timelines, one whose message is gone, and the null sender', () => {
  const gone = { ...TRACE, messageId: null, reversePath: '', stored: false, totalMs: null, steps: [] };
  const text = formatTraces([gone, TRACE], PLAIN);
  assert.match(text, /^no message id {2}from <> \(a report\) {2}queue id abc1234\n {2}The message itself is not here/u);
  assert.ok(text.includes('\n\n<m@two.test>'));
});

test('delays are short', () => {
  const cases: [number, string][] = [
    [0, '+0 ms'],
    [99, '+99 ms'],
    [312, '+0.3 s'],
    [42_000, '+42 s'],
    [240_000, '+4 min'],
    [9_000_000, '+2.5 h'],
    [864_000_000, '+10 d'],
    [-2000, '-2 s'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDelay(ms), text);
});
