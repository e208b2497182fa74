/**
 * Foreign text for a file that people open in editors, terminals and trackers: what moves the cursor, reorders a line or
 * is not seen at all is written out, as the page does it.
 */
export const written = (text: string): string => text.replace(/\r\n/g, "\n").replace(unseen, escaped)

// A joiner and the emoji's variation selector stay inside an emoji; tab and newline stay everywhere.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\p{Surrogate}]/gu

const kept: ReadonlySet<string> = new Set(["\t", "\n"])

const escaped = (character: string, at: number, text: string): string => {
  if (kept.has(character) || inEmoji(character, text.slice(Math.max(0, at - 2), at))) return character
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`
}

const inEmoji = (character: string, before: string): boolean =>
  (character === "\u200D" && /[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F]$/u.test(before)) ||
  (character === "\uFE0F" && /\p{Extended_Pictographic}$/u.test(before))

/** Foreign text for a page or a terminal: what a terminal would act on, or a reader be fooled by, is replaced. */
export const printable = (text: string): string =>
  text.replaceAll("\r\n", "\n").replace(/[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD")
