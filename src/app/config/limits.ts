// Limits of the configuration reader.

/** The largest configuration file, in octets. */
export const CONFIG_FILE_MAX_BYTES = 1024 * 1024;
/** The largest secret file (a password), in octets. */
export const SECRET_FILE_MAX_BYTES = 4096;
/** How deep arrays and inline tables may nest. */
export const TOML_DEPTH_MAX = 32;
/** After this many problems the rest is not told. */
export const PROBLEMS_MAX = 50;
