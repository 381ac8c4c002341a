// What every layer logs to. The implementation (pino) is chosen in app/; tests pass `silentLog`.
// Never logged: passwords, verifiers, subjects, message bytes.

export type LogFields = Record<string, unknown>;

export interface Log {
  debug(fields: LogFields, text: string): void;
  info(fields: LogFields, text: string): void;
  warn(fields: LogFields, text: string): void;
  error(fields: LogFields, text: string): void;
  /** A log whose every line carries `fields` too. */
  child(fields: LogFields): Log;
}

/** Drops everything. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
