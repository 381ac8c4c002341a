// Typed values → TOML text and plain JSON, by the schema; secrets are shown as ***.
import type { Entries, Entry, Setting } from './setting.ts';

type Values = Readonly<Record<string, unknown>>;

/** Values as TOML that reads back the same, except for secrets. Settings without a value are commented out. */
export function writeToml(entries: Entries, values: Values): string {
  return `${writeEntries(entries, values, []).join('\n').trim()}\n`;
}

function writeEntries(entries: Entries, values: Values, path: readonly string[]): string[] {
  const settings: string[] = [];
  const blocks: string[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const value = values[name];
    const here = [...path, entry.key];
    if (entry.form === 'setting') settings.push(writeSetting(entry, value));
    else if (entry.form === 'table') {
      blocks.push('', `[${here.join('.')}]`, ...writeEntries(entry.entries, value as Values, here));
    } else {
      for (const each of value as readonly Values[]) {
        blocks.push('', `[[${here.join('.')}]]`, ...writeEntries(entry.entries, each, here));
      }
    }
  }
  return [...settings, ...blocks];
}

function writeSetting(entry: Setting<unknown>, value: unknown): string {
  if (value === null || value === undefined) return `# ${entry.key} = (${entry.otherwise ?? 'nothing'})`;
  return `${entry.key} = ${entry.kind.write(value)}`;
}

/** Values as plain JSON under the keys of the file. */
export function writeJson(entries: Entries, values: Values): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [entry.key, jsonValue(entry, values[name])]),
  );
}

function jsonValue(entry: Entry, value: unknown): unknown {
  if (entry.form === 'table') return writeJson(entry.entries, value as Values);
  if (entry.form === 'tables') return (value as readonly Values[]).map((each) => writeJson(entry.entries, each));
  if (value === null || value === undefined) return null;
  return JSON.parse(entry.kind.write(value)) as unknown;
}

/** The default of a setting as text: its TOML, or what holds when nothing is written. */
export function defaultText(entry: Setting<unknown>): string {
  if (entry.default === undefined) return 'none: it must be written';
  if (entry.default === null) return entry.otherwise ?? 'nothing';
  return tomlText(entry.default);
}

/** The default as TOML; null when there is none. */
export function defaultToml(entry: Setting<unknown>): string | null {
  return entry.default === undefined || entry.default === null ? null : tomlText(entry.default);
}

function tomlText(value: unknown): string {
  return Array.isArray(value) ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]` : JSON.stringify(value);
}
