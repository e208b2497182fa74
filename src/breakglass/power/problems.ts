/** Why `PveVerbs` did not start an operation: what was not done, and what to do. */
import { OperationBusy, OperationIdTaken } from "../../contract/breakglass/Api.ts"
import type { Operation, Verb } from "../../contract/Power.ts"

export const idTaken = new OperationIdTaken({
  detail: "This op_id was used for another verb. Nothing was sent. Try again with a new one."
})
const doing = {
  cycle: "power cycling the VM",
  forensics: "collecting evidence",
  reset: "resetting the VM",
  start: "powering on the VM",
  status: "checking the VM",
  stop: "powering off the VM"
} satisfies Record<Verb, string>
export const busyWith = ({ verb, actor, started_at, op_id }: Operation) =>
  new OperationBusy({
    verb,
    actor,
    started_at,
    op_id,
    detail: `${actor} is already ${doing[verb]} (since ${started_at}). Nothing was sent.`
  })
