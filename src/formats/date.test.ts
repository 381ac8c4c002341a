import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDate, parseDate } from './date.ts';

test('RFC 5322 §3.3 formatDate', () => {
  const ms = Date.UTC(2026, 9, 7, 7, 5, 3);
  assert.equal(formatDate(ms), 'Wed, 07 Oct 2026 07:05:03 +0000');
  assert.equal(formatDate(ms, 120), 'Wed, 07 Oct 2026 09:05:03 +0200');
  assert.equal(formatDate(ms, -570), 'Tue, 06 Oct 2026 21:35:03 -0930');
});

test('RFC 5322 §3.3 and §4.3 parseDate', () => {
  const at = (text: string) => Date.parse(text);
  const cases: [string, number | null, number?][] = [
    ['Wed, 07 Oct 2026 09:05:03 +0200', at('2026-10-07T07:05:03Z'), 120],
    ['7 Oct 2026 09:05 -0330', at('2026-10-07T12:35:00Z'), -210],
    ['Wed, 7 Oct 2026 09:05:03 GMT', at('2026-10-07T09:05:03Z'), 0],
    ['Wed, 7 Oct 2026 09:05:03 EST (Eastern)', at('2026-10-07T14:05:03Z'), -300],
    ['Wed, 7 Oct 2026 09:05:03 Z', at('2026-10-07T09:05:03Z'), 0],
    ['Wed, 7 Oct 2026 09:05:03', at('2026-10-07T09:05:03Z'), 0],
    ['Wed , 7 Oct 2026 09 : 05 : 03 +0000', at('2026-10-07T09:05:03Z'), 0],
    ['Wed,  7\r\n Oct\t26 (x) 09:05:03 +0000 (CEST)', at('2026-10-07T09:05:03Z'), 0],
    ['7 Oct 99 09:05:03 +0000', at('1999-10-07T09:05:03Z'), 0],
    ['Wed Oct  7 09:05:03 2026', at('2026-10-07T09:05:03Z'), 0],
    ['Wed, 31 Dec 2016 23:59:60 +0000', at('2017-01-01T00:00:00Z'), 0],
    ['29 Feb 2024 00:00:00 +0000', at('2024-02-29T00:00:00Z'), 0],
    ['29 Feb 2025 00:00:00 +0000', null],
    ['0 Oct 2026 00:00:00 +0000', null],
    ['7 Foo 2026 00:00:00 +0000', null],
    ['7 Oct 2026 24:00:00 +0000', null],
    ['7 Oct 2026 23:60:00 +0000', null],
    ['', null],
    ['tomorrow', null],
  ];
  for (const [text, ms, zoneMinutes] of cases) {
    const expected = ms === null ? null : { ms, zoneMinutes };
    assert.deepEqual(parseDate(text), expected, text);
  }
});
