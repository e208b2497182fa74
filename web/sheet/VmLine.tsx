/** The VM's state in a sentence. If the VM is not well, a button opens the doctor's answer. */
import "./VmLine.css"
import type { ReadonlySignal, Signal } from "@preact/signals"
import { Mark } from "../components/Mark.tsx"
import { later } from "../later.ts"
import type { VmState } from "../power/vmState.ts"
import { revealHidden } from "../text/revealHidden.ts"

/** Whether the VM controls are open, and the doctor's part of them. */
export interface Sheet {
  readonly open: Signal<boolean>
  readonly doctor: Signal<boolean>
}

export const VmLine = ({ vm, sheet }: { readonly vm: ReadonlySignal<VmState>; readonly sheet: Sheet }) => {
  const { tone, text, doubt } = vm.value
  return (
    <p class="vm-line">
      <Mark tone={tone} />
      <span>
        {revealHidden(text)}{" "}
        {doubt && later.value !== undefined && (
          <button
            type="button"
            class="link"
            onClick={() => {
              sheet.open.value = true
              sheet.doctor.value = true
            }}
          >
            Why?
          </button>
        )}
      </span>
    </p>
  )
}
