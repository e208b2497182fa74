/**
 * Text from the agent and the VM, made safe to read: characters that move the cursor, reorder a line or
 * hide in it are written out, so that the text on the page, the copied text and the command that ran are the same string.
 */
export const revealHidden = (text: string): string => text.replace(/\r\n/g, "\n").replace(deceptive, escape)

// Tab and newline stay. What joins or varies an emoji stays in it; anywhere else it can hide a difference.
const emoji = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}]`
const deceptive = new RegExp(
  String.raw`[\0-\x08\x0B-\x1F\x7F-\x9F\u2028\u2029\u2800\uFFF9-\uFFFB]|(?![\u200D\uFE0E\uFE0F])\p{Default_Ignorable_Code_Point}` +
    String.raw`|(?<!${emoji}\uFE0F?)\u200D|(?<!${emoji})[\uFE0E\uFE0F](?!(?<=[\d#*]\uFE0F)\u20E3)|\p{Surrogate}`,
  "gu"
)

const escape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`
}
