/** The verbs in plain words. What is lost and what happens first is said before the press, not after. */
import type { OpOutcome, Verb } from "../src/contract/Pve.ts"
import type { Tone } from "./components/Mark.tsx"

export interface Label {
  readonly title: string
  readonly effect: string
  /** Set for verbs that end the running system: what goes with it. */
  readonly lost?: string
}

const unsaved = "Everything in memory and every unsaved file. Running programs end without warning."

export const labels = {
  status: { title: "Check", effect: "Asks the host what state the VM is in. Changes nothing." },
  forensics: {
    title: "Collect evidence",
    effect: "The host records what the VM and its QEMU are doing. Changes nothing."
  },
  start: { title: "Power on", effect: "Starts the VM if it is off. Does nothing if it runs." },
  cycle: {
    title: "Cut power and start again",
    effect: "The way back from a wedged VM: evidence first, then a new QEMU.",
    lost: unsaved
  },
  reset: {
    title: "Press the reset button",
    effect: "Restarts the system inside the same QEMU. No help when QEMU itself is stuck.",
    lost: unsaved
  },
  stop: { title: "Cut power and leave it off", effect: "The VM stays down until it is started.", lost: unsaved }
} satisfies Record<Verb, Label>

export const outcomes = {
  ok: { tone: "ok", word: "Done", next: "" },
  failed: { tone: "bad", word: "Failed", next: "Read the output, then check the VM." },
  rejected: { tone: "bad", word: "Refused by the host", next: "Nothing was changed." },
  busy: { tone: "bad", word: "Host was busy", next: "Another operation holds the VM. Wait for it, then check." },
  unreachable: {
    tone: "bad",
    word: "Host not reached",
    next: "Nothing is known to have changed. Check the host's network."
  },
  host_key: {
    tone: "bad",
    word: "Host key differs",
    next: "Nothing was sent. The host is not the one that was pinned: find out why before you trust it."
  },
  auth: { tone: "bad", word: "Host refused our key", next: "Nothing was changed. The key on the host needs repair." },
  unknown: {
    tone: "unknown",
    word: "Not known",
    next: "It may have happened or not. Check the VM before you press again."
  }
} satisfies Record<OpOutcome, { readonly tone: Tone; readonly word: string; readonly next: string }>
