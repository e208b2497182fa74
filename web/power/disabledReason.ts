/** Why a verb cannot be pressed now, and what a press would cut off. */
import type { Verb } from "../../src/contract/Power.ts"
import type { AppState } from "../shell/AppModel.ts"
import { by } from "./ending.ts"
import { looks } from "./power.ts"
import { agentOf, vmOf, worksIn } from "../shell/status.ts"
import { labels } from "./verbs.ts"

/** Why a verb cannot be pressed, or "". */
export const reason = (app: AppState, verb: Verb): string => {
  if (app.signedOut.value) return "Sign in first."
  if (!app.online.value) return "You are offline. Nothing is sent later by itself."
  if (!looks(verb)) {
    if (app.info.value === undefined) return "The server has not said yet which VM this is."
    const run = app.power.current.value
    if (run !== undefined && !looks(run.verb)) return `${labels[run.verb].name} is running, by ${by(run.actor)}.`
    const { tone } = vmOf(app)
    if (verb === "start" && tone === "ok") return "Already on."
    if (verb === "stop" && tone === "off") return "Already off."
  }
  return app.power.asking.value === undefined ? "" : "Asking the server…"
}

export const runningNow = (app: AppState): string => {
  if (app.session.value?.running.value === true) return "The agent is working: its commands on the VM are cut off too."
  const active = app.sessions.rows.value?.some((row) => worksIn(app, row)) === true
  if (active) return "The agent is working in another session."
  return agentOf(app).tone === "off" ? "The agent is idle." : "It is unknown whether the agent is working."
}
