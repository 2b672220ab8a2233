/** Extracta tells its refusals apart by wording alone, and the wording varies. */

const LONGEST_QUOTE = 300;

/** An empty account. Seen in public integrations; the HTTP status that goes with it is not known. */
export function saysOutOfCredits(message: string): boolean {
  return /\bcredits?\b|not enough/i.test(message);
}

const NOT_FOUND =
  /not found|not exist|n['’]t exist|(?:cannot|can['’]?t|could not|couldn['’]t) (?:be found|find)|(?:no such|unknown|invalid|non-?existent) (?:classification|batch)|(?:classification|batch)[\s_]?(?:id)? (?:is |was )?(?:invalid|unknown)/i;

/** What a refusal says does not exist. Of several things it is the first that is named: "batch not found in classification". */
export function missingThing(message: string, status: number): 'classification' | 'batch' | undefined {
  if (status !== 404 && !NOT_FOUND.test(message)) return undefined;
  return /classification|batch/i.exec(message)?.[0].toLowerCase() as 'classification' | 'batch' | undefined;
}

/**
 * A foreign message made fit to be logged: without the token, without anything like a link (Extracta's file `url`s open
 * the file to whoever has them), without control characters, and short.
 */
export function quotable(message: string, token: string): string {
  const words = message
    .split(token === '' ? '\0' : token)
    .join('[token]')
    .split(/[\s\p{Cc}]+/u);
  const text = words
    .map((word) => (LINK.test(word) ? '[link]' : word))
    .join(' ')
    .trim();
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE).toWellFormed()}…` : text;
}

/** `//`, also percent-encoded or escaped; `host.tld/path`; a query. Too much is better than too little. */
const LINK = /\/\/|\\\/|%2f|\.[a-z]{2,}(?::\d+)?\/|\?\w+=/i;
