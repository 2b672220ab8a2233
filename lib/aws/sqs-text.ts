/**
 * SQS takes #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF, and refuses the whole message else.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const REFUSED = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** Beyond the first plane some servers refuse what SQS takes; escaped, all take it. */
const TO_ESCAPE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g;

/** Every refused character replaced. */
export function cleanedForSqs(text: string): string {
  return text.replace(REFUSED, '\uFFFD');
}

/** A JSON body may hold such characters, in its strings, as escapes that mean the same. Any other body stays as it came. */
export function escapedForSqs(body: string): string {
  if (body.search(TO_ESCAPE) === -1 || !isJson(body)) return body;
  return body.replace(TO_ESCAPE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
