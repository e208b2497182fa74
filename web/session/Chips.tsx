import { later, loadLater } from "../shell/later.ts"

const names = ["Triage", "Memory / OOM", "Disk", "Services", "QEMU wedged"] as const
export type Preset = (typeof names)[number]

/** They fill the box; nothing is sent by them. */
export const Chips = ({ onChoose }: { readonly onChoose: (prompt: string) => void }) => {
  const choose = async (name: Preset) => {
    if (later.peek() === undefined) await loadLater()
    // What could not be loaded is asked for in a word.
    onChoose(later.peek()?.prompts[name] ?? name)
  }
  return (
    <div class="chips" role="group" aria-label="Prompts to start from">
      {names.map((name) => (
        <button key={name} type="button" class="button chip" onClick={() => void choose(name)}>
          {name}
        </button>
      ))}
    </div>
  )
}
