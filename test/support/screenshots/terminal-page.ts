/** What a terminal shows, as a page. */

const STYLES: Readonly<Record<string, string>> = {
  '1': 'font-weight: 700',
  '2': 'color: #8d97a8',
  '31': 'color: #ff8f85',
  '32': 'color: #74d69b',
  '33': 'color: #f0c36a',
};

const SGR = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`, 'g');

export function terminalPage(command: string, text: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; }
    main { display: inline-block; min-width: 660px; padding: 18px 22px; border-radius: 10px; background: #161b24; color: #dfe4ee;
      font: 15px/1.5 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    pre { margin: 0; max-width: 92ch; font: inherit; white-space: pre-wrap; }
    .asked { color: #8db4ff; }
  </style><main><pre><span class="asked">$ ${escaped(command)}</span>\n${styled(text.trimEnd())}</pre></main>`;
}

/** Colours of `styleText`, one at a time. */
function styled(text: string): string {
  let isOpen = false;
  const spans = escaped(text).replace(SGR, (_, code: string) => {
    const style = STYLES[code];
    const before = isOpen ? '</span>' : '';
    isOpen = style !== undefined;
    return style === undefined ? before : `${before}<span style="${style}">`;
  });
  return isOpen ? `${spans}</span>` : spans;
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
