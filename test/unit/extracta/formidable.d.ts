/** As much of it as is used here: the package brings no types. */
declare module 'formidable' {
  import type { IncomingMessage } from 'node:http';

  type Files = Record<string, { originalFilename: string | null }[] | undefined>;
  export default function formidable(options: { keepExtensions: boolean }): {
    parse(request: IncomingMessage): Promise<[Record<string, string[]>, Files]>;
  };
}
