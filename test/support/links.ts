import { dirname, join, normalize } from 'node:path/posix';

/** Where a document leads to, within the repository. */
export interface DocumentLink {
  /** From the project's folder. */
  readonly path: string;
  /** Undefined: the file as a whole. */
  readonly anchor: string | undefined;
}

const FENCES = /^```[\s\S]*?^```/gm;
const INDENTED = /^ {4}.*$/gm;

/** The links of a Markdown text that lead to files, or to a section of its own. */
export function linksIn(markdown: string, file: string): readonly DocumentLink[] {
  const targets = [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^\w+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { path: path === '' ? file : normalize(join(dirname(file), path)), anchor };
    });
}

/** The sections' names as GitHub makes links of them. */
export function anchorsIn(markdown: string): readonly string[] {
  return [...prose(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

const prose = (markdown: string) => markdown.replace(FENCES, '').replace(INDENTED, '');
