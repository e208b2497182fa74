/** The file that comes after the first paint. The way to the VM's power needs nothing of it. */
export { Formatted } from "./Formatted.tsx"
export { Opened } from "./Opened.tsx"
export { Output } from "./Output.tsx"
export { Resume } from "./Resume.tsx"
export { Screen } from "./Screen.tsx"
export { PutAway } from "./PutAway.tsx"
export { prompts } from "../presets.ts"
export { Who } from "./Who.tsx"
