/**
 * The secrets of the tests: recognisable wherever they turn up, however they were escaped on the way. Nothing that the
 * uploader says may hold one.
 */

const TOKEN_MARK = 'canary-token-7f3a9c';
const FILE_MARK = 'canary-file-1d8e42';

/** Extracta's API token, in every test that gives one. */
export const CANARY_TOKEN = `sk-${TOKEN_MARK}`;

/** What Extracta answers as a file's `url`. */
export const CANARY_URL = `https://storage.example.com/${FILE_MARK}?Signature=${FILE_MARK}`;

/** Also the links of the embedded Extracta, and the token that `npm start` gives it. */
export const CANARIES: readonly string[] = [TOKEN_MARK, FILE_MARK, 'files.extracta.invalid', 'local-token'];
