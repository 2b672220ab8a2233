/**
 * What a page may try to read the console or to act in it, by every way that a browser has. Runs in a browser. Even one
 * that learnt the token, or the plan of a redrive, is refused: its requests say where they come from.
 */
globalThis.tryAll = async (origin, token, plan) => {
  const withToken = { authorization: `Bearer ${token}` };
  const asked = (path, options = {}) =>
    fetch(`${origin}/api/${path}`, options).then(
      ({ ok }) => (ok ? 'answered' : 'refused'),
      () => 'refused',
    );
  const ended = (start) => new Promise(start);
  const framed = () =>
    ended((resolve) => {
      const frame = document.createElement('iframe');
      const isOpen = () => {
        try {
          return frame.contentDocument !== null;
        } catch {
          return false;
        }
      };
      frame.addEventListener('load', () => resolve(isOpen() ? 'answered' : 'refused'));
      frame.src = origin;
      document.body.append(frame);
    });
  const streamed = () =>
    ended((resolve) => {
      const source = new EventSource(`${origin}/api/live`);
      source.addEventListener('open', () => resolve('answered'));
      source.addEventListener('error', () => {
        source.close();
        resolve('refused');
      });
    });
  return [
    ['find', await asked('find?what=guarded.txt', { headers: withToken })],
    ['plan', await asked('redrive/plan?', { method: 'POST', headers: withToken })],
    ['find without a token', await asked('find?what=guarded.txt')],
    ['plan without preflight', await asked('redrive/plan?', { method: 'POST', mode: 'no-cors' })],
    ['redrive without preflight', await asked(`redrive?plan=${plan}`, { method: 'POST', mode: 'no-cors' })],
    ['put', await asked('object?key=stranger.txt', { method: 'PUT', body: 'x', headers: withToken })],
    ['live', await streamed()],
    ['frame', await framed()],
  ];
};
