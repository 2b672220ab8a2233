import { readFile } from 'node:fs/promises';
import { ConfigProblems } from './problems.ts';
import { parseUploaderConfig, type UploaderConfig } from './uploader-config.ts';

/** Reads and checks a configuration file. Throws `ConfigProblems`, also where it cannot be read or is no JSON. */
export async function readUploaderConfig(file: string): Promise<UploaderConfig> {
  return parseUploaderConfig(parseJson(await readText(file), file), file);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const given = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new ConfigProblems(file, [{ where: '', given, change: 'name a readable JSON file' }]);
  }
}

function parseJson(given: string, file: string): unknown {
  // Windows editors like to begin a file with a byte order mark, which JSON does not allow.
  const text = given.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch (cause) {
    const given = `it is no JSON at ${placeIn(text)} (${whatIsWrong(cause as SyntaxError)})`;
    throw new ConfigProblems(file, [{ where: '', given, change: 'mend it there; JSON has no comments' }]);
  }
}

/** Without the excerpt that V8 adds: a configuration that someone put a token into must not be quoted. */
function whatIsWrong(error: SyntaxError): string {
  return error.message.replace(/, (\.\.\.)?"[\s\S]*$/, '').replace(/ at position .*$/, '');
}

/** Where a text stops being JSON: V8 does not always say. The longest beginning that more text could still save. */
function placeIn(text: string): string {
  let [whole, broken] = [0, text.length + 1];
  while (broken - whole > 1) {
    const middle = Math.floor((whole + broken) / 2);
    if (couldGoOn(text.slice(0, middle))) whole = middle;
    else broken = middle;
  }
  const lines = text.slice(0, whole).split('\n');
  return `line ${lines.length} column ${(lines.at(-1) ?? '').length + 1}`;
}

/** Whether it is JSON, or only ends too soon. */
function couldGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    return /^(?:Unexpected end|Unterminated string)/.test(message) || position === String(beginning.length);
  }
}
