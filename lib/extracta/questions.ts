import type { UploaderError } from '../pipeline/failures.ts';
import type { Pair } from '../pipeline/model.ts';
import type { ResultsAnswer } from '../pipeline/ports.ts';
import { brokenOff, deniesToken, NOTHING_SENT, replyFailure } from './errors.ts';
import { isSuccess, type Reply } from './exchange.ts';
import { type Line, post } from './line.ts';
import { isAnswer, RESULTS_ANSWER_BYTES, resultsAnswer } from './replies.ts';

/** See `Extracta.results`. Pacing (2 s between two calls) is the caller's. */
export async function results(line: Line, pair: Pair, signal: AbortSignal): Promise<ResultsAnswer> {
  const { classificationId, batchId } = pair;
  const { reply, failure } = await ask(line, '/getResults', { classificationId, batchId }, signal);
  const answer = resultsAnswer(reply, pair);
  if (answer) return answer;
  if (failure().code === 'batch.unknown') return { kind: 'no-such-batch' };
  throw failure();
}

/** See `Extracta.seesClassification`. */
export async function seesClassification(
  line: Line,
  classificationId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { reply, failure } = await ask(line, '/viewClassification', { classificationId }, signal);
  if (isAnswer(reply)) return true;
  if (failure().code === 'extracta.classification-not-found') return false;
  throw failure();
}

interface Question {
  readonly classificationId: string;
  readonly batchId?: string;
}

interface Asked {
  readonly reply: Reply;
  /** What the reply means if it is not the answer. */
  readonly failure: () => UploaderError;
}

/** A question may be asked again: with a token that was refused the secret is read anew, once. */
async function ask(line: Line, path: string, question: Question, signal: AbortSignal): Promise<Asked> {
  try {
    const token = await line.token.get(signal);
    const asked = await askOnce(line, path, question, token, signal);
    if (isSuccess(asked.reply.status) || !deniesToken(asked.failure())) return asked;
    const renewed = await line.token.refresh(signal);
    return renewed === token ? asked : await askOnce(line, path, question, renewed, signal);
  } catch (error) {
    throw brokenOff(error, NOTHING_SENT, signal);
  }
}

async function askOnce(
  line: Line,
  path: string,
  question: Question,
  token: string,
  signal: AbortSignal,
): Promise<Asked> {
  const body = Buffer.from(JSON.stringify(question));
  const request = {
    path: `/documentClassification${path}`,
    token,
    contentType: 'application/json',
    contentLength: body.length,
    body,
  };
  const reply = await post(line, request, { answerBytes: RESULTS_ANSWER_BYTES, signal });
  const batchNamed = question.batchId !== undefined;
  const quotes = Object.values(question);
  const nowMs = line.clock.nowMs();
  const asked = { closingHandedOver: false, batchNamed, quotes, token, nowMs };
  return { reply, failure: () => replyFailure(reply, asked) };
}
