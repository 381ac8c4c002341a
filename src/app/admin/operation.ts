// What an administrative operation is: the arguments it takes, declared, and what it does. The same table serves the
// command line without a server and the control socket of a running one, where arguments arrive as unknown JSON.
import { CommandError } from '../cli/command.ts';
import type { AdminContext } from './admin-context.ts';

interface ValueByKind {
  text: string;
  texts: readonly string[];
  /** Lists of lists of texts. */
  rows: readonly (readonly string[])[];
  number: number;
  flag: boolean;
}

type PlainKind = keyof ValueByKind;

/** With `?` it may be missing; the operation then sees null. */
export type ArgumentKind = PlainKind | `${PlainKind}?`;

export type ArgumentSpec = Readonly<Record<string, ArgumentKind>>;

type ValueOf<K extends ArgumentKind> = K extends `${infer P extends PlainKind}?`
  ? ValueByKind[P] | null
  : K extends PlainKind
    ? ValueByKind[K]
    : never;

/** The arguments as the operation sees them. */
export type ArgumentsOf<S extends ArgumentSpec> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** The arguments as a caller gives them. */
export type GivenArguments<S extends ArgumentSpec> = {
  readonly [K in keyof S as S[K] extends `${string}?` ? never : K]: ValueOf<S[K]>;
} & { readonly [K in keyof S as S[K] extends `${string}?` ? K : never]?: ValueOf<S[K]> | undefined };

/** How far a long operation has come. */
export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;

export interface Operation<S extends ArgumentSpec = ArgumentSpec, R = unknown> {
  readonly spec: S;
  /** Throws CommandError for what the user can mend. The result is plain data. */
  readonly run: (context: AdminContext, args: ArgumentsOf<S>, onProgress: OnProgress) => Promise<R>;
}

/** Declares an operation. */
export function operation<const S extends ArgumentSpec, R>(spec: S, run: Operation<S, R>['run']): Operation<S, R> {
  return { spec, run };
}

/** Checks what came over the socket against the declaration. Throws CommandError. */
export function readArguments<S extends ArgumentSpec>(spec: S, given: unknown): ArgumentsOf<S> {
  const values = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(spec, name));
  if (unknown !== undefined) throw new CommandError(`there is no argument '${unknown}'`);
  const read = Object.entries(spec).map(([name, kind]) => {
    const value = values[name] ?? null;
    const optional = kind.endsWith('?');
    if (value === null && optional) return [name, null];
    const plain = (optional ? kind.slice(0, -1) : kind) as PlainKind;
    if (!CHECKS[plain](value)) throw new CommandError(`argument '${name}' must be ${WANTED[plain]}`);
    return [name, value];
  });
  return Object.fromEntries(read) as ArgumentsOf<S>;
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each: unknown) => typeof each === 'string');

const CHECKS: Readonly<Record<PlainKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  texts: isTexts,
  rows: (value) => Array.isArray(value) && value.every(isTexts),
  number: (value) => Number.isSafeInteger(value),
  flag: (value) => typeof value === 'boolean',
};

const WANTED: Readonly<Record<PlainKind, string>> = {
  text: 'a text',
  texts: 'a list of texts',
  rows: 'a list of lists of texts',
  number: 'a whole number',
  flag: 'true or false',
};
