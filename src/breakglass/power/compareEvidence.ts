/** Two captures of evidence side by side; pure. A capture is sections, each under a line `== name ==`. */

/**
 * What changed from one to the other, section by section: `- ` only in the first, `+ ` only in the second, in the order they
 * stand there. A section that is the same is named and left out; the lines of a clock or a counter are differences too.
 */
export const compare = (first: string, second: string): string => {
  const [before, after] = [sections(first), sections(second)]
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names.map((name) => section(name, before.get(name) ?? [], after.get(name) ?? [])).join("")
}

const section = (name: string, before: ReadonlyArray<string>, after: ReadonlyArray<string>): string => {
  const gone = without(before, after).map((line) => `- ${line}\n`)
  const come = without(after, before).map((line) => `+ ${line}\n`)
  const changes = [...gone, ...come]
  return `== ${name} ==\n${changes.length === 0 ? "  (the same)\n" : changes.join("")}`
}

/** Lines of `all` that `others` does not have as often. */
const without = (all: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = new Map<string, number>()
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1)
  return all.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}

const sections = (text: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, Array<string>>()
  let lines: Array<string> = []
  for (const line of text.split("\n")) {
    const [, name] = /^== (.+) ==$/.exec(line) ?? []
    if (name === undefined) {
      if (line !== "") lines.push(line)
      continue
    }
    lines = found.get(name) ?? []
    found.set(name, lines)
  }
  return found
}
