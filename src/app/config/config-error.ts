// What the configuration reader throws: every problem at once, each with file, line and mend.
import { PROBLEMS_MAX } from './limits.ts';

export interface ConfigProblem {
  /** Null: the setting stands in no file (a default, or the machine). */
  readonly file: string | null;
  /** Counted from 1; null when the problem belongs to no line. */
  readonly line: number | null;
  /** What is wrong and how to mend it, in one line. */
  readonly message: string;
}

/** `file:line: message`. */
export function formatProblem({ file, line, message }: ConfigProblem): string {
  const place = [file, line].filter((part) => part !== null).join(':');
  return place === '' ? message : `${place}: ${message}`;
}

/** The configuration cannot be used. The message is the first problem and how many more there are. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more; 'postroad config check' tells all)` : '';
    super(`${first === undefined ? 'unusable configuration' : formatProblem(first)}${more}`);
    this.name = 'ConfigError';
    this.problems = problems.slice(0, PROBLEMS_MAX);
  }
}

/** Thrown by a kind of value for a value it does not take; `message` says what it wants. */
export class BadValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadValue';
  }
}
