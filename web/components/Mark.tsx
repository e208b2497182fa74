/** A state as a shape, so that it is clear without colour: tick, ring, cross, or a broken outline for "not known". */
import "./Mark.css"
export type Tone = "ok" | "busy" | "bad" | "unknown" | "off"

/** A state in a word, with its mark. */
export interface Status {
  readonly tone: Tone
  readonly word: string
  /** How old it is, or how far behind; "" when that says nothing. */
  readonly age: string
}

const shapes = {
  ok: "M3.2 8.4l3.1 3.1 6.5-7",
  bad: "M4 4l8 8M12 4l-8 8",
  off: "M4 8h8",
  busy: "",
  unknown: ""
} satisfies Record<Tone, string>

export const Mark = ({ tone }: { readonly tone: Tone }) => (
  <svg class={`mark ${tone}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
    {tone === "busy" ? (
      <circle class="pulse" cx="8" cy="8" r="5" />
    ) : tone === "unknown" ? (
      <circle cx="8" cy="8" r="5.5" stroke-dasharray="2.6 2.2" />
    ) : (
      <path d={shapes[tone]} />
    )}
  </svg>
)
