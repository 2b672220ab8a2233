import type { Filters } from '../filters.ts';
import type { OpenLine } from '../open-line.ts';
import { type RedriveReport, redrive } from '../redrive.ts';
import { planRedrive, type RedrivePlan } from '../redrive-plan.ts';
import { Refusal } from '../refusal.ts';

/** A plan that was shown, and may be carried out once. */
export interface ShownPlan extends RedrivePlan {
  readonly planId: string;
}

/** What is shown longer than this has changed since. */
const PLAN_HOLDS_MS = 10 * 60_000;
const MOST_PLANS = 20;
export const RATE = 10;

/** No redrive without a dry run that a person saw before; one at a time. */
export class Redrives {
  readonly #plans = new Map<string, { readonly filters: Filters; readonly untilMs: number }>();
  #isRunning = false;

  async plan(open: OpenLine, filters: Filters): Promise<ShownPlan> {
    const plan = await planRedrive(open, filters);
    const planId = open.host.chance.token();
    const [oldest] = this.#plans.keys();
    if (this.#plans.size >= MOST_PLANS && oldest !== undefined) this.#plans.delete(oldest);
    this.#plans.set(planId, { filters, untilMs: open.host.clock.nowMs() + PLAN_HOLDS_MS });
    return { ...plan, planId };
  }

  /** Throws `Refusal`. */
  async carryOut(open: OpenLine, planId: string): Promise<RedriveReport> {
    const plan = this.#plans.get(planId);
    if (plan === undefined || plan.untilMs < open.host.clock.nowMs())
      throw new Refusal('This dry run is too old, or was carried out already: make another one.');
    if (this.#isRunning) throw new Refusal('Another redrive is under way.');
    this.#plans.delete(planId);
    this.#isRunning = true;
    try {
      return await redrive(open, { ...plan.filters, rate: RATE });
    } finally {
      this.#isRunning = false;
    }
  }
}
