import { callCount, type LineRun } from './run-line.ts';

export interface BudgetLine {
  readonly what: string;
  readonly most: number;
  /** A document. */
  readonly counted: number;
}

/** What an ordinary document may ask: no `maxFiles`, no overrides. test/flow/call-budget.test.ts holds all three cases. */
export function budgetLines({ calls, documents }: LineRun): readonly BudgetLine[] {
  const { S3, DynamoDB, SQS, Extracta } = calls;
  return [
    { what: 'S3', most: 1, counted: callCount(S3) / documents },
    {
      what: 'DynamoDB (1 read, 2 writes, slot and breaker)',
      most: 3.2,
      counted: callCount(DynamoDB) / documents,
    },
    { what: 'SQS', most: 0.3, counted: callCount(SQS) / documents },
    { what: 'Extracta', most: 1, counted: callCount(Extracta) / documents },
  ];
}
