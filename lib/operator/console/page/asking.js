/** How the page asks the console. The token goes with every question, in a header. */

const KEPT = 'token';

/** It comes in the address's fragment, which no server ever sees, and is taken out of it: an address is soon shown to others. */
function takeToken() {
  const given = location.hash.slice(1);
  if (given !== '') {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(KEPT) ?? '';
}

// The address of a console that was started anew is often pasted over the old one: then nothing is loaded by itself.
addEventListener('hashchange', () => location.reload());

const headers = { authorization: `Bearer ${takeToken()}` };

export const hasToken = () => headers.authorization !== 'Bearer ';

function address(path, query) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return `/api/${path}?${asked}`;
}

/**
 * Resolves with the report; rejects with what the console says.
 * @param {'GET' | 'POST'} method
 * @param {string} path
 * @param {object} query
 * @param {AbortSignal} [signal]
 */
export async function ask(method, path, query = {}, signal) {
  const response = await fetch(address(path, query), { method, headers, signal });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.says);
  return answer;
}

/** Puts a file, telling how far it is. `fetch` does not tell that. */
export function put(key, file, onProgress) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = new XMLHttpRequest();
  request.open('PUT', address('object', { key }));
  request.setRequestHeader('authorization', headers.authorization);
  request.responseType = 'json';
  request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
  request.addEventListener('load', () => {
    if (request.status === 200) resolve(request.response);
    else reject(new Error(request.response?.says ?? `It answered ${request.status}.`));
  });
  request.addEventListener('error', () => reject(new Error('The console can’t be reached.')));
  request.send(file);
  return promise;
}

/** Two beats that did not come. */
const SILENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 10_000;

/** Tells `hear(name, data)` of all that changes, again and again; `EventSource` could not send the token. */
/** @param {(name: string, data?: unknown) => void} hear */
export async function listen(hear) {
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const response = await fetch('/api/live', { headers });
      if (response.status === 401) return hear('refused');
      if (!response.ok) throw new Error();
      hear('live');
      pauseMs = 500;
      await read(response.body, hear);
    } catch {
      // Gone, or silent for too long: tried again.
    }
    hear('lost');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function read(body, hear) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const silence = setTimeout(() => reader.cancel(), SILENCE_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    const pieces = (text + value).split('\n\n');
    text = pieces.pop() ?? '';
    for (const piece of pieces) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/s.exec(piece) ?? [];
      if (name !== undefined && data !== undefined) hear(name, JSON.parse(data));
    }
  }
}
