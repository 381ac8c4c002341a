// What a schema is made of: settings, tables and arrays of tables, and the TypeScript type of what they give.
import type { Kind } from './kinds.ts';

export interface Setting<T> {
  readonly form: 'setting';
  /** As written in the file. */
  readonly key: string;
  readonly kind: Kind<T & {}>;
  /** As it would be written in TOML; null: nothing, and then `otherwise` says what holds; undefined: must be given. */
  readonly default: unknown;
  readonly otherwise?: string;
  /** What a bare number counts, e.g. `recipients`. */
  readonly unit?: string;
  /** One sentence. */
  readonly doc: string;
  /** The first release that knows it. */
  readonly since: string;
}

export type Entry = Setting<unknown> | Table<Entries> | Tables<Entries>;
export type Entries = Readonly<Record<string, Entry>>;

/** `[key]` */
export interface Table<E> {
  readonly form: 'table';
  readonly key: string;
  readonly doc: string;
  readonly entries: E;
}

/** `[[key]]` */
export interface Tables<E> {
  readonly form: 'tables';
  readonly key: string;
  readonly doc: string;
  readonly entries: E;
}

export type ValueOf<E> =
  E extends Setting<infer T>
    ? T
    : E extends Table<infer S>
      ? ValuesOf<S>
      : E extends Tables<infer S>
        ? readonly ValuesOf<S>[]
        : never;

/** The type of what a schema gives. */
export type ValuesOf<S> = { readonly [K in keyof S]: ValueOf<S[K]> };

interface SettingSpec {
  readonly doc: string;
  readonly since: string;
  readonly unit?: string;
}

/** A setting that has a value when nothing is written. */
export function setting<T>(key: string, kind: Kind<T & {}>, spec: SettingSpec & { default: unknown }): Setting<T> {
  return { form: 'setting', key, kind, ...spec };
}

/** A setting that may be absent (null); `otherwise` says what holds then. */
export function optional<T>(
  key: string,
  kind: Kind<T & {}>,
  spec: SettingSpec & { otherwise: string },
): Setting<T | null> {
  return { form: 'setting', key, kind, default: null, ...spec };
}

/** A setting that must be written. */
export function required<T>(key: string, kind: Kind<T & {}>, spec: SettingSpec): Setting<T> {
  return { form: 'setting', key, kind, default: undefined, ...spec };
}

export function table<const E extends Entries>(key: string, doc: string, entries: E): Table<E> {
  return { form: 'table', key, doc, entries };
}

export function tables<const E extends Entries>(key: string, doc: string, entries: E): Tables<E> {
  return { form: 'tables', key, doc, entries };
}
