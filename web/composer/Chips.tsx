import "./Chips.css"
import { prompts } from "./presets.ts"

/** They fill the box; nothing is sent by them. */
export const Chips = ({ onChoose }: { readonly onChoose: (prompt: string) => void }) => (
  <div class="chips" role="group" aria-label="Prompts to start from">
    {Object.entries(prompts).map(([name, prompt]) => (
      <button key={name} type="button" class="button chip" onClick={() => onChoose(prompt)}>
        {name}
      </button>
    ))}
  </div>
)
