/**
 * Text from the agent and the VM, made safe to read: what could move the cursor, reorder a line or hide in it is
 * written out, so that what is seen, what is copied and what ran are the same string.
 */
export const visible = (text: string): string => text.replace(/\r\n/g, "\n").replace(deceptive, escape)

// Tab and newline stay. A zero-width joiner stays only inside an emoji; alone it can hide a difference.
const deceptive =
  // oxlint-disable-next-line no-control-regex
  /[\0-\x08\x0B-\x1F\x7F-\x9F\xAD\u061C\u115F\u1160\u180E\u200B\u200C\u200E\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D|[\u{E0000}-\u{E007F}]|\p{Surrogate}/gu

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`
}
