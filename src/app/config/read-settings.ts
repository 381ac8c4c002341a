// Values of a TOML document → the typed values of a schema. Collects every problem instead of stopping at the first.
import { nearestWord } from '../../base/text/nearest.ts';
import { BadValue, type ConfigProblem } from './config-error.ts';
import type { Entries, Setting, ValuesOf } from './setting.ts';
import type { TomlDocument } from './toml.ts';

type Path = readonly (string | number)[];

export interface SettingsSource {
  readonly document: TomlDocument;
  readonly file: string | null;
  /** Relative paths start here. */
  readonly folder: string;
}

/** Reads `entries`; problems are added to `problems`, and their settings keep their defaults. */
export function readSettings<E extends Entries>(
  entries: E,
  source: SettingsSource,
  problems: ConfigProblem[],
): ValuesOf<E> {
  return new SettingsReader(source, problems).read(entries, source.document.values, []) as ValuesOf<E>;
}

/** `listener.1.port` for people: counts from 1, `listener[2].port`. */
function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part + 1}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Date.prototype && isPlain(value);

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

class SettingsReader {
  readonly #source: SettingsSource;
  readonly #problems: ConfigProblem[];

  constructor(source: SettingsSource, problems: ConfigProblem[]) {
    this.#source = source;
    this.#problems = problems;
  }

  read(entries: Entries, values: Record<string, unknown>, path: Path): Record<string, unknown> {
    const known = new Set(Object.values(entries).map((entry) => entry.key));
    for (const key of Object.keys(values)) if (!known.has(key)) this.#unknownKey([...path, key], known);
    const result: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(entries)) {
      const here = [...path, entry.key];
      const value = Object.hasOwn(values, entry.key) ? values[entry.key] : undefined;
      if (entry.form === 'setting') result[name] = this.#setting(entry, value, here);
      else if (entry.form === 'table') result[name] = this.read(entry.entries, this.#table(value, here), here);
      else result[name] = this.#tables(value, here).map((each, i) => this.read(entry.entries, each, [...here, i]));
    }
    return result;
  }

  #setting(entry: Setting<unknown>, value: unknown, path: Path): unknown {
    const { folder } = this.#source;
    if (value === undefined) {
      if (entry.default === undefined) this.#add(path.slice(0, -1), `${pathText(path)} is missing`);
      return entry.default === undefined || entry.default === null ? null : entry.kind.parse(entry.default, folder);
    }
    try {
      return entry.kind.parse(value, folder);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      this.#add(path, `${pathText(path)} ${error.message}`);
      return null;
    }
  }

  #table(value: unknown, path: Path): Record<string, unknown> {
    if (value === undefined) return {};
    if (isTable(value)) return value;
    this.#add(path, `${pathText(path)} must be a table: write [${pathText(path)}] above its settings`);
    return {};
  }

  #tables(value: unknown, path: Path): Record<string, unknown>[] {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every(isTable)) return value;
    this.#add(path, `${pathText(path)} must be a list of tables: write [[${pathText(path)}]] above each`);
    return [];
  }

  #unknownKey(path: Path, known: ReadonlySet<string>): void {
    const near = nearestWord(String(path.at(-1)), known);
    const mend = near === null ? `known here are ${[...known].join(', ')}` : `did you mean '${near}'?`;
    this.#add(path, `there is no setting '${pathText(path)}'; ${mend}`);
  }

  #add(path: Path, message: string): void {
    const line = this.#source.document.lineOf(path);
    this.#problems.push({ file: this.#source.file, line, message: message.replaceAll(/[\p{Cc}\s]+/gu, ' ') });
  }
}
