// `postroad version`: which Postroad, Node and SQLite these are.
import { readFileSync } from 'node:fs';
import type { Command } from '../command.ts';

/** Postroad's own version, from package.json. */
export function postroadVersion(): string {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export const versionCommand: Command = {
  name: 'version',
  synopsis: '',
  summary: 'Shows the version of Postroad, Node and SQLite',
  run(context) {
    const versions = {
      postroad: postroadVersion(),
      node: process.versions.node,
      sqlite: process.versions['sqlite'] ?? 'none',
    };
    context.show(versions, `postroad ${versions.postroad} (node ${versions.node}, sqlite ${versions.sqlite})`);
  },
};
