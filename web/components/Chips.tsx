import { presets } from "../presets.ts"

/** They fill the box; nothing is sent by them. */
export const Chips = ({ onChoose }: { readonly onChoose: (prompt: string) => void }) => (
  <div class="chips" role="group" aria-label="Prompts to start from">
    {presets.map((preset) => (
      <button key={preset.name} type="button" class="chip" onClick={() => onChoose(preset.prompt)}>
        {preset.name}
      </button>
    ))}
  </div>
)
