/** What the VM's buttons are given: its state, which one is recommended, which cannot be pressed, and what a press cuts off. */
import { computed, createModel, type ReadonlySignal } from "@preact/signals"
import type { Verb } from "../../src/contract/Power.ts"
import { disabledReason } from "./disabledReason.ts"
import type { PowerState } from "./PowerModel.ts"
import { recommended, type VmKnowledge, vmState } from "./vmState.ts"

export interface ControlsSources {
  readonly power: PowerState
  readonly target: ReadonlySignal<string>
  readonly identified: ReadonlySignal<boolean>
  readonly signedOut: ReadonlySignal<boolean>
  readonly online: ReadonlySignal<boolean>
  readonly now: ReadonlySignal<number>
  readonly serverNow: ReadonlySignal<number>
  /** What the agent is doing that a power cut would end, in a sentence. */
  readonly interruption: ReadonlySignal<string>
}

export const ControlsModel = createModel((from: ControlsSources) => {
  const { power, signedOut } = from
  const known = computed<VmKnowledge>(() => ({
    power: power.power.value,
    link: power.link.value,
    lastSeen: power.lastSeen.value,
    signedOut: signedOut.value,
    now: from.now.value,
    serverNow: from.serverNow.value
  }))
  const vm = computed(() => vmState(known.value))
  return {
    target: from.target,
    interruption: from.interruption,
    serverNow: from.serverNow,
    vm,
    recommended: computed(() => recommended(known.value)),
    /** Of each verb: why it cannot be pressed now, or "". */
    disabled: computed(() => {
      const known = {
        signedOut: signedOut.value,
        online: from.online.value,
        identified: from.identified.value,
        current: power.current.value,
        tone: vm.value.tone,
        asking: power.asking.value
      }
      return (verb: Verb): string => disabledReason(known, verb)
    }),
    operate: power.operate
  }
})

export type Controls = InstanceType<typeof ControlsModel>
