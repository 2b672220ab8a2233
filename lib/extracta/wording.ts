/** Extracta tells its refusals apart by wording alone, and the wording varies. */

const LONGEST_QUOTE = 300;
/** Characters. What a refusal is about stands at its beginning. */
const LONGEST_READ = 2000;

const TOO_LITTLE = '(?:not enough|insufficient)';
const CREDITS = new RegExp(
  String.raw`\bcredits?\b|\b${TOO_LITTLE} (?:\w+ )?(?:balance|pages)\b|\bbalance (?:is )?${TOO_LITTLE}\b`,
);

/**
 * An empty account. "credit" and "not enough" were seen in public integrations; the HTTP status that goes with them is
 * not known. Alone, "not enough" may be said of a document's text: that must not stop the line.
 */
export function saysOutOfCredits(message: string): boolean {
  return CREDITS.test(plain(message));
}

const THE = '(?:(?:the|this|that|your|a|any|given|specified|provided) )*';
const THING = String.raw`\b(classification|batch)`;
const ID = '[ _-]?id';
const OF = '(?:of|for|in|from|with|by)';
const OF_ANOTHER = `(?: ${OF} ${THE}(?:classification|batch)(?:${ID})?)?`;
const IS_NOT_THERE = String.raw`(?:(?:is |was |does |did |could |can )?not (?:be )?(?:found|exists?)|no longer exists|(?:is )?unknown)\b`;
const THERE_IS_NO = String.raw`\b(?:no|no such|unknown|non-?existent|(?:not|unable to|failed to) find)`;
const NOTHING_OF_IT = String.raw`(?= (?:${OF}|found|exists)\b| ?[.,;!]|$)`;

const MISSING = [
  // "Batch [of this classification] was not found", but not "the page of this batch was not found".
  String.raw`(?<!\b${OF} ${THE})${THING}(?:${ID})?${OF_ANOTHER} ${IS_NOT_THERE}`,
  // "No such batch", but not "no batch size".
  `${THERE_IS_NO} ${THE}${THING}(?:${ID})?${NOTHING_OF_IT}`,
  String.raw`\binvalid ${THE}${THING}${ID}\b`,
  String.raw`${THING}${ID} (?:is |was )?(?:invalid|not valid)\b`,
].map((pattern) => new RegExp(pattern));

/** What a refusal says does not exist: only where the words for it stand beside it, not anywhere in the sentence. */
export function missingThing(message: string): 'classification' | 'batch' | undefined {
  const text = plain(message);
  const found = MISSING.map((pattern) => pattern.exec(text)?.[1]).find((thing) => thing !== undefined);
  return found as 'classification' | 'batch' | undefined;
}

/** Small letters, one blank between words, "not" spelled out, no quotes, brackets or colons. */
function plain(message: string): string {
  return message
    .slice(0, LONGEST_READ)
    .toLowerCase()
    .replace(/(?:ca|\bcan)n['’]?t\b|\bcannot\b/g, 'can not')
    .replace(/n['’]t\b/g, ' not')
    .replace(/["'“”‘’`()[\]{}<>:=#]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * A foreign message made fit to be logged: without the token, without anything like a link (Extracta's file `url`s open
 * the file to whoever has them), without control characters, and short.
 */
export function quotable(message: string, token: string): string {
  const words = spellingsOf(token)
    .reduce((text, spelling) => text.replaceAll(spelling, '[token]'), message)
    .split(/[\s\p{Cc}]+/u);
  const text = words
    .map((word) => (LINK.test(word) ? '[link]' : word))
    .join(' ')
    .trim();
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE).toWellFormed()}…` : text;
}

/** As it is, in a URL, and in JSON within JSON. */
function spellingsOf(token: string): readonly string[] {
  const spellings = [token, encodeURIComponent(token.toWellFormed()), JSON.stringify(token).slice(1, -1)];
  return spellings.filter((spelling) => spelling !== '');
}

/** `//`, also percent-encoded or escaped; `host.tld/path`; a query. Too much is better than too little. */
const LINK = /\/\/|\\\/|%2f|\.[a-z]{2,}(?::\d+)?\/|\?\w+=/i;
