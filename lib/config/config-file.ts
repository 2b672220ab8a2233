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

function parseJson(text: string, file: string): unknown {
  try {
    // Windows editors like to begin a file with a byte order mark, which JSON does not allow.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const given = `it is no JSON (${whatIsWrong(cause as SyntaxError)})`;
    throw new ConfigProblems(file, [{ where: '', given, change: 'mend it there; JSON has no comments' }]);
  }
}

/** Without the excerpt that V8 adds: a configuration that someone put a token into must not be quoted. */
function whatIsWrong(error: SyntaxError): string {
  return error.message.replace(/, (\.\.\.)?"[\s\S]*$/, '');
}
