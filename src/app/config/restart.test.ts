import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load-config.ts';
import { changesThatNeedRestart } from './restart.ts';

test('only ports, folders, threads and the log need a restart', () => {
  const parse = (text: string) =>
    parseConfig(text, { file: 'a.toml', folder: '/srv', machine: { cores: 3, name: 'mx.one.test' } });
  const cases: [string, string[]][] = [
    ['[limits]\nhops = 50\n[[route]]\ndomain = "*"\nvia = "smtp://a"', []],
    ['threads = 3', ['threads']],
    ['data = "/elsewhere"\n[[listener]]\nprotocol = "smtp"', ['data', 'listener']],
    ['[log]\nlevel = "debug"\n[metrics]\nallow_from = []', ['log', 'metrics']],
    ['threads = 2', []],
  ];
  for (const [text, expected] of cases) assert.deepEqual(changesThatNeedRestart(parse(''), parse(text)), expected);
});
