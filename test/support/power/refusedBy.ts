/** A cycle that comes to nothing: its outcome, and that the host never heard of it. */
import { assert } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import type { OpOutcome, Operation } from "../../../src/contract/Power.ts"
import type { Power } from "./powerBench.ts"

export const refusedBy = async (
  { rig, run }: Power,
  outcome: OpOutcome
): Promise<Operation & { readonly took: number }> => {
  const id = randomUUID()
  const stops = rig.calls("stop")
  const { operation, took } = await run("cycle", id)
  assert.deepInclude(operation, { outcome, exit_code: null, verified: null }, operation.output)
  assert.strictEqual(rig.live(id, "op"), "", "the host never heard of it")
  assert.strictEqual(rig.calls("stop"), stops)
  assert.isTrue(rig.vmRuns())
  return { ...operation, took }
}
