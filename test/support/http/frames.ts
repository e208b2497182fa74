/** What the frames of a stream hold. */
import type { Event, Stamp } from "../../../src/contract/Event.ts"
import type { VmEvent } from "../../../src/contract/Power.ts"
import type { Frame } from "../../../web/link/sse.ts"

export type Entry = Event & Stamp

export const eventOf = (frame: Frame): Entry | undefined =>
  frame.event === "message" ? (JSON.parse(frame.data) as Entry) : undefined

export const named = (event: string) => (frame: Frame) => frame.event === event
export const ofKind = (kind: string) => (frame: Frame) => eventOf(frame)?.kind === kind

/** The same, of the VM's own log. */
export const vmEvent = (frame: Frame): VmEvent | undefined =>
  frame.event === "message" ? (JSON.parse(frame.data) as VmEvent) : undefined

export const distinct = (phases: ReadonlyArray<string>) => phases.filter((phase, at) => phase !== phases[at - 1])
