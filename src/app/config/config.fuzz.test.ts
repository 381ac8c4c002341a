// No text makes the configuration reader throw anything but a ConfigError with a message of one line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError } from './config-error.ts';
import { allSettings } from './config-page.ts';
import { parseConfig } from './load-config.ts';
import { formatSmartHost, parseSmartHost } from './smart-host.ts';

const MACHINE = { cores: 2, name: 'mx.one.test' };

function onlyConfigErrors(text: string): void {
  try {
    const config = parseConfig(text, { file: 'a.toml', folder: '/srv', machine: MACHINE });
    assert.ok(config.listeners.length > 0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    assert.ok(error.problems.length > 0);
    for (const { message } of error.problems) assert.doesNotMatch(message, /\n/u);
  }
}

const keys = allSettings().map(([key]) => key);
const scalars = ['1', '-0', '"*"', '"30s"', '"25MB"', 'true', '[]', '[[]]', '{}', '1979-05-27', 'nan', '"::1"', '""'];
const words = fc.oneof(
  fc.constantFrom(...keys, ...keys.map((key) => key.split('.').at(-1) ?? '')),
  fc.constantFrom(...scalars, '=', '\n', '[', ']', '[[', ']]', '{', '}', '"""', "'''", '"', "'", '#', '.', ',', '\\'),
  fc.string({ maxLength: 8 }),
);

test('random texts', () => {
  fc.assert(fc.property(fc.string(), onlyConfigErrors));
  fc.assert(fc.property(fc.array(words, { maxLength: 30 }), (parts) => onlyConfigErrors(parts.join(' '))));
});

test('right keys with wrong values', () => {
  const value = fc.oneof(
    fc.constantFrom(...scalars),
    fc.json(),
    fc.string().map((text) => JSON.stringify(text)),
  );
  const line = fc.tuple(fc.constantFrom(...keys), value).map(([key, text]) => `${key} = ${text}`);
  fc.assert(fc.property(fc.array(line, { maxLength: 5 }), (lines) => onlyConfigErrors(lines.join('\n'))));
});

test('nesting is bounded', () => {
  onlyConfigErrors(`a = ${'['.repeat(100_000)}`);
  onlyConfigErrors(`[${'a.'.repeat(50_000)}a]`);
  onlyConfigErrors(`a = ${'{a='.repeat(100_000)}`);
  onlyConfigErrors('"'.repeat(100_000));
});

const KINDS = [
  { protocol: 'smtp', implicitTls: false },
  { protocol: 'smtp', implicitTls: true },
  { protocol: 'lmtp', implicitTls: false },
] as const;

test('a smarthost reads back as it was written', () => {
  const host = fc.record({
    kind: fc.constantFrom(...KINDS),
    host: fc.constantFrom('smart.test', '192.0.2.1', '2001:db8::1'),
    port: fc.integer({ min: 1, max: 65_535 }),
    user: fc.string({ minLength: 1, unit: 'grapheme' }),
    password: fc.option(fc.string({ unit: 'grapheme' })),
  });
  fc.assert(
    fc.property(host, ({ kind, ...rest }) => {
      const via = { ...kind, ...rest };
      assert.deepEqual(parseSmartHost(formatSmartHost(via, true)), via);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseSmartHost(text)));
});
