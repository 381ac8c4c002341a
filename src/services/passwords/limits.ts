// Costs of our own hashes, and bounds on the cost of hashes that come from elsewhere.

/** Memory of argon2id in KiB, passes and lanes: 19 MiB, 2, 1, the smallest that OWASP recommends. */
export const ARGON2_MEMORY_KIB = 19_456;
export const ARGON2_PASSES = 2;
export const ARGON2_LANES = 1;

/** An imported argon2id hash may ask for this much memory, and for this much memory times passes (about a second). */
export const ARGON2_MEMORY_MAX_KIB = 262_144;
export const ARGON2_WORK_MAX_KIB = 1_048_576;
export const ARGON2_LANES_MAX = 16;

/** An imported bcrypt hash may cost 2^15 rounds (about two seconds). */
export const BCRYPT_COST_MAX = 15;

/** An imported sha512-crypt hash may ask for this many rounds (about two seconds); some libraries write 656,000. */
export const SHA512_CRYPT_ROUNDS_MAX = 1_000_000;

/** Rounds of sha512-crypt in one go, about a millisecond; then other work has its turn. */
export const SHA512_CRYPT_SLICE_ROUNDS = 500;

/** The longest text that may be a hash. */
export const HASH_TEXT_MAX_CHARACTERS = 512;

/**
 * Iterations of a new SCRAM verifier. RFC 7677 §4 asks for 4,096 at least and for what takes a modern machine 0.1 s. The
 * client pays for them at every sign-in, and mail programs open five connections at once on phones, so OWASP's 600,000
 * (meant for servers that pay themselves) would be felt; 20,000 take an old phone about that 0.1 s. The verifier is the
 * weaker of our two hashes offline; docs/design/login.md says so.
 */
export const SCRAM_ITERATIONS = 20_000;
export const SCRAM_SALT_OCTETS = 16;

/** Hashing jobs that may wait behind the running ones: about five seconds of work on two cores. */
export const HASH_QUEUE_WAITING_MAX = 256;

/** How long a password that was right counts as right without hashing. */
export const VERIFIED_TTL_MS = 60_000;

/** Right passwords that are remembered at a time. */
export const VERIFIED_MAX = 20_000;
