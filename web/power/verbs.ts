/** The verbs in plain words. What is lost and what happens first is said before the press, not after. */
import type { Verb } from "../../src/contract/Power.ts"

export interface Label {
  /** On its button. */
  readonly title: string
  /** In a sentence about it. */
  readonly name: string
  readonly effect: string
  /** Set for verbs that end the running system: what goes with it. */
  readonly lost?: string
}

const unsaved = "Everything in memory and every unsaved file. Running programs end without warning."

export const labels = {
  status: { title: "Check", name: "Check", effect: "Asks the host what state the VM is in. Changes nothing." },
  forensics: {
    title: "Collect evidence",
    name: "Collect evidence",
    effect: "The host records what the VM and its QEMU are doing. Changes nothing."
  },
  start: { title: "Power on", name: "Power on", effect: "Starts the VM if it is off. Does nothing if it runs." },
  cycle: {
    title: "Cut power and start again",
    name: "Power cycle",
    effect: "For a VM that hangs: saves evidence (about 20 s), then powers off and on.",
    lost: unsaved
  },
  reset: {
    title: "Reset",
    name: "Reset",
    effect: "Like a PC's reset button. Does not help if the virtual machine itself is frozen.",
    lost: unsaved
  },
  stop: {
    title: "Cut power and leave it off",
    name: "Power off",
    effect: "The VM stays down until it is started.",
    lost: unsaved
  }
} satisfies Record<Verb, Label>
