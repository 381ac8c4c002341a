// docs/dependencies.md names exactly what package.json names, with the same versions and licences.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
}

/** The rows `| name | version | licence | alive | packages | size | reason |` of the page. */
function rowsOf(page: string): Map<string, { version: string; licence: string; reason: string }> {
  const rows = new Map<string, { version: string; licence: string; reason: string }>();
  for (const line of page.split('\n')) {
    const [, name = '', version = '', licence = '', , , , reason = ''] = line.split('|').map((cell) => cell.trim());
    if (/^\d/u.test(version)) rows.set(name, { version, licence, reason });
  }
  return rows;
}

test('the page of the dependencies names what package.json names', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { license?: string; hasInstallScript?: boolean }>;
  };
  const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const rows = rowsOf(readFileSync('docs/dependencies.md', 'utf8'));
  assert.deepEqual([...rows.keys()].toSorted(), Object.keys(named).toSorted());
  for (const [name, version] of Object.entries(named)) {
    assert.match(version, /^\d+\.\d+\.\d+$/u, `${name}: the version must be exact`);
    assert.equal(rows.get(name)?.version, version, name);
    assert.equal(rows.get(name)?.licence, lock.packages[`node_modules/${name}`]?.license, name);
    assert.notEqual(rows.get(name)?.reason, '', name);
  }
  const scripts = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript === true);
  assert.deepEqual(
    scripts.map(([name]) => name),
    [],
    'no package may need an install script',
  );
});

test('the rows are read', () => {
  const rows = rowsOf(
    '| package | version | licence |\n|---|---|---|\n| a | 1.0.0 | MIT | yes | 1 | 1 MB | because |\n',
  );
  assert.deepEqual([...rows], [['a', { version: '1.0.0', licence: 'MIT', reason: 'because' }]]);
});
