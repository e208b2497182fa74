/** What the rescue agent may do: everything its user may, on this machine and, by the key in its ssh-agent, on the target. */
import { boundedCommands, modelVariables, type Profile, unattended } from "../../core/claude/profiles.ts"

export const rescue = (tools: ReadonlyArray<string>): Profile => ({
  tools,
  permissions: "skip",
  inherited: [...modelVariables, "SSH_AUTH_SOCK"],
  settings: { ...unattended, ...boundedCommands },
  markerName
})

/** The variable that marks every process of a turn. */
export const markerName = "BREAKGLASS_TURN"
