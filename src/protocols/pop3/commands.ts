// The commands of POP3 as values. RFC 1939 §3–7 and §9; RFC 2449 (CAPA); RFC 2595 (STLS); RFC 5034 (AUTH);
// RFC 6856 (UTF8, LANG). APOP needs the password in the clear on the server's side and is not offered.

type Each<V extends string, T> = V extends string ? { readonly verb: V } & T : never;

export type Pop3Command =
  | { readonly verb: 'USER'; readonly name: string }
  | { readonly verb: 'PASS'; readonly password: string }
  /** `mechanism` null: the old way to ask which mechanisms there are. `initialResponse` is base64 or '='. */
  | { readonly verb: 'AUTH'; readonly mechanism: string | null; readonly initialResponse: string | null }
  | Each<'LIST' | 'UIDL', { readonly message: number | null }>
  | Each<'RETR' | 'DELE', { readonly message: number }>
  | { readonly verb: 'TOP'; readonly message: number; readonly lines: number }
  /** `language` null asks for the list, '*' for the server's own choice. */
  | { readonly verb: 'LANG'; readonly language: string | null }
  | Each<'STAT' | 'NOOP' | 'RSET' | 'QUIT' | 'CAPA' | 'STLS' | 'UTF8', object>;

export type Pop3Verb = Pop3Command['verb'];

/** The command with that verb. */
export type Pop3CommandOf<V extends Pop3Verb> = Extract<Pop3Command, { readonly verb: V }>;
