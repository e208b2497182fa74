/** The file that comes after the first paint. The way to the VM's power needs nothing of it. */
export { Formatted } from "./Formatted.tsx"
export { Screen } from "./Screen.tsx"
export { prompts } from "../presets.ts"
export { Who } from "./Who.tsx"
