/** Why a verb cannot be pressed now, and what a press would cut off. */
import type { Verb } from "../src/contract/Pve.ts"
import type { AppState } from "./AppModel.ts"
import { looks } from "./power.ts"
import { vmOf, worksIn } from "./states.ts"
import { visible } from "./visible.ts"

/** Why a verb cannot be pressed, or "". */
export const reason = (app: AppState, verb: Verb): string => {
  if (!looks(verb)) {
    if (app.info.value === undefined) return "The server has not said which VM this is yet."
    const run = app.power.current.value
    if (run !== undefined && !looks(run.verb)) return `${run.verb} is running, by ${visible(run.actor)}.`
    const { tone } = vmOf(app)
    if (verb === "start" && tone === "ok") return "It is on already."
    if (verb === "stop" && tone === "off") return "It is off already."
  }
  if (app.signedOut.value) return "Sign in first."
  if (!app.online.value) return "This device is offline. Nothing is queued: press when it is back."
  return app.power.asking.value === undefined ? "" : "Asking the server…"
}

export const runningNow = (app: AppState): string => {
  if (app.session.value?.running.value === true) return "The agent is working: its commands on the VM are cut off too."
  const active = app.sessions.rows.value?.some((row) => worksIn(app, row)) === true
  return active ? "The agent is working in another session." : "No agent turn is running that this page knows of."
}
