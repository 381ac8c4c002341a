// The small SQL interface that both engines implement. SQL text stays in the dialect that SQLite and PostgreSQL share;
// placeholders are `?`. Where they differ, the difference is one named function in the engine's own file.

export type SqlValue = number | string | Uint8Array | null;
export type SqlRow = Record<string, SqlValue>;

/** Reads. No statement stays open across an await: pages come with LIMIT and as whole arrays. */
export interface SqlReader {
  all<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T[]>;
  get<T extends object = SqlRow>(text: string, ...values: SqlValue[]): Promise<T | undefined>;
}

/** Reads and writes inside the transaction that the engine has open. */
export interface SqlWriter extends SqlReader {
  run(text: string, ...values: SqlValue[]): Promise<{ changes: number }>;
}
