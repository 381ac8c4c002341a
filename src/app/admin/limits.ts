// Bounds on administrative operations.

/** Records of one page of a listing. */
export const PAGE_RECORDS_MAX = 500;
/** Accounts of one call of an import. */
export const IMPORT_ROWS_MAX = 100;
/** Octets of a file with accounts to import. */
export const IMPORT_FILE_MAX_BYTES = 64 * 1024 * 1024;
/** Faults of an import file that are told. */
export const IMPORT_FAULTS_MAX = 100;
/** A longer password is refused; every known hash takes at least this much. */
export const PASSWORD_MAX_CHARACTERS = 1000;
/** Aliases and groups that a refusal names. */
export const NAMED_LISTS_MAX = 10;
/** What people call the owner of an account. */
export const NAME_MAX_CHARACTERS = 200;
/** How long a command or a server waits for a data folder that another command has, and how often it looks. */
export const FOLDER_WAIT_MS = 5000;
export const FOLDER_LOOK_MS = 100;
