// Writes the generated documents from the tables they follow. With --check it writes nothing and fails on a difference.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CLI_PAGE, cliPage } from '../src/app/cli/cli-page.ts';
import { COMMANDS } from '../src/app/cli/commands.ts';
import { CONFIG_EXAMPLE, CONFIG_PAGE, configExample, configPage } from '../src/app/config/config-page.ts';
import { METRICS_PAGE, metricsPage } from '../src/services/metrics/metrics-page.ts';
import { LAYERS_PAGE, layersPage } from '../test/architecture/layers-page.ts';
import { readTree } from '../test/architecture/source-tree.ts';
import { RFC_COVERAGE_PAGE, rfcCoveragePage } from './rfc-coverage.ts';

const PAGES: Record<string, () => string> = {
  [LAYERS_PAGE]: layersPage,
  [RFC_COVERAGE_PAGE]: () => rfcCoveragePage(readTree()),
  [CONFIG_PAGE]: configPage,
  [CONFIG_EXAMPLE]: configExample,
  [METRICS_PAGE]: metricsPage,
  [CLI_PAGE]: () => cliPage(COMMANDS),
};

function current(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const check = process.argv.includes('--check');
const stale = Object.entries(PAGES).filter(([path, make]) => current(path) !== make());
for (const [path, make] of stale) {
  console.log(`${check ? 'out of date' : 'written'}: ${path}`);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, make());
}
if (check && stale.length > 0) {
  console.log('Run `npm run gen` and commit the result.');
  process.exitCode = 1;
}
