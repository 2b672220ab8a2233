import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour, Ending } from './behaviour.ts';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function answerJson({ response }: Exchange, status: number, body: unknown): void {
  answer(response, status, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(body));
}

/** As Extracta answers an error; the wording varies there. */
export function refuse(exchange: Exchange, status: number, message: string): void {
  answerJson(exchange, status, { status: 'error', message });
}

/** As Express answers a path that it does not have: not JSON. */
export function answerNoSuchPath({ request, response }: Exchange, path: string): void {
  const said = `Cannot ${request.method ?? ''} ${path}`.replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const page = `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>${said}</pre>\n</body>\n</html>\n`;
  answer(response, 404, { 'content-type': 'text/html; charset=utf-8' }, page);
}

/** Ends the exchange as the script says. A hung one is ended by its client, or when the server closes. */
export function perform(ending: Ending, { request, response }: Exchange): void {
  if (ending.kind === 'answer') answer(response, ending.status, ending.headers ?? {}, ending.body);
  else if (ending.kind !== 'hang') request.socket.resetAndDestroy();
}

/** For requests that store nothing: both holds, then the scripted end, if there is one. True: it is done with. */
export async function misbehaved(behaviour: Behaviour, exchange: Exchange): Promise<boolean> {
  await behaviour.holdBefore;
  await behaviour.holdAfter;
  if (behaviour.end !== undefined) perform(behaviour.end, exchange);
  return behaviour.end !== undefined;
}

/** Reads what is left of the body and lets it go, so that a refusal is not overtaken by a reset. */
export async function drain({ request }: Exchange): Promise<void> {
  request.resume();
  if (request.complete || request.destroyed) return;
  await new Promise<void>((resolve) =>
    request
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve()),
  );
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
